"""Estimators that are no networks, and what cannot be audited at all."""

import numpy as np
import pytest
import torch
from sklearn import preprocessing
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import KNNImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from audit.errors import AuditError, DataError, ModelError
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.sklearn_model import from_estimator
from builders_sklearn import (
    COLUMNS,
    NUMBERS,
    asked,
    fitted,
    labels,
    mlp,
    on_numbers,
    people,
    tidy,
)

torch.set_num_threads(1)


class Sharper(LogisticRegression):
    def predict_proba(self, X):
        return np.round(super().predict_proba(X))


def ask(model, frame):
    return model.ask({"table": frame})


def complete(rows=100, seed=5):
    return people(rows, seed, missing=False)


@pytest.mark.parametrize(
    "head",
    [
        RandomForestClassifier(5, random_state=0, n_jobs=4),
        GradientBoostingClassifier(n_estimators=3),
        DecisionTreeClassifier(max_depth=3),
        KNeighborsClassifier(),
        CalibratedClassifierCV(LogisticRegression(), cv=2),
        SGDClassifier(loss="modified_huber", random_state=0),
        Sharper(),
    ],
    ids=lambda head: type(head).__name__,
)
def test_any_other_classifier_is_asked_for_its_probabilities(head):
    estimator = fitted(tidy(handle_unknown="ignore", sparse_output=False), head)
    model = from_estimator(estimator, sha256="ab")
    assert isinstance(model, AnswerModel)
    assert (model.output, model.format, model.sha256) == ("probabilities", "sklearn", "ab")
    assert (model.classes, model.features) == (("no", "yes"), tuple(COLUMNS))
    assert type(head).__name__ in model.reason
    assert model.architecture == f"ColumnTransformer → {type(head).__name__}"
    frame = complete()
    np.testing.assert_array_equal(ask(model, frame[COLUMNS[::-1]]), estimator.predict_proba(frame))


@pytest.mark.parametrize(
    ("preparation", "reason"),
    [
        (lambda: [on_numbers(preprocessing.Normalizer())], "Normalizer"),
        (lambda: [make_column_transformer((KNNImputer(), NUMBERS))], "KNNImputer"),
        (lambda: [on_numbers(preprocessing.PolynomialFeatures())], "multiplies columns"),
        (
            lambda: [on_numbers(preprocessing.FunctionTransformer(np.cumsum, kw_args={"axis": 1}))],
            "FunctionTransformer calls cumsum",
        ),
        (
            lambda: [make_column_transformer((CountVectorizer(), "job"), (tidy(), COLUMNS))],
            "CountVectorizer reads column 'job' alone",
        ),
    ],
    ids=["normalizer", "knn_imputer", "products", "function", "text"],
)
def test_a_step_that_mixes_columns_makes_a_black_box_that_says_so(preparation, reason):
    estimator = fitted(*preparation(), LogisticRegression(max_iter=50))
    model = from_estimator(estimator)
    assert isinstance(model, AnswerModel)
    assert reason in model.reason
    frame = complete()
    np.testing.assert_array_equal(ask(model, frame), asked(estimator.predict_proba, frame))


def test_a_nonlinear_step_after_a_pca_makes_a_black_box():
    from sklearn.decomposition import PCA

    prepared = on_numbers(preprocessing.StandardScaler(), PCA(2))
    model = from_estimator(fitted(prepared, preprocessing.Normalizer(), LogisticRegression()))
    assert "Normalizer after a step that mixes columns" in model.reason


def test_powers_of_one_column_each_are_no_products():
    powers = preprocessing.PolynomialFeatures(3)
    columns = make_column_transformer((powers, ["age"]), (preprocessing.StandardScaler(), ["debt"]))
    model = from_estimator(fitted(columns, LogisticRegression(max_iter=50)))
    assert isinstance(model, TorchModel)
    assert model.encode({"table": complete()}).columns["x"] == ("age",) * 4 + ("debt",)


@pytest.mark.parametrize(
    ("head", "output", "note"),
    [(SVC(), "logit", "margin"), (NearestCentroid(), "probabilities", None)],
    ids=["margin", "centroid"],
)
def test_an_estimator_without_probabilities_is_asked_for_what_it_has(head, output, note):
    estimator = fitted(on_numbers(preprocessing.StandardScaler()), head)
    model = from_estimator(estimator)
    assert model.output == output
    assert (note is None and not model.notes) or note in model.notes[0]


class Lot(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_, self.n_features_in_ = np.unique(y), X.shape[1]
        return self

    def predict(self, X):
        return np.where(np.asarray(X)[:, 0] > 40, "yes", "no")


def test_decisions_alone_are_scores_of_nought_and_one():
    frame = complete()
    model = from_estimator(Lot().fit(frame, labels(frame)), tuple(frame.columns))
    assert model.output == "probability"
    assert "rank nothing" in model.notes[0]
    assert (ask(model, frame) == (frame.age > 40)).all()


def test_a_search_and_a_threshold_are_looked_through():
    frame = people()
    search = GridSearchCV(mlp(), {"alpha": [0.1, 1.0]}, cv=2)
    estimator = FixedThresholdClassifier(fitted(tidy(), mlp()), threshold=0.3)
    model = from_estimator(fitted(estimator))
    assert isinstance(model, TorchModel)
    assert "threshold of FixedThresholdClassifier is not used" in model.notes[0]
    assert isinstance(from_estimator(fitted(tidy(), search, frame=frame)), TorchModel)


def unfitted():
    from sklearn.pipeline import make_pipeline

    return make_pipeline(tidy(), mlp())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fitted(tidy(), mlp(), target=np.ones(240)), "1 class apart"),
        (LinearRegression, "not fitted"),
        (tidy, "expected a classifier or a regressor, came"),
        (unfitted, "not fitted"),
        (LogisticRegression, "not fitted"),
        (
            lambda: fitted(
                tidy(),
                MultiOutputClassifier(LogisticRegression()),
                target=np.stack([np.arange(240) % 2, np.arange(240) % 3], axis=1),
            ),
            "2 questions at once",
        ),
        (lambda: "a string", "expected a classifier or a regressor, came str"),
        (
            lambda: fitted(tidy(), mlp(), target=np.eye(2, dtype=int)[np.arange(240) % 2]),
            "answers with 2 numbers for each row, expected 1",
        ),
    ],
    ids=[
        *(
            "constant",
            "linear",
            "transformer",
            "pipeline",
            "alone",
            "outputs",
            "text",
            "multilabel",
        )
    ],
)
def test_what_is_neither_classifier_nor_regressor_is_refused_in_one_line(make, said):
    with pytest.raises(ModelError) as caught:
        from_estimator(make())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("head", [mlp(), RandomForestClassifier(3)], ids=["network", "black_box"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda frame: frame.assign(city=["Rome", "Oslo", "Paris"]),
            "column 'city', row 13: 'Paris' is a category never seen in training (1 rows)",
        ),
        (
            lambda frame: frame.assign(age=[30, "old", "old"]),
            "column 'age', row 12: 'old' is no number (2 rows)",
        ),
        (lambda frame: frame.drop(columns="debt"), "expects column 'debt'"),
        (
            lambda frame: frame.assign(debt=[0.0, np.inf, 1.0]),
            "column 'debt', row 12: inf is infinite (1 rows)",
        ),
    ],
    ids=["category", "word", "column", "infinite"],
)
def test_a_value_of_no_use_is_named_by_column_row_and_value(head, change, said):
    model = from_estimator(fitted(tidy(), head))
    frame = complete(3).assign(city=["Rome", "Oslo", "Lima"]).set_index(np.array([10, 11, 12]))
    ask_for = model.encode if isinstance(model, TorchModel) else model.ask
    with pytest.raises(DataError) as caught:
        ask_for({"table": change(frame)})
    assert said in str(caught.value)


def test_a_missing_value_that_nothing_fills_is_named():
    scaled = make_column_transformer((preprocessing.StandardScaler(), NUMBERS))
    model = from_estimator(fitted(scaled, mlp(), frame=complete(240)))
    frame = complete(3)
    frame.loc[1, "income"] = np.nan
    with pytest.raises(DataError, match="column 'income', row 2: the value is missing"):
        model.encode({"table": frame})


def test_a_missing_category_that_was_never_seen_is_named():
    encoded = make_column_transformer((preprocessing.OneHotEncoder(), ["city", "job"]))
    model = from_estimator(fitted(encoded, mlp(), frame=complete(240)))
    frame = complete(3)
    frame.loc[2, "job"] = None
    with pytest.raises(DataError, match="column 'job', row 3: the value is missing"):
        model.encode({"table": frame})


def test_another_number_of_columns_is_refused():
    frame = complete(240)[NUMBERS]
    model = from_estimator(fitted(mlp(), frame=frame.to_numpy(), target=labels(complete(240))))
    with pytest.raises(AuditError, match="takes 3 inputs, data.features has 2: 'age', 'income'"):
        model.encode({"table": frame[["age", "income"]]})


def test_a_column_that_the_pipeline_drops_is_no_feature():
    columns = make_column_transformer(
        (preprocessing.StandardScaler(), ["debt", "age"]), ("drop", ["city"])
    )
    for head in (mlp(), RandomForestClassifier(3, random_state=0)):
        estimator = fitted(columns, head, frame=complete(240))
        model = from_estimator(estimator)
        assert model.features == ("age", "debt")
        frame = complete()
        given = {"table": frame[["age", "debt"]]}
        if isinstance(model, TorchModel):
            score = model.score(model.encode(given).tensors).detach().numpy()
        else:
            score = model.ask(given)[:, 1]
        np.testing.assert_allclose(score, estimator.predict_proba(frame)[:, 1], atol=1e-9)


@pytest.mark.parametrize("kind", ["Int64", "Float64", "category", "object"])
def test_columns_of_other_dtypes_are_read_alike(kind):
    model = from_estimator(fitted(tidy(), mlp()))
    frame = people(50, seed=5)
    frame = frame[frame.city.notna()]
    column = "age" if kind in {"Int64", "object"} else "income" if kind == "Float64" else "city"
    given = frame.assign(**{column: frame[column].astype(kind)})
    left, right = (model.encode({"table": one}).tensors["x"] for one in (frame, given))
    assert torch.equal(left, right)


def test_truth_values_are_categories_and_numbers():
    frame = complete(240).assign(member=np.arange(240) % 2 == 0)
    columns = make_column_transformer(
        (preprocessing.OneHotEncoder(), ["member"]), ("passthrough", ["member", "age"])
    )
    model = from_estimator(fitted(columns, LogisticRegression(), frame=frame))
    encoded = model.encode({"table": frame})
    assert encoded.columns["x"] == ("member", "member", "member", "age")
    assert (encoded.tensors["x"][:, 1] == encoded.tensors["x"][:, 2]).all()
    assert encoded.tensors["x"][:2, 2].tolist() == [1.0, 0.0]

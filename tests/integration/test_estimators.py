"""Estimators of scikit-learn in memory: MLPs and linear models are networks, others are asked."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import audit
from audit.errors import AuditError
from tables import people

NUMBERS = ["skill", "commute", "age"]
MEASURED = {"metrics": {"names": ["mean_score"], "subgroups": {"depth": 0}}}
PLAIN = {"explain": {"methods": []}, "weights": {"gaps": []}, **MEASURED}
QUICK = {
    **MEASURED,
    "explain": {"rows": 60},
    "weights": {"gaps": ["demographic_parity"], "permutations": 100, "rows": 200},
}


@pytest.fixture(scope="module")
def frame():
    torch.set_num_threads(1)
    return people(600)


@pytest.fixture(scope="module")
def fitted(frame):
    """A pipeline with a network at its end, fitted on four columns, one of them in words."""
    prepared = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(), ["city"]))
    network = MLPClassifier((4,), activation="tanh", random_state=0, max_iter=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged, which is no matter here
        return make_pipeline(prepared, network).fit(frame[[*NUMBERS, "city"]], frame["hired"])


def audited(frame, model, X, y=None, settings=PLAIN, **options):
    y = frame["hired"] if y is None else y
    return audit.audit_model(
        model, X, y, **({"sensitive_features": frame["sex"], "settings": settings} | options)
    )


def values(result, metric="mean_score"):
    found = {tuple(m.group.items()): m.value for m in result.metrics if m.metric == metric}
    assert found
    return found


def means(frame, scores):
    groups = pd.Series(scores).groupby(frame["sex"]).mean()
    return {(): scores.mean(), **{(("sex", name),): groups[name] for name in groups.index}}


def test_a_pipeline_becomes_a_network_with_ledgers(frame, fitted):
    X = frame[[*NUMBERS, "city"]]
    found = audited(frame, fitted, X, settings=QUICK)
    assert found.evidence.model.kind == "sklearn"
    assert found.evidence.model.output == "logit"
    assert values(found) == pytest.approx(means(frame, fitted.predict_proba(X)[:, 1]), abs=1e-9)
    carriers = [item for item in found.ledgers if item.kind == "carrier" and item.level == "unit"]
    assert {item.status for item in carriers} == {"ok"}
    named = {entry.name for item in carriers if item.cut == "input" for entry in item.entries}
    assert named == {*NUMBERS, "city"}
    assert {item.method for item in found.explanations} == {"integrated_gradients"}


def test_only_the_columns_that_it_takes_are_its_features(frame, fitted):
    X = frame[["hired", "city", "age", "commute", "skill", "sex"]].assign(hired=0.5)
    plain = audited(frame, fitted, frame[[*NUMBERS, "city"]], settings=QUICK)
    mixed = audited(frame, fitted, X.rename(columns={"hired": "noise"}), settings=QUICK)
    assert values(mixed) == values(plain)
    gap = next(item for item in mixed.explanations if item.level == "gap")
    assert {item.feature for item in gap.values} == {*NUMBERS, "city"}


@pytest.mark.parametrize(
    "shaped",
    [pd.DataFrame.to_numpy, lambda X: torch.tensor(X.to_numpy()), lambda X: X.to_numpy().tolist()],
    ids=["array", "tensor", "list"],
)
def test_an_array_speaks_the_names_that_the_estimator_was_fitted_on(frame, shaped):
    X = frame[NUMBERS]
    model = LogisticRegression(max_iter=500).fit(X, frame["hired"])
    found = audited(frame, model, shaped(X), settings=QUICK)
    assert values(found) == pytest.approx(means(frame, model.predict_proba(X)[:, 1]), abs=1e-9)
    gap = next(item for item in found.explanations if item.level == "gap")
    assert {item.feature for item in gap.values} == set(NUMBERS)


@pytest.mark.parametrize("shaped", [pl.from_pandas, pd.DataFrame.to_dict], ids=["polars", "dict"])
def test_a_frame_names_the_columns_of_an_estimator_fitted_on_an_array(frame, shaped):
    X = frame[NUMBERS]
    model = LogisticRegression(max_iter=500).fit(X.to_numpy(), frame["hired"])
    given = shaped(X) if shaped is pl.from_pandas else X.to_dict("list")
    found = audited(frame, model, given, settings=QUICK)
    scores = model.predict_proba(X.to_numpy())[:, 1]
    assert values(found) == pytest.approx(means(frame, scores), abs=1e-9)
    gap = next(item for item in found.explanations if item.level == "gap")
    assert {item.feature for item in gap.values} == set(NUMBERS)


def test_a_black_box_speaks_these_names_too(frame):
    X = frame[NUMBERS]
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, frame["hired"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn misses the names of an array
        found = audited(frame, tree, X.to_numpy(), settings={"explain": {"rows": 40}})
    gap = next(item for item in found.explanations if item.level == "gap")
    assert {item.feature for item in gap.values} == set(NUMBERS)


@pytest.mark.parametrize(
    ("names", "positive", "place"),
    [(("no", "yes"), "yes", 1), (("no", "yes"), "no", 0), ((2.0, 1.0), 1, 0), ((7, 9), [9], 1)],
)
def test_positive_says_which_class_is_last(frame, names, positive, place):
    X, y = frame[NUMBERS], np.array(names)[frame["hired"]]
    model = LogisticRegression(max_iter=500).fit(X, y)
    found = audited(frame, model, X, y, positive=positive)
    assert found.evidence.model.kind == "sklearn"
    scores = model.predict_proba(X)[:, place]
    assert values(found) == pytest.approx(means(frame, scores), abs=1e-9)
    decided = (model.predict(X) == model.classes_[place]).astype(float)
    assert values(found, "selection_rate") == pytest.approx(means(frame, decided))


def test_a_margin_is_a_logit_and_is_said_to_be_one(frame):
    X, y = frame[NUMBERS], frame["hired"]
    model = RidgeClassifier().fit(X, y)
    found = audited(frame, model, X)
    assert any("gives a margin" in note for note in found.evidence.model.notes)
    decided = model.predict(X).astype(float)
    assert values(found, "selection_rate") == pytest.approx(means(frame, decided))


def test_logits_between_0_and_1_are_no_reason_for_doubt(frame):
    X = frame[NUMBERS]
    model = LogisticRegression().fit(X, frame["hired"])
    model.coef_, model.intercept_ = np.array([[0.01, 0.0, 0.0]]), np.array([0.5])
    assert audited(frame, model, X).evidence.model.notes == (
        "every score lies at or above the threshold of 0.5: all decisions agree",
    )
    told = audited(frame, Declared(), X,
                   output="logit").evidence.model.notes  # fmt: skip
    assert any("may answer with probabilities" in note for note in told)


class Declared(torch.nn.Module):
    """Answers with numbers in [0, 1] that no sigmoid gave."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.inner(x).clamp(0.1, 0.9)


def test_three_classes_of_which_one_is_positive_are_decisions(frame):
    y = np.array(["a", "b", "c"])[np.arange(len(frame)) % 3]
    model = RidgeClassifier().fit(frame[NUMBERS], y)
    found = audited(frame, model, frame[NUMBERS], y, {}, positive="a")
    assert found.evidence.model.kind == "black box"


def mistakes():
    X = people(600)[NUMBERS]
    y = people(600)["hired"]
    names = y.map({0: "no", 1: "yes"})
    on_frame, on_array = LogisticRegression().fit(X, y), LogisticRegression().fit(X.to_numpy(), y)
    damaged = LogisticRegression().fit(X, y)
    damaged.coef_ = np.full((1, 3), np.nan)
    return {
        "a column is missing": (
            {"model": on_frame, "X": X[["skill", "age"]]},
            "LogisticRegression was fitted on column 'commute', which X does not have",
        ),
        "too few columns": (
            {"model": on_array, "X": X[["skill", "age"]]},
            "takes 3 columns, X has 2: 'skill', 'age'",
        ),
        "another output": (
            {"model": on_frame, "X": X, "output": "probability"},
            "output='probability' was declared, but the network of LogisticRegression answers",
        ),
        "an encoder": (
            {"model": on_frame, "X": X, "encode": lambda rows: rows},
            "encode= goes with a module, came LogisticRegression",
        ),
        "a missing value": (
            {"model": on_frame, "X": X.assign(age=X["age"].where(X["age"] > 20))},
            "column 'age', row",
        ),
        "words for numbers": ({"model": on_frame, "X": X.assign(age="old")}, "column 'age', row 1"),
        "no such class": (
            {"model": LogisticRegression().fit(X, names), "X": X, "y": names, "positive": "si"},
            "'si'",
        ),
        "labels of another fit": (
            {"model": LogisticRegression().fit(X, names), "X": X},
            "the network's classes are ['no', 'yes'], and data.target says that 1 is positive",
        ),
        "damaged": ({"model": damaged, "X": X}, "layer 1 holds NaN or infinity"),
        "not fitted": ({"model": LogisticRegression(), "X": X}, "NotFittedError"),
    }


MISTAKES = mistakes()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(frame, name):
    arguments, said = MISTAKES[name]
    with pytest.raises(AuditError) as caught:
        audited(frame, **arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)

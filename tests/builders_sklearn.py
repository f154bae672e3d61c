"""Small fitted pipelines of scikit-learn for the tests, by name."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn import decomposition, feature_selection, preprocessing
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union

NUMBERS, WORDS = ["age", "income", "debt"], ["city", "job"]
COLUMNS = ["age", "city", "income", "job", "debt"]


def people(rows: int = 240, seed: int = 0, missing: bool = True) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": draw.integers(18, 80, rows),
            "city": draw.choice(["Rome", "Oslo", "Lima", "Bern"], rows, p=[0.5, 0.3, 0.18, 0.02]),
            "income": draw.lognormal(8, 0.5, rows),
            "job": draw.choice(["cook", "nurse", "clerk"], rows),
            "debt": draw.normal(0, 1000, rows),
        }
    )
    if missing:
        frame.loc[draw.random(rows) < 0.1, "income"] = np.nan
        frame.loc[draw.random(rows) < 0.1, "city"] = np.nan
    return frame


def labels(frame: pd.DataFrame, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, len(frame))
    score = (frame.age - 45) / 15 + frame.debt / 1000 + (frame.job == "nurse") + noise
    return np.where(score > 0, "yes", "no")


def mlp(**settings) -> MLPClassifier:
    return MLPClassifier(
        **{"hidden_layer_sizes": (6, 4), "max_iter": 20, "random_state": 0} | settings
    )


def tidy(**encoder) -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(add_indicator=True), preprocessing.StandardScaler())
    words = make_pipeline(
        SimpleImputer(strategy="most_frequent"), preprocessing.OneHotEncoder(**encoder)
    )
    return make_column_transformer((numbers, NUMBERS), (words, WORDS))


def on_numbers(*steps) -> ColumnTransformer:
    return make_column_transformer((make_pipeline(SimpleImputer(), *steps), NUMBERS))


def on_words(*steps) -> ColumnTransformer:
    fill = SimpleImputer(strategy="constant", fill_value="none")
    return make_column_transformer((make_pipeline(fill, *steps), WORDS))


def fitted(*steps, frame=None, target=None):
    frame = people() if frame is None else frame
    estimator = make_pipeline(*steps) if len(steps) > 1 else steps[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a few iterations do not converge
        return estimator.fit(frame, labels(frame) if target is None else target)


def asked(method, frame):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unknown categories that an encoder was told to ignore
        return method(frame)


def mixed_branch() -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(), preprocessing.StandardScaler(), decomposition.PCA(2))
    words = preprocessing.OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("words", words, WORDS)],
        transformer_weights={"numbers": 0.5, "words": 2.0},
    )


def passed_through() -> ColumnTransformer:
    return make_column_transformer(
        (preprocessing.OneHotEncoder(), WORDS),
        (SimpleImputer(), ["income"]),
        remainder="passthrough",
    )


def by_place() -> ColumnTransformer:
    return make_column_transformer(
        (preprocessing.OrdinalEncoder(), slice("job", "job")),
        (preprocessing.RobustScaler(), [4, 0]),
        ("drop", [1]),
        (SimpleImputer(), [False, False, True, False, False]),
    )


def union() -> FeatureUnion:
    return make_union(
        on_numbers(preprocessing.QuantileTransformer(n_quantiles=20)),
        on_words(preprocessing.TargetEncoder(random_state=0)),
        "drop",
    )


HEADS = {
    "mlp_relu": mlp,
    "mlp_tanh": lambda: mlp(activation="tanh", hidden_layer_sizes=(5,)),
    "mlp_logistic": lambda: mlp(activation="logistic"),
    "mlp_identity": lambda: mlp(activation="identity"),
    "mlp_lbfgs": lambda: mlp(solver="lbfgs"),
    "logistic": lambda: LogisticRegression(max_iter=200),
    "logistic_no_bias": lambda: LogisticRegression(fit_intercept=False, max_iter=200),
    "logistic_cv": lambda: LogisticRegressionCV(
        Cs=[0.1, 1.0], cv=2, max_iter=200, use_legacy_attributes=False, l1_ratios=(0,)
    ),
    "sgd_log": lambda: SGDClassifier(loss="log_loss", random_state=0),
    "lda": LinearDiscriminantAnalysis,
}
PREPARATIONS = {
    "tidy": lambda: [tidy()],
    "tidy_drop_first": lambda: [tidy(drop="first")],
    "tidy_if_binary": lambda: [tidy(drop="if_binary")],
    "tidy_ignore": lambda: [tidy(handle_unknown="ignore")],
    "tidy_infrequent": lambda: [tidy(min_frequency=0.1, handle_unknown="infrequent_if_exist")],
    "tidy_most_categories": lambda: [tidy(max_categories=2, drop="first")],
    "tidy_dense": lambda: [tidy(sparse_output=False).set_output(transform="pandas")],
    "tidy_selected": lambda: [tidy(), feature_selection.SelectKBest(k=4)],
    "tidy_pca": lambda: [tidy(sparse_output=False), decomposition.PCA(3)],
    "tidy_whitened": lambda: [tidy(sparse_output=False), decomposition.PCA(3, whiten=True)],
    "tidy_svd_scaled": lambda: [
        tidy(),
        decomposition.TruncatedSVD(3, random_state=0),
        preprocessing.StandardScaler(),
        feature_selection.VarianceThreshold(),
    ],
    "mixed_branch": lambda: [mixed_branch()],
    "mixed_branch_ranged": lambda: [mixed_branch(), preprocessing.MaxAbsScaler()],
    "passed_through": lambda: [passed_through(), preprocessing.StandardScaler(with_mean=False)],
    "by_place": lambda: [by_place(), preprocessing.MinMaxScaler()],
    "nested": lambda: [make_pipeline(make_pipeline(tidy(), "passthrough"))],
    "union": lambda: [union()],
    "min_max_clipped": lambda: [on_numbers(preprocessing.MinMaxScaler(clip=True))],
    "power": lambda: [on_numbers(preprocessing.PowerTransformer())],
    "bins": lambda: [
        on_numbers(preprocessing.KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"))
    ],
    "bins_ordinal": lambda: [
        on_numbers(
            preprocessing.KBinsDiscretizer(
                4, encode="ordinal", quantile_method="averaged_inverted_cdf"
            )
        )
    ],
    "splines": lambda: [
        on_numbers(preprocessing.StandardScaler(), preprocessing.SplineTransformer(4))
    ],
    "ordinal": lambda: [on_words(preprocessing.OrdinalEncoder())],
    "log": lambda: [on_numbers(preprocessing.FunctionTransformer(np.arcsinh))],
    "projected": lambda: [
        on_numbers(preprocessing.RobustScaler()),
        decomposition.IncrementalPCA(2),
        make_pipeline(preprocessing.RobustScaler(), preprocessing.MinMaxScaler()),
    ],
}

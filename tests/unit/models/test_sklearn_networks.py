"""MLP and linear pipelines become torch networks that answer as scikit-learn does."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.neural_network import MLPRegressor
from sklearn.svm import LinearSVC
from torch import nn

from audit.models.model import TorchModel
from audit.models.sklearn_model import from_estimator
from audit.models.sklearn_networks import network_of
from builders_sklearn import (
    COLUMNS,
    HEADS,
    PREPARATIONS,
    asked,
    fitted,
    labels,
    mlp,
    people,
    tidy,
)

torch.set_num_threads(1)
PIPELINES = [
    *(pytest.param("tidy", head, id=f"tidy-{head}") for head in HEADS),
    *(
        pytest.param(name, head, id=f"{name}-{head}")
        for name in PREPARATIONS
        if name != "tidy"
        for head in ("mlp_relu", "logistic")
    ),
]


@pytest.fixture(scope="module")
def rows():
    frame = people(200, seed=5)
    return frame[frame.city.notna()]


def answers(model, frame):
    with torch.no_grad():
        return model.score(model.encode({"table": frame}).tensors).double().numpy()


@pytest.mark.parametrize(("preparation", "head"), PIPELINES)
def test_the_network_answers_as_the_pipeline(preparation, head, rows):
    estimator = fitted(*PREPARATIONS[preparation](), HEADS[head]())
    model = from_estimator(estimator)
    assert isinstance(model, TorchModel)
    assert model.classes == ("no", "yes")
    said = asked(estimator.predict_proba, rows)[:, 1]
    assert np.ptp(said) > 1e-3
    assert np.abs(answers(model, rows) - said).max() < 1e-9
    single = replace(model, network=deepcopy(model.network).float())
    assert single.encode({"table": rows}).tensors["x"].dtype == torch.float32
    np.testing.assert_allclose(answers(single, rows), said, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("preparation", PREPARATIONS)
def test_a_tensor_column_moves_with_its_own_column_alone(preparation, rows):
    model = from_estimator(fitted(*PREPARATIONS[preparation](), LogisticRegression(max_iter=200)))
    before = model.encode({"table": rows})
    names = np.array(before.columns["x"])
    moved_at_all = set()
    for column in COLUMNS:
        changed = rows.assign(**{column: rows[column].sample(frac=1, random_state=0).to_numpy()})
        after = model.encode({"table": changed})
        moved = (after.tensors["x"] != before.tensors["x"]).any(dim=0).numpy()
        assert set(names[moved]) <= {column}
        moved_at_all |= set(names[moved])
    assert moved_at_all == set(names)


def test_layers_have_the_names_of_a_built_network():
    model = from_estimator(fitted(tidy(), mlp()))
    assert [name for name, _ in model.network.named_children()] == [
        *("fc1", "act1", "fc2", "act2", "out")
    ]
    assert (
        model.record(threshold=0.5, threshold_source="").architecture == "MLP 11 → 6 → 4 → 1, relu"
    )


def test_a_pca_becomes_a_layer_of_its_own():
    model = from_estimator(fitted(*PREPARATIONS["tidy_pca"](), mlp()))
    layers = [name for name, one in model.network.named_children() if isinstance(one, nn.Linear)]
    assert layers == ["projection", "fc1", "fc2", "out"]
    assert model.network.projection.weight.shape == (3, 11)


@pytest.mark.parametrize(
    "head",
    [
        LinearSVC(random_state=0),
        RidgeClassifier(),
        Perceptron(random_state=0),
        SGDClassifier(random_state=0),
    ],
    ids=lambda head: type(head).__name__,
)
def test_a_margin_decides_as_the_estimator_and_says_that_it_is_none_of_probability(head, rows):
    estimator = fitted(tidy(), head)
    model = from_estimator(estimator)
    score = answers(model, rows)
    assert ((score > 0.5) == (estimator.predict(rows) == "yes")).all()
    margin = estimator.decision_function(rows)
    np.testing.assert_allclose(score, 1 / (1 + np.exp(-margin)), atol=1e-9)
    assert "margin, no probability" in model.notes[0]


@pytest.mark.parametrize(
    "head",
    [
        LinearRegression(),
        Ridge(),
        Lasso(),
        MLPRegressor(hidden_layer_sizes=(5, 3), max_iter=20, random_state=0, activation="tanh"),
    ],
    ids=lambda head: type(head).__name__,
)
def test_a_regressor_is_a_network_too(head):
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(60, 4))
    estimator = fitted(head, frame=inputs, target=inputs @ [1.0, -2.0, 0.5, 0.0] + 3)
    with torch.no_grad():
        found = network_of(estimator)(torch.from_numpy(inputs)).reshape(-1).numpy()
    np.testing.assert_allclose(found, estimator.predict(inputs), rtol=1e-9, atol=1e-9)


def test_columns_are_found_by_name_whatever_their_order(rows):
    model = from_estimator(fitted(tidy(), mlp()))
    turned = rows[COLUMNS[::-1]].assign(extra="unused")
    assert (answers(model, turned) == answers(model, rows)).all()


def test_an_estimator_alone_takes_the_columns_of_its_array():
    whole = people(missing=False)
    frame = whole[["age", "debt"]]
    estimator = fitted(LogisticRegression(), frame=frame.to_numpy(), target=labels(whole))
    model = from_estimator(estimator, ("age", "debt"))
    assert (model.features, model.width) == (None, 2)
    encoded = model.encode({"table": frame})
    assert encoded.columns["x"] == ("age", "debt")
    said = estimator.predict_proba(frame.to_numpy())[:, 1]
    np.testing.assert_allclose(answers(model, frame), said, atol=1e-9)


def test_the_estimator_is_left_alone(rows):
    estimator = fitted(*PREPARATIONS["tidy_pca"](), mlp())
    before = asked(estimator.predict_proba, rows)
    model = from_estimator(estimator)
    for parameter in model.network.parameters():
        parameter.data.zero_()
    assert (asked(estimator.predict_proba, rows) == before).all()

"""Predictions: batches, modes and random state, and answers that are not as declared."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import builders_models as build
from audit.errors import DataError, ModelError
from audit.models.encoders import FunctionEncoder
from audit.models.factory import from_module
from audit.predictions import from_labels, from_scores, predict


class Says(nn.Module):
    """Answers with a function of its input."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer(x)


def ask(answer, output="logit", rows=40, **choices):
    data = build.dataset(build.numbers(rows))
    return predict(from_module(Says(answer), output), data, data.splits["test"], 0.5, **choices)


def test_scores_agree_with_one_row_at_a_time():
    data, model = build.dataset(build.numbers(50)), build.model()
    found = predict(model, data, data.splits["test"], 0.5)
    table = torch.tensor(data.inputs["table"].frame.to_numpy(), dtype=torch.float32)
    expected = [1 / (1 + np.exp(-model.network(row.unsqueeze(0)).item())) for row in table]
    np.testing.assert_allclose(found.score, expected, atol=1e-6)
    np.testing.assert_array_equal(found.label, [int(score >= 0.5) for score in found.score])
    assert found.score.dtype == np.float64
    assert found.label.dtype == np.int8


@pytest.mark.parametrize("size", [1, 7, 64])
def test_scores_do_not_depend_on_the_batch(size):
    data = build.dataset(build.numbers(100))
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 1))
    model = from_module(network.train(), "logit")
    whole = predict(model, data, data.splits["test"], 0.5)
    parts = predict(model, data, data.splits["test"], 0.5, batch_size=size)
    np.testing.assert_allclose(parts.score, whole.score, atol=1e-6)


def test_rows_are_answered_in_the_order_asked():
    data, model = build.dataset(build.numbers(30)), build.model()
    rows = np.array([7, 3, 20])
    whole = predict(model, data, data.splits["test"], 0.5).score
    found = predict(model, data, rows, 0.5)
    np.testing.assert_allclose(found.score, whole[rows], atol=1e-6)
    np.testing.assert_array_equal(found.rows, rows)


def test_a_score_at_the_threshold_is_positive():
    found = ask(lambda x: torch.full((len(x),), 0.25), "probability")
    assert found.label.tolist() == [0] * 40
    data = build.dataset(build.numbers(3))
    model = from_module(Says(lambda x: torch.full((len(x),), 0.25)), "probability")
    assert predict(model, data, data.splits["test"], 0.25).label.tolist() == [1, 1, 1]


def test_no_trace_is_left_on_the_network():
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 1))
    network.train()
    network[2].eval()
    network[0].weight.grad = torch.ones_like(network[0].weight)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random_state, grad_mode = torch.get_rng_state(), torch.is_grad_enabled()
    data = build.dataset(build.numbers(20))
    predict(from_module(network, "logit"), data, data.splits["test"], 0.5)
    assert [module.training for module in network.modules()] == [True, True, True, False, True]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert bool((network[0].weight.grad == 1).all())
    assert network[3].weight.grad is None
    assert network[0].weight.requires_grad
    assert torch.equal(random_state, torch.get_rng_state())
    assert torch.is_grad_enabled() == grad_mode


def test_progress_counts_rows():
    seen = []
    ask(lambda x: x.sum(1), rows=10, batch_size=4, progress=lambda *step: seen.append(step))
    assert seen == [(4, 10), (8, 10), (10, 10)]


@pytest.mark.parametrize(
    ("answer", "output", "message"),
    [
        (
            lambda x: x.sum(1) / (x[:, 0] - x[:, 0]),
            "logit",
            "40 of 40 scores .* not finite .* row 1;",
        ),
        (lambda x: x.sum(1) * 5, "probability", r"answers lie outside \[0, 1\], the first in row"),
        (lambda x: x[:, :2] * 5, "probabilities", "declare output: logits"),
        (lambda x: torch.sigmoid(x[:, :2]), "probabilities", r"40 rows the two do not sum to 1"),
        (lambda x: torch.sigmoid(x[:, 0]), "logit", "ends in Sigmoid; declare output: probability"),
        (
            lambda x: torch.softmax(x[:, :2], 1),
            "logits",
            "ends in Softmax; declare output: probabil",
        ),
        (lambda x: x[:, :2], "logit", r"expects shape \(n,\) or \(n, 1\)"),
    ],
)
def test_answers_that_are_not_as_declared(answer, output, message):
    with pytest.raises(ModelError, match=message):
        ask(answer, output)


def test_scores_that_are_not_finite_name_the_place_in_the_source():
    data = build.dataset(build.numbers(10))
    moved = build.Dataset(**vars(data) | {"row_ids": data.row_ids + 100})
    model = from_module(Says(lambda x: torch.where(x[:, 0] > 0, torch.nan, 1.0)), "logit")
    first = int(np.flatnonzero(data.inputs["table"].frame["c0"] > 0)[0])
    with pytest.raises(ModelError, match=rf"the first in row {first + 101};"):
        predict(model, moved, moved.splits["test"], 0.5)


def test_logits_inside_the_unit_interval_are_noted():
    found = ask(lambda x: x.sum(1).tanh() / 2 + 0.5)
    assert "all answers for 40 rows lie in [0, 1]" in found.notes[0]
    assert not any("[0, 1]" in note for note in few_rows().notes)
    assert ask(lambda x: x.sum(1)).notes == ()


def few_rows():
    return ask(lambda x: x.sum(1).tanh() / 2 + 0.5, rows=29)


def test_decisions_that_all_agree_are_noted():
    assert few_rows().notes == (
        "every score lies at or above the threshold of 0.5: all decisions agree",
    )


def test_constant_scores_are_noted():
    assert ask(lambda x: x.sum(1) * 0 - 2).notes == ("every score is the same (0.119203)",)


def test_probabilities_a_hair_outside_are_cut():
    found = ask(lambda x: torch.where(x[:, 0] > 0, 1.0 + 5e-7, -5e-7), "probability")
    assert set(found.score) == {0.0, 1.0}


def test_an_encoder_that_looks_at_other_rows_is_refused():
    def encode(frame):
        return torch.tensor((frame - frame.mean()).to_numpy(), dtype=torch.float32)

    data, model = build.dataset(build.numbers(20)), build.model()
    relative = FunctionEncoder(function=encode, name="net.py:encode")
    looking = type(model)(**vars(model) | {"encoder": relative})
    with pytest.raises(ModelError, match="the first row another 'x' alone than among other rows"):
        predict(looking, data, data.splits["test"], 0.5)


def test_no_rows_are_refused():
    data = build.dataset(build.numbers(5))
    with pytest.raises(DataError, match="expected rows to predict, came none"):
        predict(build.model(), data, np.array([], dtype=np.int64), 0.5)


@pytest.mark.parametrize("values", [[1, 5, 9], np.array([1.0, 5, 9]), pd.Series([1, 5, 9])])
def test_scores_of_any_range_from_a_table(values):
    found = from_scores(values, 5)
    assert found.label.tolist() == [0, 1, 1]
    assert found.threshold == 5
    np.testing.assert_array_equal(found.rows, [0, 1, 2])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1", "high"], r"column 'risk', row 12: expected a number, came 'high'"),
        ([0.5, float("nan")], r"column 'risk': 1 of 2 values are missing .* in row 12"),
        ([0.5, None], r"column 'risk': 1 of 2 values are missing .* in row 12"),
        ([float("inf"), 1], r"column 'risk': 1 of 2 values are missing or infinite.* in row 11"),
        ([[1.0], [2.0]], r"came an array of shape \(2, 1\)"),
        ([], r"came an array of shape \(0,\)"),
        ([1, 2, 3], r"expected 2 predictions, came 3"),
    ],
)
def test_scores_that_are_no_scores(values, message):
    with pytest.raises(DataError, match=message):
        from_scores(values, 0.5, rows=np.array([0, 1]), row_ids=np.array([10, 11]), name="risk")


@pytest.mark.parametrize("values", [[1, 0, 1], [True, False, True], np.array([1.0, 0.0, 1.0])])
def test_labels_from_a_table(values):
    found = from_labels(values)
    assert found.label.tolist() == [1, 0, 1]
    assert found.score is None
    assert found.threshold is None


def test_labels_that_are_no_labels():
    with pytest.raises(
        DataError, match=r"'label', row 3: expected a label of 0 or 1, came 2 \(1 r"
    ):
        from_labels([0, 1, 2])
    with pytest.raises(DataError, match="1 of 2 values are missing"):
        from_labels([0, None])


def test_labels_that_are_all_the_same_are_noted():
    assert from_labels([1, 1]).notes == ("every label is 1",)

"""Losses and figures of each task are those of the slow twins."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from audit.errors import ModelError
from audit.models.examples import examples
from audit.models.factory import from_module
from audit.models.losses import OBJECTIVES, Standard, row_weights, standard, targets
from audit.models.outputs import form
from audit.models.validation import figures
from builders_models import dataset, network, numbers
from builders_tasks import CLASSES, graded, priced
from oracles.losses import slow_binary, slow_classes, slow_gap, slow_squares

DRAW = np.random.default_rng(3)
ROWS = 40
WEIGHTS = DRAW.uniform(0.2, 3, ROWS)


def answered(columns=1):
    values = DRAW.normal(size=(ROWS, columns) if columns > 1 else ROWS)
    return values, torch.from_numpy(values)


def test_two_classes():
    values, answers = answered()
    labels = DRAW.integers(0, 2, ROWS)
    found = OBJECTIVES["binary"].loss(
        form("logit"), answers, torch.from_numpy(labels).double(), torch.from_numpy(WEIGHTS)
    )
    assert float(found) == pytest.approx(slow_binary(values, labels, WEIGHTS))


@pytest.mark.parametrize("output", ["logits", "probabilities"])
def test_several_classes(output):
    values, answers = answered(4)
    codes = DRAW.integers(0, 4, ROWS)
    given = answers.softmax(dim=1) if output == "probabilities" else answers
    found = OBJECTIVES["multiclass"].loss(
        form(output, 4, 2), given, torch.from_numpy(codes), torch.from_numpy(WEIGHTS)
    )
    assert float(found) == pytest.approx(slow_classes(values, codes, WEIGHTS))


def test_a_probability_of_0_for_the_right_class_costs_much_and_not_infinity():
    certain = torch.tensor([[1.0, 0.0, 0.0]])
    found = OBJECTIVES["multiclass"].loss(
        form("probabilities", 3, 0), certain, torch.tensor([1]), torch.ones(1)
    )
    assert 10 < float(found) < 20


def test_numbers_in_standard_deviations():
    data = priced(ROWS)
    rows = np.arange(ROWS)
    unit = standard(data, rows)
    assert (unit.mean, unit.scale) == pytest.approx((data.target.mean(), data.target.std()))
    values, answers = answered()
    found = OBJECTIVES["regression"].loss(
        form("value"), answers, targets(data, rows, unit).double(), torch.from_numpy(WEIGHTS)
    )
    expected = slow_squares(values, data.target, WEIGHTS, unit.mean, unit.scale)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_targets_are_classes_by_place_and_the_unit_is_of_regressions_only():
    data = graded(ROWS)
    rows = np.arange(5, 20)
    assert standard(data, rows) == Standard()
    found = targets(data, rows, Standard())
    assert found.dtype == torch.int64
    np.testing.assert_array_equal(found.numpy(), data.codes[rows])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("minimum", [1, 15])
def test_figures_of_a_regression_are_in_the_unit_of_the_target(weighted, minimum):
    data = replace(priced(ROWS), weights=WEIGHTS if weighted else None)
    weights = WEIGHTS if weighted else np.ones(ROWS)
    rows = np.arange(ROWS)
    unit = standard(data, rows)
    model = from_module(network(inputs=2), "value")
    given = examples(model, data, rows, unit)
    found = figures(model, given, 128, minimum, lambda answers: answers.mean())
    with torch.no_grad():
        table = torch.tensor(data.inputs["table"].frame.to_numpy(np.float32))
        predicted = model.network(table).numpy()[:, 0] * unit.scale + unit.mean
    errors = (predicted - data.target) ** 2
    assert found.rmse == pytest.approx(np.sqrt(np.average(errors, weights=weights)), rel=1e-5)
    assert found.accuracy is None
    groups = data.sensitive[0].codes
    expected = slow_gap(predicted, groups, (0, 1), minimum, weights)
    assert found.gap == (None if expected is None else pytest.approx(expected, rel=1e-4))
    assert found.loss == pytest.approx(
        float(((predicted - unit.mean) / unit.scale).mean()), rel=1e-4
    )


def test_figures_of_several_classes_are_about_the_one_in_focus():
    data = replace(graded(ROWS), weights=WEIGHTS)
    model = replace(
        from_module(network(inputs=2, outputs=3), "logits"), classes=CLASSES, focus=data.focus
    )
    rows = np.arange(ROWS)
    given = examples(model, data, rows, Standard())
    found = figures(model, given, 128, 1, lambda answers: answers.mean())
    with torch.no_grad():
        table = torch.tensor(data.inputs["table"].frame.to_numpy(np.float32))
        decided = model.network(table).argmax(dim=1).numpy()
    right = np.average(decided == data.codes, weights=WEIGHTS)
    assert found.accuracy == pytest.approx(right, rel=1e-5)
    assert found.rmse is None
    expected = slow_gap(decided == 2, data.sensitive[0].codes, (0, 1), 1, WEIGHTS)
    assert found.gap == pytest.approx(expected)


def test_the_gap_is_the_widest_of_the_attributes_and_leaves_unknown_out():
    draw = np.random.default_rng(0)
    frame = numbers(300, columns=1)
    side = np.where(frame["c0"] > 0, "up", "down")
    parted = [*["unknown"] * 100, *side[100:]]
    data = dataset(frame, groups={"coin": draw.choice(["a", "b"], 300), "side": parted})
    step = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(step.weight, 50.0)
    torch.nn.init.zeros_(step.bias)
    model = from_module(step, "logit")
    given = examples(model, data, np.arange(300), Standard())
    assert figures(model, given, 8, 30, lambda answers: answers.mean()).gap == 1.0
    alone = replace(data, sensitive=data.sensitive[1:])
    given = examples(model, alone, np.arange(100), Standard())
    assert figures(model, given, 8, 30, lambda answers: answers.mean()).gap is None


def test_bad_targets_are_said_in_one_line():
    data, rows = priced(ROWS), np.arange(10)
    flat = replace(data, target=np.full(ROWS, 7.0))
    with pytest.raises(ModelError, match="is about 7 in all 10 training rows"):
        standard(flat, rows)
    huge = replace(data, target=data.target * 1e300)
    with pytest.raises(ModelError, match="expected a target below 1e"):
        standard(huge, rows)
    idle = replace(data, weights=np.zeros(ROWS))
    with pytest.raises(ModelError, match="weights of all 10 rows are 0"):
        row_weights(idle, rows)
    with pytest.raises(ModelError, match="lacks the class of each row"):
        targets(replace(graded(ROWS), codes=None), rows, Standard())
    with pytest.raises(ModelError, match="has no log odds, and the task is binary"):
        OBJECTIVES["binary"].loss(form("value"), torch.zeros(2), torch.zeros(2), torch.ones(2))

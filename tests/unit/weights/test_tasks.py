"""Ledgers of other tasks than yes or no: several classes, and values."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from audit.config import WeightsConfig
from audit.models.class_order import Permuted, Reversed
from audit.models.outputs import form
from audit.weights.quality import quality
from builders_heads import (
    accounted,
    complete,
    drawn,
    people,
    scattered,
    wrapped,
)
from builders_weights import network, picked

ROWS = 800
FIRST = np.arange(ROWS) % 3 == 0
GIVEN = drawn(rows=ROWS, first=FIRST)
PLANTED = "conv[1] at row 1, column 2"


def regression(seed=0):
    """Values in thousands; column c0 is higher in group a, and unit 2 alone reads it."""
    built = network("tanh", seed, inputs=3).float()
    with torch.no_grad():
        built.fc1.weight[:, 0] = 0.0
        built.fc1.weight[2] = torch.tensor([1.0, 0.0, 0.0])
        built.out.weight *= 10_000
        built.out.bias += 50_000
    return built


@pytest.fixture(scope="module")
def of_values():
    built = regression()
    table = {"table": GIVEN["table"]}
    with torch.no_grad():
        values = built(torch.from_numpy(GIVEN["table"])).squeeze(1).double().numpy()
    noise = np.random.default_rng(0).normal(scale=1000, size=ROWS)
    data = people(table, FIRST, target=values + noise, task="regression")
    config = WeightsConfig(permutations=200)
    return data, accounted(wrapped(built, "value"), data, config=config)


def test_ledgers_of_values_are_in_the_unit_of_the_target(of_values):
    _, found = of_values
    own = [one for one in found if one.gap == "demographic_parity"]
    assert {(one.kind, one.link) for one in own} == {("bias", "value"), ("carrier", "value")}
    assert len(own) == 1 + 2 * 3
    for one in own:
        complete(one)
        assert abs(one.total) > 500
        assert one.decision_gap is None
    units = picked(own, cut="fc1", level="unit")
    assert units.entries[0].name == "fc1[2]"
    assert (units.entries[0].status, units.entries[0].confirmed) == ("carrier", True)
    assert units.verification.confirmed
    columns = picked(own, cut="input", level="unit")
    assert columns.entries[0].name == "c0"


def test_gaps_by_true_label_have_no_meaning_for_values_and_that_is_said_once(of_values):
    _, found = of_values
    (one,) = [one for one in found if one.gap != "demographic_parity"]
    assert (one.gap, one.status) == ("equal_opportunity", "not applicable")
    assert "a regression has no positive and negative rows" in one.reason


def test_what_ablation_costs_is_told_as_r2(of_values):
    data, found = of_values
    check = picked(found, cut="fc1", level="unit").verification
    assert check.measure == "r2"
    assert {step.measure for step in check.steps} == {"r2"}
    spread = 1000**2 / data.target.var()
    assert check.accuracy == pytest.approx(1 - spread, abs=0.01)
    assert min(step.accuracy for step in check.steps) < check.accuracy
    biases = picked(found, kind="bias")
    assert (biases.measure, biases.accuracy_with_biases) == (
        "r2",
        pytest.approx(1 - spread, abs=0.01),
    )


def test_a_target_that_is_the_same_for_everyone_has_no_r2():
    data = people({"table": GIVEN["table"]}, FIRST, target=np.ones(ROWS), task="regression")
    found = accounted(wrapped(regression(), "value"), data)
    check = picked(found, cut="fc1", level="unit").verification
    assert check.accuracy is None
    assert {step.accuracy for step in check.steps} == {None}


def classes(order=None):
    """Three classes; unit 3 alone reads c0 and leads to the last."""
    built = network("relu", 4, inputs=3).float()
    built.out = nn.Linear(5, 3)
    scattered(built.out)
    with torch.no_grad():
        built.fc1.weight[:, 0] = 0.0
        built.fc1.weight[3] = torch.tensor([2.0, 0.0, 0.0])
        built.fc2.weight[0, :] = torch.tensor([0.0, 0.0, 0.0, 2.0, 0.0, 0.0])
        built.out.weight[:, 0] = torch.tensor([-1.0, 0.0, 1.5])
    if order is not None:
        built = nn.Sequential(built, Permuted(order))
    return built.eval()


def of_classes(built, focus=2, **choices):
    with torch.no_grad():
        answers = classes()(torch.from_numpy(GIVEN["table"]))
    codes = answers.argmax(dim=1).numpy()
    data = people(
        {"table": GIVEN["table"]},
        FIRST,
        target=(codes == 2).astype(np.int8),
        task="multiclass",
        classes=("x", "y", "z"),
        focus=focus,
        codes=codes,
    )
    model = wrapped(built, "logits", classes=("x", "y", "z"), focus=focus, outputs=3)
    return accounted(model, data, **choices)


def test_of_several_classes_the_one_in_focus_is_accounted_for():
    config = WeightsConfig(permutations=200)
    found = of_classes(classes(), config=config)
    assert len(found) == 2 * (1 + 3 * 3)
    for one in found:
        complete(one)
    for link in ("probability", "log_odds"):
        units = picked(found, gap="demographic_parity", cut="fc1", level="unit", link=link)
        assert units.entries[0].name == "fc1[3]"
        assert units.entries[0].confirmed
    # Labels are what the network itself decides for, so that nothing is lost before ablation.
    check = picked(
        found, gap="demographic_parity", cut="fc1", level="unit", link="probability"
    ).verification
    assert (check.measure, check.accuracy) == ("accuracy", 1.0)
    biases = picked(found, gap="demographic_parity", kind="bias")
    assert biases.accuracy_with_biases == pytest.approx(1.0)


def plain(ledgers):
    """What ledgers say, whatever their layers are called."""
    return [
        (one.total, one.residual, one.weight_induced, [entry.value for entry in one.entries])
        for one in ledgers
    ]


def test_the_order_of_the_outputs_does_not_matter():
    one, other = of_classes(classes()), of_classes(classes([2, 0, 1]), focus=0)
    for first, second in zip(plain(one), plain(other), strict=True):
        assert first[0] == pytest.approx(second[0], abs=1e-9)
        assert first[2] == (None if second[2] is None else pytest.approx(second[2], abs=1e-7))
        np.testing.assert_allclose(first[3], second[3], atol=1e-7)


@pytest.mark.parametrize("output", ["logit", "logits"])
def test_biases_are_told_of_a_network_whose_answer_is_put_the_other_way_round(output):
    data = people({"table": GIVEN["table"]}, FIRST)
    built = network("tanh", 1, inputs=3).float()
    if output == "logits":
        built.out = scattered(nn.Linear(5, 2))
    turned = nn.Sequential(built, Reversed(output))
    with torch.no_grad():
        negated = network("tanh", 1, inputs=3).float()
        negated.out = scattered(nn.Linear(5, built.out.out_features))
        order = [0] if output == "logit" else [1, 0]
        sign = -1.0 if output == "logit" else 1.0
        negated.out.weight.copy_(sign * built.out.weight[order])
        negated.out.bias.copy_(sign * built.out.bias[order])
    one, other = (
        picked(accounted(wrapped(part, output), data), kind="bias") for part in (turned, negated)
    )
    assert one.status == "ok"
    assert one.weight_induced == pytest.approx(other.weight_induced, abs=1e-7)
    np.testing.assert_allclose(
        [entry.value for entry in one.entries], [entry.value for entry in other.entries], atol=1e-7
    )


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_quality_agrees_with_a_plain_count(seed):
    draw = np.random.default_rng(seed)
    answers, weights = draw.normal(size=(20, 3)), draw.uniform(0.1, 3, 20)
    codes = draw.integers(0, 3, 20)
    several = form("logits", classes=3, focus=1)
    right = [
        w for a, w, c in zip(answers, weights, codes, strict=True) if (a.argmax() == 1) == (c == 1)
    ]
    told = quality(several, torch.from_numpy(answers), codes == 1, weights, threshold=0.5)
    assert told == pytest.approx(sum(right) / sum(weights))
    target = draw.normal(size=20)
    value = torch.from_numpy(answers[:, 0])
    mean = sum(w * y for w, y in zip(weights, target, strict=True)) / sum(weights)
    missed = sum(w * (y - v) ** 2 for w, y, v in zip(weights, target, answers[:, 0], strict=True))
    spread = sum(w * (y - mean) ** 2 for w, y in zip(weights, target, strict=True))
    assert quality(form("value"), value, target, weights, threshold=0.5) == pytest.approx(
        1 - missed / spread
    )

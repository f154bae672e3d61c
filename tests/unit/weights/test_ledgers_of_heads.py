"""Ledgers of the Linear layers that a larger network ends in."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from audit.config import WeightsConfig
from builders_heads import (
    Fused,
    Patches,
    accounted,
    complete,
    drawn,
    people,
    scattered,
    wrapped,
)
from builders_weights import picked

ROWS = 800
FIRST = np.arange(ROWS) % 3 == 0
GIVEN = drawn(rows=ROWS, first=FIRST)
PLANTED = "conv[1] at row 1, column 2"


def pictures():
    return people({"photo": GIVEN["photo"]}, FIRST)


@pytest.fixture(scope="module")
def of_pictures():
    model = wrapped(Patches())
    config = WeightsConfig(permutations=200)
    return model, accounted(model, pictures(), config=config)


def test_every_ledger_of_a_head_adds_up(of_pictures):
    _, found = of_pictures
    assert {one.cut for one in found} == {"network", "conv", "fc1"}
    assert len({one.id for one in found}) == len(found) == 2 * (1 + 2 * 3)
    for one in found:
        complete(one)
        assert one.unaccounted.startswith("1 convolution before it is not in this ledger")


def test_the_planted_patch_stands_first_and_ablation_confirms_it(of_pictures):
    _, found = of_pictures
    for link in ("probability", "log_odds"):
        units = picked(found, gap="demographic_parity", cut="conv", level="unit", link=link)
        assert units.entries[0].name == PLANTED
        assert (units.entries[0].status, units.entries[0].confirmed) == ("carrier", True)
        assert units.entries[0].share > 0.8
        assert units.verification.confirmed
        left = {(step.chosen_by, step.k): step.left for step in units.verification.steps}
        assert abs(left["ledger", 1]) < 0.3
        assert left["random", 1] > 0.7
    weights = picked(found, gap="demographic_parity", cut="conv", level="weight")
    assert weights.entries[0].name.endswith(",5]")
    assert weights.entries[0].column == PLANTED


def test_the_gauge_of_biases_says_what_is_measured_from_its_mean(of_pictures):
    _, found = of_pictures
    biases = picked(found, gap="demographic_parity", kind="bias")
    assert biases.baseline == "no hidden biases after conv"
    assert biases.gauge.startswith("units of conv measured from their mean")


def test_the_total_is_the_gap_of_the_networks_own_scores(of_pictures):
    model, found = of_pictures
    units = picked(found, gap="demographic_parity", cut="conv", level="unit", link="probability")
    data = pictures()
    half = accounted(model, data, config=WeightsConfig(gaps=("demographic_parity",), cuts=("fc1",)))
    assert {one.cut for one in half} == {"network", "fc1"}
    with torch.no_grad():
        scores = model.score({"photo": torch.from_numpy(GIVEN["photo"])}).numpy()
    gap = scores[FIRST].mean() - scores[~FIRST].mean()
    assert units.interval.low < gap < units.interval.high
    assert units.decision_gap == pytest.approx(
        (scores >= 0.5)[FIRST].mean() - (scores >= 0.5)[~FIRST].mean(), abs=0.1
    )


def test_a_network_of_several_inputs_is_accounted_for_branch_by_branch():
    built = scattered(Fused())
    with torch.no_grad():
        built.wide.weight[2] = torch.tensor([2.0, 0.0, 0.0])
        built.head[0].weight[:, 13] = torch.tensor([3.0, 2.0, 3.0, 2.0, 3.0])
        built.head[2].weight[:] = 1.0
    inputs = {name: GIVEN[name] for name in ("note", "table")} | {
        "photo": drawn(rows=ROWS)["photo"]
    }
    found = accounted(wrapped(built), people(inputs, FIRST))
    units = picked(found, cut="conv + words + wide", level="unit", link="probability")
    assert units.entries[0].name == "wide[2]"
    assert units.entries[0].confirmed
    for one in found:
        complete(one)


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(6)))
def test_permuting_units_permutes_their_entries(order):
    built, permuted = Patches(), Patches()
    with torch.no_grad():
        permuted.fc1.weight.copy_(built.fc1.weight[order])
        permuted.fc1.bias.copy_(built.fc1.bias[order])
        permuted.out.weight.copy_(built.out.weight[:, order])
    config = WeightsConfig(gaps=("demographic_parity",), cuts=("fc1",), permutations=100)
    data = pictures()
    one, other = (
        picked(accounted(wrapped(part), data, config=config), level="unit", link="probability")
        for part in (built, permuted)
    )
    entries = {entry.name: entry.value for entry in one.entries}
    moved = {entry.name: entry.value for entry in other.entries}
    for place, old in enumerate(order):
        assert moved[f"fc1[{place}]"] == pytest.approx(entries[f"fc1[{old}]"], abs=1e-6)


def test_a_network_without_a_chain_at_its_end_is_not_applicable():
    built = nn.Sequential(nn.Linear(3, 1), nn.PReLU())
    found = accounted(wrapped(built), people({"table": GIVEN["table"]}, FIRST))
    assert {(one.kind, one.status) for one in found} == {
        ("bias", "not applicable"),
        ("carrier", "not applicable"),
    }
    assert "layer 1 is a PReLU" in found[0].reason

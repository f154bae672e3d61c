"""All ledgers of a network: what they say, what they leave out and why, what they leave alone."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from audit.config import WeightsConfig, load_config
from audit.errors import ConfigError
from audit.progress import Silent
from audit.subject.loading import load_subject
from audit.weights.account import account
from builders_models import numbers
from builders_weights import PAIR, audited, network, picked

ROWS = 600
FIRST = np.arange(ROWS) % 3 == 0
PLANTED = Path(__file__).parents[3] / "example_models" / "planted"


def frame(shift=1.0, seed=0):
    table = numbers(ROWS, 4, seed)
    table["c0"] += shift * FIRST
    return table


def ledgers(**choices):
    return audited(network("tanh").float(), choices.pop("table", frame()), FIRST, **choices)


def test_every_ledger_is_there_once_and_adds_up():
    config = WeightsConfig(permutations=100)
    target = np.arange(ROWS) % 2
    found = ledgers(config=config, target=target)
    assert len({one.id for one in found}) == len(found) == 2 * (1 + 3 * 3)
    for one in found:
        listed = sum(entry.value for entry in one.entries) + one.rest + (one.weight_induced or 0)
        assert one.status == "ok"
        assert one.total - listed == pytest.approx(one.residual, abs=1e-12)
        assert abs(one.residual) <= one.allowed
        assert one.interval.low < one.total < one.interval.high
        half = ROWS // 2 if one.gap == "demographic_parity" else (target == 1).sum() // 2
        assert abs(one.rows - half) < 30


def test_at_the_input_positions_are_folded_to_columns_and_weights_name_theirs():
    found = ledgers(table=frame(shift=4.0))
    units = picked(found, cut="input", level="unit", link="probability")
    assert {entry.name for entry in units.entries} == {"c0", "c1", "c2", "c3"}
    assert units.entries[0].name == "c0"
    assert (units.entries[0].status, units.entries[0].confirmed) == ("carrier", True)
    weights = picked(found, cut="input", level="weight")
    assert weights.entries[0].name.endswith(",0]")
    assert weights.entries[0].column == "c0"
    assert picked(found, cut="fc1", level="weight").entries[0].column == ""


def test_the_largest_entries_are_listed_and_the_rest_is_summed():
    wide = network("tanh", hidden=(30, 20)).float()
    found = audited(wide, frame(), FIRST)
    weights = picked(found, cut="fc1", level="weight")
    assert (weights.listed, len(weights.entries), weights.entries_total) == (16, 16, 600)
    assert weights.rest != 0


def test_no_shares_where_the_gap_may_be_nothing():
    found = ledgers(table=frame(shift=0.0))
    assert all(one.interval.low < 0 < one.interval.high for one in found)
    assert all(entry.share is None for one in found for entry in one.entries)
    unit = picked(found, cut="fc1", level="unit", link="probability")
    assert unit.verification.confirmed is None
    assert all(step.left is None for step in unit.verification.steps)
    assert picked(found, kind="bias").bias_share is None


def test_biases_get_no_share_of_a_small_gap():
    table = frame(shift=4.0)
    weak = network("tanh").float()
    with torch.no_grad():
        weak.out.weight *= 0.02
    found = audited(weak, table, FIRST)
    biases, units = (picked(found, kind="bias"), picked(found, cut="fc1", level="weight"))
    assert 0 < abs(biases.total) < 0.05
    assert biases.bias_share is None
    assert {entry.share for entry in biases.entries} == {None}
    assert units.entries[0].share is not None


def test_small_groups_are_suppressed_with_the_reason():
    found = ledgers(minimum_group=150)
    assert {one.status for one in found} == {"suppressed"}
    assert len(found) == 10
    assert "sex a:" in found[0].reason
    assert "in the attribution half, fewer than 150" in found[0].reason
    assert all(one.total is None and not one.entries for one in found)


def test_of_a_network_that_is_no_chain_the_layers_at_its_end_are_accounted_for():
    normed = nn.Sequential(nn.Linear(4, 5), nn.LayerNorm(5), nn.Linear(5, 1))
    found = audited(normed, frame(), FIRST)
    assert {(one.kind, one.cut, one.status) for one in found} == {
        ("bias", "network", "ok"),
        ("carrier", "0", "ok"),
    }
    before = "1 Linear layer and 1 normalisation before it are not in this ledger"
    assert all(one.unaccounted.startswith(before) for one in found)
    whole = audited(network("tanh").float(), frame(), FIRST)
    assert {one.unaccounted for one in whole} == {""}


def test_missing_convergence_is_said(monkeypatch):
    monkeypatch.setattr("audit.weights.quadrature.ROUNDS", 1)
    built = network("relu").float()
    with torch.no_grad():
        built.out.weight *= 400
    found = audited(built, frame(), FIRST)
    units = picked(found, cut="input", level="unit", link="probability")
    assert units.status == "not converged"
    assert abs(units.residual) > units.allowed
    assert "the entries miss the gap by" in units.reason


def test_only_the_asked_cuts_are_accounted_for():
    config = WeightsConfig(gaps=("demographic_parity",), cuts=("fc2",), permutations=100)
    assert {one.cut for one in ledgers(config=config)} == {"network", "fc2"}
    wrong = WeightsConfig(gaps=("demographic_parity",), cuts=("fc9",))
    with pytest.raises(ConfigError, match="fc9"):
        ledgers(config=wrong)


def test_rows_are_limited_and_the_draw_is_seeded():
    config = WeightsConfig(gaps=("demographic_parity",), rows=100, permutations=100)
    one, two, other = (ledgers(config=config, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one[0].rows == 100
    assert one[0].total != other[0].total


def test_row_weights_count():
    weights = np.where(np.arange(ROWS) % 2, 3.0, 0.5)
    plain, weighted = ledgers(), ledgers(weights=weights)
    assert plain[0].total != weighted[0].total
    assert all(one.status == "ok" for one in weighted)
    zero = ledgers(weights=np.where(np.arange(ROWS) < ROWS // 2, 1.0, 0.0))
    assert zero[0].rows <= ROWS // 4 + 1


def test_the_network_is_left_as_it_was():
    built = network("relu").float()
    built = nn.Sequential(*built[:2], nn.Dropout(0.5), *built[2:])
    built.train()
    before = copy.deepcopy(built.state_dict())
    state, own = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is looked at
    audited(built, frame(), FIRST)
    assert all(module.training for module in built.modules())
    assert all(torch.equal(before[name], value) for name, value in built.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in built.parameters())
    assert torch.equal(state, torch.random.get_rng_state())
    np.testing.assert_array_equal(own, np.random.get_state()[1])  # noqa: NPY002 - as above


def planted_units(built):
    """By their weights: which units read one of the held columns and lead on, and the decoy."""
    into = built.fc2.weight.abs().sum(dim=0)
    readers = [h for h in range(16) if (built.fc1.weight[h] != 0).sum() <= 2]
    return {h for h in readers if into[h] > 0}, {h for h in readers if into[h] == 0}


@pytest.fixture(scope="module")
def planted():
    config = load_config(PLANTED / "audit.yaml")
    subject = load_subject(config, PLANTED, Silent())
    pair = ({"sex": "Male"}, {"sex": "Female"})
    gaps = ("demographic_parity", "equal_opportunity")
    found = account(
        subject.model,
        subject.dataset,
        subject.predictions,
        WeightsConfig(permutations=1000),
        {gap: [pair] for gap in gaps},
        seed=0,
        minimum_group=30,
        confidence=0.95,
        threshold=0.5,
    )
    return subject.model.network, found


@pytest.mark.parametrize("gap", ["demographic_parity", "equal_opportunity"])
@pytest.mark.parametrize("link", ["probability", "log_odds"])
def test_the_planted_units_and_no_others_carry_the_planted_gap(planted, gap, link):
    built, found = planted
    carriers, decoys = planted_units(built)
    assert (len(carriers), len(decoys)) == (2, 1)
    units = picked(found, gap=gap, link=link, cut="fc1", level="unit")
    names = {f"fc1[{h}]" for h in carriers}
    assert {entry.name for entry in units.entries[:2]} == names
    assert {entry.name for entry in units.entries if entry.status == "carrier"} == names
    assert all(entry.confirmed for entry in units.entries[:2])
    assert units.verification.confirmed
    (decoy,) = [entry for entry in units.entries if entry.name in {f"fc1[{h}]" for h in decoys}]
    assert (decoy.value, decoy.status, decoy.p_adjusted) == (0.0, "not distinguishable", 1.0)


@pytest.mark.parametrize("gap", ["demographic_parity", "equal_opportunity"])
def test_the_planted_weights_stand_first(planted, gap):
    built, found = planted
    carriers, _ = planted_units(built)
    (into,) = {int(built.fc2.weight[:, h].abs().argmax()) for h in carriers}
    weights = picked(found, gap=gap, cut="fc1", level="weight")
    assert {entry.name for entry in weights.entries[:2]} == {f"fc2[{into},{h}]" for h in carriers}
    second = picked(found, gap=gap, cut="fc2", level="unit", link="probability")
    assert second.entries[0].name == f"fc2[{into}]"
    columns = picked(found, gap=gap, cut="input", level="unit", link="probability")
    top = [entry.name for entry in columns.entries if entry.status == "carrier"]
    assert set(top) == {"career_break", "part_time"}


def test_ablation_of_the_planted_units_beats_the_controls(planted):
    _, found = planted
    units = picked(found, gap="demographic_parity", link="probability", cut="fc1", level="unit")
    left = {(step.chosen_by, step.k): step.left for step in units.verification.steps}
    assert left["ledger", 2] < 0.3
    assert left["random", 2] > 0.7
    assert left["magnitude", 2] > 0.7
    assert units.a == PAIR[0] | {"sex": "Male"}

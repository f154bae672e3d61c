"""The change ledger: it sums to the change of the gap, and names what was moved."""

import copy
from itertools import permutations
from math import factorial

import numpy as np
import pytest
import torch
from torch import nn

from audit.config import WeightsConfig
from audit.models.factory import from_module
from audit.predictions import predict
from audit.weights.change import change
from builders_models import dataset, numbers
from builders_weights import PAIR, network

ROWS = 500
FIRST = np.arange(ROWS) % 2 == 0


def changed(before, after, **choices):
    table = numbers(ROWS, 4)
    table["c0"] += FIRST
    data = dataset(table, groups={"sex": np.where(FIRST, "a", "b")})
    one, two = from_module(before, "logit"), from_module(after, "logit")
    predictions = predict(one, data, data.splits["test"], 0.5)
    config = WeightsConfig(gaps=("demographic_parity",))
    pairs = {"demographic_parity": [PAIR]}
    settings = {"seed": 0, "minimum_group": 10, "confidence": 0.95} | choices
    return change(one, two, data, predictions, config, pairs, **settings), table


def gap(built, table):
    with torch.no_grad():
        score = torch.sigmoid(built.double()(torch.from_numpy(table.to_numpy()))).squeeze(1).numpy()
    return score[FIRST].mean() - score[~FIRST].mean()


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_layers_and_weights_sum_to_the_change(activation):
    before, after = network(activation, 0).float(), network(activation, 1).float()
    (layers, weights), table = changed(before, after)
    moved = gap(after, table) - gap(before, table)
    for one in (layers, weights):
        assert one.status == "ok"
        assert one.total == pytest.approx(moved, abs=1e-6)
        assert one.after - one.before == pytest.approx(one.total)
        listed = sum(entry.value for entry in one.entries) + one.rest
        assert listed == pytest.approx(one.total, abs=one.allowed)
    assert {entry.name for entry in layers.entries} == {"fc1", "fc2", "out"}
    assert weights.entries_total == sum(p.numel() for p in after.parameters())


def test_only_what_was_moved_carries_the_change():
    before = network("tanh").float()
    after = copy.deepcopy(before)
    with torch.no_grad():
        after.fc2.weight[3, 1] += 1.0
        after.fc1.bias[2] -= 0.7
    (layers, weights), _ = changed(before, after)
    assert {e.name for e in weights.entries if e.value} == {"fc2[3,1]", "fc1.bias[2]"}
    by_layer = {entry.name: entry.value for entry in layers.entries}
    assert by_layer["out"] == 0
    assert by_layer["fc2"] == pytest.approx(
        next(e.value for e in weights.entries if e.name == "fc2[3,1]")
    )


def test_layer_totals_are_close_to_their_shapley_values():
    before = network("tanh", 0).float()
    after = copy.deepcopy(before)
    with torch.no_grad():
        torch.manual_seed(5)
        for parameter in after.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    (layers, _), table = changed(before, after)
    names = ("fc1", "fc2", "out")
    shapley = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        mixed = copy.deepcopy(before)
        last = gap(mixed, table)
        for name in order:
            mixed.get_submodule(name).load_state_dict(after.get_submodule(name).state_dict())
            now = gap(mixed, table)
            shapley[name] += (now - last) / factorial(3)
            last = now
    scale = sum(map(abs, shapley.values()))
    for entry in layers.entries:
        assert entry.value == pytest.approx(shapley[entry.name], abs=0.05 * scale)


def test_other_architectures_are_not_applicable():
    found, _ = changed(network("tanh").float(), network("tanh", hidden=(6, 4)).float())
    assert {one.status for one in found} == {"not applicable"}
    assert "fc2 (5, 6)" in found[0].reason
    found, _ = changed(network("tanh").float(), network("relu").float())
    assert {one.status for one in found} == {"not applicable"}
    normed = [nn.Sequential(nn.Linear(4, n), nn.LayerNorm(n), nn.Linear(n, 1)) for n in (5, 6)]
    found, _ = changed(*normed)
    assert {one.status for one in found} == {"not applicable"}
    assert "differ in more than parameters" in found[0].reason


def test_small_groups_are_suppressed():
    found, _ = changed(network().float(), network(seed=1).float(), minimum_group=300)
    assert {one.status for one in found} == {"suppressed"}
    assert found[0].reason.startswith("sex a: 250 rows, fewer than 300")

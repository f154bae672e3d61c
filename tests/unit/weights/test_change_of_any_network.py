"""The change ledger of networks that are no chains: all parameters, along one straight line."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from audit.config import WeightsConfig
from audit.predictions import predict
from audit.weights.change import change
from builders_heads import Fused, Patches, Recurrent, drawn, people, scattered, wrapped
from builders_weights import PAIR
from oracles import ledger as oracle

ROWS = 300
FIRST = np.arange(ROWS) % 3 == 0
GIVEN = drawn(rows=ROWS, first=FIRST)
TAKES = {"photo": ("photo",), "words": ("note",), "several": ("photo", "note", "table")}


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 3, 4, stride=4), nn.BatchNorm2d(3)
        self.out = nn.Linear(12, 1)

    def forward(self, photo):
        return self.out(torch.tanh(self.norm(self.conv(photo))).flatten(1))


def moved(built, seed=7, scale=0.3):
    """The same network with all parameters, and running statistics, a little elsewhere."""
    other = copy.deepcopy(built)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for parameter in other.parameters():
            parameter.add_(scale * torch.randn_like(parameter))
        for name, buffer in other.named_buffers():
            if buffer.is_floating_point():
                buffer.add_(torch.rand_like(buffer) if "var" in name else torch.randn_like(buffer))
    return other


def changed(before, after, *inputs, output="logit", **fields):
    data = people({name: GIVEN[name] for name in inputs}, FIRST, **fields)
    one, two = wrapped(before, output), wrapped(after, output)
    predictions = predict(one, data, data.splits["test"], 0.5)
    config = WeightsConfig()
    pairs = {gap: [PAIR] for gap in config.gaps}
    return change(
        one, two, data, predictions, config, pairs, seed=0, minimum_group=10, confidence=0.95
    )


def gap(built, *inputs):
    given = [torch.from_numpy(GIVEN[name]) for name in inputs]
    with torch.no_grad():
        answer = (
            built(*given) if len(given) == 1 else built(**dict(zip(inputs, given, strict=True)))
        )
    score = torch.sigmoid(answer).double().reshape(-1).numpy()
    return score[FIRST].mean() - score[~FIRST].mean()


CASES = {
    "photo": (Patches, ("photo",)),
    "normalised": (Normalised, ("photo",)),
    "words": (Recurrent, ("note",)),
    "several": (Fused, ("photo", "note", "table")),
}


@pytest.mark.parametrize("name", CASES)
def test_layers_and_weights_sum_to_the_change(name):
    make, inputs = CASES[name]
    before = scattered(make())
    after = moved(before)
    layers, weights, *_ = changed(before, after, *inputs)
    for one in (layers, weights):
        assert one.status == "ok"
        assert one.total == pytest.approx(gap(after, *inputs) - gap(before, *inputs), abs=1e-6)
        assert one.after - one.before == pytest.approx(one.total)
        listed = sum(entry.value for entry in one.entries) + one.rest
        assert listed == pytest.approx(one.total, abs=one.allowed)
        assert one.unaccounted == ""
    owners = {key.rpartition(".")[0] for key, _ in after.named_parameters()}
    assert {entry.name for entry in layers.entries} == owners
    assert all(entry.interval is None for entry in layers.entries)
    assert "without intervals" in layers.test


def test_each_layer_agrees_with_the_slow_twin():
    before = scattered(Patches())
    after = moved(before)
    layers, weights, *_ = changed(before, after, "photo")
    photo = torch.from_numpy(GIVEN["photo"]).double()
    start, end = ({k: v.double() for k, v in n.named_parameters()} for n in (before, after))
    amounts = dict.fromkeys(start, 0.0)
    one = dict.fromkeys(start, 0.0)
    network = copy.deepcopy(before).double()
    for place, share in zip(*oracle.simpson(200), strict=True):
        at = {k: (start[k] + place * (end[k] - start[k])).detach().requires_grad_() for k in start}
        score = torch.sigmoid(functional_call(network, at, (photo,)))
        total = score[torch.from_numpy(FIRST)].mean() - score[torch.from_numpy(~FIRST)].mean()
        for key, slope in zip(at, torch.autograd.grad(total, list(at.values())), strict=True):
            part = share * slope * (end[key] - start[key])
            amounts[key] += float(part.detach().sum())
            one[key] = one[key] + part.detach()
    for entry in layers.entries:
        own = [value for key, value in amounts.items() if key.rpartition(".")[0] == entry.name]
        assert entry.value == pytest.approx(sum(own), abs=2e-5)
    names = {entry.name: entry.value for entry in weights.entries}
    top = int(one["fc1.weight"].abs().argmax())
    place = f"fc1[{top // 12},{top % 12}]"
    assert names[place] == pytest.approx(float(one["fc1.weight"].reshape(-1)[top]), abs=2e-5)


def test_where_the_head_alone_was_moved_layers_have_intervals():
    before = scattered(Patches())
    after = copy.deepcopy(before)
    with torch.no_grad():
        after.fc1.weight += 0.2
    layers, weights, *_ = changed(before, after, "photo")
    assert {entry.name for entry in layers.entries} == {"fc1", "out"}
    assert all(entry.interval is not None for entry in layers.entries)
    assert {entry.name.split("[")[0] for entry in weights.entries if entry.value} == {"fc1"}
    assert layers.total == pytest.approx(gap(after, "photo") - gap(before, "photo"), abs=1e-6)


def test_where_nothing_was_moved_nothing_is_carried():
    built = scattered(nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.PReLU()))
    layers, weights, *_ = changed(built, copy.deepcopy(built), "photo")
    assert (layers.total, weights.total, weights.entries_total) == (0.0, 0.0, 0)
    assert {entry.value for entry in layers.entries} == {0.0}


def test_only_the_layer_that_was_moved_carries_the_change():
    before = scattered(Recurrent())
    after = copy.deepcopy(before)
    with torch.no_grad():
        after.lstm.weight_ih_l0 += 0.3
    layers, weights, *_ = changed(before, after, "note")
    assert {entry.name for entry in layers.entries if entry.value} == {"lstm"}
    assert {e.name.split("[")[0] for e in weights.entries} == {"lstm.weight_ih_l0"}


def test_values_move_in_the_unit_of_the_target():
    before = scattered(Patches())
    with torch.no_grad():
        before.out.weight *= 1000
    after = moved(before)
    found = changed(
        before, after, "photo", output="value", target=np.arange(ROWS) / 1.0, task="regression"
    )
    layers, weights, said = found
    assert (layers.link, layers.status, weights.status) == ("value", "ok", "ok")
    assert abs(layers.total) > 1
    assert (said.gap, said.kind, said.status) == ("equal_opportunity", "change", "not applicable")


class Counted(nn.Module):
    def __init__(self, number):
        super().__init__()
        self.register_buffer("shift", torch.tensor(number))
        self.out = nn.Linear(64, 1)

    def forward(self, photo):
        return torch.tanh(self.out(photo.flatten(1)) + self.shift)


class Narrow(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.act, self.out = nn.Conv2d(1, 1, 8), nn.PReLU(), nn.Linear(1, 1)

    def forward(self, photo):
        return self.act(self.out(self.conv(photo).float().flatten(1)))


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (Counted(0.0), Counted(1.0), "differ in shift, which is no parameter"),
        (Narrow(), Narrow(), "cannot be asked in double precision"),
        (Patches(), Normalised(), "differ in more than parameters"),
    ],
)
def test_what_cannot_be_compared_is_not_applicable(before, after, reason):
    found = changed(scattered(before), scattered(after, seed=1), "photo")
    assert {one.status for one in found} == {"not applicable"}
    assert reason in found[0].reason


def test_the_two_networks_are_left_as_they_were():
    before = scattered(Normalised())
    after = moved(before)
    states = [copy.deepcopy(built.state_dict()) for built in (before, after)]
    changed(before, after, "photo")
    for state, built in zip(states, (before, after), strict=True):
        assert all(torch.equal(state[key], value) for key, value in built.state_dict().items())
        assert all(p.grad is None and p.dtype == torch.float32 for p in built.parameters())
    assert torch.backends.mha.get_fastpath_enabled()

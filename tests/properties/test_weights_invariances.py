"""Edits that leave a network's function alone leave the amounts of its units alone."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from builders_weights import account_at, chain_of, network, rows, sample

FEW = settings(max_examples=8, deadline=None)
X, FIRST = rows(90)
PEOPLE = sample(FIRST)
SEED = st.integers(0, 50)


def amounts(built):
    chain = chain_of(built, X)
    return [
        PEOPLE.signed() @ account_at(chain, X, PEOPLE, cut)[0].units()
        for cut in range(len(chain.layers))
    ]


def assert_same(one, other):
    for left, right in zip(one, other, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)


@given(SEED, st.lists(st.floats(0.05, 20), min_size=6, max_size=6))
@FEW
def test_rescaling_relu_units_changes_nothing(seed, factors):
    built = network("relu", seed)
    other = copy.deepcopy(built)
    scale = torch.tensor(factors, dtype=torch.float64)
    with torch.no_grad():
        other.fc1.weight *= scale[:, None]
        other.fc1.bias *= scale
        other.fc2.weight /= scale
    assert_same(amounts(built), amounts(other))


@given(SEED, st.permutations(range(6)))
@FEW
def test_permuting_units_permutes_their_amounts(seed, order):
    built = network("gelu", seed)
    other = copy.deepcopy(built)
    with torch.no_grad():
        other.fc1.weight.copy_(built.fc1.weight[order])
        other.fc1.bias.copy_(built.fc1.bias[order])
        other.fc2.weight.copy_(built.fc2.weight[:, order])
    one, two = amounts(built), amounts(other)
    one[1] = one[1][order]
    assert_same(one, two)


@given(SEED, st.integers(0, 5), st.floats(0.05, 0.95))
@FEW
def test_halves_of_a_split_unit_sum_to_it(seed, unit, part):
    built = network("relu", seed)
    other = copy.deepcopy(built)
    order = [*range(6), unit]
    other.fc1, other.fc2 = nn.Linear(4, 7).double(), nn.Linear(7, 5).double()
    with torch.no_grad():
        other.fc1.weight.copy_(built.fc1.weight[order])
        other.fc1.bias.copy_(built.fc1.bias[order])
        other.fc2.weight.copy_(built.fc2.weight[:, order])
        other.fc2.weight[:, unit] *= part
        other.fc2.weight[:, 6] *= 1 - part
        other.fc2.bias.copy_(built.fc2.bias)
    one, two = amounts(built), amounts(other)
    assert two[1][unit] == pytest.approx(part * one[1][unit], abs=1e-6)
    two[1] = np.append(two[1][:6], [])
    two[1][unit] = one[1][unit]
    assert_same(one, two)


@given(SEED)
@FEW
def test_swapping_the_groups_changes_the_sign_alone(seed):
    chain = chain_of(network("tanh", seed), X)
    found, _ = account_at(chain, X, PEOPLE, 1)
    swapped, _ = account_at(chain, X, sample(~FIRST), 1)
    np.testing.assert_allclose(
        PEOPLE.signed() @ found.units(), -sample(~FIRST).signed() @ swapped.units(), atol=1e-9
    )

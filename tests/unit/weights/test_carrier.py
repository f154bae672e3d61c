"""Carrier accounts: they are complete, agree with slow twins, and ablation means what it says."""

import numpy as np
import pytest
import torch

from audit.weights.chain import activations
from audit.weights.statistics import difference
from builders_weights import account_at, chain_of, network, rows, sample
from oracles import ledger as oracle

CUTS = (0, 1, 2)
LINK = {"probability": torch.sigmoid, "log_odds": lambda answer: answer}


@pytest.mark.parametrize("link", LINK)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_units_sum_to_the_gap_at_every_cut(activation, seed, link):
    x, first = rows(300, seed=seed)
    people, chain = sample(first), chain_of(network(activation, seed), x)
    gap = people.signed() @ chain.scores(x, link).numpy()
    for cut in CUTS:
        found, allowed = account_at(chain, x, people, cut, link)
        units = people.signed() @ found.units()
        assert abs(gap) > 100 * allowed / 2
        assert abs(units.sum() - gap) <= allowed
        assert np.abs(people.signed()) @ np.abs(found.residuals()) <= allowed
        of_weights = found.weight_differences(people).value.reshape(found.weight.shape)
        np.testing.assert_allclose(of_weights.sum(axis=0), units, atol=1e-12)


def test_an_over_confident_network_is_split_until_it_converges():
    x, first = rows(300)
    built = network("tanh")
    with torch.no_grad():
        built.out.weight *= 25
    people, chain = sample(first), chain_of(built, x)
    found, allowed = account_at(chain, x, people, 1)
    assert chain.scores(x, "log_odds").std() > 6
    assert found.steps > 24
    assert np.abs(people.signed()) @ np.abs(found.residuals()) <= allowed


@pytest.mark.parametrize(("activation", "near"), [("relu", 3e-5), ("tanh", 1e-7), ("gelu", 1e-6)])
@pytest.mark.parametrize("cut", CUTS)
def test_units_and_weights_agree_with_the_slow_twins(activation, near, cut):
    x, first = rows(24)
    built = network(activation)
    people, chain = sample(first), chain_of(built, x)
    fed = activations(chain, x, cut)
    mean, layer = fed.mean(dim=0), built[2 * cut]
    after = built[2 * cut + 1 :]

    def score(preactivation):
        return torch.sigmoid(after(preactivation)).squeeze(1)

    found, _ = account_at(chain, x, people, cut, tighter=1000)
    units = oracle.units(lambda u: score(layer(u)), fed, mean, people.signed())
    weights = oracle.weights(score, layer, fed, mean=mean, signed=people.signed())
    np.testing.assert_allclose(people.signed() @ found.units(), units, atol=near)
    np.testing.assert_allclose(
        found.weight_differences(people).value.reshape(weights.shape), weights, atol=near
    )


def test_welch_of_weights_is_that_of_the_table_which_is_never_formed():
    x, first = rows(50)
    draw = np.random.default_rng(1)
    people, chain = sample(first, draw.uniform(0.2, 3, 50)), chain_of(network("gelu"), x)
    found, _ = account_at(chain, x, people, 1)
    table = np.einsum("kh,ik,ih->ikh", found.weight, found.gradients, found.departures)
    plain, quick = difference(table.reshape(50, -1), people), found.weight_differences(people)
    for one, other in zip(plain.intervals(0.9), quick.intervals(0.9), strict=True):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-12)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_the_causal_twin_is_mean_ablation_of_the_activation(activation):
    x, _ = rows(40)
    built = network(activation)
    chain = chain_of(built, x)
    fed = activations(chain, x, 1)
    mean = fed.mean(dim=0)
    for unit in range(6):
        mask = torch.zeros_like(chain.layers[1].weight, dtype=torch.bool)
        mask[:, unit] = True
        twin = chain.layers[1].ablate(mask, mean)
        held = oracle.mean_ablated(built, built.act1, unit, mean[unit], x)
        torch.testing.assert_close(chain.answer(twin.linear(fed), 1), held)


def test_row_weights_count_like_repeated_rows():
    x, first = rows(30)
    weights = np.random.default_rng(0).integers(1, 4, 30)
    chain = chain_of(network("tanh"), x)
    mean = x.mean(dim=0)
    again = np.repeat(np.arange(30), weights)
    one, _ = account_at(chain, x, sample(first, weights), 0, tighter=100)
    signed = sample(first[again]).signed()
    two, _ = account_at(chain, x[again], sample(first[again]), 0, tighter=100)
    assert not torch.allclose(mean, x[again].mean(dim=0))
    total = sample(first, weights).signed() @ one.scores
    assert total == pytest.approx(signed @ two.scores)
    assert (signed @ two.units()).sum() == pytest.approx(total, abs=1e-6)
    assert (sample(first, weights).signed() @ one.units()).sum() == pytest.approx(total, abs=1e-6)

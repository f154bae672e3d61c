"""Weights drawn anew: their variance, what starts at zero, and the unit of the answer."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import builders_networks as build
from audit.errors import ModelError
from audit.models.initialising import initialise, output_layer, scale_output, unscale_output

LARGE = nn.Sequential(nn.Conv2d(20, 40, 5), nn.ReLU(), nn.Linear(300, 200), nn.ReLU())


def drawn(layer, scheme, activation, *, last=False):
    """Return the weights that a layer is given as the first, or the last, of a network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(layer) if last else nn.Sequential(layer, nn.Linear(2, 2))
        initialise(network, scheme, activation)
    return layer.weight.detach()


@pytest.mark.parametrize("make", [lambda: nn.Linear(300, 200), lambda: nn.Conv2d(20, 40, 5)])
@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh", "sigmoid"])
@pytest.mark.parametrize("last", [False, True])
def test_variances_are_those_of_the_papers(make, activation, last):
    fan_in, fan_out = (300, 200) if isinstance(make(), nn.Linear) else (20 * 25, 40 * 25)
    gain = {"relu": math.sqrt(2), "gelu": math.sqrt(2), "tanh": 5 / 3, "sigmoid": 1.0}[activation]
    gain = 1.0 if last else gain
    he = drawn(make(), "he", activation, last=last)
    assert float(he.std()) == pytest.approx(gain / math.sqrt(fan_in), rel=0.03)
    xavier = drawn(make(), "xavier", activation, last=last)
    expected = gain * math.sqrt(2 / (fan_in + fan_out))
    assert float(xavier.std()) == pytest.approx(expected, rel=0.03)
    assert float(xavier.abs().max()) <= expected * math.sqrt(3) * 1.0001


@pytest.mark.parametrize("scheme", ["he", "xavier"])
def test_biases_start_at_zero(scheme):
    for name in build.ARCHITECTURES:
        network = build.network(name, init=scheme)
        layers = [m for m in network.modules() if isinstance(m, (nn.Linear, nn.Conv1d, nn.Conv2d))]
        assert all(bool((layer.bias == 0).all()) for layer in layers)


@pytest.mark.parametrize("scheme", ["he", "xavier", "default"])
def test_embeddings_have_length_one_and_padding_is_zero(scheme):
    layer = nn.Embedding(2000, 16, padding_idx=0)
    torch.manual_seed(0)
    initialise(nn.Sequential(layer, nn.Linear(16, 1)), scheme, "relu")
    assert bool((layer.weight[0] == 0).all())
    assert float(layer.weight[1:].detach().std()) == pytest.approx(1 / 4, rel=0.03)
    assert layer.weight.requires_grad


@pytest.mark.parametrize("scheme", ["he", "xavier"])
def test_attention_is_drawn_as_glorot_says(scheme):
    block = build.network("transformer", embedding=128, init=scheme).trunk.block1
    bound = math.sqrt(6 / 256)
    for layer in block.attention.children():
        assert float(layer.weight.detach().abs().max()) <= bound
        assert float(layer.weight.detach().std()) == pytest.approx(bound / math.sqrt(3), rel=0.03)
    gain = math.sqrt(2) if scheme == "he" else math.sqrt(2 * 2 * 128 / 384)
    assert float(block.up.weight.detach().std()) == pytest.approx(gain / math.sqrt(128), rel=0.03)
    down = 1 / math.sqrt(256) if scheme == "he" else math.sqrt(2 / 384)
    assert float(block.down.weight.detach().std()) == pytest.approx(down, rel=0.03)


def test_a_trained_network_starts_afresh():
    used, fresh = (build.network("cnn", normalisation="batch", seed=seed) for seed in (1, 2))
    used.train()
    used(torch.randn(8, 3, 9, 10) * 5)
    with torch.no_grad():
        used.trunk.norm1.weight.fill_(7)
    for network in (used, fresh):
        torch.manual_seed(0)
        initialise(network, "he", "relu")
    again = fresh.state_dict()
    assert all(torch.equal(value, again[key]) for key, value in used.state_dict().items())


def test_an_unknown_scheme_is_named():
    with pytest.raises(ModelError, match="unknown initialisation 'hee'; did you mean 'he'"):
        initialise(LARGE, "hee", "relu")


@pytest.mark.parametrize("name", build.ARCHITECTURES)
def test_the_answer_gets_the_unit_of_the_target(name):
    network = build.network(name).eval()
    tensors = build.encoder(build.ARCHITECTURES[name]).encode(build.inputs(build.dataset())).tensors

    def answer():
        return network(*tensors.values()) if len(tensors) == 1 else network(**tensors)

    with torch.no_grad():
        before = answer()
        scale_output(network, mean=12_000.0, scale=250.0)
        np.testing.assert_allclose(answer(), before * 250 + 12_000, rtol=1e-5)
        unscale_output(network, mean=12_000.0, scale=250.0)
        np.testing.assert_allclose(answer(), before, atol=1e-4)


def test_weights_are_scaled_as_exactly_as_their_precision_allows():
    layer = nn.Linear(4, 1)
    weight, bias = layer.weight.detach().double(), layer.bias.detach().double()
    scale_output(nn.Sequential(layer), mean=0.1, scale=1 / 3)
    assert torch.equal(layer.weight.detach(), (weight / 3).float())
    assert torch.equal(layer.bias.detach(), (bias * (1 / 3) + 0.1).float())


@pytest.mark.parametrize(("mean", "scale"), [(0, 0), (0, -1), (math.nan, 1), (0, math.inf)])
def test_an_impossible_unit_is_refused(mean, scale):
    for change in (scale_output, unscale_output):
        with pytest.raises(ModelError, match="expected a finite mean and a scale above 0"):
            change(nn.Sequential(nn.Linear(1, 1)), mean, scale)


@pytest.mark.parametrize(
    "network",
    [
        nn.ReLU(),
        nn.Sequential(),
        nn.Sequential(nn.ReLU()),
        nn.Sequential(nn.Linear(1, 1, bias=False)),
    ],
)
def test_a_network_that_ends_otherwise_has_no_output_layer(network):
    with pytest.raises(ModelError, match="expected a network that ends in a Linear layer"):
        output_layer(network)

"""Networks of every architecture: shapes, words, gradients, seeds, and what cannot be built."""

import numpy as np
import pytest
import torch
from torch import fx, nn

import builders_networks as build
from audit.errors import ModelError
from audit.models.architectures import Blueprint, describe
from audit.models.architectures import build as build_network
from audit.models.layers import Network, Shape, mlp
from audit.weights.heads import head_of
from oracles.inputs import grid, halved

EVERY = tuple(build.ARCHITECTURES)
DATA = build.dataset()


def encoded(name):
    names = build.ARCHITECTURES[name]
    return build.encoder(names).encode(build.inputs(DATA)).tensors


def answer(network, tensors):
    if len(tensors) == 1:
        return network(next(iter(tensors.values())))
    return network(**tensors)


def arguments(kind, *size, **more):
    given = {"inputs": [{"name": "it", "kind": kind, "size": list(size)}], "hidden": [], **more}
    return {"outputs": 1, **given}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("normalisation", ["none", "batch", "layer"])
def test_there_is_an_answer_for_each_row(name, outputs, normalisation):
    network = build.network(name, outputs=outputs, normalisation=normalisation, dropout=0.2)
    assert answer(network, encoded(name)).shape == (build.ROWS, outputs)


@pytest.mark.parametrize("name", EVERY)
def test_a_head_of_linear_layers_answers_from_the_vector_of_the_trunk(name):
    network = build.network(name, hidden=(6, 5)).eval()
    tensors = encoded(name)
    if not isinstance(network, Network):
        assert [type(layer) for layer in network][-1] is nn.Linear
        return
    assert list(dict(network.head.named_children())) == ["fc1", "act1", "fc2", "act2", "out"]
    vector = answer(network.trunk, tensors)
    assert vector.shape == (build.ROWS, network.trunk.width)
    assert torch.equal(network.head(vector), answer(network, tensors))
    fx.symbolic_trace(network.head)


@pytest.mark.parametrize("name", EVERY)
def test_gradients_reach_every_weight(name):
    network = build.network(name, activation="tanh", embedding=8, blocks=2)
    torch.sigmoid(answer(network, encoded(name))).sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        # A bias of the keys moves all scores of a place alike, which softmax takes out.
        if not key.endswith("key.bias"):
            assert bool((parameter.grad != 0).any()), key


@pytest.mark.parametrize("name", EVERY)
def test_a_row_is_answered_the_same_alone_as_among_others(name):
    network = build.network(name, normalisation="batch").eval()
    tensors = encoded(name)
    alone = {key: tensor[3:4] for key, tensor in tensors.items()}
    torch.testing.assert_close(answer(network, alone), answer(network, tensors)[3:4])


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_gives_the_same_weights(name):
    first, again, other = (build.network(name, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", EVERY)
def test_ledgers_find_the_head(name):
    model = build.model(name, hidden=(6, 5), normalisation="batch")
    head = head_of(model, model.encode(build.inputs(DATA)))
    layers = [layer.name.rpartition(".")[2] for layer in head.chain.layers]
    assert layers == (["out"] if name == "linear" else ["fc1", "fc2", "out"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("linear", "linear 3 → 1"),
        ("mlp", "MLP 3 → 6 → 1, relu, batch normalisation"),
        ("cnn", "CNN 3×9×10 → conv 3, 4 → 36 → 6 → 1, relu, batch normalisation"),
        ("cnn of grey", "CNN 1×8×8 → conv 3, 4 → 16 → 6 → 1, relu, batch normalisation"),
        ("cnn of series", "CNN 3×11 → conv 3, 4 → 12 → 6 → 1, relu, batch normalisation"),
        (
            "text_cnn",
            "text CNN 8 tokens of 14 → embedding 8 → conv 4 over 2, 3, 4 → 12 → 6 → 1, relu, "
            "batch normalisation",
        ),
        (
            "transformer",
            "transformer 8 tokens of 14 → 1 × attention 2 × 4 → 8 → 6 → 1, relu, "
            "batch normalisation, layer normalisation",
        ),
        (
            "fusion",
            "fusion camera (3×9×10 → conv 3, 4 → 36), radar (3×11 → conv 3, 4 → 12), "
            "review (8 tokens of 14 → embedding 8 → conv 4 over 2, 3, 4 → 12), facts (3 → 4) → 64 "
            "→ 6 → 1, relu, batch normalisation",
        ),
    ],
)
def test_an_architecture_is_told_in_words(name, words):
    found, layers, parameters = describe(build.network(name, normalisation="batch"))
    assert found == words
    assert sum(layer.parameters for layer in layers) == parameters


def test_a_network_of_ones_own_is_told_as_before():
    own = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    assert describe(own)[0] == "Sequential, 3 layers with parameters"


def test_pooling_agrees_with_the_loop_over_places():
    network = build.network("cnn", channels=(2, 3), hidden=()).eval()
    trunk = network.trunk
    x = encoded("cnn")["camera"][:2]
    with torch.no_grad():
        for number in (1, 2):
            active = torch.relu(trunk.get_submodule(f"conv{number}")(x))
            pooled = [[halved(plane) for plane in row] for row in active.tolist()]
            x = torch.tensor(pooled)
        expected = [[value for plane in row for value in grid(plane)] for row in x.tolist()]
        found = trunk(encoded("cnn")["camera"][:2])
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 50), (48, 48)])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_images_of_any_size_have_the_stated_width(size, kernel):
    given = arguments("image", 1, *size, channels=[2, 2, 2], kernel=kernel)
    network = build_network(Blueprint(name="cnn", arguments=given))
    assert network.trunk(torch.zeros(2, 1, *size)).shape == (2, network.trunk.width)
    assert network.trunk.width <= 2 * 4 * 4


@pytest.mark.parametrize("steps", [1, 2, 5, 100])
@pytest.mark.parametrize("kernel", [1, 2, 3, 6])
def test_series_of_any_length_have_the_stated_width(steps, kernel):
    given = arguments("series", 2, steps, channels=[2, 3], kernel=kernel)
    network = build_network(Blueprint(name="cnn", arguments=given))
    assert network.trunk(torch.zeros(2, 2, steps)).shape == (2, network.trunk.width)


def test_the_vectors_of_branches_stand_side_by_side():
    network = build.network("fusion").eval()
    tensors = encoded("fusion")
    assert network.trunk.widths == {"camera": 36, "radar": 12, "review": 12, "facts": 4}
    vector, start = network.trunk(**tensors), 0
    for name, width in network.trunk.widths.items():
        own = network.trunk.branch(name)(tensors[name])
        assert torch.equal(vector[:, start : start + width], own)
        start += width


@pytest.mark.parametrize("name", ["keys", "train", "forward", "to", "input_x", "_modules"])
def test_an_input_may_be_called_as_a_method_of_a_module(name):
    inputs = [{"name": n, "kind": "table", "size": [2]} for n in (name, "other")]
    given = {"inputs": inputs, "channels": [3], "kernel": 3, "embedding": 4, "hidden": []}
    network = build_network(Blueprint(name="fusion", arguments=given))
    assert network(**{name: torch.zeros(5, 2), "other": torch.zeros(5, 2)}).shape == (5, 1)
    with pytest.raises(ModelError, match=f"the network takes {name}, other, came other"):
        network(other=torch.zeros(5, 2))


def test_layers_of_an_mlp_come_in_the_order_of_their_names():
    found = mlp(inputs=3, hidden=[4, 4], dropout=0.1, normalisation="layer")
    names = "fc1 norm1 act1 drop1 fc2 norm2 act2 drop2 out"
    assert list(dict(found.named_children())) == names.split()


CONVOLUTION = {"channels": [2], "kernel": 3}
WORDS = {"channels": [2], "kernel": 3, "embedding": 4}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("cnn", arguments("table", 3, **CONVOLUTION), "expected an image or a series"),
        ("cnn", arguments("image", 3, 4, **CONVOLUTION), r"the size of an input, came image"),
        ("cnn", arguments("image", 3, 4, 0, **CONVOLUTION), r"image \[3, 4, 0\]"),
        ("cnn", arguments("image", 3, 4, 4.5, **CONVOLUTION), r"image \[3, 4, 4.5\]"),
        ("cnn", arguments("image", 3, 4, True, **CONVOLUTION), r"image \[3, 4, True\]"),
        ("cnn", arguments("sound", 3, **CONVOLUTION), "came sound"),
        ("cnn", arguments("image", 1, 4, 4, channels=[], kernel=3), "at least one convolution"),
        ("cnn", arguments("image", 1, 4, 4, channels=[1] * 1001, kernel=3), "at most 1,000 conv"),
        ("cnn", arguments("image", 1, 4, 4, channels=[-1], kernel=3), "cannot be built from"),
        ("cnn", arguments("image", 1, 4, 4, channels="ab", kernel=3), "cannot be built from"),
        ("cnn", arguments("image", 1, 4, 4, channels=[2], kernel="3"), "cannot be built from"),
        ("cnn", arguments("image", 1, 4, 4, normalisation="x", **CONVOLUTION), "unknown normalis"),
        ("cnn", arguments("image", 1, 4, 4, activation="x", **CONVOLUTION), "unknown activation"),
        ("cnn", {**arguments("image", 1, 4, 4, **CONVOLUTION), "inputs": []}, "cannot be built"),
        ("cnn", {**arguments("image", 1, 4, 4, **CONVOLUTION), "inputs": 3}, "cannot be built"),
        ("cnn", {**arguments("image", 1, 4, 4, **CONVOLUTION), "inputs": [{}]}, "cannot be built"),
        ("cnn", arguments("image", 1, 4, 4, depth=1, **CONVOLUTION), "cannot be built from"),
        ("mlp", {"inputs": 3, "hidden": [1] * 1001}, "at most 1,000 hidden layers"),
        ("mlp", {"inputs": 3, "hidden": [1], "normalisation": "x"}, "unknown normalisation"),
        ("text_cnn", arguments("image", 1, 4, 4, **WORDS), "expected a text, came a image"),
        ("text_cnn", arguments("text", 9, 4, channels=[], kernel=3, embedding=4), "cannot be bu"),
        ("transformer", arguments("text", 9, 4, embedding=5, heads=2, blocks=1), "share embeddi"),
        ("transformer", arguments("text", 9, 4, embedding=4, heads=0, blocks=1), "share embeddi"),
        ("transformer", arguments("text", 9, 4, embedding=4, heads=1, blocks=10**9), "most 1,000"),
        ("fusion", {"inputs": [], "hidden": [], **WORDS}, "expected inputs by name"),
        (
            "fusion",
            {"inputs": [Shape(name="a", kind="table", size=(1,)).plain()] * 2, **WORDS},
            "expected inputs by name",
        ),
    ],
)
def test_what_cannot_be_built_is_one_line(name, given, message):
    with pytest.raises(ModelError, match=message) as raised:
        build_network(Blueprint(name=name, arguments=given))
    assert "\n" not in str(raised.value)

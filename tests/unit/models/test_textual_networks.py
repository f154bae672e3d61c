"""Networks over words: agreement with slow twins, and padding that changes nothing."""

import math

import numpy as np
import pytest
import torch

import builders_networks as build
from audit.models.architectures import Blueprint, initialise
from audit.models.architectures import build as build_network
from audit.models.textual import present
from audit.models.transformer import Attention, masked_mean, positions
from oracles import texts as slow

TOKENS = torch.tensor([[5, 3, 2, 7, 1], [4, 1, 0, 0, 0], [6, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
THERE = [[True] * 5, [True, True, False, False, False], [True] + [False] * 4, [True] + [False] * 4]
TEXTUAL = ("text_cnn", "transformer")


def network(name, length=5, **more):
    inputs = [{"name": "review", "kind": "text", "size": [9, length]}]
    own = {"channels": [3], "kernel": 3} if name == "text_cnn" else {"heads": 2, "blocks": 2}
    given = {"inputs": inputs, "embedding": 4, "hidden": [5], **own, **more}
    found = build_network(Blueprint(name=name, arguments=given))
    torch.manual_seed(3)
    initialise(found, "he", "relu")
    return found.eval()


def test_padding_is_told_from_words_and_the_first_place_always_counts():
    assert present(TOKENS).tolist() == THERE


def test_the_mean_is_over_words_only():
    values = torch.randn(4, 5, 3)
    found = masked_mean(values, present(TOKENS))
    expected = [
        slow.masked_mean(row.tolist(), mark) for row, mark in zip(values, THERE, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("width", [1, 4, 7])
def test_places_are_the_sines_of_the_paper(width):
    like = torch.zeros(1, dtype=torch.float64)
    np.testing.assert_allclose(positions(9, width, like), slow.positions(9, width), atol=1e-12)


def test_attention_agrees_with_the_loop_over_places():
    torch.manual_seed(0)
    attention = Attention(6, heads=2)
    x, mask = torch.randn(4, 5, 6), present(TOKENS)
    with torch.no_grad():
        found = attention(x, mask)
        parts = [layer(x) for layer in (attention.query, attention.key, attention.value)]
        rows = []
        for row, there in enumerate(THERE):
            heads = [
                slow.attended(*(part[row, :, first : first + 3].tolist() for part in parts), there)
                for first in (0, 3)
            ]
            joined = [[*left, *right] for left, right in zip(*heads, strict=True)]
            rows.append(joined)
        expected = attention.out(torch.tensor(rows))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_windows_of_words_agree_with_the_loop():
    trunk = network("text_cnn", activation="tanh").trunk
    with torch.no_grad():
        found = trunk(TOKENS)
        for number, window in enumerate((2, 3, 4)):
            layer = trunk.get_submodule(f"conv{window}")
            for row, tokens in enumerate(TOKENS):
                words = trunk.embedding(tokens).tolist()
                before = slow.largest_windows(
                    words, layer.weight.tolist(), layer.bias.tolist(), THERE[row]
                )
                own = found[row, 3 * number : 3 * number + 3]
                np.testing.assert_allclose(own, np.tanh(before), atol=1e-5)


@pytest.mark.parametrize("name", TEXTUAL)
def test_more_padding_changes_no_answer(name):
    short, long = network(name, length=5), network(name, length=40)
    long.load_state_dict(short.state_dict())
    padded = torch.nn.functional.pad(TOKENS, (0, 35))
    torch.testing.assert_close(long(padded), short(TOKENS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", TEXTUAL)
def test_a_text_of_unknown_words_or_of_nothing_has_an_answer(name):
    for tokens in (torch.ones(2, 5, dtype=torch.long), torch.zeros(2, 5, dtype=torch.long)):
        assert bool(torch.isfinite(network(name)(tokens)).all())


@pytest.mark.parametrize("name", TEXTUAL)
def test_the_order_of_words_matters(name):
    found = network(name)(torch.tensor([[5, 3, 2, 7, 1], [1, 7, 2, 3, 5]]))
    assert not torch.allclose(found[0], found[1])


@pytest.mark.parametrize("name", TEXTUAL)
def test_padding_stays_zero_in_training(name):
    found = network(name)
    optimizer = torch.optim.SGD(found.parameters(), lr=1.0)
    found(TOKENS).sum().backward()
    optimizer.step()
    assert bool((found.trunk.embedding.weight[0] == 0).all())


@pytest.mark.parametrize("kernel", [1, 2, 5])
def test_a_window_may_be_longer_than_the_text(kernel):
    found = network("text_cnn", length=2, kernel=kernel)
    assert found(TOKENS[:, :2]).shape == (4, 1)


def test_the_scale_of_embeddings_is_that_of_the_places():
    found = network("transformer")
    read = found.trunk.read
    seen = []
    found.trunk.block1.norm1.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    embedded = found.trunk.embedding(TOKENS)
    read(embedded, present(TOKENS))
    expected = embedded * math.sqrt(4) + positions(5, 4, embedded)
    torch.testing.assert_close(seen[0], expected)


def test_embeddings_can_be_put_in_the_place_of_words():
    for name in TEXTUAL:
        trunk = build.network(name).eval().trunk
        tokens = TOKENS.clone()
        embedded = trunk.embedding(tokens).detach().requires_grad_(True)
        vector = trunk.read(embedded, present(tokens))
        assert torch.equal(vector, trunk(tokens))
        vector.sum().backward()
        assert bool((embedded.grad[0] != 0).any())

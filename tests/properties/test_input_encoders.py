"""Encoders of inputs: each row by itself, in any order; words as the slow twin cuts them."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import builders_networks as build
from audit.models.moments import Moments
from audit.models.textual import present
from audit.models.transformer import masked_mean
from audit.models.word_tokenizer import words
from oracles import texts as slow

DATA, ENCODER = build.dataset(), build.encoder()
TEXTUAL = {name: build.network(name).eval() for name in ("text_cnn", "transformer")}
ALPHABET = "aB \u00e9e\u0301'\u2019.!_7\u0301\ud800\U0001f44dहिन्दी\u0130\u00df\u4e2d\u00a0\n"


@given(st.lists(st.integers(0, build.ROWS - 1), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_rows_are_encoded_alone_as_among_others(rows):
    together = ENCODER.encode(build.inputs(DATA, rows)).tensors
    for place, row in enumerate(rows):
        alone = ENCODER.encode(build.inputs(DATA, [row])).tensors
        assert list(alone) == list(together)
        for name, tensor in alone.items():
            assert torch.equal(tensor[0], together[name][place])


@given(st.text(alphabet=ALPHABET, max_size=30) | st.text(max_size=30))
@settings(max_examples=400, deadline=None)
def test_words_are_those_that_a_scan_finds(text):
    assert words(text) == slow.words(text)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_cutting_words_again_changes_nothing(text):
    found = words(text)
    assert all(found)
    assert not any(any(char.isspace() for char in word) for word in found)
    for word in found:
        assert words(word) == [word]


@given(
    st.lists(st.integers(1, 13), min_size=1, max_size=8),
    st.integers(0, 30),
    st.sampled_from(sorted(TEXTUAL)),
)
@settings(max_examples=60, deadline=None)
def test_padding_changes_no_answer(numbers, more, name):
    network = TEXTUAL[name]
    tokens = torch.tensor([numbers])
    padded = torch.nn.functional.pad(tokens, (0, more))
    with torch.no_grad():
        torch.testing.assert_close(network(padded), network(tokens), rtol=1e-4, atol=1e-5)


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_the_masked_mean_is_that_of_the_loop(numbers):
    tokens = torch.tensor(numbers)
    values = torch.randn(*tokens.shape, 3, generator=torch.Generator().manual_seed(0)).double()
    mask = present(tokens)
    expected = [
        slow.masked_mean(row, there)
        for row, there in zip(values.tolist(), mask.tolist(), strict=True)
    ]
    np.testing.assert_allclose(masked_mean(values, mask), expected, atol=1e-12)


@given(
    st.lists(st.floats(-1e6, 1e6, width=32) | st.just(float("nan")), min_size=1, max_size=40),
    st.integers(1, 7),
)
@settings(max_examples=200, deadline=None)
def test_moments_of_chunks_are_those_of_the_whole(values, size):
    table = np.array(values, dtype=np.float32)[:, None]
    moments = Moments.none(1)
    for start in range(0, len(table), size):
        moments = moments.with_values(table[start : start + size])
    known = table[~np.isnan(table)].astype(np.float64)
    assert int(moments.count[0]) == len(known)
    if len(known):
        spread = float(np.abs(known).max())
        np.testing.assert_allclose(moments.mean[0], known.mean(), rtol=1e-12, atol=1e-12 * spread)
        found = np.sqrt(moments.squares[0] / moments.count[0])
        np.testing.assert_allclose(found, known.std(), rtol=1e-9, atol=1e-12 * max(spread, 1))

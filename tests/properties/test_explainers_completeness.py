"""Attributions sum to the gap of scores, whatever the lengths of the texts and the groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import builders_explained as small
from builders_explained import as_dict, explained, model, seeded

ROWS = 24


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 1000),
    longest=st.integers(1, small.LENGTH),
    activation=st.sampled_from([nn.ReLU, nn.Tanh]),
    baseline=st.sampled_from(["mean", "zero"]),
    sex=st.lists(st.sampled_from("fm"), min_size=ROWS, max_size=ROWS),
)
def test_words_and_lengths_sum_to_the_gap(seed, longest, activation, baseline, sex):
    sex[:6] = "fffmmm"
    weights = np.random.default_rng(seed).uniform(0.1, 2, ROWS)
    inputs = {"letter": small.texts(rows=ROWS, longest=longest, seed=seed)}
    data = small.dataset(inputs, rows=ROWS, weights=weights, groups={"sex": sex})
    network = seeded(lambda: small.MeanOfWords(activation=activation), seed)
    found = explained(model(network, inputs), data, baseline=baseline)
    for explanation in found.explanations[1:]:
        total = sum(as_dict(explanation).values())
        assert explanation.residual == pytest.approx(explanation.total - total, abs=1e-12)
        assert abs(explanation.residual) <= 1e-3
        assert explanation.status == "ok"
    for picture in found.pictures:
        explanation = next(e for e in found.explanations if e.id == picture.explanation)
        words = sum(v for k, v in as_dict(explanation).items() if not k.startswith("(length"))
        assert picture.total == pytest.approx(words, rel=1e-3, abs=1e-7)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000), activation=st.sampled_from([nn.ReLU, nn.Tanh, nn.GELU]))
def test_patches_sum_to_the_gap(seed, activation):
    inputs = {"face": small.images(rows=ROWS, seed=seed)}
    sex = ["f" if row % 2 else "m" for row in range(ROWS)]
    data = small.dataset(inputs, rows=ROWS, groups={"sex": sex})
    network = seeded(lambda: small.Convolutions(activation=activation), seed)
    for explanation in explained(model(network, inputs), data).explanations[1:]:
        assert explanation.status == "ok"
        assert sum(as_dict(explanation).values()) == pytest.approx(explanation.total, abs=1e-3)

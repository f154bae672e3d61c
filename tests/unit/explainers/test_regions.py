"""Folding by layout: patches, channels and words against loops, and sums that are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import ModelError
from audit.explainers.regions import (
    block_sums,
    edges,
    fold_channels,
    fold_image,
    patches,
    series_channels,
)
from audit.explainers.words import fold_words, strongest, weighted_means
from audit.models.model import Layout
from oracles.folding import cells_of, channels_of, patches_of, words_of

SIZES = [(48, 48), (50, 31), (8, 8), (5, 3), (1, 1), (9, 100)]


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_patches_are_the_sums_that_loops_give(height, width, channels):
    values = np.random.default_rng(height).normal(size=(2, channels, height, width))
    names, folded = fold_image(values)
    assert len(names) == len(set(names)) == min(8, height) * min(8, width)
    for row, image in zip(folded, values, strict=True):
        np.testing.assert_allclose(row, list(patches_of(image).values()), atol=1e-9)


def test_patches_are_named_by_their_pixels():
    names = patches(48, 48)
    assert names[:2] == ("rows 0–5, columns 0–5", "rows 0–5, columns 6–11")
    assert names[-1] == "rows 42–47, columns 42–47"
    assert patches(2, 1) == ("row 0, column 0", "row 1, column 0")


@given(st.integers(1, 500))
def test_patches_cover_each_pixel_once_and_are_nearly_equal(size):
    cuts = edges(size)
    widths = np.diff(cuts)
    assert (cuts[0], cuts[-1]) == (0, size)
    assert len(widths) == min(8, size)
    assert widths.max() - widths.min() <= 1


def test_channels_take_the_values_of_their_gaps():
    names = ("speed", "heat", "speed missing", "rain missing")
    layout = Layout(kind="series", names=names, source="radar")
    values = np.random.default_rng(1).normal(size=(3, 4, 6))
    channels, folded = fold_channels(values, layout)
    assert series_channels(layout) == ("speed", "heat", "speed", "rain missing")
    assert channels == ("speed", "heat", "rain missing")
    for row, one in zip(folded, values, strict=True):
        expected = channels_of(one, names)
        assert dict(zip(channels, row.sum(axis=1), strict=True)) == pytest.approx(expected)
    np.testing.assert_allclose(folded[:, 0], values[:, 0] + values[:, 2])


@given(st.integers(1, 6), st.integers(1, 7), st.integers(0, 1000))
def test_words_are_summed_over_their_places(rows, length, seed):
    draw = np.random.default_rng(seed)
    vocabulary = tuple("pqrstu")
    numbers = draw.integers(0, 6, (rows, length))
    values = np.where(numbers == 0, 0.0, draw.normal(size=(rows, length)))
    folded = fold_words(numbers, numbers == 0, values, vocabulary)
    for row in range(rows):
        expected = words_of(numbers[row], values[row], vocabulary)
        start, end = folded.indptr[row : row + 2]
        found = dict(zip(folded.indices[start:end], folded.data[start:end], strict=True))
        assert {vocabulary[k]: v for k, v in found.items()} == pytest.approx(expected)
    np.testing.assert_allclose(folded.sum(axis=1), values.sum(axis=1), atol=1e-12)


def test_a_word_that_adds_nothing_still_occurs():
    folded = fold_words(np.array([[1, 2]]), np.array([[False, False]]), np.zeros((1, 2)), "abc")
    assert folded.nnz == 2


def test_a_number_outside_the_vocabulary_is_refused():
    with pytest.raises(ModelError, match="expected tokens from 0 to 2, .* came 1 to 3"):
        fold_words(np.array([[1, 3]]), np.array([[False, False]]), np.zeros((1, 2)), "abc")


def test_means_of_words_count_rows_without_them():
    numbers, none = np.array([[0, 1], [1, 1], [2, 0]]), np.zeros((3, 2), dtype=bool)
    folded = fold_words(numbers, none, np.arange(6.0).reshape(3, 2), "abc")
    weights = np.array([1.0, 2.0, 5.0])
    expected = [(0 * 1 + 5 * 5) / 8, (1 * 1 + 5 * 2) / 8, 4 * 5 / 8]
    np.testing.assert_allclose(weighted_means(folded, weights), expected)


def test_the_strongest_words_of_enough_rows_come_first():
    strength, counts = np.array([5.0, 1.0, 9.0, 1.0, 2.0]), np.array([3, 3, 2, 9, 3])
    assert strongest(strength, counts, 3).tolist() == [0, 4, 1, 3]
    assert len(strongest(np.ones(100), np.full(100, 9), 3)) == 40


@pytest.mark.parametrize("block", [1, 3, 5])
def test_blocks_are_the_sums_that_loops_give(block):
    values = np.random.default_rng(0).normal(size=(7, 11))
    found = block_sums(values, tuple(range(0, 7, block)), tuple(range(0, 11, block)))
    np.testing.assert_allclose(found, cells_of(values, block, mean=False))

"""A large vocabulary costs no memory: attributions of words are never rows times vocabulary."""

import tracemalloc

import numpy as np
import pytest

from audit.explainers.attributed import Attributed
from audit.explainers.shortlist import occurring, ranked, shortlist
from audit.explainers.words import WordValues, fold_words, joined

ROWS, LENGTH, VOCABULARY = 2_000, 64, 300_000


def attributed(words, rows, draw):
    """Attributions of some rows, folded a few hundred rows at a time."""
    parts = []
    for start in range(0, len(rows), 500):
        count = len(rows[start : start + 500])
        numbers = draw.zipf(1.3, (count, LENGTH)) % len(words)
        values = draw.normal(size=numbers.shape) / (1 + numbers)
        found = fold_words(numbers, numbers == 0, values, words)
        parts.append(WordValues(name="x", prefix="", words=words, values=found))
    return Attributed(
        features=(), rows=rows, values=np.zeros((len(rows), 0)), words=(joined(parts),),
        errors=np.zeros(len(rows)), figures={}, baseline_score=0.0,
    )  # fmt: skip


def test_memory_goes_with_the_words_that_are_said():
    words = tuple(f"w{place}" for place in range(VOCABULARY))
    draw = np.random.default_rng(0)
    tracemalloc.start()
    try:
        whole = attributed(words, np.arange(ROWS), draw)
        halves = [whole.take(np.arange(0, ROWS, 2)), whole.take(np.arange(1, ROWS, 2))]
        weights = [np.ones(ROWS // 2)] * 2
        found = shortlist(halves, weights, 10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    dense = ROWS * VOCABULARY * 8
    assert peak < dense / 40
    assert len(found.features) == 41
    totals = [values.sum(axis=1) for values in found.values]
    for half, total in zip(halves, totals, strict=True):
        np.testing.assert_allclose(total, half.words[0].values.sum(axis=1), atol=1e-12)


@pytest.mark.parametrize("absolute", [False, True])
def test_the_list_is_that_of_a_dense_table(absolute):
    words = tuple(f"w{place}" for place in range(200))
    whole = attributed(words, np.arange(150), np.random.default_rng(1))
    weights = np.random.default_rng(2).uniform(0.1, 3, 150)
    table = whole.words[0].values.toarray()
    ranks = np.abs(np.average(np.abs(table) if absolute else table, axis=0, weights=weights))
    said = np.array([(whole.words[0].take(np.array([row])).occurrences()) for row in range(150)])
    enough = [place for place in range(200) if said[:, place].sum() >= 4]
    expected = sorted(enough, key=lambda place: (-ranks[place], place))[:40]
    chosen = ranked(whole.words, [weights], occurring([whole], 0), 4, absolute=absolute)
    assert chosen.tolist() == expected
    found = shortlist([whole], [weights], 4, absolute=absolute)
    np.testing.assert_allclose(found.values[0][:, :-1], table[:, expected])
    others = (said.sum(axis=0) > 0).sum() - len(expected)
    assert found.features[-1] == f"({others} other words)"


def test_nobodys_words_are_named_alone():
    words = ("[pad]", "a", "b")
    numbers = np.array([[1, 1], [1, 2], [1, 1]])
    values = WordValues(
        name="x", prefix="note: ", words=words,
        values=fold_words(numbers, numbers == 0, np.ones((3, 2)), words),
    )  # fmt: skip
    whole = Attributed(
        features=("age",), rows=np.arange(3), values=np.full((3, 1), 0.5), words=(values,),
        errors=np.zeros(3), figures={}, baseline_score=0.0,
    )  # fmt: skip
    found = shortlist([whole], [np.ones(3)], 2)
    assert found.features == ("age", "note: a", "note: (1 other word)")
    np.testing.assert_array_equal(found.values[0], [[0.5, 2, 0], [0.5, 1, 1], [0.5, 2, 0]])

"""Attributions of words: sparse, since a text holds few of a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from audit.errors import ModelError

MOST = 40
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class WordValues:
    """What each word of each row adds to its score.

    Attributes
    ----------
    name : str
        Of the tensor.
    prefix : str
        Stands before a word where there are several inputs.
    words : tuple of str
        The vocabulary.
    values : sparse array of float64, shape (rows, words)
        An entry for each word that occurs in a row, also where it adds nothing.
    """

    name: str
    prefix: str
    words: tuple[str, ...]
    values: sparse.csr_array

    def take(self, places: Places) -> WordValues:
        """Return some of the rows."""
        return replace(self, values=self.values[places])

    def occurrences(self) -> Places:
        """Return in how many rows each word occurs."""
        return np.bincount(self.values.indices, minlength=len(self.words))

    def split(self, chosen: Places) -> tuple[Floats, Floats]:
        """Return the values of the chosen words, (rows, chosen), and of all others together."""
        others = np.ones(len(self.words))
        others[chosen] = 0.0
        return self.values[:, chosen].toarray(), self.values @ others


def fold_words(
    numbers: Places, padding: NDArray[np.bool_], values: Floats, words: Sequence[str]
) -> sparse.csr_array:
    """Sum the attributions of each word over the places where it stands.

    Parameters
    ----------
    numbers : ndarray of int64, shape (rows, length)
        Places in `words`.
    padding : ndarray of bool, shape (rows, length)
        Places that hold no word.
    values : ndarray of float64, shape (rows, length)
    words : sequence of str

    Raises
    ------
    ModelError
        If a number is no place in the vocabulary.
    """
    said = ~padding
    numbers_said = numbers[said]
    if numbers_said.size and not 0 <= numbers_said.min() <= numbers_said.max() < len(words):
        raise ModelError(
            f"expected tokens from 0 to {len(words) - 1}, the places of the vocabulary, came "
            f"{numbers_said.min()} to {numbers_said.max()}"
        )
    rows = np.nonzero(said)[0]
    shape = (len(numbers), len(words))
    return sparse.coo_array((values[said], (rows, numbers_said)), shape=shape).tocsr()


def joined(parts: Sequence[WordValues]) -> WordValues:
    """Return the rows of several batches as one."""
    values = sparse.vstack([part.values for part in parts], format="csr")
    return replace(parts[0], values=sparse.csr_array(values))


def weighted_means(values: sparse.csr_array, weights: Floats) -> Floats:
    """Return the weighted mean of each word over all rows, 0 in those that do not contain it."""
    means: Floats = values.T @ (weights / weights.sum())
    return means


def strongest(strength: Floats, occurrences: Places, minimum: int) -> Places:
    """Return the words of the largest strength, of those in at least `minimum` rows.

    Words of fewer rows are not named: they may be somebody's own.
    """
    named = np.flatnonzero(occurrences >= max(minimum, 1))
    order = np.lexsort((named, -strength[named]))
    return named[order][:MOST]

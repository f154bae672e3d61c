"""Two distribution functions side by side, cell by cell, and how far they lie apart at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.measures.scored import ScoredRows, added

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SharedCells:
    """The cells in which either of two groups has rows, in rising order, shape (cells,).

    Attributes
    ----------
    before : ndarray of float64
        Distribution function of the first less that of the second, below the cell.
    first, second : ndarray of float64
        Share of each group's rows that lie in it.
    low, high : ndarray of float64, shape (2, cells)
        Smallest and largest score of each group in it; infinite where it has none.
    """

    before: Floats
    first: Floats
    second: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, one: ScoredRows, two: ScoredRows) -> SharedCells:
        """Put the cells of two groups together."""
        entries = one.entries, two.entries
        names = ("ranked", "even")
        keys = np.stack([np.concatenate([getattr(e, name) for e in entries]) for name in names])
        place = np.unique(keys, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)
        cells = int(place.max()) + 1
        cut = len(one.entries.w)
        parts = (one, place[:cut]), (two, place[cut:])
        first, second = (added(at, rows.entries.w / rows.weight[0], cells) for rows, at in parts)
        gap = first - second
        low, high = np.full((2, cells), np.inf), np.full((2, cells), -np.inf)
        for number, (rows, at) in enumerate(parts):
            np.minimum.at(low[number], at, rows.entries.low)
            np.maximum.at(high[number], at, rows.entries.high)
        before: Floats = np.cumsum(gap) - gap
        return cls(before=before, first=first, second=second, low=low, high=high)

    def farthest(self) -> tuple[float, float]:
        """Return the largest gap that is sure, and what the order within a cell could add.

        Between cells the gap is exact, and so it is within one where all rows of a group come
        before those of the other.
        """
        after = self.before + self.first - self.second
        parted = self.high[0] < self.low[1], self.high[1] < self.low[0]
        one_first = np.where(parted[0], self.before + self.first, after)
        two_first = np.where(parted[1], self.before - self.second, after)
        value = float(np.abs([after, one_first, two_first]).max())
        tied = self.low.min(axis=0) == self.high.max(axis=0)
        open_ = ~(parted[0] | parted[1] | tied)
        most = np.maximum(self.before + self.first, self.second - self.before)[open_]
        return value, max(float(most.max(initial=0.0)) - value, 0.0)

"""The scores of each group in rising order, cell by cell, with both labels side by side.

A cell is a pair of bins: that of the logit and that of equal width. Both rise with the score, so
together they order rows more finely than either. What is left is whether a positive and a negative
of one cell are tied; the smallest and largest score of each answer that unless they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from audit.metrics.measures.scored import ScoredRows, added

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class OrderedCells:
    """Cells in rising order of score within each group, shape (cells,); groups in order.

    Attributes
    ----------
    group : ndarray of int64
    positive, negative : ndarray of float64
        Weight of the rows of label 1 and of label 0.
    positive2, negative2 : ndarray of float64
        Their sums of squared weights.
    credit : ndarray of float64
        Share of the cell's negatives that one of its positives outranks: 1, 0, a half for ties, and
        between for cells in which the two overlap.
    settled : ndarray of bool
        Whether `credit` is exact.
    groups : int
    """

    group: Ints
    positive: Floats
    negative: Floats
    positive2: Floats
    negative2: Floats
    credit: Floats
    settled: Mask
    groups: int

    @classmethod
    def of(cls, rows: ScoredRows) -> OrderedCells:
        """Sort the entries of a histogram and put both labels of a cell together."""
        entries = rows.entries
        order = np.lexsort((entries.even, entries.ranked, entries.group))
        keys = np.stack([entries.group, entries.ranked, entries.even])[:, order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        cell = np.empty(len(order), dtype=np.int64)
        cell[order] = np.cumsum(first) - 1
        size = int(first.sum())

        def total(values: Floats, label: int) -> Floats:
            kept = entries.label == label
            return added(cell[kept], values[kept], size)

        credit, settled = _credit(rows, cell, size)
        return cls(
            group=keys[0][first],
            positive=total(entries.w, 1),
            negative=total(entries.w, 0),
            positive2=total(entries.w2, 1),
            negative2=total(entries.w2, 0),
            credit=credit,
            settled=settled,
            groups=rows.groups,
        )

    def sums(self, values: Floats) -> Floats:
        """Add up one number of each cell, by group."""
        return added(self.group, values, self.groups)

    def below(self, values: Floats) -> Floats:
        """Sum over the cells of the same group that lie below each cell."""
        before = np.cumsum(values) - values
        start = np.searchsorted(self.group, np.arange(self.groups))
        below: Floats = before - np.append(before, 0.0)[start][self.group]
        return below


def _credit(rows: ScoredRows, cell: Ints, size: int) -> tuple[Floats, Mask]:
    """Compare the two labels in each cell: by their extremes, else by their mean scores.

    Where the two overlap they are taken to spread evenly over the cell, so that the share outranked
    is a half plus the distance of the means over the range.
    """
    entries = rows.entries
    lowest = np.full((2, size), np.inf)
    highest = np.full((2, size), -np.inf)
    np.minimum.at(lowest, (entries.label, cell), entries.low)
    np.maximum.at(highest, (entries.label, cell), entries.high)
    above, under = lowest[1] > highest[0], highest[1] < lowest[0]
    tied = (lowest[0] == highest[1]) & (lowest[1] == highest[0])
    credit = np.where(tied, 0.5, _between(rows, cell, lowest.min(axis=0), highest.max(axis=0)))
    return np.where(above, 1.0, np.where(under, 0.0, credit)), above | under | tied


def _between(rows: ScoredRows, cell: Ints, low: Floats, high: Floats) -> Floats:
    entries = rows.entries
    if entries.scale.kind == "logit":
        low, high = np.asarray(expit(low)), np.asarray(expit(high))
    sums = np.zeros((2, 2, len(low)))
    np.add.at(sums[0], (entries.label, cell), entries.total)
    np.add.at(sums[1], (entries.label, cell), entries.w)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums[0] / sums[1]
        share = 0.5 + (means[1] - means[0]) / (high - low)
    return np.where(np.isfinite(share), np.clip(share, 0.0, 1.0), 0.5)

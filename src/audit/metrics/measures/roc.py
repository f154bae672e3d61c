"""ROC curves of groups, and the area between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.measures.ordering import OrderedCells
from audit.metrics.measures.scored import ScoredRows

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Roc:
    """The ROC curve of one group: straight lines between corners, from (0, 0) to (1, 1).

    Attributes
    ----------
    fpr, tpr : ndarray of float64, shape (corners,)
        Rising; several corners may have one false positive rate.
    """

    fpr: Floats
    tpr: Floats

    @classmethod
    def of(cls, rows: ScoredRows) -> Roc:
        """Draw the curve of a table of one group that has rows of both labels."""
        cells = OrderedCells.of(rows)
        return cls(fpr=from_the_top(cells.negative), tpr=from_the_top(cells.positive))

    def between(self, knots: Floats) -> tuple[Floats, Floats]:
        """Heights just after each knot but the last, and just before each but the first.

        Parameters
        ----------
        knots : ndarray
            Rising, with every false positive rate of the curve among them.
        """
        at, first = np.unique(self.fpr, return_index=True)
        last = np.append(first[1:], len(self.fpr)) - 1
        piece = np.clip(np.searchsorted(at, knots[:-1], side="right") - 1, 0, len(at) - 2)
        start, rise = self.tpr[last[piece]], self.tpr[first[piece + 1]] - self.tpr[last[piece]]
        slope = rise / (at[piece + 1] - at[piece])
        return start + (knots[:-1] - at[piece]) * slope, start + (knots[1:] - at[piece]) * slope


def from_the_top(weights: Floats) -> Floats:
    """Share of weight at or above each cell, from 0 above all to 1; cells on the last axis."""
    above = np.cumsum(weights[..., ::-1], axis=-1)
    shares = above / above[..., -1:]
    return np.concatenate([np.zeros_like(shares[..., :1]), shares], axis=-1)


def area_between(one: Roc, two: Roc) -> float:
    """Area between two curves, exactly: every crossing within a piece is found.

    Returns
    -------
    float
        In [0, 1]; 0 for equal curves.
    """
    knots = np.unique(np.concatenate([one.fpr, two.fpr]))
    (start1, end1), (start2, end2) = one.between(knots), two.between(knots)
    start, end = start1 - start2, end1 - end2
    total = np.abs(start) + np.abs(end)
    crossing = start * end < 0
    with np.errstate(divide="ignore", invalid="ignore"):
        height = np.where(crossing, (start**2 + end**2) / (2 * total), total / 2)
    return float((np.diff(knots) * height).sum())

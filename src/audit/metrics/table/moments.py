"""Sums of errors by group: what the metrics of a regression follow from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.metrics.table.counting import add_to, chunks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COUNTS = ("n", "over", "under")
SUMS = ("w", "w2", "e", "e2", "e4", "size", "w_over", "w_under", "y", "y2", "p", "p2", "p3")


@dataclass(frozen=True, kw_only=True, eq=False)
class ErrorSums:
    """Sums over the rows of each group, shape (groups,); e is prediction less target.

    Attributes
    ----------
    n : ndarray of int64
        Rows.
    over, under : ndarray of int64
        Rows with e > 0, and with e < 0.
    w, w2 : ndarray of float64
        Sums of weights and of their squares.
    e, e2, e4 : ndarray of float64
        Sums of w·e, w·e² and w·e⁴ (the last for the error of a mean square).
    size : ndarray of float64
        Sum of w·|e|.
    w_over, w_under : ndarray of float64
        Sums of weights of rows with e > 0, and with e < 0.
    y, y2 : ndarray of float64
        Sums of w·target and w·target², less `centre` each.
    p, p2, p3 : ndarray of float64
        Sums of w·prediction, w·prediction² and w·prediction³, less `centre` each.
    centre : float
        What was taken off each target and prediction before its powers were summed, so that
        nothing cancels.
    """

    n: Ints
    over: Ints
    under: Ints
    w: Floats
    w2: Floats
    e: Floats
    e2: Floats
    e4: Floats
    size: Floats
    w_over: Floats
    w_under: Floats
    y: Floats
    y2: Floats
    p: Floats
    p2: Floats
    p3: Floats
    centre: float = 0.0

    @classmethod
    def empty(cls, groups: int = 0, centre: float = 0.0) -> ErrorSums:
        """Return sums over no rows."""
        counts: Any = {name: np.zeros(groups, dtype=np.int64) for name in COUNTS}
        sums: Any = {name: np.zeros(groups) for name in SUMS}
        return cls(**counts, **sums, centre=centre)

    @classmethod
    def from_arrays(
        cls,
        group: Ints,
        target: Floats,
        prediction: Floats,
        weights: Floats | None = None,
        *,
        groups: int,
    ) -> ErrorSums:
        """Sum the rows of each group, 131,072 of them at a time.

        Parameters
        ----------
        group : ndarray of int64, shape (rows,)
            From 0 to `groups` - 1.
        target, prediction : ndarray of float64, shape (rows,)
            Finite.
        weights : ndarray of float64, shape (rows,), optional
        groups : int
        """
        sums = cls.empty(groups, rounded(float(target.mean())) if len(target) else 0.0)
        for part in chunks(len(target)):
            own = None if weights is None else weights[part]
            sums._add_chunk(group[part], target[part], prediction[part], own)
        return sums

    def regroup(self, position: Ints, groups: int) -> ErrorSums:
        """Add up groups: group g becomes part of group ``position[g]``, of `groups` ones."""
        sums = type(self).empty(groups, self.centre)
        for name in (*COUNTS, *SUMS):
            np.add.at(getattr(sums, name), position, getattr(self, name))
        return sums

    def taken(self, kept: NDArray[np.bool_]) -> ErrorSums:
        """Return the sums of some groups only."""
        return replace(self, **{name: getattr(self, name)[kept] for name in (*COUNTS, *SUMS)})

    def centred(self, centre: float) -> ErrorSums:
        """Return the same sums less another centre; exact but for rounding."""
        shift = self.centre - centre
        return replace(
            self,
            y=self.y + shift * self.w,
            y2=self.y2 + 2 * shift * self.y + shift**2 * self.w,
            p=self.p + shift * self.w,
            p2=self.p2 + 2 * shift * self.p + shift**2 * self.w,
            p3=self.p3 + 3 * shift * self.p2 + 3 * shift**2 * self.p + shift**3 * self.w,
            centre=centre,
        )

    def __add__(self, other: ErrorSums) -> ErrorSums:
        """Add the sums of two sets of rows, group by group."""
        moved = other.centred(self.centre)
        sums = {name: getattr(self, name) + getattr(moved, name) for name in (*COUNTS, *SUMS)}
        return ErrorSums(**sums, centre=self.centre)

    merge = __add__

    def _add_chunk(
        self, group: Ints, target: Floats, prediction: Floats, weights: Floats | None
    ) -> None:
        error, offset, said = prediction - target, target - self.centre, prediction - self.centre
        over, under = error > 0, error < 0
        for name, rows in (("n", group), ("over", group[over]), ("under", group[under])):
            add_to(getattr(self, name), rows)
        w = np.ones(len(group)) if weights is None else weights
        square = error**2
        terms = {
            "w": w, "w2": w**2, "e": w * error, "e2": w * square, "e4": w * square**2,
            "size": w * np.abs(error), "w_over": w * over, "w_under": w * under,
            "y": w * offset, "y2": w * offset**2, "p": w * said, "p2": w * said**2,
            "p3": w * said**3,
        }  # fmt: skip
        for name, values in terms.items():
            add_to(getattr(self, name), group, values)


def rounded(mean: float) -> float:
    """Return a centre near `mean` that every engine arrives at, whatever its last digits."""
    return float(np.float32(mean)) if abs(mean) < float(np.finfo(np.float32).max) else mean

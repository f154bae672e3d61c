"""Scores by group and label, counted in bins: what ranking and calibration metrics follow from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.table.binning import EVEN, PAIRS, RANKED, REACH, SIZES, Axis, Scale, bins
from audit.metrics.table.counting import DENSE, FEW, SPREAD, add_to, chunks

__all__ = ["EVEN", "RANKED", "REACH", "Axis", "Scale", "ScoreHistogram", "Sum"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Sum = Literal["n", "w", "w2", "total", "square"]

PLACES = ("group", "label", "ranked", "even")
SUMS = ("n", "w", "w2", "total", "square")
PENDING = 1 << 20  # entries of chunks that wait to be added up


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreHistogram:
    """Rows per group, label and pair of bins; only pairs that occur, so memory follows the data.

    The bins of the logit and those of equal width both cut the same line, so at most 9,135 pairs
    occur, however many rows there are. Entries are in order of group, label and score.

    Attributes
    ----------
    scale : Scale
    group : ndarray of int64, shape (entries,)
        Position in the `codes` of the table.
    label : ndarray of int64, shape (entries,)
        0 or 1.
    ranked, even : ndarray of int64, shape (entries,)
        Bin of the logit, and bin of equal width (of the probability); -1 for scores that are not
        finite (or, of a probability, outside [0, 1]).
    n : ndarray of int64, shape (entries,)
        Rows.
    w, w2 : ndarray of float64, shape (entries,)
        Sums of weights and of their squares.
    total, square : ndarray of float64, shape (entries,)
        Sums of w·score and of w·score², where the score is the probability (or the value); 0 where
        it has no bin.
    low, high : ndarray of float64, shape (entries,)
        Smallest and largest score of the rows, as they came (logits are not turned into
        probabilities); NaN where it has no bin.
    """

    scale: Scale
    group: Ints
    label: Ints
    ranked: Ints
    even: Ints
    n: Ints
    w: Floats
    w2: Floats
    total: Floats
    square: Floats
    low: Floats
    high: Floats

    @classmethod
    def empty(cls, scale: Scale) -> ScoreHistogram:
        """Return a histogram of no rows."""
        whole: Any = {name: np.zeros(0, dtype=np.int64) for name in (*PLACES, "n")}
        rest: Any = {name: np.zeros(0) for name in (*SUMS[1:], "low", "high")}
        return cls(scale=scale, **whole, **rest)

    @classmethod
    def from_arrays(
        cls,
        scale: Scale,
        group: Ints,
        label: Ints,
        score: Floats,
        weights: Floats | None = None,
    ) -> ScoreHistogram:
        """Count rows in bins, 131,072 of them at a time.

        Parameters
        ----------
        scale : Scale
        group, label : ndarray of int64, shape (rows,)
        score : ndarray of float64, shape (rows,)
            Any, also not finite.
        weights : ndarray of float64, shape (rows,), optional
        """
        found, pending = cls.empty(scale), []
        for part in chunks(len(score)):
            own = None if weights is None else weights[part]
            pending.append(_rows(scale, group[part], label[part], score[part], own))
            if sum(len(chunk.n) for chunk in pending) > max(PENDING, len(found.n)):
                found, pending = _added([found, *pending]), []
        return pending[0] if len(pending) == 1 and not len(found.n) else _added([found, *pending])

    def regroup(self, position: Ints) -> ScoreHistogram:
        """Add up groups: group g becomes part of group ``position[g]``."""
        return _added([replace(self, group=position[self.group])])

    def __add__(self, other: ScoreHistogram) -> ScoreHistogram:
        """Add the counts of two histograms of the same groups."""
        if self.scale != other.scale:
            raise MetricError(
                f"expected scores of one scale, came {self.scale} and {other.scale}",
                "count both with the same scale",
            )
        return _added([self, other])

    merge = __add__

    def of(self, group: int, label: int | None = None) -> ScoreHistogram:
        """Return the entries of one group, of one label or of both."""
        first, last = np.searchsorted(self.group, [group, group + 1])
        part = _taken(self, slice(int(first), int(last)))
        return part if label is None else _taken(part, part.label == label)

    def dense(
        self, groups: int, *, start: int = 0, axis: Axis = "ranked", of: Sum = "w"
    ) -> tuple[Floats, Floats]:
        """Spread the entries of some groups over all bins.

        Parameters
        ----------
        groups : int
            How many groups; 65 KB each, so ask for some at a time (`blocks`) where there are many.
        start : int
            The first of them.
        axis : {"ranked", "even"}
            4,096 bins of the logit, or 5,040 of equal width.
        of : {"n", "w", "w2", "total", "square"}
            What is spread.

        Returns
        -------
        positives, negatives : ndarray of float64, shape (groups, bins)
            Rows with label 1, and with label 0, from the lowest score to the highest; rows
            without a bin are left out.
        """
        first, last = np.searchsorted(self.group, [start, start + groups])
        part = _taken(self, slice(int(first), int(last)))
        place, width = getattr(part, axis), SIZES[axis]
        spread = np.zeros(2 * groups * width)
        inside = place >= 0
        row = (part.group - start) * 2 + part.label
        values = getattr(part, of)[inside].astype(np.float64)
        add_to(spread, (row * width + place)[inside], values)
        both = spread.reshape(groups, 2, width)
        return both[:, 1], both[:, 0]

    def blocks(
        self, groups: int, *, size: int = 256, axis: Axis = "ranked", of: Sum = "w"
    ) -> Iterator[tuple[slice, Floats, Floats]]:
        """Yield `dense` for `size` groups at a time, with the slice of groups before it."""
        for start in range(0, groups, size):
            stop = min(start + size, groups)
            yield slice(start, stop), *self.dense(stop - start, start=start, axis=axis, of=of)


def _rows(
    scale: Scale, group: Ints, label: Ints, score: Floats, weights: Floats | None
) -> ScoreHistogram:
    """Count one chunk; every row is an entry before they are added up."""
    ranked, even, value = bins(score, scale)
    binned = ranked >= 0
    w = np.ones(len(score)) if weights is None else weights
    limit = score if binned.all() else np.where(binned, score, np.nan)
    rows = ScoreHistogram(
        scale=scale, group=group, label=label, ranked=ranked, even=even,
        n=np.ones(len(score), dtype=np.int64), w=w, w2=w**2, total=w * value,
        square=w * value**2, low=limit, high=limit,
    )  # fmt: skip
    return _added([rows])


def _added(parts: list[ScoreHistogram]) -> ScoreHistogram:
    """Add up entries of the same group, label and bins; put them in order."""
    every = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _columns(parts[0])
    }
    pair = np.where(every["ranked"] < 0, 0, every["ranked"] + every["even"] + 1)
    key = (every["group"] * 2 + every["label"]) * PAIRS + pair
    first, position = _numbered(key)
    entries = {name: every[name][first] for name in PLACES}
    for name in SUMS:
        entries[name] = np.zeros(len(first), dtype=every[name].dtype)
        np.add.at(entries[name], position, every[name])
    for name, smaller in (("low", np.fmin), ("high", np.fmax)):
        entries[name] = np.full(len(first), np.nan)
        smaller.at(entries[name], position, every[name])
    return ScoreHistogram(scale=parts[0].scale, **entries)


def _numbered(key: Ints) -> tuple[Ints, Ints]:
    """Return one row of each distinct key, in rising order, and which of them each row is."""
    size = int(key.max()) + 1 if len(key) else 0
    if size > min(DENSE, FEW + SPREAD * len(key)):
        _, first, position = np.unique(key, return_index=True, return_inverse=True)
        return first, position
    last = np.full(size, -1, dtype=np.int64)
    last[key] = np.arange(len(key))
    present = np.flatnonzero(last >= 0)
    numbers = np.zeros(size, dtype=np.int64)
    numbers[present] = np.arange(len(present))
    return last[present], numbers[key]


def _taken(histogram: ScoreHistogram, places: slice | NDArray[np.bool_]) -> ScoreHistogram:
    taken = {name: getattr(histogram, name)[places] for name in _columns(histogram)}
    return replace(histogram, **taken)


def _columns(histogram: ScoreHistogram) -> tuple[str, ...]:
    return tuple(field.name for field in fields(histogram) if field.name != "scale")

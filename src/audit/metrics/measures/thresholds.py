"""Counts of rows at or above each threshold of a grid, exactly, from the bins of the scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from audit.metrics.measures.scored import ScoredRows, added
from audit.metrics.table.binning import EVEN, RANKED, Axis, Scale, edge
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EVENLY = 20
"""Thresholds at equal steps of the scale."""
SHARES = 40
"""Thresholds at equal shares of the rows, so that rare or saturated scores are spread out too."""
TWO = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Passing:
    """Rows at or above thresholds, by group and label.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (thresholds,)
        Rising.
    chosen : int or None
        Position of the threshold of the audited decisions.
    selected : ndarray of float64, shape (groups, 2, thresholds)
        Weights of rows of each label at or above each threshold.
    weights : ndarray of float64, shape (groups, 2, 1)
        Weights of all rows of each label.
    n : ndarray of int64, shape (groups, 2)
        Rows of each label.
    """

    thresholds: Floats
    chosen: int | None
    selected: Floats
    weights: Floats
    n: Ints

    @classmethod
    def of(cls, table: CellTable, threshold: float | None) -> Passing:
        """Count the rows of every group of a table that pass each threshold of a grid.

        Parameters
        ----------
        table : CellTable
        threshold : float or None
            Of the decisions that the table counts; it joins the grid with their exact counts.

        Raises
        ------
        MetricError
            If the table was counted without scores.
        """
        rows = ScoredRows.of(table)
        entries = rows.entries
        even, ranked = _grid(rows)
        scale = entries.scale
        values = np.concatenate([_values(scale, even, "even"), _values(scale, ranked, "ranked")])
        passed = np.searchsorted(even, entries.even, side="right")
        passed += np.searchsorted(ranked, entries.ranked, side="right")
        counted = cls(
            thresholds=np.sort(values),
            chosen=None,
            selected=_passing(rows, passed, len(values)),
            weights=_by_label(rows, entries.w)[..., None],
            n=np.rint(_by_label(rows, entries.n.astype(np.float64))).astype(np.int64),
        )
        return counted if threshold is None else counted._with(table, threshold)

    def _with(self, table: CellTable, threshold: float) -> Passing:
        """Add the threshold of the decisions, or mark it where it is on the grid."""
        place = int(np.searchsorted(self.thresholds, threshold))
        if threshold in self.thresholds:
            return replace(self, chosen=place)
        if table.w.shape[1] != TWO:
            return self
        return replace(
            self,
            thresholds=np.insert(self.thresholds, place, threshold),
            chosen=place,
            selected=np.insert(self.selected, place, table.w[:, :, 1], axis=2),
        )

    @cached_property
    def rates(self) -> dict[str, Floats]:
        """Rates by name, each of shape (groups, thresholds); NaN where nothing is in one."""
        selected, weights, every = self.selected, self.weights, self.weights.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            right = selected[:, 1] + weights[:, 0] - selected[:, 0]
            return {
                "selection_rate": selected.sum(axis=1) / every,
                "true_positive_rate": selected[:, 1] / weights[:, 1],
                "false_positive_rate": selected[:, 0] / weights[:, 0],
                "accuracy": right / every,
            }


def _grid(rows: ScoredRows) -> tuple[Ints, Ints]:
    """Choose the first bins that pass: even ones at equal steps, ranked ones at equal shares."""
    scale = rows.entries.scale
    first = 1 if scale.kind == "value" else 0  # values below the scale are in its first bin
    even = np.arange(first, EVENLY, dtype=np.int64) * (EVEN // EVENLY)
    mass = np.cumsum(added(rows.entries.ranked, rows.entries.w, RANKED))
    shares = np.arange(1, SHARES) / SHARES * mass[-1]
    ranked = np.unique(np.searchsorted(mass, shares))
    ranked = ranked[(ranked > 0) & (mass[-1] > 0)]
    new = ~np.isin(_values(scale, ranked, "ranked"), _values(scale, even, "even"))
    return even, ranked[new]


def _values(scale: Scale, places: Ints, axis: Axis) -> Floats:
    """Edges of bins as scores, or as probabilities where scores are logits."""
    if axis == "even" and scale.kind != "value":
        return places / EVEN
    found = np.array([edge(place, axis, scale) for place in places.tolist()], dtype=np.float64)
    return found if scale.kind != "logit" else np.asarray(expit(found))


def _passing(rows: ScoredRows, passed: Ints, count: int) -> Floats:
    """Add up weights by how many thresholds they pass, then from the highest down."""
    entries = rows.entries
    key = (entries.group * 2 + entries.label) * (count + 1) + passed
    counts = added(key, entries.w, rows.groups * 2 * (count + 1))
    from_top = np.cumsum(counts.reshape(rows.groups, 2, count + 1)[..., ::-1], axis=-1)
    return from_top[..., ::-1][..., 1:]


def _by_label(rows: ScoredRows, values: Floats) -> Floats:
    key = rows.entries.group * 2 + rows.entries.label
    return added(key, values, rows.groups * 2).reshape(rows.groups, 2)

"""Calibration curves: the rate of each group among rows of like score."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.metrics.curve_results import CalibrationBin, CalibrationCurve
from audit.metrics.estimates import Scope, small
from audit.metrics.groups import Grouping
from audit.metrics.measurement import effective_size
from audit.metrics.measures.calibration import Binned, equal_mass_bins, even_bins
from audit.metrics.measures.scored import ScoredRows
from audit.metrics.results import Interval, Status
from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.significance import two_sided_z

Floats = NDArray[np.float64]
Strategy = Literal["width", "mass"]
BINS = 10
CELL = 10
"""Bins with fewer rows show neither rate nor mean score, unless smaller groups are asked for."""


def calibration_curves(
    grouping: Grouping, scope: Scope, *, strategy: Strategy = "width", bins: int = BINS
) -> tuple[CalibrationCurve, ...]:
    """Draw the calibration curve of every group.

    Parameters
    ----------
    grouping : Grouping
        Of a table whose scores are probabilities or logits.
    scope : Scope
    strategy : {"width", "mass"}
        Bins of equal width (a divisor of 5,040 many), or of about equal weight in each group.
    bins : int

    Raises
    ------
    MetricError
        If the table was counted without scores.
    """
    rows = ScoredRows.of(grouping.table)
    binned = even_bins(rows, bins) if strategy == "width" else equal_mass_bins(rows, bins)
    cells = _cells(binned, scope, strategy, bins)
    return tuple(
        _curve(grouping, scope, rows, cells, strategy=strategy, place=place)
        for place in range(rows.groups)
    )


def _curve(
    grouping: Grouping,
    scope: Scope,
    rows: ScoredRows,
    cells: dict[int, list[CalibrationBin]],
    *,
    strategy: Strategy,
    place: int,
) -> CalibrationCurve:
    status, reason = _status(rows, place, scope.minimum_group)
    return CalibrationCurve(
        id=stable_id(
            "calibration",
            group=grouping.groups[place],
            strategy=strategy,
            split=scope.split,
            model=scope.model,
        ),
        model=scope.model,
        split=scope.split,
        group=grouping.groups[place],
        strategy=strategy,
        n=int(rows.rows[place] - rows.unscored[place]),
        bins=tuple(cells[place]) if status == "ok" else (),
        status=status,
        reason=reason,
    )


def _status(rows: ScoredRows, place: int, minimum: int) -> tuple[Status, str]:
    if rows.rows[place] < minimum:
        return "suppressed", small(int(rows.rows[place]), minimum)
    reason = str(rows.missing()[place])
    return ("undefined", reason) if reason else ("ok", "")


def _cells(
    binned: Binned, scope: Scope, strategy: Strategy, bins: int
) -> dict[int, list[CalibrationBin]]:
    """Write the filled bins of each group."""
    size = effective_size(binned.w, binned.w2)
    rate = np.clip(binned.positive / binned.w, 0.0, 1.0)
    low, high = wilson(rate * size, size, two_sided_z(scope.alpha))
    even = binned.bin / bins, (binned.bin + 1) / bins
    edges = even if strategy == "width" else (binned.low, binned.high)
    found: dict[int, list[CalibrationBin]] = {}
    for place, group in enumerate(binned.group.tolist()):
        ok = bool(binned.n[place] >= min(CELL, scope.minimum_group))
        interval = Interval(
            low=float(low[place]), high=float(high[place]), level=scope.confidence, method="wilson"
        )
        cell = CalibrationBin(
            low=float(edges[0][place]),
            high=float(edges[1][place]),
            n=int(binned.n[place]),
            mean_score=float(binned.score[place] / binned.w[place]) if ok else None,
            rate=float(rate[place]) if ok else None,
            interval=interval if ok else None,
            status="ok" if ok else "suppressed",
        )
        found.setdefault(group, []).append(cell)
    return found

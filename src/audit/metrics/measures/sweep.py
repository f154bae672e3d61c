"""How the rates of an attribute's groups, and the gaps between them, move with the threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.metrics.curve_results import SweepGap, SweepLine, ThresholdSweep
from audit.metrics.estimates import Scope, small
from audit.metrics.groups import Grouping
from audit.metrics.measures.scored import ScoredRows
from audit.metrics.measures.thresholds import Passing
from audit.metrics.results import Status

Floats = NDArray[np.float64]
DIGITS = 6
PAIR = 2
_LABEL = {"true_positive_rate": 1, "false_positive_rate": 0}


def threshold_sweep(grouping: Grouping, scope: Scope) -> ThresholdSweep:
    """Follow four rates of every group over up to 61 thresholds.

    Thresholds are those at twentieths of the scale, those at fortieths of all rows, and the
    `scope.threshold` of the decisions. Groups under the minimum size have no values.

    Raises
    ------
    MetricError
        If the table was counted without scores.
    """
    passing = Passing.of(grouping.table, scope.threshold)
    rows = ScoredRows.of(grouping.table)
    lines = tuple(
        _line(grouping, scope, rows, passing, metric=metric, place=place)
        for metric in passing.rates
        for place in range(rows.groups)
    )
    attribute = ", ".join(grouping.attributes)
    return ThresholdSweep(
        id=stable_id(
            "sweep",
            attribute=attribute,
            threshold=scope.threshold,
            split=scope.split,
            model=scope.model,
        ),
        model=scope.model,
        split=scope.split,
        attribute=attribute,
        thresholds=tuple(passing.thresholds.tolist()),
        chosen=passing.chosen,
        lines=lines,
        gaps=tuple(_gap(grouping, lines, metric) for metric in passing.rates),
    )


def _line(
    grouping: Grouping,
    scope: Scope,
    rows: ScoredRows,
    passing: Passing,
    *,
    metric: str,
    place: int,
) -> SweepLine:
    labels = [_LABEL[metric]] if metric in _LABEL else [0, 1]
    status, reason = _status(rows, passing, labels, place, scope.minimum_group)
    values = passing.rates[metric][place]
    return SweepLine(
        metric=metric,
        group=grouping.groups[place],
        n=int(passing.n[place, labels].sum()),
        values=_rounded(values) if status == "ok" else (),
        status=status,
        reason=reason,
    )


def _status(
    rows: ScoredRows, passing: Passing, labels: list[int], place: int, minimum: int
) -> tuple[Status, str]:
    if rows.rows[place] < minimum:
        return "suppressed", small(int(rows.rows[place]), minimum)
    if passing.weights[place, labels].sum() > 0:
        return "ok", ""
    reason = str(rows.missing()[place])
    word = "positive" if labels == [1] else "negative"
    return "undefined", reason or f"group has no {word} labels"


def _gap(grouping: Grouping, lines: tuple[SweepLine, ...], metric: str) -> SweepGap:
    own = [line for line in lines if line.metric == metric]
    shown = [
        line.values
        for line, known in zip(own, grouping.known, strict=True)
        if known and line.status == "ok"
    ]
    if len(shown) < PAIR:
        return SweepGap(
            metric=metric, values=(), reason="fewer than two known groups have this rate"
        )
    return SweepGap(metric=metric, values=_rounded(np.ptp(np.array(shown), axis=0)))


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(value, DIGITS) for value in values.tolist())

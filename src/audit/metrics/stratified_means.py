"""Means of two groups compared within strata of control features, for a regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from audit.errors import MetricError
from audit.metrics.conditional import NO_STRATUM, of_group
from audit.metrics.conditional_results import StratifiedComparison, StratumResult
from audit.metrics.groups import words
from audit.metrics.headline import MEAN
from audit.metrics.measurement import effective_size
from audit.metrics.results import Group, Interval
from audit.metrics.statistics.means import mean_variance
from audit.metrics.strata import Stratum, strata
from audit.metrics.table.cells import CellTable
from audit.metrics.table.moments import ErrorSums

Floats = NDArray[np.float64]
METHOD = "welch, strata weighted as by Mantel and Haenszel"
STRATIFIED: Mapping[str, tuple[Callable[[ErrorSums], Floats], Callable[[ErrorSums], Floats]]] = {
    MEAN: (lambda sums: sums.p, lambda sums: sums.p2),
    "mean_error": (lambda sums: sums.e, lambda sums: sums.e2),
}
"""Means that are compared: their sums, and the sums of squares."""


@dataclass(frozen=True, kw_only=True)
class _Mean:
    """A mean of one group in one stratum: its value, squared standard error and (effective) rows.

    The value is less the centre of the table where it is a prediction: differences do not show it.
    """

    value: float
    variance: float
    size: float


def stratified_means(
    table: CellTable,
    metric: str,
    a: Group,
    b: Group,
    controls: Sequence[str],
    *,
    confidence: float = 0.95,
) -> StratifiedComparison:
    """Compare a mean of two groups within strata and sum the strata up.

    Parameters
    ----------
    table : CellTable
        Of errors, with the control features among its attributes.
    metric : {"mean_prediction", "mean_error"}
    a, b : dict
        Attribute to category; the difference is that of a less that of b, in the target's unit.
    controls : sequence of str
    confidence : float

    Returns
    -------
    StratifiedComparison
        The common difference weighs strata by n_a n_b / (n_a + n_b), as Mantel and Haenszel do;
        interval and p-value are Welch's, with Satterthwaite's degrees of freedom over all parts.
        Without a ratio. Undefined where no stratum has two different values in both groups.

    Raises
    ------
    MetricError
        If a metric, attribute or category is not known, or the table holds no sums of errors.
    """
    if metric not in STRATIFIED:
        raise MetricError.unknown("mean", metric, STRATIFIED)
    parts = [_pair(metric, stratum, (a, b)) for stratum in strata(table, controls)]
    kept = [means for _, means in parts if means is not None]
    shared: dict[str, Any] = {
        "metric": metric, "a": dict(a), "b": dict(b), "controls": tuple(controls),
        "strata": tuple(result for result, _ in parts),
        "crude": _crude(metric, table, (a, b)), "ratio": None, "ratio_interval": None,
    }  # fmt: skip
    if not kept:
        return StratifiedComparison(
            **shared, difference=None, difference_interval=None, p_value=None, n=0,
            status="undefined", reason=NO_STRATUM,
        )  # fmt: skip
    return StratifiedComparison(
        **shared,
        **_summed(kept, confidence),
        n=sum(result.n for result, means in parts if means is not None),
    )


def _pair(
    metric: str, stratum: Stratum, groups: tuple[Group, Group]
) -> tuple[StratumResult, tuple[_Mean, _Mean] | None]:
    table = stratum.table
    n = sum(int(table.n[of_group(table, group)].sum()) for group in groups)
    first, second = (_mean(metric, table, group) for group in groups)
    for group, mean in zip(groups, (first, second), strict=True):
        if np.isnan(mean.variance):
            cause = "values all equal" if mean.size > 1 else "fewer than two rows"
            reason = f"{words(group)}: {cause}, so its spread is not known"
            return StratumResult(levels=stratum.levels, n=n, value=None, reason=reason), None
    result = StratumResult(levels=stratum.levels, n=n, value=first.value - second.value)
    return result, (first, second)


def _mean(metric: str, table: CellTable, group: Group) -> _Mean:
    if table.errors is None:
        raise MetricError(
            f"{metric} needs numeric targets and predictions, came a table of classes",
            "count the rows with CellTable.of_errors",
        )
    sums = table.errors.taken(of_group(table, group))
    total, square = STRATIFIED[metric]
    weight = float(sums.w.sum())
    size = float(effective_size(np.array(weight), np.array(float(sums.w2.sum()))))
    scale = size / weight if weight > 0 else 0.0
    value, variance = mean_variance(
        float(total(sums).sum()) * scale, float(square(sums).sum()) * scale, size
    )
    return _Mean(value=float(value), variance=float(variance), size=size)


def _crude(metric: str, table: CellTable, groups: tuple[Group, Group]) -> float | None:
    first, second = (_mean(metric, table, group) for group in groups)
    found = first.value - second.value
    return None if np.isnan(found) else found


def _summed(kept: Sequence[tuple[_Mean, _Mean]], confidence: float) -> dict[str, Any]:
    values = np.array([[mean.value for mean in pair] for pair in kept])
    variances = np.array([[mean.variance for mean in pair] for pair in kept])
    sizes = np.array([[mean.size for mean in pair] for pair in kept])
    weights = sizes.prod(axis=1) / sizes.sum(axis=1)
    shares = weights / weights.sum()
    difference = float(shares @ (values[:, 0] - values[:, 1]))
    pieces = shares[:, None] ** 2 * variances
    error = float(np.sqrt(pieces.sum()))
    freedom = float(pieces.sum() ** 2 / (pieces**2 / (sizes - 1)).sum())
    reach = float(student.isf((1 - confidence) / 2, freedom)) * error
    return {
        "difference": difference,
        "difference_interval": Interval(
            low=difference - reach, high=difference + reach, level=confidence, method=METHOD
        ),
        "p_value": float(2 * student.sf(abs(difference) / error, freedom)),
    }

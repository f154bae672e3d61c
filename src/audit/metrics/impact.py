"""Impact ratios: every group's rate over that of the group with the highest rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact, norm

from audit.metrics.definitions import definitions
from audit.metrics.disparity import Measured
from audit.metrics.estimates import GroupEstimates, Scope, estimate, results
from audit.metrics.groups import groupings, words
from audit.metrics.measurement import Metric
from audit.metrics.measures.rates import rate
from audit.metrics.results import Disparity, Family, Interval
from audit.metrics.statistics.intervals import mover_r
from audit.metrics.statistics.multiplicity import holm
from audit.metrics.statistics.significance import two_sided_z
from audit.metrics.table.cells import CellTable

EXPECTED = 5.0
SCORING_RATE = replace(
    rate("selection_rate"),
    name="scoring_rate",
    title="scoring rate",
    definition="share of rows whose score lies strictly above the median of all audited rows",
    source="6 RCNY 5-300 (New York City, Local Law 144)",
)


@dataclass(frozen=True, kw_only=True)
class _Pair:
    estimates: GroupEstimates
    a: int
    b: int
    p: float
    test: str


def impact_ratios(
    table: CellTable,
    measured: Metric,
    *,
    confidence: float = 0.95,
    minimum_group: int = 30,
    intersections: int = 2,
    threshold: float | None = None,
    model: str = "baseline",
    split: str = "test",
) -> Measured:
    """Compare every group with the group that has the highest rate.

    Parameters
    ----------
    table : CellTable
    measured : Metric
        A rate, for example the selection rate (of a class), or the scoring rate on a table whose
        predictions are scores above the median.
    confidence : float
        Coverage of each interval, in (0, 1); MOVER-R, each for itself.
    minimum_group, intersections, threshold, model, split
        As in `measure`.

    Returns
    -------
    Measured
        Metrics of every group. Disparities of kind ``ratio`` and selection ``highest``: `a` is the
        group, `b` the one with the highest rate. The p-value is Fisher's exact one where an
        expected count is under 5, else that of the pooled z; both two-sided, Holm over all ratios
        of this rate. Undefined where the highest rate is 0.
    """
    scope = Scope(
        confidence=confidence,
        minimum_group=minimum_group,
        threshold=threshold,
        model=model,
        split=split,
    )
    every = [
        estimate(measured, grouping, minimum_group)
        for grouping in groupings(table, intersections, "largest")
    ]
    pairs = [pair for estimates in every for pair in _pairs(estimates)]
    family = Family(name=f"impact ratios of {measured.name}", size=len(pairs))
    adjusted = holm([pair.p for pair in pairs])
    return Measured(
        metrics=tuple(item for estimates in every for item in results(estimates, scope)),
        disparities=tuple(
            _record(pair, family, p, scope) for pair, p in zip(pairs, adjusted, strict=True)
        ),
        definitions=definitions([measured]),
    )


def _pairs(estimates: GroupEstimates) -> Iterator[_Pair]:
    among = estimates.comparable
    if len(among) < 2 or not estimates.grouping.attributes:  # noqa: PLR2004 - a pair
        return
    values = estimates.values
    top = max(among.tolist(), key=lambda place: (values[place], estimates.size[place]))
    for place in among.tolist():
        if place != top:
            p, test = pooled_or_fisher(estimates.x[[place, top]], estimates.size[[place, top]])
            yield _Pair(estimates=estimates, a=place, b=top, p=p, test=test)


def pooled_or_fisher(x: NDArray[np.float64], n: NDArray[np.float64]) -> tuple[float, str]:
    """Test two rates against each other, as the Uniform Guidelines are applied.

    Parameters
    ----------
    x, n : ndarray, shape (2,)
        Counts, or effective counts of weighted rows (rounded for the exact test).

    Returns
    -------
    p : float
        Two-sided; 1 where nobody or everybody is counted.
    test : {"pooled z", "Fisher exact"}
    """
    share = x.sum() / n.sum()
    if min((n * share).min(), (n * (1 - share)).min()) < EXPECTED:
        counts = np.rint([x, n - x]).astype(np.int64).T
        return float(fisher_exact(counts)[1]), "Fisher exact"
    error = np.sqrt(share * (1 - share) * (1 / n).sum())
    z = abs(x[0] / n[0] - x[1] / n[1]) / error
    return float(2 * norm.sf(z)), "pooled z"


def _record(pair: _Pair, family: Family, p_adjusted: float, scope: Scope) -> Disparity:
    item, groups = pair.estimates, pair.estimates.grouping.groups
    a, b = groups[pair.a], groups[pair.b]
    values = item.values
    defined = bool(values[pair.b] > 0)
    identity = {"attributes": list(item.grouping.attributes), "selection": "highest", "a": a}
    return Disparity(
        id=scope.disparity_id(item.metric, item.version, "ratio", **identity),
        metric=item.metric,
        model=scope.model,
        split=scope.split,
        kind="ratio",
        attributes=item.grouping.attributes,
        a=a,
        b=b,
        a_metric=scope.metric_id(item.metric, item.version, a),
        b_metric=scope.metric_id(item.metric, item.version, b),
        selection="highest",
        value=float(values[pair.a] / values[pair.b]) if defined else None,
        interval=_interval(pair, scope) if defined else None,
        p_value=pair.p if defined else None,
        p_adjusted=p_adjusted if defined else None,
        family=family,
        test=pair.test,
        status="ok" if defined else "undefined",
        reason="" if defined else f"the highest rate, of {words(b)}, is 0",
    )


def _interval(pair: _Pair, scope: Scope) -> Interval:
    x, n = pair.estimates.x, pair.estimates.size
    z = two_sided_z(scope.alpha)
    low, high = mover_r(x[pair.a], n[pair.a], x[pair.b], n[pair.b], z)
    return Interval(
        low=float(low),
        high=float(high) if np.isfinite(high) else None,
        level=scope.confidence,
        method="mover-r",
    )

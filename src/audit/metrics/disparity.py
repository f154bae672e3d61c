"""Rates by group and every comparison between groups, with corrected tests and intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.cells import CellTable
from audit.metrics.comparisons import (
    Claim,
    newcombe_test,
    reference_claims,
    worst_pair_claim,
)
from audit.metrics.estimates import GroupEstimates, Scope, estimate, results
from audit.metrics.families import Correction, corrections, critical_z, detectable_gaps
from audit.metrics.groups import Reference, groupings, words
from audit.metrics.intervals import mover_r, newcombe
from audit.metrics.rates import HEADLINE, Rate, rates
from audit.metrics.records import record
from audit.metrics.results import Disparity, Interval, MetricResult
from audit.metrics.significance import (
    pairwise_limits,
    pairwise_ratio_limits,
    two_sided_z,
)

HEADLINE_FAMILY = "headline"
OTHER_FAMILY = "other worst pairs"
REFERENCE_FAMILY = "reference comparisons"
Limit = float | NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured: metrics by group, and comparisons between groups."""

    metrics: tuple[MetricResult, ...]
    disparities: tuple[Disparity, ...]


def measure(
    table: CellTable,
    *,
    names: str | Sequence[str | Rate] = "default",
    reference: Reference = "largest",
    confidence: float = 0.95,
    minimum_group: int = 30,
    intersections: int = 2,
    threshold: float | None = None,
    model: str = "baseline",
    split: str = "test",
) -> Measured:
    """Measure rates by group and compare the groups; the headline metrics are always among them.

    Parameters
    ----------
    table : CellTable
    names : "default" or sequence of str or Rate
    reference : "largest" or mapping of attribute to category
        The group others are compared with. For an intersection, the largest group that has the
        named categories.
    confidence : float
        Coverage of intervals, in (0, 1).
    minimum_group : int
        Groups with fewer rows are suppressed.
    intersections : int
        How many attributes are crossed at most; 1 for none.
    threshold : float or None
        At which scores became predictions; only named in the identifiers.
    model, split : str

    Returns
    -------
    Measured
        Metrics of everyone first, then of each attribute and intersection. Disparities in the
        order of their families.

    Raises
    ------
    MetricError
        If a metric, an attribute or a category is not known.

    Notes
    -----
    Three families, each corrected by Holm's method: the worst pairs of the headline metrics
    (``headline``), those of the other metrics (``other worst pairs``), and every group against
    the reference (``reference comparisons``). The size of a family is the number of comparisons
    that could be made. A ratio is the same hypothesis as its difference: it carries the same
    p-values, and is not counted again.

    The interval of a worst pair is that of the largest gap (or smallest ratio) over all pairs
    (Tukey-Newcombe), at a level shared over the family by Bonferroni. It leaves out 0 (or 1)
    exactly when the pair's p-value is below that share, and then `p_adjusted` is below
    1 - `confidence`. Holm's later steps may find a little more than these intervals do.
    """
    wanted = rates("default" if names == "default" else (*HEADLINE, *_sequence(names)))
    scope = Scope(
        confidence=confidence,
        minimum_group=minimum_group,
        threshold=threshold,
        model=model,
        split=split,
    )
    return measure_rates(
        table, wanted, scope=scope, reference=reference, intersections=intersections
    )


def measure_rates(
    table: CellTable,
    wanted: Sequence[Rate],
    *,
    scope: Scope,
    reference: Reference,
    intersections: int,
) -> Measured:
    """Measure exactly the given rates, as `measure` does."""
    every = [
        estimate(rate, grouping, scope.minimum_group)
        for grouping in groupings(table, intersections, reference)
        for rate in wanted
    ]
    metrics = tuple(entry for estimates in every for entry in results(estimates, scope))
    return Measured(metrics=metrics, disparities=tuple(_disparities(every, scope)))


def _disparities(every: Sequence[GroupEstimates], scope: Scope) -> Iterator[Disparity]:
    compared = [estimates for estimates in every if estimates.grouping.attributes]
    worst = [worst_pair_claim(estimates) for estimates in compared]
    headline = [claim for claim in worst if claim.estimates.metric in HEADLINE]
    other = [claim for claim in worst if claim.estimates.metric not in HEADLINE]
    against = [
        claim
        for estimates in compared
        for claim in reference_claims(estimates, newcombe_test(estimates))
    ]
    for name, claims in (
        (HEADLINE_FAMILY, headline),
        (OTHER_FAMILY, other),
        (REFERENCE_FAMILY, against),
    ):
        corrected = corrections(claims, name)
        gaps = detectable_gaps(claims, corrected, scope)
        for claim, correction, gap in zip(claims, corrected, gaps, strict=True):
            write = _worst_pair if claim.selection == "worst_pair" else _reference
            yield from write(claim, correction, scope, gap)


def _reference(
    claim: Claim, correction: Correction, scope: Scope, detectable: float
) -> Iterator[Disparity]:
    """Write a group against the reference: Newcombe and MOVER-R, each at the full level."""
    if claim.a is None or claim.b is None or claim.status != "ok":
        yield from _unmade(claim, correction, scope)
        return
    estimates, a, b = claim.estimates, claim.a, claim.b
    values, z = estimates.values, two_sided_z(scope.alpha)
    both = (estimates.x[a], estimates.size[a], estimates.x[b], estimates.size[b])
    yield record(
        claim,
        correction,
        scope,
        kind="difference",
        value=float(values[a] - values[b]),
        interval=_interval(scope, "newcombe", *newcombe(*both, z)),
        minimum_detectable=detectable,
    )
    problem = _no_ratio(claim, b)
    yield record(
        claim,
        correction,
        scope,
        kind="ratio",
        value=None if problem else float(values[a] / values[b]),
        interval=None if problem else _interval(scope, "mover-r", *mover_r(*both, z)),
        problem=problem,
    )


def _worst_pair(
    claim: Claim, correction: Correction, scope: Scope, detectable: float
) -> Iterator[Disparity]:
    """Write the largest gap and the smallest ratio over all pairs, with simultaneous intervals."""
    if claim.a is None or claim.b is None:
        yield from _unmade(claim, correction, scope)
        return
    values = claim.estimates.values
    z = critical_z(claim, correction, scope)
    low, high, established = _largest_gap(claim, z)
    yield record(
        claim,
        correction,
        scope,
        kind="difference",
        value=float(values[claim.a] - values[claim.b]),
        interval=_interval(scope, "tukey-newcombe", low, high, simultaneous=True),
        minimum_detectable=detectable,
        established=established,
    )
    problem = _no_ratio(claim, claim.a)
    limits = () if problem else _smallest_ratio(claim, z)
    yield record(
        claim,
        correction,
        scope,
        kind="ratio",
        value=None if problem else float(values[claim.b] / values[claim.a]),
        interval=_interval(scope, "tukey-mover-r", *limits, simultaneous=True) if limits else None,
        problem=problem,
    )


def _largest_gap(claim: Claim, z: float) -> tuple[float, float, tuple[int, int] | None]:
    """Return the limits of the largest gap, and the pair that sets the lower one if another."""
    estimates, among = claim.estimates, claim.among
    below, above = pairwise_limits(estimates.x[among], estimates.size[among], z)
    higher, lower = np.unravel_index(np.nanargmax(below), below.shape)
    low = float(below[higher, lower])
    pair = (int(among[higher]), int(among[lower]))
    established = pair if low > 0 and pair != (claim.a, claim.b) else None
    return max(low, 0.0), min(float(np.nanmax(above)), 1.0), established


def _smallest_ratio(claim: Claim, z: float) -> tuple[float, float]:
    estimates, among = claim.estimates, claim.among
    below, above = pairwise_ratio_limits(estimates.x[among], estimates.size[among], z)
    return float(np.nanmin(below)), min(float(np.nanmin(above)), 1.0)


def _unmade(claim: Claim, correction: Correction, scope: Scope) -> Iterator[Disparity]:
    yield record(claim, correction, scope, kind="difference", value=None)
    yield record(claim, correction, scope, kind="ratio", value=None)


def _no_ratio(claim: Claim, over: int) -> str:
    if claim.estimates.values[over] > 0:
        return ""
    return f"{words(claim.estimates.grouping.groups[over])}: rate is 0, so it has no ratio to it"


def _interval(
    scope: Scope, method: str, low: Limit, high: Limit, *, simultaneous: bool = False
) -> Interval:
    return Interval(
        low=float(low),
        high=float(high) if np.isfinite(high) else None,
        level=scope.confidence,
        method=method,
        simultaneous=simultaneous,
    )


def _sequence(names: str | Sequence[str | Rate]) -> Sequence[str | Rate]:
    return (names,) if isinstance(names, str) else names

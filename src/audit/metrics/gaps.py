"""Claims written down: the difference and the ratio of two groups, with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from audit.metrics.comparisons import Claim
from audit.metrics.estimates import GroupEstimates, Scope, interval
from audit.metrics.families import Correction, critical_z
from audit.metrics.groups import words
from audit.metrics.hypothesis_tests import FARTHEST, simultaneous
from audit.metrics.records import record
from audit.metrics.results import Disparity, Interval
from audit.metrics.statistics.equivalence import TINY, equivalence_p
from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.movers import LimitsAt, mover_difference, mover_ratio, widest
from audit.metrics.statistics.significance import two_sided_z
from audit.metrics.statistics.simultaneous import WorstGap

Floats = NDArray[np.float64]

DIFFERENCES = {"wilson": "newcombe"}
RATIOS = {"wilson": "mover-r"}
"""What a difference or ratio is called where it has a name of its own."""


def reference_rows(
    claim: Claim,
    correction: Correction,
    scope: Scope,
    detectable: float | None,
    tolerance: float | None,
) -> Iterator[Disparity]:
    """Write a group against the reference: MOVER of the two intervals, each at the full level."""
    estimates, a, b = claim.estimates, claim.a, claim.b
    signed = estimates.low < 0
    if a is None or b is None or claim.status != "ok":
        yield from unmade(claim, correction, scope)
        return
    values, limits = estimates.values, estimates.limits(two_sided_z(scope.alpha))
    yield record(
        claim,
        correction,
        scope,
        kind="difference",
        value=float(values[a] - values[b]),
        interval=_difference(estimates, limits, a, b, scope),
        minimum_detectable=detectable,
        equivalence_p=_equivalence(estimates, a, b, tolerance),
    )
    if signed:
        return
    problem = no_ratio(claim, b)
    yield record(
        claim,
        correction,
        scope,
        kind="ratio",
        value=None if problem else float(values[a] / values[b]),
        interval=None if problem else _ratio(estimates, limits, a, b, scope),
        problem=problem,
    )


def worst_pair_rows(
    claim: Claim,
    correction: Correction,
    scope: Scope,
    detectable: float | None,
    tolerance: float | None,
) -> Iterator[Disparity]:
    """Write the largest gap and the smallest ratio over all pairs, with simultaneous intervals."""
    if claim.a is None or claim.b is None:
        yield from unmade(claim, correction, scope)
        return
    estimates, values = claim.estimates, claim.estimates.values
    pairs = _all_pairs(claim, correction, scope)
    yield record(
        claim,
        correction,
        scope,
        kind="difference",
        value=float(values[claim.a] - values[claim.b]),
        interval=_largest_gap(pairs, estimates, scope),
        minimum_detectable=detectable,
        equivalence_p=_all_equivalent(claim, tolerance),
        established=_established(pairs, claim),
    )
    if estimates.low < 0:
        return
    problem = no_ratio(claim, claim.a)
    yield record(
        claim,
        correction,
        scope,
        kind="ratio",
        value=None if problem else float(values[claim.b] / values[claim.a]),
        interval=None if problem else _smallest_ratio(pairs, estimates, scope),
        problem=problem,
    )


def unmade(claim: Claim, correction: Correction, scope: Scope) -> Iterator[Disparity]:
    """Write a comparison that could not be made, with its reason."""
    yield record(claim, correction, scope, kind="difference", value=None)
    if claim.estimates.low >= 0:
        yield record(claim, correction, scope, kind="ratio", value=None)


def no_ratio(claim: Claim, over: int) -> str:
    """Say why there is no ratio to the value of a group; nothing where there is one."""
    if claim.estimates.values[over] > 0:
        return ""
    return f"{words(claim.estimates.grouping.groups[over])}: rate is 0, so it has no ratio to it"


def _difference(
    estimates: GroupEstimates, limits: tuple[Floats, Floats] | None, a: int, b: int, scope: Scope
) -> Interval | None:
    if limits is None:
        return None
    values, (low, high) = estimates.values, limits
    below, above = mover_difference(values[a], (low[a], high[a]), values[b], (low[b], high[b]))
    return _written(float(below), float(above), DIFFERENCES, estimates, scope)


def _ratio(
    estimates: GroupEstimates, limits: tuple[Floats, Floats] | None, a: int, b: int, scope: Scope
) -> Interval | None:
    if limits is None:
        return None
    values, (low, high) = estimates.values, limits
    below, above = mover_ratio(values[a], (low[a], high[a]), values[b], (low[b], high[b]))
    return _written(float(below), float(above), RATIOS, estimates, scope)


def _written(
    low: float,
    high: float,
    names: Mapping[str, str],
    estimates: GroupEstimates,
    scope: Scope,
    *,
    together: str = "",
) -> Interval | None:
    if np.isnan(low) or np.isnan(high):
        return None
    own = estimates.measurement.method
    method = names.get(own, f"mover of {own}")
    if together:
        method = f"{together}-{method}"
    return interval(low, high, scope, method, simultaneous=bool(together))


@dataclass(frozen=True, kw_only=True)
class AllPairs:
    """The limits of a worst pair's difference and ratio, over all pairs at once."""

    method: str
    gap: WorstGap
    ratio: tuple[float, float]


def _all_pairs(claim: Claim, correction: Correction, scope: Scope) -> AllPairs | None:
    limits = claim.estimates.limits(critical_z(claim, correction, scope))
    if limits is None or claim.test is None:
        return None
    among = claim.among
    values, low, high = claim.estimates.values[among], limits[0][among], limits[1][among]
    chosen = simultaneous(claim.estimates, among)
    ratio = chosen.ratio(values, low, high) if claim.estimates.low >= 0 else (np.nan, np.nan)
    return AllPairs(method=chosen.name, gap=chosen.gap(values, low, high), ratio=ratio)


def _largest_gap(
    pairs: AllPairs | None, estimates: GroupEstimates, scope: Scope
) -> Interval | None:
    if pairs is None:
        return None
    high = min(pairs.gap.high, estimates.high - estimates.low)
    return _written(pairs.gap.low, high, DIFFERENCES, estimates, scope, together=pairs.method)


def _smallest_ratio(
    pairs: AllPairs | None, estimates: GroupEstimates, scope: Scope
) -> Interval | None:
    if pairs is None:
        return None
    return _written(*pairs.ratio, RATIOS, estimates, scope, together=pairs.method)


def _established(pairs: AllPairs | None, claim: Claim) -> tuple[int, int] | None:
    """Return the pair that sets the lower limit, where that is another one than the widest."""
    if pairs is None or pairs.gap.low <= 0:
        return None
    pair = (int(claim.among[pairs.gap.higher]), int(claim.among[pairs.gap.lower]))
    return pair if pair != (claim.a, claim.b) else None


def _equivalence(
    estimates: GroupEstimates, a: int, b: int, tolerance: float | None
) -> float | None:
    if tolerance is None or estimates.measurement.limits is None:
        return None
    (v1, limits1), (v2, limits2) = _placed(estimates, a), _placed(estimates, b)
    found = float(equivalence_p(v1, limits1, v2, limits2, tolerance))
    return None if np.isnan(found) else found


def _all_equivalent(claim: Claim, tolerance: float | None) -> float | None:
    """p-value of all pairs lying within the tolerance: the largest over them.

    The widest upper limit over all pairs passes the tolerance at the quantile sought. Where the
    largest gap itself is beyond the tolerance, that of its own pair says so well enough.
    """
    estimates, among = claim.estimates, claim.among
    limits = estimates.measurement.limits
    if tolerance is None or limits is None or claim.test is None:
        return None
    values = estimates.values[among]
    if np.ptp(values) >= tolerance:
        return _equivalence(estimates, int(claim.a or 0), int(claim.b or 0), tolerance)

    def room(z: float) -> float:
        low, high = limits(z)
        return tolerance - widest(values, low[among], high[among])

    above = 1.0
    while room(above) > 0 and above < FARTHEST:
        above *= 2
    z = above if room(above) > 0 else float(brentq(room, 0.0, above, xtol=1e-12))
    return max(float(norm.sf(z)), TINY)


def _placed(estimates: GroupEstimates, place: int) -> tuple[float, LimitsAt]:
    """Return the value of one group, and its limits at any quantile."""
    value = float(estimates.values[place])
    if estimates.binomial:
        x, size = estimates.x[place], estimates.size[place]
        return value, lambda z: wilson(x, size, z)

    def limits(z: Floats) -> tuple[Floats, Floats]:
        low, high = estimates.limits(float(z)) or (estimates.values, estimates.values)
        return low[place], high[place]

    return value, limits

"""Tests that fit the intervals of any metric: two groups against each other, and all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import GroupEstimates
from audit.metrics.measurement import Limits
from audit.metrics.statistics.homogeneity import q_test, shrunken_gap
from audit.metrics.statistics.significance import newcombe_z, two_sided_p
from audit.metrics.statistics.simultaneous import Simultaneous, simultaneous_for

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
PairTest = Callable[[Places, Places], Floats]

FARTHEST = 40.0  # the p-value of this quantile is no double any more
GRID = np.concatenate([[0.0], np.geomspace(0.02, FARTHEST, 320)])
PAIR = 2


@dataclass(frozen=True, kw_only=True)
class WorstTest:
    """The hypothesis that no two groups differ.

    Attributes
    ----------
    p : float
        Of the test named by `name`.
    name : str
        Of three rates or more, the test of homogeneity: ``homogeneity (chi-squared)``,
        ``homogeneity (permutation)`` or ``homogeneity (permutation moments)``. Else empty: the
        simultaneous interval of all pairs, turned round.
    range_p : float
        Of that interval turned round, whatever `name`.
    shrunken : float or None
        Of rates of three groups or more: the largest gap after shrinkage towards the pooled rate.
    """

    p: float
    name: str
    range_p: float
    shrunken: float | None


def pair_test(estimates: GroupEstimates) -> PairTest | None:
    """Test pairs of groups by turning the interval of their difference round.

    None where the metric has no valid interval. Rates are solved for exactly; for other metrics
    the quantile is read off a grid, to about 1 part in 1,000.
    """
    if estimates.measurement.limits is None:
        return None
    if estimates.binomial:
        return lambda a, b: two_sided_p(
            newcombe_z(estimates.x[a], estimates.size[a], estimates.x[b], estimates.size[b])
        )
    return lambda a, b: two_sided_p(_touching(estimates, a, b))


def worst_pair_test(estimates: GroupEstimates, among: Places) -> WorstTest | None:
    """Test that no two of the groups `among` differ; None where no interval is valid."""
    limits = estimates.measurement.limits
    if limits is None or _without_limits(estimates, among):
        return None
    x, size = estimates.x[among], estimates.size[among]
    together = simultaneous(estimates, among)

    def limits_at(z: Floats) -> tuple[Floats, Floats]:
        low, high = limits(float(z))
        return low[among], high[among]

    quantile = min(together.quantile(estimates.values[among], limits_at), FARTHEST)
    by_range = together.p(quantile, len(among))
    if len(among) <= PAIR or not estimates.binomial:
        return WorstTest(p=by_range, name="", range_p=by_range, shrunken=None)
    order = np.lexsort((x, size))  # permutations are drawn: the order of groups must not matter
    found = q_test(x[order], size[order])
    return WorstTest(
        p=found.p,
        name=f"homogeneity ({found.method})",
        range_p=by_range,
        shrunken=float(shrunken_gap(x, size)),
    )


def simultaneous(estimates: GroupEstimates, among: Places) -> Simultaneous:
    """Choose how all pairs of the groups `among` are held at once."""
    share = estimates.measurement.denominator is not None
    events = estimates.x[among] if share else None
    return simultaneous_for(estimates.size[among], events)


def _without_limits(estimates: GroupEstimates, among: Places) -> bool:
    limits = estimates.limits(1.0)
    return limits is None or bool(np.isnan(limits[0][among] + limits[1][among]).any())


def _touching(estimates: GroupEstimates, a: Places, b: Places) -> Floats:
    @lru_cache(maxsize=1)  # both sides ask at the same quantile, one after the other
    def every(z: float) -> tuple[Floats, Floats]:
        return estimates.limits(z) or (estimates.values, estimates.values)

    def at(places: Places) -> Limits:
        def limits(z: float) -> tuple[Floats, Floats]:
            low, high = every(z)
            return low[places], high[places]

        return limits

    values = estimates.values
    return touching_on_grid(values[a], at(a), values[b], at(b))


def touching_on_grid(
    first: Floats, first_limits: Limits, second: Floats, second_limits: Limits
) -> Floats:
    """Quantile at which each interval of `first` less `second` touches 0, read off `GRID`.

    Parameters
    ----------
    first, second : ndarray of float64, shape (pairs,)
    first_limits, second_limits : callable
        Limits of all of them at one quantile.

    Returns
    -------
    ndarray
        0 where the two are equal, `FARTHEST` where they never touch, NaN where a value or a limit
        is NaN.
    """
    above = first > second
    gap = np.abs(first - second)
    touching = np.where(gap > 0, FARTHEST, 0.0)
    waiting, before = gap > 0, np.zeros_like(gap)
    for previous, z in zip(GRID[:-1].tolist(), GRID[1:].tolist(), strict=True):
        (low1, high1), (low2, high2) = first_limits(z), second_limits(z)
        falling, rising = (
            np.hypot(first - low1, high2 - second),
            np.hypot(high1 - first, second - low2),
        )
        reach = np.where(above, falling, rising)
        crossed = waiting & (reach >= gap)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (gap - before) / (reach - before)
        touching = np.where(crossed, previous + share * (z - previous), touching)
        waiting &= ~crossed & ~np.isnan(reach)
        touching = np.where(np.isnan(reach) | np.isnan(gap), np.nan, touching)
        if not waiting.any():
            break
        before = reach
    return touching

"""The quantile at which an interval just touches no difference: an interval turned into a test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from audit.metrics.statistics.movers import LimitsAt, best_separated

Floats = NDArray[np.float64]

STEPS = 200  # of the search in an interval that doubling has found; about ten are usual
SETTLED = 1e-12  # of the quantile
SMALLEST = 1e-14
DOUBLINGS = 60
NEVER = 2.0**DOUBLINGS  # an interval that is still short here covers the gap at no level
ROUNDS = 60  # of the search for the best separated pair; three or four are usual


def touching_z(gap: ArrayLike, reach: Callable[[Floats], Floats]) -> Floats:
    """Find the quantile at which an interval of half width `reach(z)` just covers `gap`.

    `reach` is 0 at z = 0 and never falls. Infinite where it never reaches `gap`; NaN where `gap`
    or `reach` is NaN.
    """
    gap = _floats(gap)
    low, high = np.zeros_like(gap), np.ones_like(gap)
    above = reach(high) - gap
    known = ~np.isnan(gap) & ~np.isnan(above)
    for _ in range(DOUBLINGS):
        if not (above < 0).any():
            break
        low, high = np.where(above < 0, high, low), np.where(above < 0, 2 * high, high)
        above = reach(high) - gap
    sought = known & (gap > 0) & (above >= 0)
    found = np.where(sought, _crossing(reach, gap, low, high, sought), np.where(gap > 0, np.inf, 0))
    return np.where(known, found, np.nan)


def _crossing(
    reach: Callable[[Floats], Floats],
    gap: Floats,
    low: Floats,
    high: Floats,
    sought: NDArray[np.bool_],
) -> Floats:
    """Quantile between `low` and `high` at which `reach` passes `gap`.

    By the Illinois method: straight lines between the two ends, where an end that stays twice
    counts half; every fourth step halves, whatever the shape of `reach`.
    """
    below, above = reach(low) - gap, reach(high) - gap
    found, done, before = high, ~sought, np.zeros_like(gap)
    for step in range(STEPS):
        with np.errstate(divide="ignore", invalid="ignore"):
            guess = high - above * (high - low) / (above - below)
        straight = (guess > low) & (guess < high) & (step % 4 != 3)  # noqa: PLR2004 - the fourth
        z = np.where(straight, guess, (low + high) / 2)
        side = reach(z) - gap
        settled = (side == 0) | (np.abs(z - found) <= SETTLED * z + SMALLEST)
        found = np.where(done, found, z)
        done = done | settled
        if done.all():
            break
        rising = side < 0
        above = np.where(rising, np.where(before < 0, above / 2, above), side)
        below = np.where(rising, side, np.where(before > 0, below / 2, below))
        low, high = np.where(rising, z, low), np.where(rising, high, z)
        before = side
    return found


def touching_quantile(
    first: ArrayLike, first_limits: LimitsAt, second: ArrayLike, second_limits: LimitsAt
) -> Floats:
    """Quantile at which the interval of `first` less `second` touches 0, pair by pair; >= 0.

    Parameters
    ----------
    first, second : array of float
        Estimates of one shape.
    first_limits, second_limits : callable
        Limits of each estimate at quantiles of that shape.

    Returns
    -------
    ndarray
        Infinite where the two have no spread and differ; NaN where an estimate is NaN.
    """
    v1, v2 = np.broadcast_arrays(_floats(first), _floats(second))
    above = v1 > v2

    def reach(z: Floats) -> Floats:
        (l1, u1), (l2, u2) = first_limits(z), second_limits(z)
        below, beyond = np.hypot(v1 - l1, u2 - v2), np.hypot(u1 - v1, v2 - l2)
        towards: Floats = np.where(above, below, beyond)
        return towards

    return touching_z(np.abs(v1 - v2), reach)


def largest_quantile(values: ArrayLike, limits: LimitsAt) -> float:
    """Largest of the touching quantiles of all pairs, without forming all pairs.

    Parameters
    ----------
    values : array of float, shape (groups,)
        Two or more, all finite.
    limits : callable
        Limits of all of them at one quantile.

    Returns
    -------
    float
        0 or more; infinite where two that differ have no spread.

    Notes
    -----
    The pair with the largest lower limit at one quantile is followed to where it touches 0, which
    gives the next quantile, until no pair stands out there. Each round is exact and the quantile
    only rises, so the last one is the largest over all pairs.
    """
    values = _floats(values)
    quantile = 0.0
    for _ in range(ROUNDS):
        lowest, i, j = best_separated(values, *limits(_floats(quantile)))
        if lowest <= 0:
            break
        further = _touching_of(values, limits, i, j, quantile)
        if further <= quantile:
            break
        quantile = further
        if np.isinf(quantile):
            break
    return quantile


def _touching_of(values: Floats, limits: LimitsAt, i: int, j: int, start: float) -> float:
    """Quantile, from `start` on, at which the pair's lower limit falls to 0."""
    gap = float(values[i] - values[j])

    def room(z: float) -> float:
        low, high = limits(_floats(z))
        return gap - float(np.hypot(values[i] - low[i], high[j] - values[j]))

    below, above = start, max(2 * start, 1.0)
    while room(above) > 0:
        below, above = above, 2 * above
        if above > NEVER:
            return float("inf")
    if room(below) <= 0:
        return below
    return float(brentq(room, below, above, xtol=1e-13, rtol=1e-14))


def _floats(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)

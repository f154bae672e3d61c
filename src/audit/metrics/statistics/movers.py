"""Intervals of a difference or ratio of two estimates, from the interval of each (MOVER).

Whatever the estimate (a rate, a mean, an AUC, an F1), once it has a value and limits, so have the
difference and the ratio of two independent ones, and the extremes over all pairs of several.

Notes
-----
The method of variance estimates recovery: Zou and Donner, Statistics in Medicine 27 (2008)
1693-1702; ratios: Donner and Zou, Statistical Methods in Medical Research 21 (2012) 347-359.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.metrics.statistics.pairs import largest_over_pairs

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
LimitsAt = Callable[[Floats], Limits]
"""Limits of estimates at a normal quantile: a scalar, or one quantile for each estimate."""


def mover_difference(
    first: ArrayLike,
    first_limits: tuple[ArrayLike, ArrayLike],
    second: ArrayLike,
    second_limits: tuple[ArrayLike, ArrayLike],
) -> Limits:
    """Interval of `first` less `second`, from the limits of two independent estimates.

    Returns
    -------
    low, high : ndarray
        NaN where a value or limit is NaN.
    """
    d1, d2 = _floats(first), _floats(second)
    l1, u1 = (_floats(limit) for limit in first_limits)
    l2, u2 = (_floats(limit) for limit in second_limits)
    difference = d1 - d2
    return difference - np.hypot(d1 - l1, u2 - d2), difference + np.hypot(u1 - d1, d2 - l2)


def mover_ratio(
    first: ArrayLike,
    first_limits: tuple[ArrayLike, ArrayLike],
    second: ArrayLike,
    second_limits: tuple[ArrayLike, ArrayLike],
) -> Limits:
    """Interval of `first` over `second`, two independent estimates of quantities that are >= 0.

    Returns
    -------
    low, high : ndarray
        0 or more. Low is 0 where the lower limit of `first` is 0 or less; high is infinite where
        that of `second` is 0 or less. NaN where a value is negative, or a value or limit is NaN.

    Notes
    -----
    In a form that does not cancel. It excludes 1 exactly when `mover_difference` excludes 0.
    """
    v1, v2 = _floats(first), _floats(second)
    l1, u1 = (_floats(limit) for limit in first_limits)
    l2, u2 = (_floats(limit) for limit in second_limits)
    usable = (v1 >= 0) & (v2 >= 0) & ~np.isnan(l1 + u2) & ~np.isnan(u1 + l2)
    l1, l2 = np.maximum(l1, 0), np.maximum(l2, 0)
    low = _ratio_low(v1, v1 - l1, v2, u2 - v2)
    high = _ratio_high(v1, u1 - v1, v2, v2 - l2)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def pairwise_mover_difference(values: ArrayLike, low: ArrayLike, high: ArrayLike) -> Limits:
    """Limits of values[i] - values[j] for all ordered pairs; NaN where i = j.

    Returns
    -------
    low, high : ndarray, shape (groups, groups)
        For many groups use `audit.metrics.statistics.simultaneous`, which forms no such table.
    """
    return _pairwise(mover_difference, values, low, high)


def pairwise_mover_ratio(values: ArrayLike, low: ArrayLike, high: ArrayLike) -> Limits:
    """Limits of values[i] / values[j] for all ordered pairs; NaN where i = j.

    Returns
    -------
    low, high : ndarray, shape (groups, groups)
    """
    return _pairwise(mover_ratio, values, low, high)


def best_separated(values: Floats, low: Floats, high: Floats) -> tuple[float, int, int]:
    """Largest lower limit of values[i] - values[j] over all pairs i != j, and its pair."""
    return largest_over_pairs(
        values,
        values - low,
        high - values,
        lambda v1, r1, v2, r2: v1 - v2 - np.hypot(r1, r2),
        signs=(1, -1, -1, -1),
    )


def widest(values: Floats, low: Floats, high: Floats) -> float:
    """Largest upper limit of values[i] - values[j] over all pairs i != j."""
    return largest_over_pairs(
        values,
        high - values,
        values - low,
        lambda v1, r1, v2, r2: v1 - v2 + np.hypot(r1, r2),
        signs=(1, 1, -1, 1),
    )[0]


def ratio_extremes(values: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Smallest lower and smallest upper limit of values[i] / values[j] over all pairs i != j.

    Values are 0 or more; lower limits below 0 count as 0.
    """
    down, up = values - np.maximum(low, 0), high - values
    smallest_low = largest_over_pairs(
        values, down, up, lambda *pair: -_ratio_low(*pair), signs=(-1, 1, 1, 1)
    )[0]
    smallest_high = largest_over_pairs(
        values, up, down, lambda *pair: -_ratio_high(*pair), signs=(-1, -1, 1, -1)
    )[0]
    return -smallest_low, -smallest_high


def _pairwise(
    combine: Callable[..., Limits], values: ArrayLike, low: ArrayLike, high: ArrayLike
) -> Limits:
    values, low, high = _floats(values), _floats(low), _floats(high)
    rows = (low[:, None], high[:, None])
    columns = (low[None, :], high[None, :])
    below, above = combine(values[:, None], rows, values[None, :], columns)
    np.fill_diagonal(below, np.nan)
    np.fill_diagonal(above, np.nan)
    return below, above


def _ratio_low(v1: Floats, reach1: Floats, v2: Floats, reach2: Floats) -> Floats:
    """Root of v1 - R v2 = hypot(reach1, R reach2), 0 where v1 <= reach1."""
    product = v1 * v2
    below = (v1 - reach1) * (v1 + reach1)
    over = (v2 + reach2) * (v2 - reach2)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = below / (product + np.sqrt(np.maximum(product**2 - below * over, 0)))
    return np.where(below <= 0, 0.0, low)


def _ratio_high(v1: Floats, reach1: Floats, v2: Floats, reach2: Floats) -> Floats:
    """Root of v1 - R v2 = -hypot(reach1, R reach2), infinite where v2 <= reach2."""
    product = v1 * v2
    above = (v1 + reach1) * (v1 - reach1)
    under = (v2 - reach2) * (v2 + reach2)
    with np.errstate(divide="ignore", invalid="ignore"):
        high = (product + np.sqrt(np.maximum(product**2 - above * under, 0))) / under
    return np.where(under <= 0, np.inf, high)


def _floats(value: ArrayLike) -> Floats:
    return np.asarray(value, dtype=np.float64)

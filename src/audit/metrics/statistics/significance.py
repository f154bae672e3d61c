"""Tests that agree with the intervals, their correction, and what they could have found.

A test here is its interval turned round: `z` is the quantile at which the interval's limit touches
0, so a p-value is below a level exactly when the interval at that level excludes 0.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, studentized_range

from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.touching import touching_quantile

Floats = NDArray[np.float64]
TINY = float(np.finfo(np.float64).tiny)
POWER_QUANTILE = 0.8416212335729143  # of a power of 80 %
DETECTABLE_HALVINGS = 40
RESOLVED = 1e-9  # below this 1 - P(range) is rounding, and the union bound is used


def newcombe_z(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> Floats:
    """Quantile at which Newcombe's interval of x1/n1 - x2/n2 touches 0; 0 or more.

    Sizes must be above 0.
    """
    x1, n1, x2, n2 = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (x1, n1, x2, n2))
    )
    return touching_quantile(
        x1 / n1, lambda z: wilson(x1, n1, z), x2 / n2, lambda z: wilson(x2, n2, z)
    )


def two_sided_p(z: ArrayLike) -> Floats:
    """Two-sided p-value of a normal quantile; never exactly 0."""
    return np.maximum(2 * norm.sf(np.abs(z)), TINY)


def two_sided_z(alpha: float) -> float:
    """Return the normal quantile of a two-sided test of level `alpha`."""
    return float(norm.isf(alpha / 2))


def range_p(z: float, groups: int) -> float:
    """p-value of the largest of all pairwise quantiles of `groups` equal groups.

    Parameters
    ----------
    z : float
        The largest quantile over all pairs.
    groups : int
        How many groups the pair was chosen from, at least 2.

    Notes
    -----
    Tukey's studentized range with infinite degrees of freedom. In the far tail, where its
    complement is lost to rounding, the union bound over the pairs, which is then as good.
    """
    exact = float(studentized_range.sf(np.sqrt(2) * z, groups, np.inf))
    if exact > RESOLVED:
        return min(exact, 1.0)
    bound = groups * (groups - 1) / 2 * float(two_sided_p(z))
    return max(min(bound, RESOLVED), TINY)


@cache
def range_z(alpha: float, groups: int) -> float:
    """Quantile at which all pairwise intervals of `groups` groups hold at once: q / sqrt(2)."""
    return float(studentized_range.ppf(1 - alpha, groups, np.inf) / np.sqrt(2))


def minimum_detectable(
    x: ArrayLike, n: ArrayLike, n1: ArrayLike, n2: ArrayLike, z: ArrayLike
) -> Floats:
    """Smallest difference of two rates that their comparison finds with 80 % power.

    Parameters
    ----------
    x, n : array of float
        Positive rows and all rows, pooled over the groups compared. The pooled rate is smoothed
        by half a row either way, so that a rate of 0 or 1 does not promise to find any gap.
    n1, n2 : array of float
        Sizes of the two groups, above 0.
    z : array of float
        Quantile that the comparison must exceed, corrections included.

    Returns
    -------
    ndarray
        In (0, 1]; 1 where the groups are too small to find any difference.

    Notes
    -----
    The two rates lie half the difference on either side of the pooled rate, shifted where they
    would leave [0, 1]. The difference sought is the one whose lower Newcombe limit is still above
    0 when the estimate falls short by its 80 % quantile; of the two ways round, the larger.
    """
    x, n, n1, n2, z = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (x, n, n1, n2, z))
    )
    pooled = (x + 0.5) / (n + 1)
    return np.maximum(_detectable(pooled, n1, n2, z), _detectable(pooled, n2, n1, z))


def _detectable(pooled: Floats, n1: Floats, n2: Floats, z: Floats) -> Floats:
    low, high = np.zeros_like(pooled), np.ones_like(pooled)
    for _ in range(DETECTABLE_HALVINGS):
        gap = (low + high) / 2
        found = _found(pooled, gap, n1, n2, z)
        low, high = np.where(found, low, gap), np.where(found, gap, high)
    return high


def _found(pooled: Floats, gap: Floats, n1: Floats, n2: Floats, z: Floats) -> NDArray[np.bool_]:
    lower = np.clip(pooled - gap / 2, 0, 1 - gap)
    upper = lower + gap
    reach = np.hypot(upper - wilson(upper * n1, n1, z)[0], wilson(lower * n2, n2, z)[1] - lower)
    error = np.sqrt(upper * (1 - upper) / n1 + lower * (1 - lower) / n2)
    found: NDArray[np.bool_] = gap > reach + POWER_QUANTILE * error
    return found

"""Equivalence: that a difference lies within a tolerance, by two one-sided tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from audit.errors import MetricError
from audit.metrics.statistics.movers import LimitsAt, mover_difference
from audit.metrics.statistics.touching import touching_z

Floats = NDArray[np.float64]
TINY = float(np.finfo(np.float64).tiny)


def equivalence_p(
    first: ArrayLike,
    first_limits: LimitsAt,
    second: ArrayLike,
    second_limits: LimitsAt,
    tolerance: ArrayLike,
) -> Floats:
    """p-value of the claim that `first` less `second` lies within `tolerance` of 0.

    Parameters
    ----------
    first, second : array of float
        Estimates of one shape.
    first_limits, second_limits : callable
        Limits of each at quantiles of that shape, for example Wilson's.
    tolerance : array of float
        Above 0.

    Returns
    -------
    ndarray
        In (0, 1]. Below a level exactly when the interval of confidence 1 - 2 level lies inside
        (-tolerance, tolerance). At least 1/2 where the estimates differ by the tolerance or more;
        NaN where an estimate is NaN.

    Raises
    ------
    MetricError
        If a tolerance is not above 0.

    Notes
    -----
    Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680. The larger of
    two one-sided p-values, so it needs no further correction for being two tests.
    """
    tolerance = np.asarray(tolerance, dtype=np.float64)
    if not (tolerance > 0).all():
        raise MetricError(
            f"expected a tolerance above 0, came {np.min(tolerance):g}",
            "give the largest difference that counts as none, for example 0.05",
        )
    v1, v2, tolerance = np.broadcast_arrays(
        np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64), tolerance
    )
    above = _signed_quantile(v1, first_limits, v2, second_limits, tolerance)
    below = _signed_quantile(v2, second_limits, v1, first_limits, tolerance)
    return np.maximum(norm.sf(np.minimum(above, below)), TINY)


def shown_tolerance(
    first: ArrayLike,
    first_limits: LimitsAt,
    second: ArrayLike,
    second_limits: LimitsAt,
    alpha: float = 0.05,
) -> Floats:
    """Return the smallest tolerance whose `equivalence_p` is `alpha` or less.

    It is the farther end from 0 of the interval of confidence 1 - 2 alpha.
    """
    v1, v2 = np.broadcast_arrays(
        np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    )
    z = np.full(v1.shape, norm.isf(alpha))
    low, high = mover_difference(v1, first_limits(z), v2, second_limits(z))
    return np.maximum(np.abs(low), np.abs(high))


def _signed_quantile(
    v1: Floats, limits1: LimitsAt, v2: Floats, limits2: LimitsAt, bound: Floats
) -> Floats:
    """Quantile at which the upper limit of v1 - v2 is `bound`; below 0 where v1 - v2 exceeds it."""
    room = bound - (v1 - v2)

    def reach(z: Floats) -> Floats:
        (l1, u1), (l2, u2) = limits1(z), limits2(z)
        return np.where(room >= 0, np.hypot(u1 - v1, v2 - l2), np.hypot(v1 - l1, u2 - v2))

    return np.sign(room) * touching_z(np.abs(room), reach)

"""Confidence intervals of rates, of their differences and ratios, and of paired changes.

Every function is elementwise over arrays of one shape (or scalars) and takes the normal quantile
`z` rather than a level, so that simultaneous intervals are the same functions at a larger `z`.
Counts may be fractional: a weighted rate enters with its effective size. Where `n` is 0 the limits
are NaN; callers turn that into a status.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.metrics.statistics.movers import mover_difference, mover_ratio

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
HALVINGS = 50  # of an interval of length 2: to 2e-15


def wilson(x: ArrayLike, n: ArrayLike, z: ArrayLike) -> Limits:
    """Wilson's score interval of a rate.

    Parameters
    ----------
    x, n : array of float
        Positive rows and all rows, 0 <= x <= n.
    z : array of float
        Normal quantile, for example 1.96 for 95 %.

    Returns
    -------
    low, high : ndarray
        In [0, 1]; exactly 0 at x = 0 and exactly 1 at x = n; NaN at n = 0.

    Notes
    -----
    Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    x, n, z = (np.asarray(value, dtype=np.float64) for value in (x, n, z))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / n
        middle = p + z**2 / (2 * n)
        reach = z * np.sqrt(np.maximum(p * (1 - p), 0) / n + z**2 / (4 * n**2))
        scale = 1 + z**2 / n
        low = np.where(x <= 0, 0 * p, np.maximum((middle - reach) / scale, 0))
        high = np.where(x >= n, 0 * p + 1, np.minimum((middle + reach) / scale, 1))
    return low, high


def newcombe(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, z: ArrayLike) -> Limits:
    """Newcombe's hybrid score interval of the difference x1/n1 - x2/n2.

    Returns
    -------
    low, high : ndarray
        In [-1, 1]; NaN where a size is 0.

    Notes
    -----
    Method 10 of Newcombe, Statistics in Medicine 17 (1998) 873-890.
    """
    return mover_difference(_share(x1, n1), wilson(x1, n1, z), _share(x2, n2), wilson(x2, n2, z))


def mover_r(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, z: ArrayLike) -> Limits:
    """MOVER-R interval of the ratio (x1/n1) / (x2/n2), in a form that does not cancel.

    Returns
    -------
    low, high : ndarray
        0 or more; low is 0 at x1 = 0, high is infinite at x2 = 0; NaN where a size is 0.

    Notes
    -----
    Donner and Zou, Statistical Methods in Medical Research 21 (2012) 347-359. It excludes 1
    exactly when Newcombe's interval of the difference excludes 0.
    """
    return mover_ratio(_share(x1, n1), wilson(x1, n1, z), _share(x2, n2), wilson(x2, n2, z))


def tango(b: ArrayLike, c: ArrayLike, n: ArrayLike, z: ArrayLike) -> Limits:
    """Tango's score interval of the paired difference (b - c) / n.

    Parameters
    ----------
    b, c : array of float
        Rows that go from 0 to 1, and from 1 to 0; b + c <= n.
    n : array of float
        All rows.
    z : array of float
        Normal quantile.

    Returns
    -------
    low, high : ndarray
        In [-1, 1]; NaN at n = 0.

    Notes
    -----
    Tango, Statistics in Medicine 17 (1998) 891-908.
    """
    return tango_low(b, c, n, z), -tango_low(c, b, n, z)


def tango_low(b: ArrayLike, c: ArrayLike, n: ArrayLike, z: ArrayLike) -> Floats:
    """Lower limit of `tango`; the upper one is the lower one of (c - b) / n, negated.

    The score statistic falls as the difference grows, so the limit is found by halving.
    """
    b, c, n, z = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (b, c, n, z))
    )
    high = _share(b - c, n)
    low = -np.ones_like(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_low = b - c - n * middle > z * _tango_error(b, c, n, middle)
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return np.where(n > 0, (low + high) / 2, np.nan)


def _tango_error(b: Floats, c: Floats, n: Floats, delta: Floats) -> Floats:
    """Standard error of b - c under the most likely cells with difference `delta`."""
    half = -b - c + (2 * n - b + c) * delta
    root = np.sqrt(np.maximum(half**2 + 8 * n * c * delta * (1 - delta), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (root - half) / (4 * n)
    return np.sqrt(np.maximum(n * (2 * q + delta * (1 - delta)), 0))


def _share(x: ArrayLike, n: ArrayLike) -> Floats:
    x, n = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = np.where(n > 0, x / n, np.nan)
    return share

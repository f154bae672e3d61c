"""Miettinen and Nurminen's score intervals of two rates: the option beside Newcombe and MOVER-R.

The statistic is the estimate's distance from a hypothesis, over its standard error at the most
likely rates under that hypothesis. It falls as the hypothesis rises, so limits are found by
halving. Elementwise over arrays of one shape; counts may be fractional; NaN where a size is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
HALVINGS = 52


def miettinen_nurminen(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, z: ArrayLike
) -> Limits:
    """Score interval of the difference x1/n1 - x2/n2.

    Parameters
    ----------
    x1, n1, x2, n2 : array of float
        Positive rows and all rows of two groups.
    z : array of float
        Normal quantile.

    Returns
    -------
    low, high : ndarray
        In [-1, 1]; NaN where a size is 0.

    Notes
    -----
    Miettinen and Nurminen, Statistics in Medicine 4 (1985) 213-226, with their factor N / (N - 1).
    """
    x1, n1, x2, n2, z = _together(x1, n1, x2, n2, z)
    return _difference_low(x1, n1, x2, n2, z), -_difference_low(x2, n2, x1, n1, z)


def miettinen_nurminen_ratio(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, z: ArrayLike
) -> Limits:
    """Score interval of the ratio (x1/n1) / (x2/n2).

    Returns
    -------
    low, high : ndarray
        0 or more; low is 0 at x1 = 0, high is infinite at x2 = 0; NaN where a size is 0.

    Notes
    -----
    Miettinen and Nurminen, Statistics in Medicine 4 (1985) 213-226, with their factor N / (N - 1).
    """
    x1, n1, x2, n2, z = _together(x1, n1, x2, n2, z)
    low = _ratio_low(x1, n1, x2, n2, z)
    with np.errstate(divide="ignore"):
        high = 1 / _ratio_low(x2, n2, x1, n1, z)
    return low, high


def _together(*values: ArrayLike) -> tuple[Floats, ...]:
    return np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values))


def _difference_low(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = x1 / n1 - x2 / n2
        low, high = -np.ones_like(estimate), estimate
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            p2 = _restricted_rate(x1, n1, x2, n2, middle)
            error = _error(p2 + middle, n1, p2, n2, 1.0)
            too_low = estimate - middle > z * error
            low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return np.where(np.isfinite(estimate), (low + high) / 2, np.nan)


def _ratio_low(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: Floats) -> Floats:
    """Lower limit, sought as R / (1 + R), which lies in (0, 1)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = x1 / n1, x2 / n2
        low, high = np.zeros_like(p1), np.where(p1 + p2 > 0, p1 / (p1 + p2), 1.0)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            ratio = middle / (1 - middle)
            rate = _restricted_base(x1, n1, x2, n2, ratio)
            too_low = p1 - ratio * p2 > z * _error(ratio * rate, n1, rate, n2, ratio)
            low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
        middle = (low + high) / 2
        found = np.where(x1 > 0, middle / (1 - middle), 0.0)
    return np.where(np.isfinite(p1 + p2), found, np.nan)


def _error(p1: Floats, n1: Floats, p2: Floats, n2: Floats, ratio: Floats | float) -> Floats:
    """Standard error of the first rate less `ratio` times the second."""
    variance = p1 * (1 - p1) / n1 + np.square(ratio) * p2 * (1 - p2) / n2
    size = n1 + n2
    factor = size / np.maximum(size - 1, 0.5)
    error: Floats = np.sqrt(np.maximum(variance, 0) * factor)
    return error


def _restricted_rate(x1: Floats, n1: Floats, x2: Floats, n2: Floats, delta: Floats) -> Floats:
    """Most likely second rate where the first is larger by `delta`: a root of a cubic."""
    size, events = n1 + n2, x1 + x2
    l2 = (n1 + 2 * n2) * delta - size - events
    l1 = (n2 * delta - size - 2 * x2) * delta + events
    l0 = x2 * delta * (1 - delta)
    shift = l2 / (3 * size)
    c = shift**3 - l1 * l2 / (6 * size**2) + l0 / (2 * size)
    b = np.where(c >= 0, 1.0, -1.0) * np.sqrt(np.maximum(shift**2 - l1 / (3 * size), 0))
    cosine = np.where(b == 0, 0.0, c / np.where(b == 0, 1.0, b) ** 3)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    rate: Floats = 2 * b * np.cos(angle) - shift
    return np.clip(rate, np.maximum(0, -delta), np.minimum(1, 1 - delta))


def _restricted_base(x1: Floats, n1: Floats, x2: Floats, n2: Floats, ratio: Floats) -> Floats:
    """Most likely second rate where the first is `ratio` times it: a root of a quadratic."""
    a = (n1 + n2) * ratio
    b = n1 * ratio + x1 + n2 + x2 * ratio
    c = x1 + x2
    root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0))
    return np.minimum(2 * c / (b + root), 1)

"""Distance correlation of two columns of numbers in O(n log² n) time and O(n) memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDING = 1e-14


def distance_correlation(x: Floats, y: Floats) -> float:
    """Distance correlation: 0 only where the two are independent, whatever the shape.

    Parameters
    ----------
    x, y : ndarray of float64, shape (rows,)
        Finite.

    Returns
    -------
    float
        In [0, 1]; above 0 by chance alone in small samples. NaN where either is constant.

    Notes
    -----
    Székely, Rizzo and Bakirov, Annals of Statistics 35 (2007) 2769-2794 (the V-statistic); the sums
    over pairs as in Huo and Székely, Technometrics 58 (2016) 435-447.
    """
    x, y = _scaled(x), _scaled(y)
    both = _covariance_square(x, y, _product_of_distances(x, y))
    scale = _variance_square(x) * _variance_square(y)
    if not scale > 0:
        return float("nan")
    ratio = max(both, 0.0) / np.sqrt(scale)
    return float(np.sqrt(min(ratio, 1.0))) if ratio > ROUNDING else 0.0


def _covariance_square(x: Floats, y: Floats, products: float) -> float:
    n = len(x)
    a, b = distance_sums(x), distance_sums(y)
    return float(products / n**2 - 2 * float(a @ b) / n**3 + float(a.sum()) * float(b.sum()) / n**4)


def _variance_square(x: Floats) -> float:
    """Take the sum of squared differences from two sums alone."""
    return _covariance_square(x, x, float(2 * len(x) * (x @ x) - 2 * x.sum() ** 2))


def distance_sums(x: Floats) -> Floats:
    """Sum for each row of its distances to all rows, by sorting."""
    order = np.argsort(x, kind="stable")
    ranked = x[order]
    before = np.cumsum(ranked) - ranked
    place = np.arange(len(x))
    sums = np.empty_like(x)
    sums[order] = place * ranked - before + (before[-1] + ranked[-1] - before - ranked)
    sums[order] -= (len(x) - 1 - place) * ranked
    return sums


def _product_of_distances(x: Floats, y: Floats) -> float:
    """Sum |x_i - x_j| |y_i - y_j| over all ordered pairs.

    In the order of x, |x_i - x_j| |y_i - y_j| = s (x_i - x_j)(y_i - y_j) for j before i, where s is
    the sign of y_i - y_j. The product is multiplied out, so four sums over the rows before i with
    smaller y, and the same over all rows before i, give the pair sums.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    parts = np.stack([np.ones_like(x), x, y, x * y])
    below = _sums_below(y, parts)
    every = np.cumsum(parts, axis=1) - parts
    signed = 2 * below - every
    pairs = x * y * signed[0] - y * signed[1] - x * signed[2] + signed[3]
    return 2 * float(pairs.sum())


def _sums_below(y: Floats, parts: Floats) -> Floats:
    """Sum `parts` over the rows that come before a row and have a smaller y.

    Rows are merged in blocks that double, as in merge sort: in each pair of blocks, taken in the
    order of y, the rows of the later block read off the running sum over the earlier one. Ties in
    y may fall on either side: their products of differences are 0.
    """
    n = len(y)
    order = np.argsort(y, kind="stable")
    found = np.zeros_like(parts)
    width = 1
    while width < n:
        merged = order[np.argsort(order // (2 * width), kind="stable")]
        later = (merged // width) % 2 == 1
        running = np.cumsum(np.where(later, 0.0, parts[:, merged]), axis=1)
        start = (merged // (2 * width)) * (2 * width)
        before = np.where(start > 0, running[:, start - 1], 0.0)
        found[:, merged] += np.where(later, running - before, 0.0)
        width *= 2
    return found


def _scaled(values: Floats) -> Floats:
    """Centre and scale, which changes nothing but keeps sums of products exact."""
    centred = values - values.mean()
    largest = float(np.abs(centred).max(initial=0.0))
    return np.asarray(centred / largest if largest > 0 else centred)

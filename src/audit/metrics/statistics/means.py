"""Intervals of means and of their differences, from sums alone (Student and Welch).

Rows with weights enter as fractional counts: `n` is Kish's effective size, and `total` and
`square` are n times the weighted mean and n times the weighted mean of squares. Sum values less
some central constant where they lie far from 0 compared with their spread: the variance is a
difference of two sums, and is treated as unknown where rounding has eaten it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
ROUNDING = 1e-12  # of the mean square: a variance below it may be rounding of the sums


def t_quantile(df: ArrayLike, z: ArrayLike) -> Floats:
    """Quantile of Student's t with as much probability beyond it as beyond the normal `z`.

    Parameters
    ----------
    df : array of float
        Degrees of freedom; NaN is returned where they are not above 0.
    z : array of float
        Normal quantile, 0 or more.
    """
    df, z = np.broadcast_arrays(np.asarray(df, dtype=np.float64), np.asarray(z, dtype=np.float64))
    usable, beyond = df > 0, ndtr(-z)
    found = np.where(beyond > 0, -stdtrit(np.where(usable, df, 1.0), beyond), np.inf)
    return np.where(usable, found, np.nan)


def mean_variance(total: ArrayLike, square: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Mean, and the squared standard error of it.

    Returns
    -------
    mean, variance : ndarray
        The mean is NaN at n = 0; the variance is NaN at n <= 1, and where all values are equal or
        rounding has eaten their spread, since then it is not known.
    """
    total, square, n = (np.asarray(value, dtype=np.float64) for value in (total, square, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        spread = square / n - mean**2
        known = (n > 1) & (spread > ROUNDING * square / n)
        variance = np.where(known, spread / (n - 1), np.nan)
    return mean, variance


def welch_limits(total: ArrayLike, square: ArrayLike, n: ArrayLike, z: ArrayLike) -> Limits:
    """Student's interval of a mean, at the normal quantile `z`.

    Parameters
    ----------
    total, square : array of float
        Sum of the values and of their squares.
    n : array of float
        How many; fractional for weighted rows.
    z : array of float
        Normal quantile; the quantile of t with n - 1 degrees takes its place.

    Returns
    -------
    low, high : ndarray
        NaN where `mean_variance` has none.

    Notes
    -----
    Student, Biometrika 6 (1908) 1-25.
    """
    mean, variance = mean_variance(total, square, n)
    reach = t_quantile(np.asarray(n, dtype=np.float64) - 1, z) * np.sqrt(variance)
    return mean - reach, mean + reach


def welch_difference(
    first: tuple[ArrayLike, ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike, ArrayLike],
    z: ArrayLike,
) -> Limits:
    """Welch's interval of the difference of two means, each given as (total, square, n).

    Returns
    -------
    low, high : ndarray
        NaN where either variance is unknown.

    Notes
    -----
    Welch, Biometrika 34 (1947) 28-35, with Satterthwaite's degrees of freedom.
    """
    (mean1, v1), (mean2, v2) = mean_variance(*first), mean_variance(*second)
    n1, n2 = (np.asarray(group[2], dtype=np.float64) for group in (first, second))
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    reach = t_quantile(df, z) * np.sqrt(v1 + v2)
    return mean1 - mean2 - reach, mean1 - mean2 + reach

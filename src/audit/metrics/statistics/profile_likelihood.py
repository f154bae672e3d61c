"""Limits of a difference of two rates that agree with the likelihood ratio at every quantile."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

Floats = NDArray[np.float64]
HALVINGS = 52
FARTHEST = 30.0  # of the logarithm of the multiplier, per row


def log_likelihood(x: Floats, n: Floats) -> Floats:
    """Highest log likelihood of a rate, with x of n rows positive."""
    misses = np.maximum(n - x, 0)
    return np.asarray(xlogy(x, x) + xlogy(misses, misses) - xlogy(n, n))


def profile_limits(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, z: float
) -> tuple[Floats, Floats]:
    """Profile likelihood interval of the difference x1/n1 - x2/n2.

    Parameters
    ----------
    x1, n1, x2, n2 : array of float
        Positive rows and all rows of two groups; sizes above 0.
    z : float
        Normal quantile: twice the log likelihood ratio of every difference inside is below z².

    Returns
    -------
    low, high : ndarray
        In [-1, 1]. They leave out 0 exactly where the `likelihood_score` of the two exceeds z.

    Notes
    -----
    Venzon and Moolgavkar, Journal of the Royal Statistical Society C 37 (1988) 87-94. With a
    multiplier for the difference the two rates come apart, each the root of a quadratic.
    """
    x1, n1, x2, n2 = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (x1, n1, x2, n2))
    )
    first, second = (np.stack(pair) for pair in (((x2, n2), (x1, n1)), ((x1, n1), (x2, n2))))
    low, high = _highest(first[:, 0], first[:, 1], second[:, 0], second[:, 1], z)
    return -low, high


def _highest(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> Floats:
    """Raise the multiplier until the likelihood has fallen by z²/2."""
    best = log_likelihood(x1, n1) + log_likelihood(x2, n2)
    low, high = np.full_like(best, -FARTHEST), np.full_like(best, FARTHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        first, second = _rates(x1, n1, x2, n2, middle)
        fallen = best - _at(first, x1, n1) - _at(second, x2, n2)
        inside = 2 * fallen <= z * z
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    first, second = _rates(x1, n1, x2, n2, low)
    return first - second


def _rates(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, multiplier: Floats
) -> tuple[Floats, Floats]:
    weight = np.exp(multiplier) * (n1 + n2)
    return 1 - _lowered(n1 - x1, n1, weight), _lowered(x2, n2, weight)


def _lowered(x: Floats, n: Floats, weight: Floats) -> Floats:
    """Most likely rate where each unit of it costs `weight`."""
    total = n + weight
    return 2 * x / (total + np.sqrt(np.maximum(total**2 - 4 * weight * x, 0)))


def _at(rate: Floats, x: Floats, n: Floats) -> Floats:
    return np.asarray(xlogy(x, rate) + xlogy(np.maximum(n - x, 0), 1 - rate))

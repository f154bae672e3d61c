"""Weighted means of attributions with intervals, and differences of two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from audit.metrics.results import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Mean:
    """Means of several features over the same rows.

    Attributes
    ----------
    value, variance : ndarray of float64, shape (features,)
        The mean, and the variance of the mean; NaN variance where there is one row only.
    freedom : float
        Kish's effective number of rows, less 1.
    """

    value: Floats
    variance: Floats
    freedom: float


def weighted_mean(values: Floats, weights: Floats) -> Mean:
    """Return means over rows and the linearised variance of each.

    With equal weights these are the sample mean and s²/n. Weights count as weights of a sample
    (Särndal, Swensson and Wretman 1992, 5.7), not as repeated rows.

    Parameters
    ----------
    values : ndarray, shape (rows, features)
    weights : ndarray, shape (rows,)
        Non-negative, with a positive sum.
    """
    rows, total = len(values), weights.sum()
    value = weights @ values / total
    spread = (weights**2) @ (values - value) ** 2 / total**2
    correction = rows / (rows - 1) if rows > 1 else np.nan
    effective = total**2 / (weights**2).sum()
    return Mean(value=value, variance=spread * correction, freedom=float(effective - 1))


def mean_intervals(mean: Mean, confidence: float, floor: float = -np.inf) -> list[Interval | None]:
    """Return Student's t interval of each mean, cut at `floor`; None for one row."""
    return [
        _interval(value, variance, mean.freedom, confidence, "t", floor)
        for value, variance in zip(mean.value, mean.variance, strict=True)
    ]


def difference_intervals(a: Mean, b: Mean, confidence: float) -> list[Interval | None]:
    """Return Welch's interval of each mean of `a` less that of `b` (Welch 1947)."""
    return [
        _interval(value, va + vb, _satterthwaite(va, vb, a, b), confidence, "welch", -np.inf)
        for value, va, vb in zip(a.value - b.value, a.variance, b.variance, strict=True)
    ]


def _satterthwaite(va: float, vb: float, a: Mean, b: Mean) -> float:
    if va + vb == 0 or min(a.freedom, b.freedom) <= 0:
        return min(a.freedom, b.freedom)
    return float((va + vb) ** 2 / (va**2 / a.freedom + vb**2 / b.freedom))


def _interval(  # noqa: PLR0917 - six plain numbers and words
    value: float, variance: float, freedom: float, confidence: float, method: str, floor: float
) -> Interval | None:
    if not np.isfinite(variance) or freedom <= 0:
        return None
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * float(np.sqrt(variance))
    low, high = max(float(value) - half, floor), float(value) + half
    return Interval(low=low, high=high, level=confidence, method=method)

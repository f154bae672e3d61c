"""Mantel and Haenszel's summary of 2 × 2 tables over strata: difference, ratio and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The common difference and ratio of two rates over strata.

    Attributes
    ----------
    difference, difference_error : float
        The difference and its standard error.
    ratio, log_ratio_error : float
        The ratio and the standard error of its logarithm; NaN where a sum is 0.
    p_value : float
        Of no association; NaN where no stratum has both outcomes.
    """

    difference: float
    difference_error: float
    ratio: float
    log_ratio_error: float
    p_value: float

    def difference_limits(self, z: float) -> tuple[float, float]:
        """Limits of the difference at a normal quantile, in [-1, 1]."""
        reach = z * self.difference_error
        return max(self.difference - reach, -1.0), min(self.difference + reach, 1.0)

    def ratio_limits(self, z: float) -> tuple[float, float]:
        """Limits of the ratio at a normal quantile."""
        factor = float(np.exp(z * self.log_ratio_error))
        return self.ratio / factor, self.ratio * factor


def mantel_haenszel(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> Summary:
    """Sum up x1 of n1 against x2 of n2 over strata.

    Parameters
    ----------
    x1, n1, x2, n2 : array of float, shape (strata,)
        Positive rows and all rows of the first and of the second group; sizes above 0. Strata that
        lack one of the groups must be left out.

    Returns
    -------
    Summary

    Notes
    -----
    Mantel and Haenszel, Journal of the National Cancer Institute 22 (1959) 719-748; the error of
    the difference: Sato, Biometrics 45 (1989) 1323-1324; of the ratio: Greenland and Robins,
    Biometrics 41 (1985) 55-68.
    """
    x1, n1, x2, n2 = (np.asarray(value, dtype=np.float64) for value in (x1, n1, x2, n2))
    n = n1 + n2
    first, second = float((x1 * n2 / n).sum()), float((x2 * n1 / n).sum())
    weight = float((n1 * n2 / n).sum())
    difference = (first - second) / weight
    spread = float(((n1 * n2 * (x1 + x2) - x1 * x2 * n) / n**2).sum())
    known = first > 0 and second > 0
    return Summary(
        difference=difference,
        difference_error=_sato(x1, n1, x2, n2, difference) / weight,
        ratio=first / second if second > 0 else float("nan"),
        log_ratio_error=float(np.sqrt(spread / (first * second))) if known else float("nan"),
        p_value=_test(x1, n1, x2, n2),
    )


def _sato(x1: Floats, n1: Floats, x2: Floats, n2: Floats, difference: float) -> float:
    n = n1 + n2
    p = (n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * n)
    return float(np.sqrt(max(difference * float(p.sum()) + float(q.sum()), 0.0)))


def _test(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> float:
    n, positive = n1 + n2, x1 + x2
    enough = n > 1
    n, positive, x1, n1, n2 = n[enough], positive[enough], x1[enough], n1[enough], n2[enough]
    variance = float((n1 * n2 * positive * (n - positive) / (n**2 * (n - 1))).sum())
    if variance <= 0:
        return float("nan")
    return float(chi2.sf(float((x1 - n1 * positive / n).sum()) ** 2 / variance, 1))

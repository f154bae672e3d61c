"""How unlike its rest a subgroup is: likelihood ratios, shrunken differences, exact tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from audit.metrics.measurement import effective_size
from audit.metrics.statistics.profile_likelihood import log_likelihood
from audit.metrics.statistics.significance import TINY
from audit.metrics.subgroups.lattice import POSITIVE, SQUARES, TOTAL

Floats = NDArray[np.float64]
LEAST = 1e-150  # variances below cannot be divided by
ROUNDING = 1e-7  # relative; tables as likely as the observed one count as such


def counts(tally: Floats) -> tuple[Floats, Floats]:
    """Return the numerator and denominator that tests see: rows, or Kish's effective rows.

    Parameters
    ----------
    tally : ndarray, shape (..., 4)
        Rows, Σw of the denominator and of the numerator, Σw² of the denominator.
    """
    total, positive, squares = (tally[..., place] for place in (TOTAL, POSITIVE, SQUARES))
    size = effective_size(total, squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, positive / total, 0.0)
    return np.clip(share, 0, 1) * size, size


def likelihood_score(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike) -> Floats:
    """Square root of twice the log likelihood ratio of two rates against one common rate.

    Returns
    -------
    ndarray
        0 or more; about the absolute value of a standard normal quantile where the rates are equal,
        also for rare outcomes and small groups.

    Notes
    -----
    The scan statistic of Kulldorff, Communications in Statistics 26 (1997) 1481-1496; for
    subgroups of a classifier, Zhang and Neill, "Identifying significant predictive bias in
    classifiers" (2016).
    """
    x1, n1, x0, n0 = (np.asarray(value, dtype=np.float64) for value in (x1, n1, x0, n0))
    ratio = log_likelihood(x1, n1) + log_likelihood(x0, n0) - log_likelihood(x1 + x0, n1 + n0)
    return np.sqrt(np.maximum(2 * ratio, 0))


def shrunken(difference: Floats, variance: Floats) -> Floats:
    """Shrink differences towards 0 by how much they vary beyond chance (empirical Bayes).

    Parameters
    ----------
    difference : ndarray, shape (candidates,)
    variance : ndarray, shape (candidates,)
        Of each difference where there is none in truth; 0 or more.

    Returns
    -------
    ndarray, shape (candidates,)
        ``difference * t / (t + variance)``, where t is the variance of the true differences by the
        method of moments; overlapping subgroups do not bias it.

    Notes
    -----
    DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188, with a known mean of 0.
    """
    usable = variance > LEAST
    if not usable.any():
        return np.zeros_like(difference)
    precision = 1 / variance[usable]
    excess = (difference[usable] ** 2 * precision).sum() - usable.sum()
    spread = max(float(excess / precision.sum()), 0.0)
    return difference * np.where(usable, spread / np.where(usable, spread + variance, 1), 0.0)


def fisher_p(x1: int, n1: int, x0: int, n0: int) -> float:
    """Two-sided p-value of Fisher's exact test of x1 of n1 against x0 of n0; never exactly 0."""
    positive, everyone = x1 + x0, n1 + n0
    k = np.arange(max(0, positive - n0), min(n1, positive) + 1)
    chance = _log_choose(n1, k) + _log_choose(n0, positive - k) - _log_choose(everyone, positive)
    observed = chance[x1 - int(k[0])]
    return float(np.clip(np.exp(chance[chance <= observed + ROUNDING]).sum(), TINY, 1))


def clustered_size(x: Floats, d: Floats, rows_size: float, dependence: float = 0.0) -> float:
    """Effective size of a rate whose rows belong to persons.

    Parameters
    ----------
    x, d : ndarray, shape (persons,)
        Σw of the numerator and of the denominator of each person; those without any are left out.
    rows_size : float
        Size if all rows were independent.
    dependence : float
        Least correlation within a person to reckon with, in [0, 1]: few persons show too little of
        their own.

    Returns
    -------
    float
        p(1 − p) over the linearised variance of the rate, or the size that `dependence` leaves if
        that is less; between the size at full dependence and `rows_size`.
    """
    there = d > 0
    x, d = x[there], d[there]
    least = _least(d, rows_size)
    rate = x.sum() / d.sum()
    residual = ((x - rate * d) ** 2).sum() / d.sum() ** 2 * len(d) / max(len(d) - 1, 1)
    if rate * (1 - rate) <= 0 or residual <= 0:
        return least
    most = 1 / ((1 - dependence) / rows_size + dependence / least)
    return float(np.clip(rate * (1 - rate) / residual, least, max(most, least)))


def dependence_within(x: Floats, d: Floats, rows_size: float) -> float:
    """Correlation of a person's rows, in [0, 1], that gives the rate its effective size.

    0 where no person has several rows.
    """
    least = _least(d, rows_size)
    apart = 1 / least - 1 / rows_size
    if apart <= 0:
        return 0.0
    found = (1 / clustered_size(x, d, rows_size) - 1 / rows_size) / apart
    return float(np.clip(found, 0, 1))


def _least(d: Floats, rows_size: float) -> float:
    return min(float(d.sum() ** 2 / (d**2).sum()), rows_size)


def _log_choose(n: int, k: ArrayLike) -> Floats:
    k = np.asarray(k, dtype=np.float64)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))

"""The AUC and its interval, from histograms of the scores of positives and negatives.

Arrays hold one count per bin on their last axis, bins in rising order of score; other axes are
groups. Scores within a bin count as tied. Weighted rows enter as fractional counts whose sum is
Kish's effective size of the positives, or of the negatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
HALVINGS = 52
ROUNDING = 1e-9
ENOUGH = 5.0  # rows of the smaller class on the wrong side


@dataclass(frozen=True, kw_only=True, eq=False)
class AucEstimate:
    """AUC of each group with what its interval needs.

    Attributes
    ----------
    value : ndarray
        In [0, 1]; NaN without positives or without negatives.
    variance : ndarray
        DeLong's; the larger of it and that of `rank_limits` where the smaller class expects fewer
        than 5 rows on the wrong side, since the spread of so few says little. NaN where it cannot
        be estimated: fewer than two positives or negatives, an AUC of 0 or 1, or all scores in one
        bin.
    positives, negatives : ndarray
        Sizes.
    binning : ndarray
        How far the AUC of the scores themselves can lie from `value`, either way.
    """

    value: Floats
    variance: Floats
    positives: Floats
    negatives: Floats
    binning: Floats

    def limits(self, z: ArrayLike) -> Limits:
        """Limits at the normal quantile `z`: DeLong's on the logit, else by `rank_limits`."""
        z = np.asarray(z, dtype=np.float64)
        known = np.isfinite(self.variance)
        value = np.where(known, self.value, 0.5)
        reach = z * np.sqrt(np.where(known, self.variance, 0)) / (value * (1 - value))
        low, high = expit(logit(value) - reach), expit(logit(value) + reach)
        if known.all():
            return low, high
        other = rank_limits(self.value, self.positives, self.negatives, z)
        return np.where(known, low, other[0]), np.where(known, high, other[1])


def delong(positive: ArrayLike, negative: ArrayLike) -> AucEstimate:
    """Estimate the AUC, its variance, and what binning can hide.

    Parameters
    ----------
    positive, negative : array of float, shape (..., bins)
        Rows labelled positive and negative in each bin.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845, in one pass over the bins. Its
    intervals alone cover .85 with 20 positives, 500 negatives and an AUC of .98; with the larger
    variance .92 or more wherever simulated (`docs/method/metrics.md`). The binning bound is half
    the share of pairs of a positive and a negative in one bin.
    """
    positive = np.asarray(positive, dtype=np.float64)
    negative = np.asarray(negative, dtype=np.float64)
    p, n = positive.sum(axis=-1), negative.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        beaten = (np.cumsum(negative, axis=-1) - negative / 2) / n[..., None]
        beating = 1 - (np.cumsum(positive, axis=-1) - positive / 2) / p[..., None]
        value = (positive * beaten).sum(axis=-1) / p
        among_positives = (positive * (beaten - value[..., None]) ** 2).sum(axis=-1) / (p - 1)
        among_negatives = (negative * (beating - value[..., None]) ** 2).sum(axis=-1) / (n - 1)
        variance = among_positives / p + among_negatives / n
        binning = (positive * negative).sum(axis=-1) / (p * n) / 2
    known = (p > 1) & (n > 1) & (variance > 0) & (value > 0) & (value < 1)
    wrong = np.minimum(p, n) * np.minimum(value, 1 - value)
    few = wrong < ENOUGH - ROUNDING  # the same whichever label is called positive
    steady = np.where(few, np.maximum(variance, _rank_error(value, p, n) ** 2), variance)
    return AucEstimate(
        value=np.where((p > 0) & (n > 0), value, np.nan),
        variance=np.where(known, steady, np.nan),
        positives=p,
        negatives=n,
        binning=np.where((p > 0) & (n > 0), binning, np.nan),
    )


def auc(positive: ArrayLike, negative: ArrayLike) -> Floats:
    """Area under the ROC curve; NaN without positives or without negatives."""
    return delong(positive, negative).value


def auc_limits(positive: ArrayLike, negative: ArrayLike, z: ArrayLike) -> Limits:
    """Limits of the AUC at the normal quantile `z`; NaN without positives or negatives.

    Notes
    -----
    DeLong's variance on the logit: Pepe, The Statistical Evaluation of Medical Tests (2003), 5.2.
    Where that variance cannot be estimated (see `AucEstimate`), `rank_limits`.
    """
    return delong(positive, negative).limits(z)


def rank_limits(value: ArrayLike, p: ArrayLike, n: ArrayLike, z: ArrayLike) -> Limits:
    """Limits of an AUC from its value and the two sizes alone; defined at 0 and 1 too.

    Notes
    -----
    Method 5 of Newcombe, Statistics in Medicine 25 (2006) 559-573: all AUCs whose distance from
    the estimate is at most z of their own standard errors, by Hanley and McNeil's variance.
    """
    value, p, n, z = np.broadcast_arrays(
        *(np.asarray(item, dtype=np.float64) for item in (value, p, n, z))
    )
    return _rank_low(value, p, n, z), 1 - _rank_low(1 - value, p, n, z)


def _rank_low(value: Floats, p: Floats, n: Floats, z: Floats) -> Floats:
    low, high = np.zeros_like(value), value.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_low = value - middle > z * _rank_error(middle, p, n)
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return (low + high) / 2


def _rank_error(theta: Floats, p: Floats, n: Floats) -> Floats:
    half = np.maximum((p + n) / 2 - 1, 0)
    shape = 1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    with np.errstate(divide="ignore", invalid="ignore"):
        error: Floats = np.sqrt(theta * (1 - theta) * shape / (p * n))
    return error

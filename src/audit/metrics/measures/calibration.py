"""Whether scores are right as probabilities: on average, and within bins (ECE, with its null)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, xlog1py, xlogy

from audit.metrics.measurement import Measurement, effective_size
from audit.metrics.measures.score_means import loss_limits, squared_error
from audit.metrics.measures.scored import ScoredRows, added, measurement
from audit.metrics.table.binning import EVEN, PAIRS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BINS = 15


def calibration_in_the_large(rows: ScoredRows) -> Measurement:
    """Mean of score less label: how far the mean score lies above the base rate."""
    entries = rows.entries
    value = rows.mean(rows.sums(entries.total - np.where(rows.positive, entries.w, 0.0)))
    if_positive = np.full(rows.groups, -1.0)
    limits = loss_limits(rows, value, squared_error(rows), if_positive, (-1.0, 1.0))
    return measurement(rows, value, rows.missing(), limits, "welch-wilson")


@dataclass(frozen=True, kw_only=True, eq=False)
class Binned:
    """Bins of the scores of each group; shape (filled bins,), groups in order.

    Attributes
    ----------
    group, bin, n : ndarray of int64
    w, w2 : ndarray of float64
        Sums of weights and of their squares.
    score, positive : ndarray of float64
        Sums of w·score, and of the weights of label 1.
    low, high : ndarray of float64
        Smallest and largest score, as a probability.
    """

    group: Ints
    bin: Ints
    n: Ints
    w: Floats
    w2: Floats
    score: Floats
    positive: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, rows: ScoredRows, bins: Ints, count: int) -> Binned:
        """Add up entries by group and bin, one bin of each entry, from 0 to `count` − 1."""
        entries = rows.entries
        keys, place = np.unique(entries.group * count + bins, return_inverse=True)

        def total(values: Floats) -> Floats:
            return added(place, values, len(keys))

        low, high = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
        np.minimum.at(low, place, entries.low)
        np.maximum.at(high, place, entries.high)
        return cls(
            group=keys // count,
            bin=keys % count,
            n=np.rint(total(entries.n.astype(np.float64))).astype(np.int64),
            w=total(entries.w),
            w2=total(entries.w2),
            score=total(entries.total),
            positive=total(np.where(rows.positive, entries.w, 0.0)),
            low=np.asarray(expit(low)) if entries.scale.kind == "logit" else low,
            high=np.asarray(expit(high)) if entries.scale.kind == "logit" else high,
        )


def even_bins(rows: ScoredRows, count: int = BINS) -> Binned:
    """Cut [0, 1] into `count` bins of equal width; exact where `count` divides 5,040."""
    return Binned.of(rows, rows.entries.even * count // EVEN, count)


def equal_mass_bins(rows: ScoredRows, count: int = BINS) -> Binned:
    """Cut the scores of each group into `count` bins of about equal weight; ties stay together."""
    cell = rows.entries.ranked + rows.entries.even  # both rise, so their sum tells pairs apart
    fine = Binned.of(rows, cell, PAIRS)
    before = np.cumsum(fine.w) - fine.w
    start = np.append(before, 0.0)[np.searchsorted(fine.group, np.arange(rows.groups))]
    middle = before - start[fine.group] + fine.w / 2
    bins = np.minimum((middle / rows.weight[fine.group] * count).astype(np.int64), count - 1)
    place = np.searchsorted(fine.group * PAIRS + fine.bin, rows.entries.group * PAIRS + cell)
    return Binned.of(rows, bins[place], count)


def calibration_error(rows: ScoredRows, binned: Binned) -> Floats:
    """Expected calibration error: mean over rows of |mean score − rate| of their bin."""
    gaps = np.abs(binned.score - binned.positive)
    return rows.mean(added(binned.group, gaps, rows.groups))


def null_error(rows: ScoredRows, binned: Binned) -> Floats:
    """What the calibration error would be on average if every score were right.

    The labels of a bin of n rows with mean score p are then n draws at p, whose distance from np
    has a mean in closed form, so nothing is simulated. Rows with weights count with their
    effective number. That the scores of a bin differ would lower it a little.

    Notes
    -----
    De Moivre's formula: Diaconis and Zabell, Statistical Science 6 (1991) 284-302.
    """
    n = np.maximum(np.rint(effective_size(binned.w, binned.w2)), 1.0)
    p = np.clip(binned.score / binned.w, 0.0, 1.0)
    share = mean_deviation(n, p) / n
    return rows.mean(added(binned.group, binned.w * share, rows.groups))


def mean_deviation(n: Floats, p: Floats) -> Floats:
    """Mean of |X − np| for X binomial: 2 m C(n, m) pᵐ (1 − p)ⁿ⁻ᵐ⁺¹ with m = ⌊np⌋ + 1."""
    m = np.minimum(np.floor(n * p) + 1, n)
    choose = -betaln(m, n - m + 1)  # log of m C(n, m)
    deviation: Floats = 2 * np.exp(choose + xlogy(m, p) + xlog1py(n - m + 1, -p))
    return deviation


def ece(rows: ScoredRows) -> Measurement:
    """Calibration error over 15 bins of equal width."""
    return _error(rows, calibration_error(rows, even_bins(rows)))


def ece_null(rows: ScoredRows) -> Measurement:
    """Calibration error over 15 bins of equal width that perfect scores would show."""
    return _error(rows, null_error(rows, even_bins(rows)))


def ece_excess(rows: ScoredRows) -> Measurement:
    """Calibration error over 15 bins of equal width, less what perfect scores would show."""
    binned = even_bins(rows)
    return _error(rows, calibration_error(rows, binned) - null_error(rows, binned))


def ece_equal_mass(rows: ScoredRows) -> Measurement:
    """Calibration error over 15 bins of equal weight."""
    return _error(rows, calibration_error(rows, equal_mass_bins(rows)))


def ece_equal_mass_excess(rows: ScoredRows) -> Measurement:
    """Calibration error over 15 bins of equal weight, less what perfect scores would show."""
    binned = equal_mass_bins(rows)
    return _error(rows, calibration_error(rows, binned) - null_error(rows, binned))


def _error(rows: ScoredRows, value: Floats) -> Measurement:
    return measurement(
        rows, value, rows.missing(), None, "none: chance alone moves it upwards from 0"
    )

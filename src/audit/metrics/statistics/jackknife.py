"""The delete-bucket jackknife: intervals for rows that repeat the same person.

Every person's rows are in one bucket (a hash of the identifier), so leaving out a bucket leaves
out whole persons, and what the statistic then does shows its spread, dependence included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.means import t_quantile

Floats = NDArray[np.float64]
ENOUGH = 2  # buckets, for a spread


@dataclass(frozen=True, kw_only=True, eq=False)
class Jackknife:
    """A statistic with the spread that its buckets show.

    Attributes
    ----------
    value : ndarray
        The statistic of all rows.
    error : ndarray
        Its standard error; NaN where fewer than two buckets hold rows, or where the statistic is
        undefined with one of them left out.
    buckets : ndarray
        How many buckets hold rows of it; degrees of freedom are one fewer.
    """

    value: Floats
    error: Floats
    buckets: Floats

    def limits(self, z: ArrayLike) -> tuple[Floats, Floats]:
        """Limits at the normal quantile `z`, by Student's t of as many degrees as buckets allow.

        NaN where the error is NaN, or 0: no bucket changes the statistic, so its spread is unknown.
        """
        error = np.where(self.error > 0, self.error, np.nan)
        reach = t_quantile(self.buckets - 1, z) * error
        return self.value - reach, self.value + reach

    def rate_limits(self, n: ArrayLike, z: ArrayLike) -> tuple[Floats, Floats]:
        """Limits of a rate over `n` rows: Wilson's, at as many rows as would show this error.

        Better than `limits` where people are few or the rate is rare, and defined at rates of 0
        and 1, where the buckets themselves are counted as the rows.
        """
        size = self.effective_size(n)
        return wilson(self.value * size, size, t_quantile(self.buckets - 1, z))

    def effective_size(self, n: ArrayLike) -> Floats:
        """Independent rows that would show the same error of a rate over `n` rows; at most `n`.

        The number of buckets where the error is 0; NaN where it is NaN.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            size = self.value * (1 - self.value) / self.error**2
        found: Floats = np.minimum(np.where(self.error == 0, self.buckets, size), n)
        return found


def jackknife(value: ArrayLike, left_out: ArrayLike, filled: ArrayLike | None = None) -> Jackknife:
    """Estimate the spread of a statistic from its values with each bucket left out.

    Parameters
    ----------
    value : array of float, shape (...)
        The statistic of all rows.
    left_out : array of float, shape (buckets, ...)
        The statistic without the rows of each bucket.
    filled : array of bool, shape (buckets, ...), optional
        Whether the bucket holds rows that the statistic is over; all do by default. A bucket
        without any says nothing about spread and is not counted.

    Returns
    -------
    Jackknife

    Notes
    -----
    The squared error is (B - 1) / B times the sum of squared deviations from the mean of the B
    values. Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11; by groups of
    rows: Kott, Journal of Official Statistics 17 (2001) 521-526.
    """
    left_out = np.asarray(left_out, dtype=np.float64)
    held = np.ones(left_out.shape, bool) if filled is None else np.asarray(filled, dtype=bool)
    held = np.broadcast_to(held, left_out.shape)
    buckets = held.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(held, left_out, 0.0).sum(axis=0) / buckets
        squares = (np.where(held, left_out - centre, 0.0) ** 2).sum(axis=0)
        error = np.sqrt(squares * (buckets - 1) / buckets)
    return Jackknife(
        value=np.asarray(value, dtype=np.float64),
        error=np.where(buckets >= ENOUGH, error, np.nan),
        buckets=buckets,
    )

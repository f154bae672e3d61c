"""Differences of group means: Welch's interval, and which of many differ by more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.explainers.means import Mean, difference_intervals, weighted_mean
from audit.metrics.results import Interval
from audit.weights.samples import Sample

CHUNK = 200
WIDE = 1024
ROUNDING = 1e-12
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Means of group a less those of group b, of several quantities over the same rows.

    Attributes
    ----------
    a, b : Mean
    """

    a: Mean
    b: Mean

    @property
    def value(self) -> Floats:
        """Return the differences, shape (quantities,)."""
        return np.asarray(self.a.value - self.b.value)

    @property
    def error(self) -> Floats:
        """Return the standard errors (Welch), shape (quantities,)."""
        return np.sqrt(self.a.variance + self.b.variance)

    def take(self, places: NDArray[np.int64]) -> Difference:
        """Return the differences of some of the quantities."""
        return Difference(a=_take(self.a, places), b=_take(self.b, places))

    def intervals(self, confidence: float) -> list[Interval | None]:
        """Return Welch's interval of each difference."""
        return difference_intervals(self.a, self.b, confidence)


def _take(mean: Mean, places: NDArray[np.int64]) -> Mean:
    return Mean(value=mean.value[places], variance=mean.variance[places], freedom=mean.freedom)


def difference(values: Floats, sample: Sample) -> Difference:
    """Compare the weighted means of two groups.

    Parameters
    ----------
    values : ndarray of float64, shape (rows,) or (rows, quantities)
    sample : Sample
        The rows that count are compared.
    """
    table = values.reshape(len(values), -1)
    a, b = sample.first & sample.counts, ~sample.first & sample.counts
    return Difference(
        a=weighted_mean(table[a], sample.weights[a]), b=weighted_mean(table[b], sample.weights[b])
    )


def products(left: Floats, right: Floats, sample: Sample) -> Difference:
    """Compare the means of all products of a left with a right quantity, without forming them.

    Parameters
    ----------
    left : ndarray of float64, shape (rows, m)
    right : ndarray of float64, shape (rows, n)
    sample : Sample
        All of whose rows count.

    Returns
    -------
    Difference
        Of m · n quantities, the right one running fastest: the same as `difference` of the table
        of all products.
    """
    means = [
        _product_mean(left[group], right[group], sample.weights[group])
        for group in (sample.first, ~sample.first)
    ]
    return Difference(a=means[0], b=means[1])


def _product_mean(left: Floats, right: Floats, weights: Floats) -> Mean:
    rows, share = len(weights), weights / weights.sum()
    value = (left * share[:, None]).T @ right
    square = share[:, None] ** 2
    spread = (left**2 * square).T @ right**2
    spread += value**2 * square.sum() - 2 * value * ((left * square).T @ right)
    correction = rows / (rows - 1) if rows > 1 else np.nan
    return Mean(
        value=value.ravel(),
        variance=np.maximum(spread.ravel(), 0.0) * correction,
        freedom=float(1 / (share**2).sum() - 1),
    )


def interval_of(values: Floats, sample: Sample, confidence: float) -> Interval | None:
    """Return Welch's interval of one difference."""
    return difference(values, sample).intervals(confidence)[0]


def tells_from_zero(interval: Interval | None) -> bool:
    """Tell whether an interval excludes 0."""
    if interval is None or interval.high is None:
        return False
    return interval.low > 0 or interval.high < 0


def regroupings(
    sample: Sample, permutations: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Return permutations of the groups, shape (permutations, rows): who is in a."""
    return generator.permuted(np.tile(sample.first, (permutations, 1)), axis=1)


def max_t(values: Floats, sample: Sample, regrouped: NDArray[np.bool_]) -> Floats:
    """Test each difference by permuting the groups, adjusted over all of them together.

    The difference over its standard error is compared with the largest such over all quantities
    under each permutation (Westfall and Young 1993; studentised, Janssen 1997). Row weights stay
    with their rows.

    Parameters
    ----------
    values : ndarray of float64, shape (rows, quantities)
    sample : Sample
        All of whose rows count.
    regrouped : ndarray of bool, shape (permutations, rows)
        As `regroupings` returns them.

    Returns
    -------
    ndarray of float64, shape (quantities,)
        Adjusted p-values, at least 1 / (permutations + 1).
    """
    weights = sample.weights
    centred = values - weights @ values / weights.sum()
    parts = [centred[:, at : at + WIDE] for at in range(0, max(1, values.shape[1]), WIDE)]
    observed = np.concatenate(
        [_studentised(part, weights, sample.first[None, :])[0] for part in parts]
    )
    beyond = np.ones(values.shape[1])
    for start in range(0, len(regrouped), CHUNK):
        some = regrouped[start : start + CHUNK]
        largest = np.max([_studentised(p, weights, some).max(axis=1) for p in parts], axis=0)
        beyond += (largest[:, None] >= observed * (1 - ROUNDING)).sum(axis=0)
    return np.asarray(beyond / (len(regrouped) + 1))


def _studentised(values: Floats, weights: Floats, grouped: NDArray[np.bool_]) -> Floats:
    """Return |difference| over its standard error, shape (groupings, quantities)."""
    first, table, cuts = grouped.astype(np.float64), *_table(values, weights)
    together = first @ table
    sums = np.split(together, cuts, axis=1)
    rest = np.split(table.sum(axis=0) - together, cuts, axis=1)
    a, b = _moments(sums, first.sum(axis=1)), _moments(rest, (1 - first).sum(axis=1))
    gap, error = np.abs(a[0] - b[0]), np.sqrt(a[1] + b[1])
    scale = np.sqrt((values**2).mean(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap <= ROUNDING * scale, 0.0, gap / error)


def _table(values: Floats, weights: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return what is summed over a group for means and variances, and where each part ends."""
    column = weights[:, None]
    parts = (column, column * values, column**2, column**2 * values, column**2 * values**2)
    return np.concatenate(parts, axis=1), np.cumsum([part.shape[1] for part in parts[:-1]])


def _moments(sums: list[Floats], rows: Floats) -> tuple[Floats, Floats]:
    """Return means and their variances, each of shape (groupings, quantities)."""
    total, first, squared, cross, second = sums
    mean = first / total
    spread = second - 2 * mean * cross + mean**2 * squared
    spread = np.where(spread <= ROUNDING * second, 0.0, spread)
    return mean, spread / total**2 * (rows / (rows - 1))[:, None]

"""Bins of a continuous attribute, and how much of an outcome's variance lies between groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEWEST_BINS = 2


def binned(values: ArrayLike, bins: int = 5) -> tuple[tuple[str, ...], Ints]:
    """Cut a continuous attribute into groups of about equal size.

    Parameters
    ----------
    values : array of numbers, shape (rows,)
        What is not finite is ``unknown``.
    bins : int
        How many at most, 2 or more; fewer where values repeat. Where there are no more values than
        bins, each is its own.

    Returns
    -------
    categories : tuple of str
        Like ``[18, 25)``, the last one closed, or single values; ``unknown`` at the end where there
        are such rows.
    codes : ndarray of int64, shape (rows,)
        Positions in `categories`.

    Raises
    ------
    MetricError
        If values are no numbers, none is finite, or `bins` is not a whole number of 2 or more.
    """
    numbers = numbers_of(values, "the attribute")
    known = np.isfinite(numbers)
    if not isinstance(bins, int) or isinstance(bins, bool) or bins < FEWEST_BINS:
        raise MetricError(f"expected bins as a whole number of 2 or more, came {bins!r}")
    if not known.any():
        raise MetricError("expected an attribute with some finite numbers, came none")
    values = np.unique(numbers[known])
    if len(values) <= bins:
        names, inner = tuple(f"{value:.12g}" for value in values), values[1:]
    else:
        edges = _edges(numbers[known], bins)
        names, inner = _names(edges), edges[1:-1]
    codes = np.full(len(numbers), len(names), dtype=np.int64)
    codes[known] = np.searchsorted(inner, numbers[known], side="right")
    return (names if known.all() else (*names, UNKNOWN)), codes


def _edges(known: Floats, bins: int) -> Floats:
    """Take quantiles that occur as values, so that equal values are never parted."""
    quantiles = np.quantile(known, np.linspace(0, 1, bins + 1), method="closest_observation")
    return np.unique(np.concatenate([quantiles, [known.min(), known.max()]]))


def _names(edges: Floats) -> tuple[str, ...]:
    shown = [f"{edge:.12g}" for edge in edges]
    closed = ["]" if place == len(shown) - 2 else ")" for place in range(len(shown) - 1)]
    return tuple(
        f"[{low}, {high}{end}" for low, high, end in zip(shown[:-1], shown[1:], closed, strict=True)
    )


def correlation_ratio(group: Ints, values: Floats) -> float:
    """Share of the variance of `values` that lies between groups, as its square root.

    Returns
    -------
    float
        η in [0, 1]; NaN where all values are equal.

    Notes
    -----
    Pearson, Proceedings of the Royal Society of London 71 (1903) 288-313.
    """
    centred = values - values.mean()
    whole = float((centred**2).sum())
    size = np.bincount(group)
    total = np.bincount(group, weights=centred)
    between = float((total**2 / np.maximum(size, 1)).sum())
    return float(np.sqrt(min(between / whole, 1.0))) if whole > 0 else float("nan")


def numbers_of(values: ArrayLike, name: str) -> Floats:
    """Turn a column into numbers, finite or not.

    Raises
    ------
    MetricError
        If it holds no numbers, or is no column.
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricError(f"expected {name} of numbers, came {error}") from error
    if numbers.ndim != 1:
        raise MetricError(f"expected {name} as one column, came shape {numbers.shape}")
    return numbers

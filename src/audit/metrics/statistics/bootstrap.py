"""The bootstrap on cells: identical in distribution to resampling rows, at any number of rows.

It is cheap, not good: on small groups its intervals cover far less than they say, since an
observed rate of 0 or 1 never varies. Below 1,000 rows it warns; the other intervals of this
package do not have that fault.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from audit.errors import MetricError

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
ENOUGH = 1000
REPLICATES = 10_000
BLOCK = 1 << 22


class SmallSampleWarning(UserWarning):
    """An interval was asked for by a method that needs more rows."""


def bootstrap_limits(
    statistic: Callable[[Floats], Floats],
    counts: ArrayLike,
    z: float,
    *,
    squares: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Limits:
    """Percentile limits of a statistic of cells, by drawing the cells anew.

    Parameters
    ----------
    statistic : callable
        From cells of shape (replicates, cells) to values of shape (replicates, ...).
    counts : array of float, shape (cells,)
        Rows in each cell, or sums of weights with `squares`.
    z : float
        Normal quantile.
    squares : array of float, shape (cells,), optional
        Sums of squared weights: cells are then drawn from gamma distributions with mean `counts`
        and variance `squares`, else from a multinomial.
    replicates : int
        At least 2.
    seed : int

    Returns
    -------
    low, high : ndarray
        NaN where the statistic is undefined in any replicate.

    Raises
    ------
    MetricError
        If counts are not whole and no squares are given, or there are too few replicates.

    Warns
    -----
    SmallSampleWarning
        Below 1,000 rows (Kish's effective size with weights).

    Notes
    -----
    Efron, The Annals of Statistics 7 (1979) 1-26.
    """
    counts = np.asarray(counts, dtype=np.float64)
    weights = None if squares is None else np.asarray(squares, dtype=np.float64)
    _check(counts, weights, replicates)
    rng = np.random.default_rng(seed)
    at_once = max(BLOCK // len(counts), 1)
    drawn = [
        statistic(_draw(rng, counts, weights, min(at_once, replicates - start)))
        for start in range(0, replicates, at_once)
    ]
    levels = np.array([ndtr(-z), ndtr(z)])
    low, high = np.quantile(np.concatenate(drawn), levels, axis=0)
    return np.asarray(low), np.asarray(high)


def _draw(rng: np.random.Generator, counts: Floats, squares: Floats | None, size: int) -> Floats:
    if squares is None:
        total = counts.sum()
        return rng.multinomial(int(total), counts / total, size=size).astype(np.float64)
    filled = squares > 0
    shape = np.where(filled, counts**2 / np.where(filled, squares, 1), 0)
    scale = np.where(filled, squares / np.where(filled, counts, 1), 0)
    drawn: Floats = rng.standard_gamma(shape, size=(size, len(counts))) * scale
    return drawn


def _check(counts: Floats, squares: Floats | None, replicates: int) -> None:
    if replicates < 2:  # noqa: PLR2004 - one replicate has no spread
        raise MetricError(f"expected 2 replicates or more, came {replicates}", "10,000 are usual")
    if squares is None and not (counts == np.rint(counts)).all():
        raise MetricError(
            "expected whole counts, came fractional ones",
            "give the sums of squared weights as squares",
        )
    if not counts.sum() > 0:
        raise MetricError("expected rows to draw from, came none", "leave out empty groups")
    size = counts.sum() if squares is None else counts.sum() ** 2 / squares.sum()
    if size < ENOUGH:
        warnings.warn(
            f"the bootstrap covers too little on {size:,.0f} rows; 1,000 or more are advised",
            SmallSampleWarning,
            stacklevel=3,
        )

"""Intervals of any function of counts: F1, MCC, balanced accuracy, treatment equality.

The shares of the cells (true negatives, false positives, ...) have Jeffreys' Dirichlet posterior,
cells + 1/2; the function of points of it gives the limits. The points are one fixed set of evenly
spread (quasi-random) points for all groups, so limits are deterministic, do not depend on which
other groups there are, and change smoothly with the counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtr, ndtri
from scipy.stats.qmc import Sobol

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
CountFunction = Callable[..., Floats]

POINTS = 4096
PRIOR = 0.5
RESOLVED = 2.75  # quantile with 12 of the points beyond it; limits further out are extrapolated
STEPS = 44
NODES = np.linspace(0, RESOLVED, STEPS + 1)
SLOPE_STEPS = 12  # of NODES, whose slope the extrapolation continues
NORMAL_FROM = 50.0  # shape of a gamma from which the cube of a normal is it, to 1e-5
GROUPS_AT_ONCE = 128
SETTLED = (-np.inf, np.inf)


@dataclass(frozen=True, kw_only=True, eq=False)
class CountFunctionEstimate:
    """A function of counts with its posterior quantiles.

    Attributes
    ----------
    value : ndarray, shape (...)
        The function of the counts themselves; NaN where it has none.
    below, above : ndarray, shape (..., nodes)
        Lower and upper limits at the quantiles `NODES`.
    within : (float, float)
        Range of the function.
    """

    value: Floats
    below: Floats
    above: Floats
    within: tuple[float, float] = SETTLED

    def limits(self, z: ArrayLike) -> Limits:
        """Limits at the normal quantile `z` (0 or more), which always hold the value.

        Beyond z = 2.75 they continue at the slope they have just before, within the range.
        """
        z = np.asarray(z, dtype=np.float64)
        low = np.clip(_along(self.below, z), *self.within)
        high = np.clip(_along(self.above, z), *self.within)
        return np.minimum(low, self.value), np.maximum(high, self.value)


def count_function(
    function: CountFunction,
    counts: ArrayLike,
    seed: int = 0,
    within: tuple[float, float] = SETTLED,
) -> CountFunctionEstimate:
    """Estimate a function of counts and its limits at every quantile.

    Parameters
    ----------
    function : callable
        Of as many arrays as there are cells, elementwise; of shares as well as of counts, so it
        must not change when all are multiplied by one number.
    counts : array of float, shape (..., cells)
        Rows in each cell, in the order of the arguments of `function`; for weighted rows, shares
        times Kish's effective size.
    seed : int
        Shifts the points.
    within : (float, float)
        Range of the function, if it has one.

    Returns
    -------
    CountFunctionEstimate
        NaN where the function of the counts is not finite, or there are no rows.

    Notes
    -----
    Posterior of Jeffreys' prior: Agresti and Min, Biometrics 61 (2005) 515-523.
    """
    counts = np.asarray(counts, dtype=np.float64)
    rows = counts.reshape(-1, counts.shape[-1])
    nodes = np.full((len(rows), 2, STEPS + 1), np.nan)
    for start in range(0, len(rows), GROUPS_AT_ONCE):
        part = slice(start, start + GROUPS_AT_ONCE)
        nodes[part] = _posterior_nodes(function, rows[part], seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(function(*np.moveaxis(counts, -1, 0)), dtype=np.float64)
    value = np.where(np.isfinite(value) & (counts.sum(axis=-1) > 0), value, np.nan)
    nodes = np.where(np.isnan(value.reshape(-1, 1, 1)), np.nan, nodes)
    shaped = nodes.reshape(*counts.shape[:-1], 2, STEPS + 1)
    return CountFunctionEstimate(
        value=value, below=shaped[..., 0, :], above=shaped[..., 1, :], within=within
    )


def count_function_limits(
    function: CountFunction,
    counts: ArrayLike,
    z: ArrayLike,
    seed: int = 0,
    within: tuple[float, float] = SETTLED,
) -> Limits:
    """Limits of a function of counts at the normal quantile `z`; see `count_function`."""
    return count_function(function, counts, seed, within).limits(z)


def _posterior_nodes(function: CountFunction, counts: Floats, seed: int) -> Floats:
    """Lower and upper quantiles of the function at NODES, shape (groups, 2, nodes)."""
    gammas = np.stack(
        [
            _gammas(counts[:, cell] + PRIOR, cell, counts.shape[1], seed)
            for cell in range(counts.shape[1])
        ]
    )
    shares = gammas / gammas.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(function(*shares), dtype=np.float64)
    found = np.sort(found, axis=-1)
    return np.stack([_quantiles(found, ndtr(-NODES)), _quantiles(found, ndtr(NODES))], axis=1)


def _quantiles(found: Floats, share: Floats) -> Floats:
    """Quantiles of sorted rows, each point standing for the middle of its share."""
    place = np.clip(share * POINTS - 0.5, 0, POINTS - 1)
    left = np.floor(place).astype(np.int64)
    right = np.minimum(left + 1, POINTS - 1)
    part = place - left
    quantiles: Floats = found[:, left] * (1 - part) + found[:, right] * part
    return quantiles


def _gammas(shapes: Floats, cell: int, cells: int, seed: int) -> Floats:
    """Points of a gamma distribution for each shape, shape (groups, points)."""
    normal = _points(cells, seed)[1]
    cube = 1 - 1 / (9 * shapes[:, None]) + normal[cell] / (3 * np.sqrt(shapes[:, None]))
    gammas: Floats = shapes[:, None] * cube**3
    for place in np.flatnonzero(shapes < NORMAL_FROM):
        gammas[place] = _exact_gammas(float(shapes[place]), cell, cells, seed)
    return gammas


@lru_cache(maxsize=512)
def _exact_gammas(shape: float, cell: int, cells: int, seed: int) -> Floats:
    gammas: Floats = gammaincinv(shape, _points(cells, seed)[0][cell])
    return np.maximum(gammas, np.finfo(np.float64).tiny)


@lru_cache(maxsize=8)
def _points(cells: int, seed: int) -> tuple[Floats, Floats]:
    """Evenly spread points of the unit cube, and the normal quantiles of them."""
    uniform = Sobol(cells, rng=np.random.default_rng(seed)).random(POINTS).T
    uniform = np.clip(uniform, 1e-12, 1 - 1e-12)
    return uniform, ndtri(uniform)


def _along(nodes: Floats, z: Floats) -> Floats:
    """Interpolate between NODES, one quantile for each row; continue the slope beyond them."""
    z = np.broadcast_to(z, np.broadcast_shapes(z.shape, nodes.shape[:-1]))
    nodes = np.broadcast_to(nodes, (*z.shape, nodes.shape[-1]))
    place = np.minimum(z, RESOLVED) / RESOLVED * STEPS
    left = np.minimum(np.floor(place).astype(np.int64), STEPS - 1)
    part = place - left
    lower = np.take_along_axis(nodes, left[..., None], axis=-1)[..., 0]
    upper = np.take_along_axis(nodes, left[..., None] + 1, axis=-1)[..., 0]
    slope = (nodes[..., -1] - nodes[..., -1 - SLOPE_STEPS]) / (RESOLVED / STEPS * SLOPE_STEPS)
    beyond = np.maximum(z - RESOLVED, 0)
    along: Floats = lower * (1 - part) + upper * part + np.where(beyond > 0, slope * beyond, 0.0)
    return along

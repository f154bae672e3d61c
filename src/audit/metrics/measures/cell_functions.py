"""Any function of the counts of a group: its value, its limits, and why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.metrics.measurement import Limits, Measurement, effective_size
from audit.metrics.measures.undefined import NO_ROWS, NO_VALUE, NO_WEIGHT, reasons
from audit.metrics.statistics.dirichlet import CountFunctionEstimate, count_function
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
CellFunction = Callable[..., Floats]
"""Of one array for each cell (true negatives, false positives, ...), elementwise."""
Requirement = tuple[frozenset[tuple[int, int]], str]
"""Cells of (label, prediction) that must not all be empty, and what to say where they are."""


def of_cells(
    function: CellFunction,
    table: CellTable,
    requires: Sequence[Requirement] = (),
    *,
    within: tuple[float, float] = (-np.inf, np.inf),
    otherwise: str = NO_VALUE,
    seed: int = 0,
) -> Measurement:
    """Measure a function of counts for every group, with limits of Jeffreys' Dirichlet posterior.

    Parameters
    ----------
    function : callable
        Of one array for each pair of label and prediction, in the order of the table; it must not
        change when all are multiplied by one number.
    table : CellTable
    requires : sequence of (cells, words)
        Where all weights of the cells are 0, there is no value, for that reason.
    within : (float, float)
        Range of the function.
    otherwise : str
        The reason where nothing that is required is missing.
    seed : int
        Of the points of the posterior.

    Returns
    -------
    Measurement
        Limits are computed when they are first asked for.
    """
    cells = table.w.shape[1] * table.w.shape[2]
    flat, squared = table.w.reshape(-1, cells), table.w2.reshape(-1, cells)
    total = flat.sum(axis=1)
    size = effective_size(total, squared.sum(axis=1))
    absent = [(_absent(table.w, cells), words) for cells, words in requires]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(function(*flat.T), dtype=np.float64)
        shares = flat / total[:, None] * size[:, None]
    empty = total <= 0
    values = np.where(np.isfinite(values) & ~empty, values, np.nan)
    for mask, _ in absent:
        values = np.where(mask, np.nan, values)

    limits = _limits(function, np.where(np.isnan(values)[:, None], 0.0, shares), seed, within)
    rows = table.n.sum(axis=(1, 2))
    cases = [(rows == 0, NO_ROWS), (empty, NO_WEIGHT), *absent]
    return Measurement(
        values=values,
        reasons=reasons(values, cases, otherwise),
        size=size,
        limits=limits,
        method="jeffreys-dirichlet",
    )


def _limits(
    function: CellFunction, counts: Floats, seed: int, within: tuple[float, float]
) -> Limits:
    """Make the limits of every group; groups of equal counts share them, as many small ones do."""

    @cache
    def estimate() -> tuple[CountFunctionEstimate, NDArray[np.int64]]:
        distinct, which = np.unique(counts, axis=0, return_inverse=True)
        return count_function(function, distinct, seed, within), which.ravel()

    def limits(z: ArrayLike) -> tuple[Floats, Floats]:
        found, which = estimate()
        if np.ndim(z) == 0:
            low, high = found.limits(z)
            return low[which], high[which]
        each = replace(
            found, value=found.value[which], below=found.below[which], above=found.above[which]
        )
        return each.limits(z)

    return limits


def _absent(counts: Floats, cells: frozenset[tuple[int, int]]) -> NDArray[np.bool_]:
    labels, predictions = [label for label, _ in cells], [predicted for _, predicted in cells]
    return np.asarray(counts[:, labels, predictions].sum(axis=1) <= 0)

"""Prediction intervals from two columns of a table, checked row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.config import PredictionsConfig
from audit.data.columns import numbers
from audit.data.records import Role
from audit.data.table import Table
from audit.errors import DataError


def end_columns(given: PredictionsConfig) -> dict[str, Role]:
    """Return the columns of the two ends and their parts, where intervals are given."""
    if given.lower is None or given.upper is None:
        return {}
    return {given.lower: "lower", given.upper: "upper"}


def interval_ends(
    given: PredictionsConfig, table: Table, places: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    """Read the lower and the upper end of the interval of some rows, shape (rows, 2).

    Parameters
    ----------
    given : PredictionsConfig
    table : Table
    places : ndarray of int64
        The rows, by their places in the source.

    Raises
    ------
    DataError
        If an end is missing, or a lower end lies above the upper one.
    """
    if given.lower is None or given.upper is None:
        return None
    ends = np.column_stack(
        [
            numbers(table.column(name, f"predictions.{role}").iloc[places], role)
            for name, role in ((given.lower, "lower"), (given.upper, "upper"))
        ]
    )
    wrong = np.flatnonzero(~(ends[:, 0] <= ends[:, 1]))
    if wrong.size:
        low, high = ends[wrong[0]].tolist()
        raise DataError(
            f"columns {given.lower!r} and {given.upper!r}, row {places[wrong[0]] + 1}: expected a "
            f"lower end that is at most the upper one, came {low:g} and {high:g} "
            f"({wrong.size} rows)",
            "correct the values; an open end is written inf",
        )
    return ends

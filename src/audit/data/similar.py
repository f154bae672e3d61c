"""Columns by which rows are alike, as numbers whose distances can be taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.data.columns import categories, kind_of, numbers, row_words
from audit.errors import DataError

APART = np.sqrt(0.5)
"""Of each of the two columns in which two categories differ, so that they lie 1 apart."""
MOST_CATEGORIES = 200
LISTED = 6


def alike(frame: pd.DataFrame) -> tuple[NDArray[np.float64], str]:
    """Turn columns into numbers: one standard deviation, or another category, is a distance of 1.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows to be compared; the standard deviations are theirs.

    Returns
    -------
    features : ndarray of float64, shape (rows, features)
    words : str
        What they are, for a definition.

    Raises
    ------
    DataError
        If a number is missing or not finite, or a column has more than 200 categories.
    """
    parts, words = [], []
    for name in frame.columns:
        column = frame[name]
        measured = kind_of(column) == "number"
        parts.append(_standardised(column) if measured else _apart(column))
        words.append(f"{name} (in standard deviations)" if measured else f"{name} (as a category)")
    shown = ", ".join(words[:LISTED]) + (" and others" if len(words) > LISTED else "")
    return np.column_stack(parts), shown


def _standardised(column: pd.Series[Any]) -> NDArray[np.float64]:
    values = numbers(column, "similar")
    bad = ~np.isfinite(values)
    if bad.any():
        raise DataError(
            f"column {str(column.name)!r} (similar), row {row_words(column, bad)}: expected a "
            f"number, came a missing or infinite value ({int(bad.sum())} rows)",
            "fill it in, or name columns that every audited row has",
        )
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))[:, None]


def _apart(column: pd.Series[Any]) -> NDArray[np.float64]:
    codes, names = categories(column)
    if len(names) > MOST_CATEGORIES:
        raise DataError(
            f"column {str(column.name)!r} (similar): expected numbers, or at most "
            f"{MOST_CATEGORIES} categories, came {len(names):,}",
            "name a coarser column",
        )
    own = np.arange(-1, len(names))  # a missing category is one of its own
    return np.asarray((codes[:, None] == own) * APART, dtype=np.float64)

"""Values of a table's column as numbers or as texts, with errors that name column and row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from audit.data.columns import category_text, numbers, row_words
from audit.errors import DataError


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds numbers (and not true and false), whatever its dtype."""
    if types.is_bool_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype):
        return False
    if types.is_numeric_dtype(column.dtype):
        return not types.is_complex_dtype(column.dtype)
    inferred = types.infer_dtype(column, skipna=True)
    return inferred in {"integer", "floating", "mixed-integer-float", "decimal"}


def is_other(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds something else, such as dates or lists."""
    if types.is_bool_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype):
        return False
    if is_numeric(column):
        return False
    plain = (str, bool, int, float, np.generic)
    return not all(isinstance(value, plain) for value in column.dropna().unique())


def as_numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return a column as float64, shape (rows,), with NaN where a value is missing.

    Raises
    ------
    DataError
        If a value is no number, or infinite; column, row and value are named.
    """
    values = numbers(column)
    if np.isinf(values).any():
        raise DataError(
            f"column {column.name!r}, row {row_words(column, np.isinf(values))}: expected a "
            "finite number, came infinity",
            "correct the value or leave it empty",
        )
    return values


def as_texts(column: pd.Series[Any]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return a column as texts and where values are missing, each of shape (rows,).

    Whole numbers read ``1`` whether they are stored as 1 or 1.0, so that a category does not change
    its name when another row lacks a value.
    """
    missing = column.isna().to_numpy()
    known, codes = pd.factorize(column.to_numpy(dtype=object))[::-1]
    names = np.array([*(category_text(value) for value in known), ""], dtype=object)
    return names[codes], missing

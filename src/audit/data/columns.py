"""What a column holds: its kind, its categories as text, its numbers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.errors import DataError

Kind = Literal["number", "text", "truth", "date", "other"]


def kind_of(column: pd.Series[Any]) -> Kind:
    """Return what kind of values a column holds."""
    types = pd.api.types
    if types.is_bool_dtype(column.dtype):
        return "truth"
    if types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype):
        return "number"
    if types.is_datetime64_any_dtype(column.dtype):
        return "date"
    return "text" if is_text(column) else "other"


def is_text(column: pd.Series[Any]) -> bool:
    """Say whether every value that is there is a text."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return is_text(pd.Series(dtype.categories))
    if pd.api.types.is_object_dtype(dtype):
        return bool(column.dropna().map(lambda value: isinstance(value, str)).all())
    return pd.api.types.is_string_dtype(dtype)


def category_text(value: Any) -> str:  # noqa: ANN401 - whatever a table holds
    """Return a category as text: 1.0, 1 and "1" are one, True is "True"."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return str(value.date())
    return str(value)


def categories(column: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return codes (−1 where missing) and the sorted categories as text.

    Numbers sort as numbers. Values whose text is the same are one category.
    """
    try:
        codes, values = pd.factorize(column, use_na_sentinel=True)
    except TypeError as error:
        raise DataError(
            f"column {str(column.name)!r}: expected numbers, texts or truth values, came lists or "
            "records",
            "leave it out, or give one value for each row",
        ) from error
    numeric = kind_of(column) == "number"
    texts = [category_text(value) for value in values]
    order = dict(zip(texts, values if numeric else texts, strict=True))
    ranked = sorted(order, key=lambda text: order[text])
    position = {text: index for index, text in enumerate(ranked)}
    table = np.array([position[text] for text in texts] + [-1], dtype=np.int64)
    return table[codes], ranked


def row_words(column: pd.Series[Any], bad: NDArray[np.bool_]) -> str:
    """Return the number of the first bad row: its place in the source, counted from 1."""
    position = int(np.flatnonzero(bad)[0])
    label = column.index[position]
    return str(int(label) + 1 if isinstance(label, int | np.integer) else position + 1)


def numbers(column: pd.Series[Any], part: str = "") -> NDArray[np.float64]:
    """Return a column as float64, shape (rows,), NaN where missing.

    Parameters
    ----------
    column : pandas.Series
        Its index is each row's place in the source.
    part : str
        What the column is wanted for, for the message.

    Raises
    ------
    DataError
        Naming the column, and the row and value that are no number.
    """
    values = pd.to_numeric(column, errors="coerce")
    found = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isnan(found) & ~column.isna().to_numpy()
    if bad.any():
        wanted = f" ({part})" if part else ""
        value = column.iloc[int(np.flatnonzero(bad)[0])]
        raise DataError(
            f"column {str(column.name)!r}{wanted}, row {row_words(column, bad)}: expected a "
            f"number, came {value!r} ({int(bad.sum())} rows)",
            "correct the value, or list it under data.missing",
        )
    return found

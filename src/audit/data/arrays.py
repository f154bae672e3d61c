"""Columns that users hand over, of any library, as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import AuditError, DataError

UNNAMED = "sensitive_feature_{}"  # the name fairlearn gives
MATRIX = 2


def column(
    values: Any,  # noqa: ANN401 - any array-like
    name: str,
    error: type[AuditError] = DataError,
) -> NDArray[Any]:
    """Turn one column of any library into a numpy array.

    Parameters
    ----------
    values : array-like of shape (rows,) or (rows, 1), or frame of one column
        Of numpy, pandas, polars, pyarrow or torch, or a list. Values that are missing stay so: a
        list is never turned into text.
    name : str
        What the column is, for messages.
    error : type of AuditError
        What is raised.

    Returns
    -------
    ndarray, shape (rows,)
        Numbers and truth values that have no gaps as they are, anything else as Python objects.

    Raises
    ------
    AuditError
        If it is no column, or holds complex numbers or values that are no categories.
    """
    array = flat(values, name, error)
    _require_plain(array, name, error)
    return array


def columns(
    features: Any,  # noqa: ANN401 - any frame or array
    name: str = "sensitive_features",
    error: type[AuditError] = DataError,
) -> list[tuple[str, Any]]:
    """Name the columns of a mapping, frame, Series or array, each as `column` takes it.

    Raises
    ------
    AuditError
        If there is none, if two have one name, or if it is no table.
    """
    found = list(_columns(features, name, error))
    names = [stem for stem, _ in found]
    if not found or len(set(names)) < len(names):
        raise error(f"expected {name.replace('_', ' ')} of different names, came {names}")
    return found


def array(values: Any) -> NDArray[Any]:  # noqa: ANN401 - any array-like
    """Turn an array of any shape into numpy's, also a tensor that numpy does not know."""
    if not hasattr(values, "detach"):
        return np.asarray(values)
    tensor = values.detach().cpu()
    try:
        return np.asarray(tensor)
    except TypeError:  # numpy has no bfloat16
        return np.asarray(tensor.float())


def _columns(
    features: Any,  # noqa: ANN401 - any frame or array
    name: str,
    error: type[AuditError],
) -> Iterator[tuple[str, Any]]:
    if isinstance(features, Mapping):
        yield from ((str(key), values) for key, values in features.items())
        return
    import narwhals as nw

    native = native_of(features, name, error)
    if isinstance(native, nw.DataFrame):
        yield from ((str(key), native[key].to_native()) for key in native.columns)
    elif isinstance(native, nw.Series):
        yield str(native.name or UNNAMED.format(0)), native.to_native()
    else:
        yield from _array_columns(features, name, error)


def flat(
    values: Any,  # noqa: ANN401 - any array-like
    name: str,
    error: type[AuditError],
) -> NDArray[Any]:
    """Turn one column into a numpy array, without looking at its values; see `column`."""
    array = _read(values, name, error)
    if array.ndim == MATRIX and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise error(
            f"expected {name} as one column, came {type(values).__name__} of shape {array.shape}"
        )
    if np.iscomplexobj(array):
        raise error(f"expected {name} of categories or real numbers, came complex numbers")
    return array


def holds_objects(series: Any) -> bool:  # noqa: ANN401 - a narwhals Series
    """Tell a pandas column of Python objects, whose type is known only by looking at each."""
    return bool(getattr(series.to_native(), "dtype", None) == np.dtype(object))


def _array_columns(
    features: Any,  # noqa: ANN401 - any array
    name: str,
    error: type[AuditError],
) -> Iterator[tuple[str, Any]]:
    read = _read(features, name, error)
    matrix = read[:, None] if read.ndim == 1 else read
    if matrix.ndim != MATRIX:
        raise error(
            f"expected {name} as columns, came shape {read.shape} of {type(features).__name__}"
        )
    for place in range(matrix.shape[1]):
        yield UNNAMED.format(place), matrix[:, place]


def _read(
    values: Any,  # noqa: ANN401 - any array-like
    name: str,
    error: type[AuditError],
) -> NDArray[Any]:
    import narwhals as nw

    native = native_of(values, name, error)
    if isinstance(native, nw.DataFrame) and len(native.columns) == 1:
        native = native[native.columns[0]]
    if isinstance(native, nw.Series):
        return _series_values(native)
    try:
        return _list_values(values) if isinstance(values, list | tuple) else array(values)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise error(f"expected {name} as an array, came {problem}") from problem


def native_of(
    values: Any,  # noqa: ANN401 - any frame or array
    name: str,
    error: type[AuditError],
) -> Any:  # noqa: ANN401 - a narwhals frame or Series, or `values`
    """Return what narwhals makes of a frame or Series in memory, and anything else as it is."""
    import narwhals as nw

    if type(values).__module__ == "pyarrow.lib" and hasattr(values, "to_pylist"):
        values = _chunked(values)
    try:
        native = nw.from_native(values, pass_through=True, allow_series=True)
    except nw.exceptions.DuplicateError as problem:
        raise error(f"{name}: {problem}", "rename one of them") from problem
    if isinstance(native, nw.LazyFrame):
        raise error(f"expected {name} in memory, came a lazy frame", "collect it first")
    return native


def _chunked(values: Any) -> Any:  # noqa: ANN401 - of pyarrow
    # narwhals knows the arrays of a table, not an array on its own.
    import pyarrow as pa

    return pa.chunked_array([values]) if isinstance(values, pa.Array) else values


def _series_values(series: Any) -> NDArray[Any]:  # noqa: ANN401 - a narwhals Series
    """Keep numbers that have no gaps as they are; anything else as Python objects."""
    import narwhals as nw

    if holds_objects(series):
        return np.asarray(series.to_native())
    plain = series.dtype.is_numeric() and not isinstance(series.dtype, nw.Decimal)
    if (plain or series.dtype == nw.Boolean) and not series.is_null().any():
        return np.asarray(series.to_numpy())
    return _objects(series.to_list())


def _list_values(values: list[Any] | tuple[Any, ...]) -> NDArray[Any]:
    """Keep the values as they are: numpy would turn a list of 1 and None or 'a' into text."""
    items = [array(item)[()] if hasattr(item, "detach") else item for item in values]
    if not items or not isinstance(items[0], list | tuple | np.ndarray):
        return _objects(items)
    rows = [_list_values(row) if isinstance(row, list | tuple) else row for row in items]
    return np.stack(rows)


def _objects(values: list[Any]) -> NDArray[Any]:
    return np.fromiter(values, dtype=object, count=len(values))


def _require_plain(values: NDArray[Any], name: str, error: type[AuditError]) -> None:
    if values.dtype == np.dtype(object):
        try:
            set(values.tolist())
        except TypeError as problem:
            raise error(f"expected {name} of numbers or texts, came {problem}") from problem

"""What users hand over, of any dataframe library, turned into codes: labels, groups and weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.cells import CodedAttribute

Codes = NDArray[np.int64]
UNNAMED = "sensitive_feature_{}"  # the name fairlearn gives


def binary(values: Any, name: str) -> NDArray[np.int8]:  # noqa: ANN401 - any array-like
    """Turn labels or predictions into 0 and 1; True, 1, 1.0 and "1" are the same.

    Raises
    ------
    MetricError
        If a value is missing or is not 0 or 1, naming its row.
    """
    codes, uniques = factorise(column(values, name))
    table = np.array([_truth(value) for value in uniques] + [-1], dtype=np.int8)
    labels: NDArray[np.int8] = table[codes]
    bad = np.flatnonzero(labels < 0)
    if len(bad):
        row = int(bad[0])
        came = "a missing value" if codes[row] < 0 else repr(uniques[codes[row]])
        raise MetricError(
            f"expected {name} of 0 and 1, came {came} in row {row}",
            "drop such rows, or encode the positive class as 1 and the other as 0",
        )
    return labels


def weights(values: Any) -> NDArray[np.float64]:  # noqa: ANN401 - any array-like
    """Turn row weights into numbers.

    Raises
    ------
    MetricError
        If one is not a finite number of 0 or more, naming its row.
    """
    array = column(values, "sample_weight")
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise MetricError(f"expected sample_weight of numbers, came {error}") from error
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if len(bad):
        row = int(bad[0])
        raise MetricError(
            f"expected sample_weight of 0 or more, came {float(numbers[row])} in row {row}"
        )
    return numbers


def sensitive(features: Any) -> tuple[CodedAttribute, ...]:  # noqa: ANN401 - any frame or array
    """Turn sensitive features into named codes; missing values become ``unknown``.

    Parameters
    ----------
    features : mapping of str to array, frame, Series, or array of shape (rows,) or (rows, k)
        Of pandas, polars, pyarrow or any other library narwhals knows.

    Raises
    ------
    MetricError
        If there is none, or two have one name.
    """
    named = list(_columns(features))
    names = [name for name, _ in named]
    if not named or len(set(names)) < len(names):
        raise MetricError(f"expected sensitive features of different names, came {names}")
    return tuple((name, *categories(values, name)) for name, values in named)


def categories(values: Any, name: str) -> tuple[tuple[str, ...], Codes]:  # noqa: ANN401 - array-like
    """Code one column by category, in the order of numbers or of the alphabet, unknown last.

    An ordered categorical keeps its own order. Whole numbers read the same however they are
    stored: 1, 1.0 and "1" are one category.
    """
    array = column(values, f"sensitive feature {name!r}")
    codes, uniques = factorise(array)
    texts = [_text(value) for value in uniques]
    distinct = set(texts) - {UNKNOWN}
    order = [item for item in _own_order(values) if item in distinct] or sorted(distinct, key=_rank)
    everything = (*order, *([UNKNOWN] if (codes < 0).any() or UNKNOWN in texts else []))
    place = {category: index for index, category in enumerate(everything)}
    table = np.array([place[text] for text in texts] + [len(everything) - 1], dtype=np.int64)
    return everything, table[codes]


def factorise(array: NDArray[Any]) -> tuple[Codes, list[Any]]:
    """Number the distinct values of a column; missing ones are -1."""
    import pandas as pd

    codes, uniques = pd.factorize(array, use_na_sentinel=True)
    return codes.astype(np.int64), list(uniques)


def column(values: Any, name: str) -> NDArray[Any]:  # noqa: ANN401 - any array-like
    """Turn one column of any library into a numpy array of shape (rows,)."""
    import narwhals as nw

    native = nw.from_native(values, pass_through=True, allow_series=True)
    if isinstance(native, nw.DataFrame):
        native = native[native.columns[0]] if len(native.columns) == 1 else native
    if isinstance(native, nw.Series):
        return _series_values(native)
    array = _list_values(values) if isinstance(values, list | tuple) else np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:  # noqa: PLR2004 - one column as a matrix
        array = array[:, 0]
    if array.ndim != 1:
        raise MetricError(
            f"expected {name} as one column, came {type(values).__name__} of shape {array.shape}"
        )
    return array


def _series_values(series: Any) -> NDArray[Any]:  # noqa: ANN401 - a narwhals Series
    """Keep numbers that have no gaps as they are; anything else as Python objects."""
    import narwhals as nw

    plain = series.dtype.is_numeric() and not isinstance(series.dtype, nw.Decimal)
    if plain and not series.null_count():
        values: NDArray[Any] = series.to_numpy()
        return values
    return _objects(series.to_list())


def _list_values(values: list[Any] | tuple[Any, ...]) -> NDArray[Any]:
    """Keep the values as they are: numpy would turn a list of 1 and None or 'a' into text."""
    if values and isinstance(values[0], list | tuple | np.ndarray):
        return np.asarray(values)
    return _objects(list(values))


def _objects(values: list[Any]) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _columns(features: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any frame or array
    import narwhals as nw

    if isinstance(features, Mapping):
        yield from ((str(name), values) for name, values in features.items())
        return
    native = nw.from_native(features, pass_through=True, allow_series=True)
    if isinstance(native, nw.LazyFrame):
        raise MetricError(
            "expected sensitive_features in memory, came a lazy frame", "collect it first"
        )
    if isinstance(native, nw.DataFrame):
        yield from ((str(name), native[name].to_native()) for name in native.columns)
    elif isinstance(native, nw.Series):
        yield str(native.name or UNNAMED.format(0)), features
    else:
        yield from _array_columns(features)


def _array_columns(features: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any array
    array = _list_values(features) if isinstance(features, list | tuple) else np.asarray(features)
    matrix = array[:, None] if array.ndim == 1 else array
    if matrix.ndim != 2:  # noqa: PLR2004 - rows by columns
        raise MetricError(f"expected sensitive_features as columns, came shape {array.shape}")
    for place in range(matrix.shape[1]):
        yield UNNAMED.format(place), matrix[:, place]


def _own_order(values: Any) -> list[str]:  # noqa: ANN401 - any array-like
    import narwhals as nw

    native = nw.from_native(values, pass_through=True, allow_series=True)
    if isinstance(native, nw.Series) and isinstance(native.dtype, nw.Enum):
        return [_text(value) for value in native.dtype.categories]
    return []


def _text(value: Any) -> str:  # noqa: ANN401 - any category
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _rank(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text


def _truth(value: Any) -> int:  # noqa: ANN401 - any label
    """Return 0 or 1, or -1 for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return -1
    return int(number) if number in (0, 1) else -1

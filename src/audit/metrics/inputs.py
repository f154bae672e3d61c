"""What users hand over, of any dataframe library, turned into codes: labels, groups and weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import column, columns, flat, holds_objects, native_of
from audit.data.coding import coded
from audit.data.columns import category_text
from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.table.cells import CodedAttribute

Codes = NDArray[np.int64]


def binary(values: Any, name: str) -> NDArray[np.int8]:  # noqa: ANN401 - any array-like
    """Turn labels or predictions into 0 and 1; True, 1, 1.0 and "1" are the same.

    Raises
    ------
    MetricError
        If a value is missing or is not 0 or 1, naming its row.
    """
    plain = _plain_binary(values, name)
    if plain is not None:
        return plain
    codes, uniques = coded(values, name, MetricError)
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
    array = column(values, "sample_weight", MetricError)
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricError(f"expected sample_weight of numbers, came {error}") from error
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if len(bad):
        row = int(bad[0])
        raise MetricError(
            f"expected sample_weight of 0 or more, came {float(numbers[row])} in row {row}"
        )
    return numbers


def sensitive(
    features: Any,  # noqa: ANN401 - any frame or array
    name: str = "sensitive_features",
) -> tuple[CodedAttribute, ...]:
    """Turn sensitive features into named codes; missing values become ``unknown``.

    Parameters
    ----------
    features : mapping of str to array, frame, Series, or array of shape (rows,) or (rows, k)
        Of pandas, polars, pyarrow or any other library narwhals knows.
    name : str
        Of the argument, for messages.

    Raises
    ------
    MetricError
        If there is none, if two have one name, or if a value is no category.
    """
    named = columns(features, name, MetricError)
    return tuple((key, *categories(values, key)) for key, values in named)


def categories(values: Any, name: str) -> tuple[tuple[str, ...], Codes]:  # noqa: ANN401 - array-like
    """Code one column by category, in the order of numbers or of the alphabet, unknown last.

    An ordered categorical keeps its own order. Whole numbers read the same however they are
    stored: 1, 1.0 and "1" are one category. So are True and 1 where one column of Python objects
    holds both; a column of truth values alone has the categories False and True.
    """
    codes, uniques = coded(values, f"sensitive feature {name!r}", MetricError)
    texts = [category_text(value) for value in uniques]
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


def _plain_binary(values: Any, name: str) -> NDArray[np.int8] | None:  # noqa: ANN401 - any array-like
    """Return whole numbers and truth values that are 0 and 1 as they are."""
    array = values if isinstance(values, np.ndarray) else _whole_numbers(values, name)
    if array is None or array.ndim != 1 or array.dtype.kind not in "biu":
        return None
    if len(array) and array.min() >= 0 and array.max() <= 1:
        truths: NDArray[np.int8] = array.astype(np.int8)
        return truths
    return None


def _whole_numbers(values: Any, name: str) -> NDArray[Any] | None:  # noqa: ANN401 - any array-like
    """Return the numbers of a Series whose type says that they are whole."""
    import narwhals as nw

    native = native_of(values, name, MetricError)
    if not isinstance(native, nw.Series) or holds_objects(native):
        return None
    dtype = native.dtype
    return flat(values, name, MetricError) if dtype.is_integer() or dtype == nw.Boolean else None


def _own_order(values: Any) -> list[str]:  # noqa: ANN401 - any array-like
    import narwhals as nw

    native = nw.from_native(values, pass_through=True, allow_series=True)
    if isinstance(native, nw.Series) and isinstance(native.dtype, nw.Enum):
        return [category_text(value) for value in native.dtype.categories]
    return []


def _rank(text: str) -> tuple[int, float, str]:
    try:
        number = float(text)
    except ValueError:
        return 1, 0.0, text
    return (1, 0.0, text) if math.isnan(number) else (0, number, text)


def _truth(value: Any) -> int:  # noqa: ANN401 - any label
    """Return 0 or 1, or -1 for anything else."""
    if isinstance(value, complex | np.complexfloating):
        return -1  # float() would drop the imaginary part of numpy's
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return -1
    return int(number) if number in (0, 1) else -1

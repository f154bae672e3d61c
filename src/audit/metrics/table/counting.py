"""The kernel of the cell table: rows numbered by combination of codes, and added up by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.table.binning import LARGEST

CHUNK = 1 << 17
DENSE = 1 << 21  # codes up to here are counted into an array, wider ones are looked up
FEW = 1 << 12  # combinations up to here are counted without finding out which occur
SPREAD = 4  # an array is passed over whole unless it is so many times as long as what comes in

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def chunks(rows: int) -> Iterator[slice]:
    """Yield slices of 131,072 rows."""
    return (slice(start, start + CHUNK) for start in range(0, rows, CHUNK))


def add_to(total: NDArray[Any], places: Ints, values: Floats | None = None) -> None:
    """Add each value (1 where there are none) to its place in `total`."""
    if len(total) <= SPREAD * len(places):
        counted = np.bincount(places, weights=values, minlength=len(total))
        total += counted
    else:
        np.add.at(total, places, 1 if values is None else values)


def numbered(
    columns: Sequence[NDArray[Any]], sizes: Sequence[int], rows: int
) -> tuple[Ints, Callable[[slice], Ints]]:
    """Number rows by combination of codes.

    Where all combinations are few they are numbered without finding out which occur, a chunk at a
    time; else the rows are numbered at once.

    Returns
    -------
    groups : ndarray of int64, shape (combinations, columns)
        In rising order; some may not occur.
    position : callable
        From a slice of rows to the number of each.
    """
    combinations = prod(sizes)
    if combinations > FEW and combinations > min(rows, DENSE):
        groups, position = distinct([column.astype(np.int64) for column in columns], sizes, rows)
        return groups, lambda part: position[part]
    every = np.indices(sizes, dtype=np.int64).reshape(len(sizes), combinations).T
    return every, lambda part: _mixed(
        [column[part] for column in columns], sizes, len(range(rows)[part])
    )


def distinct(columns: Sequence[Ints], sizes: Sequence[int], rows: int) -> tuple[Ints, Ints]:
    """Find the distinct rows of several columns of codes.

    After each column the combinations so far are numbered anew, so that no product of sizes can
    leave the range of int64.

    Returns
    -------
    groups : ndarray of int64, shape (distinct rows, columns)
        In rising order.
    position : ndarray of int64, shape (rows,)
        Which of them each row is.
    """
    groups = np.zeros((min(rows, 1), 0), dtype=np.int64)
    position = np.zeros(rows, dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        present, position = renumbered(position * size + column, len(groups) * size)
        groups = np.column_stack([groups[present // max(size, 1)], present % max(size, 1)])
    return groups, position


def renumbered(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """Return the codes that occur, rising, and which of them each row is."""
    if size > min(DENSE, FEW + SPREAD * len(codes)):
        return _looked_up(codes)
    present = np.flatnonzero(np.bincount(codes, minlength=size)).astype(np.int64)
    numbers = np.zeros(size, dtype=np.int64)
    numbers[present] = np.arange(len(present))
    return present, numbers[codes]


def integers(values: ArrayLike, name: str) -> NDArray[Any]:
    """Read codes; whole numbers of any width in one dimension."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.dtype.kind not in "iub" and len(array)):
        raise MetricError(
            f"expected {name} as whole numbers in one dimension, "
            f"came {array.dtype} of shape {array.shape}"
        )
    narrow = array.dtype.kind in "iub" and array.dtype != np.uint64
    return array if narrow else array.astype(np.int64)


def numbers(values: ArrayLike, name: str) -> Floats:
    """Read numbers in one dimension."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricError(f"expected {name} of numbers, came {error}") from error
    if array.ndim != 1:
        raise MetricError(f"expected {name} in one dimension, came shape {array.shape}")
    return array


def require_range(codes: NDArray[Any], size: int, name: str) -> None:
    """Refuse codes outside 0 to `size` - 1."""
    for extreme in (codes.min(), codes.max()) if len(codes) else ():
        if not 0 <= extreme < size:
            raise MetricError(f"expected {name} from 0 to {size - 1}, came {int(extreme)}")


def require_weights(weights: Floats) -> None:
    """Refuse weights that are negative, not finite, or too large to be squared and summed."""
    bad = np.flatnonzero(~((weights >= 0) & (weights <= LARGEST)))
    if len(bad):
        raise MetricError(
            f"expected finite weights of 0 or more, came {float(weights[bad[0]])} in row "
            f"{int(bad[0])}",
            f"weights are at most {LARGEST:g}",
        )


def require_finite(values: Floats, name: str) -> None:
    """Refuse numbers that are missing, or too large to be summed to the fourth power."""
    bad = np.flatnonzero(~(np.abs(values) <= LARGEST))
    if len(bad):
        raise MetricError(
            f"expected {name} of finite numbers up to {LARGEST:g}, came "
            f"{float(values[bad[0]])} in row {int(bad[0])}",
            "drop such rows, or correct them",
        )


def _mixed(columns: Sequence[NDArray[Any]], sizes: Sequence[int], rows: int) -> Ints:
    position = np.zeros(rows, dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        position *= size
        position += column  # widened here, a chunk at a time
    return position


def _looked_up(codes: Ints) -> tuple[Ints, Ints]:
    import pandas as pd

    position, present = pd.factorize(codes)
    order = np.argsort(present)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return present[order], place[position]

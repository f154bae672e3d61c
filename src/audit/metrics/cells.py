"""The cell table: counts per group, label and prediction, from which every rate follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import add
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError

CHUNK = 1 << 17
DENSE = 1 << 21  # codes up to here are counted into an array, wider ones are sorted
FEW = 1 << 12  # combinations up to here are counted without finding out which occur

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Number = TypeVar("Number", np.int64, np.float64)
CodedAttribute = tuple[str, tuple[str, ...], ArrayLike]


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A sensitive attribute and its categories in order."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class CellTable:
    """Counts of rows per group, label and prediction.

    Attributes
    ----------
    attributes : tuple of Attribute
    codes : ndarray of int64, shape (groups, attributes)
        One row for each combination of categories that occurs, in rising order.
    n : ndarray of int64, shape (groups, 2, 2)
        Rows, by label and prediction.
    w, w2 : ndarray of float64, shape (groups, 2, 2)
        Sums of weights and of squared weights; equal to `n` where rows have no weights.
    weighted : bool
        Whether any row came with a weight.
    """

    attributes: tuple[Attribute, ...]
    codes: Ints
    n: Ints
    w: Floats
    w2: Floats
    weighted: bool = False

    @classmethod
    def from_codes(
        cls,
        attributes: Sequence[CodedAttribute],
        label: ArrayLike,
        prediction: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> CellTable:
        """Count rows in one pass, 131,072 of them at a time.

        Parameters
        ----------
        attributes : sequence of (name, categories, codes)
            `codes` has shape (rows,) and holds positions in `categories`.
        label, prediction : array of 0 and 1, shape (rows,)
        weights : array of numbers >= 0, shape (rows,), optional

        Raises
        ------
        MetricError
            If lengths differ, a code has no category, a label or prediction is not 0 or 1, or a
            weight is negative or not finite.
        """
        columns = [_integers(codes, f"codes of {name!r}") for name, _, codes in attributes]
        shared = [_integers(label, "label"), _integers(prediction, "prediction")]
        row_weights = None if weights is None else np.asarray(weights, dtype=np.float64)
        _require_one_length([*columns, *shared, *([] if weights is None else [row_weights])])
        described = tuple(
            Attribute(name=name, categories=tuple(categories)) for name, categories, _ in attributes
        )
        parts = [
            _count(
                described,
                [column[start : start + CHUNK] for column in columns],
                shared[0][start : start + CHUNK],
                shared[1][start : start + CHUNK],
                None if row_weights is None else row_weights[start : start + CHUNK],
            )
            for start in range(0, max(len(shared[0]), 1), CHUNK)
        ]
        return reduce(add, parts)

    def __add__(self, other: CellTable) -> CellTable:
        """Add the counts of two tables of the same attributes; categories are united."""
        names, came = ([part.name for part in table.attributes] for table in (self, other))
        if names != came:
            raise MetricError(
                f"expected tables of the attributes {names}, came {came}",
                "count both with the same attributes in the same order",
            )
        pairs = list(zip(self.attributes, other.attributes, strict=True))
        united = tuple(
            Attribute(name=one.name, categories=_unite(one.categories, two.categories))
            for one, two in pairs
        )
        codes = np.concatenate([_recode(table, united) for table in (self, other)])
        stacked = [np.concatenate([getattr(t, key) for t in (self, other)]) for key in _COUNTS]
        return _merged(united, codes, *stacked, weighted=self.weighted or other.weighted)

    def rollup(self, attributes: Sequence[str]) -> CellTable:
        """Sum over all attributes but the named ones; an empty sequence gives everyone.

        Raises
        ------
        MetricError
            If the table has no attribute of that name.
        """
        names = [attribute.name for attribute in self.attributes]
        for name in attributes:
            if name not in names:
                raise MetricError.unknown("sensitive attribute", name, names)
        positions = [names.index(name) for name in attributes]
        kept = tuple(self.attributes[position] for position in positions)
        return _merged(
            kept, self.codes[:, positions], self.n, self.w, self.w2, weighted=self.weighted
        )


_COUNTS = ("n", "w", "w2")


def _merged(
    attributes: tuple[Attribute, ...],
    codes: Ints,
    n: Ints,
    w: Floats,
    w2: Floats,
    *,
    weighted: bool,
) -> CellTable:
    """Add up rows with equal codes; order them; drop those without a row."""
    sizes = [len(attribute.categories) for attribute in attributes]
    groups, position = distinct(list(codes.T), sizes, len(codes))
    return CellTable(
        attributes=attributes,
        codes=groups,
        n=_added(n, position, len(groups)),
        w=_added(w, position, len(groups)),
        w2=_added(w2, position, len(groups)),
        weighted=weighted,
    )


def _added(counts: NDArray[Number], position: Ints, groups: int) -> NDArray[Number]:
    total = np.zeros((groups, 2, 2), dtype=counts.dtype)
    np.add.at(total, position, counts)
    return total


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
        present, position = _renumber(position * size + column, len(groups) * size)
        groups = np.column_stack([groups[present // max(size, 1)], present % max(size, 1)])
    return groups, position


def _renumber(codes: Ints, size: int) -> tuple[Ints, Ints]:
    if size > DENSE:
        present, position = np.unique(codes, return_inverse=True)
        return present, position.astype(np.int64)
    present = np.flatnonzero(np.bincount(codes, minlength=size))
    numbers = np.zeros(size, dtype=np.int64)
    numbers[present] = np.arange(len(present))
    return present.astype(np.int64), numbers[codes]


def _count(
    attributes: tuple[Attribute, ...],
    columns: list[NDArray[Any]],
    label: NDArray[Any],
    prediction: NDArray[Any],
    weights: Floats | None,
) -> CellTable:
    """Count one chunk of rows; narrow codes are widened here, a chunk at a time."""
    for attribute, column in zip(attributes, columns, strict=True):
        _require_range(column, len(attribute.categories), f"codes of {attribute.name!r}")
    _require_range(label, 2, "label")
    _require_range(prediction, 2, "prediction")
    sizes = [len(attribute.categories) for attribute in attributes]
    groups, position = _positions(columns, sizes, len(label))
    cell = (position * 2 + label) * 2 + prediction
    shape, length = (len(groups), 2, 2), len(groups) * 4
    n = np.bincount(cell, minlength=length).reshape(shape).astype(np.int64)
    if weights is not None:
        _require_weights(weights)
    w = _weighted(cell, weights, length, shape)
    w2 = _weighted(cell, None if weights is None else weights**2, length, shape)
    kept = n.any(axis=(1, 2))
    return CellTable(
        attributes=attributes,
        codes=groups[kept],
        n=n[kept],
        w=w[kept],
        w2=w2[kept],
        weighted=weights is not None,
    )


def _weighted(
    cell: Ints, weights: Floats | None, length: int, shape: tuple[int, int, int]
) -> Floats:
    """Sum weights by cell; rows count as 1 where they have none."""
    sums = np.bincount(cell, weights=weights, minlength=length)
    return sums.reshape(shape).astype(np.float64)


def _positions(
    columns: Sequence[NDArray[Any]], sizes: Sequence[int], rows: int
) -> tuple[Ints, Ints]:
    """Number the rows by combination; where all combinations are few, without looking."""
    if prod(sizes) > FEW:
        return distinct([column.astype(np.int64) for column in columns], sizes, rows)
    position = np.zeros(rows, dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        position *= size
        position += column
    every = np.indices(sizes, dtype=np.int64).reshape(len(sizes), -1).T
    return every.reshape(-1, len(sizes)), position


def _unite(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    """Append what is new; the unknown group stays last."""
    every = (*one, *(category for category in two if category not in one))
    known = tuple(category for category in every if category != UNKNOWN)
    return (*known, UNKNOWN) if UNKNOWN in every else known


def _recode(table: CellTable, united: tuple[Attribute, ...]) -> Ints:
    codes = np.empty_like(table.codes)
    for position, (old, new) in enumerate(zip(table.attributes, united, strict=True)):
        place = {category: index for index, category in enumerate(new.categories)}
        lookup = np.array([place[category] for category in old.categories], dtype=np.int64)
        codes[:, position] = lookup[table.codes[:, position]]
    return codes


def _integers(values: ArrayLike, name: str) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iub":
        raise MetricError(
            f"expected {name} as whole numbers in one dimension, "
            f"came {array.dtype} of shape {array.shape}"
        )
    return array


def _require_one_length(columns: Sequence[NDArray[np.generic] | None]) -> None:
    lengths = [len(column) for column in columns if column is not None]
    if len(set(lengths)) > 1:
        raise MetricError(
            f"expected codes, label, prediction and weights of one length, came {lengths}"
        )


def _require_range(codes: NDArray[Any], size: int, name: str) -> None:
    for extreme in (codes.min(), codes.max()) if len(codes) else ():
        if not 0 <= extreme < size:
            raise MetricError(f"expected {name} from 0 to {size - 1}, came {int(extreme)}")


def _require_weights(weights: Floats) -> None:
    bad = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if len(bad):
        raise MetricError(f"expected finite weights of 0 or more, came {float(weights[bad[0]])}")

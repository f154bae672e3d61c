"""The audited people: named inputs, labels, groups, weights and splits, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.data.records import DataRecord

Rows = NDArray[np.int64]


class InputSource(Protocol):
    """One named input of a network, of any kind, read a few rows at a time."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def take(self, rows: Rows) -> Any:  # noqa: ANN401 - a frame, an array, a list of texts, ...
        """Return the given rows, in that order."""
        ...


@dataclass(frozen=True, kw_only=True)
class TableInput:
    """Feature columns of a table in memory; `take` gives a pandas frame."""

    frame: pd.DataFrame

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def take(self, rows: Rows) -> pd.DataFrame:
        """Return the given rows, in that order."""
        return self.frame.iloc[rows]


@dataclass(frozen=True, kw_only=True)
class SensitiveAttribute:
    """The category of each row under one attribute.

    Attributes
    ----------
    name : str
    categories : tuple of str
        Known categories in their natural order, then ``unknown`` if any row has none.
    codes : ndarray of int64, shape (rows,)
        Position in `categories`.
    numbers : ndarray of float64, shape (rows,), or None
        Of an attribute that was cut into ranges: the numbers themselves, NaN where missing.
    """

    name: str
    categories: tuple[str, ...]
    codes: NDArray[np.int64]
    numbers: NDArray[np.float64] | None = field(default=None)

    def take(self, rows: Rows) -> SensitiveAttribute:
        """Return the attribute of the given rows, with the same categories."""
        return SensitiveAttribute(
            name=self.name,
            categories=self.categories,
            codes=self.codes[rows],
            numbers=None if self.numbers is None else self.numbers[rows],
        )


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What an audit knows about each row.

    Nothing downstream may assume a flat matrix: inputs are named and of any kind.

    Attributes
    ----------
    inputs : mapping of str to InputSource
        Empty for an audit of predictions only.
    target : ndarray of int8, shape (rows,)
        1 for the positive class, 0 for the other.
    sensitive : tuple of SensitiveAttribute
    weights : ndarray of float64, shape (rows,), or None
    controls : tuple of SensitiveAttribute
        Control features, within whose values groups are compared once more.
    person : ndarray of texts, shape (rows,), or None
        Who each row is about, where people have several rows.
    splits : mapping of str to rows
        ``train``, ``validation`` and ``test`` where they exist; ``test`` always does.
    row_ids : ndarray of int64, shape (rows,)
        Position of each row in the source, counted from 0.
    record : DataRecord
    """

    inputs: Mapping[str, InputSource]
    target: NDArray[np.int8]
    sensitive: tuple[SensitiveAttribute, ...]
    splits: Mapping[str, Rows]
    row_ids: Rows
    record: DataRecord
    weights: NDArray[np.float64] | None = field(default=None)
    controls: tuple[SensitiveAttribute, ...] = ()
    person: NDArray[np.object_] | None = field(default=None)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def batches(self, rows: Rows, size: int = 8192) -> Iterator[tuple[Rows, dict[str, Any]]]:
        """Yield the inputs of `rows`, `size` rows at a time, as (rows, name to input)."""
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield part, {name: source.take(part) for name, source in self.inputs.items()}

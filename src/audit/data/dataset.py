"""The audited people: named inputs, labels, groups, weights and splits, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import Task
from audit.data.probable import ProbableAttribute
from audit.data.records import DataRecord

Rows = NDArray[np.int64]
BYTES = 1 << 22
"""How many bytes of inputs that are no table a batch may hold."""


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
    target : ndarray of int8 or float64, shape (rows,)
        1 for the positive class, 0 for the other; of several classes, 1 for the one in focus; of a
        regression the number.
    sensitive : tuple of SensitiveAttribute
    weights : ndarray of float64, shape (rows,), or None
    controls : tuple of SensitiveAttribute
        Control features, within whose values groups are compared once more.
    person : ndarray of texts, shape (rows,), or None
        Who each row is about, where people have several rows.
    probable : tuple of ProbableAttribute
        Sensitive attributes of which only probabilities are known.
    query : ndarray of texts, shape (rows,), or None
        The list in which each row is ranked; one list where None.
    similar : pandas.DataFrame or None
        Columns by which rows are alike, for metrics of individuals.
    splits : mapping of str to rows
        ``train``, ``validation`` and ``test`` where they exist; ``test`` always does.
    row_ids : ndarray of int64, shape (rows,)
        Position of each row in the source, counted from 0.
    record : DataRecord
    task : {"binary", "multiclass", "regression"}
    classes : tuple of str
        Of a multiclass task, in their order; else empty.
    focus : int
        The place of the class in focus.
    codes : ndarray of int64, shape (rows,), or None
        Of a multiclass task: the place of each row's class.
    """

    inputs: Mapping[str, InputSource]
    target: NDArray[Any]
    sensitive: tuple[SensitiveAttribute, ...]
    splits: Mapping[str, Rows]
    row_ids: Rows
    record: DataRecord
    weights: NDArray[np.float64] | None = field(default=None)
    controls: tuple[SensitiveAttribute, ...] = ()
    person: NDArray[np.object_] | None = field(default=None)
    probable: tuple[ProbableAttribute, ...] = ()
    query: NDArray[np.object_] | None = field(default=None)
    similar: pd.DataFrame | None = field(default=None)
    task: Task = "binary"
    classes: tuple[str, ...] = ()
    focus: int = 1
    codes: NDArray[np.int64] | None = field(default=None)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def batches(self, rows: Rows, size: int = 8192) -> Iterator[tuple[Rows, dict[str, Any]]]:
        """Yield the inputs of `rows`, `size` rows at a time, as (rows, name to input).

        Rows of many bytes, such as images, come in smaller batches, so that memory stays flat.
        """
        weight = sum(getattr(source, "weight", 0) for source in self.inputs.values())
        size = max(1, min(size, BYTES // max(weight, 1)))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            yield part, {name: source.take(part) for name, source in self.inputs.items()}

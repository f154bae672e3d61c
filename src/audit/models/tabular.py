"""The built-in encoder of tables: what each column becomes, as plain numbers and categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from audit.data.columns import row_words
from audit.errors import DataError, nearest
from audit.models.columns import as_numbers, as_texts
from audit.models.model import Encoded

Block = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NumberCode:
    """A number becomes (value - mean) / scale, and an indicator where values were missing.

    Attributes
    ----------
    name : str
    mean, scale : float
        Of the training rows that have a value; the scale of a constant column is 1.
    indicator : bool
        Whether training rows lacked a value: then a missing value becomes the mean, and a second
        column is 1. Otherwise a missing value is refused, since the network never saw one.
    """

    name: str
    mean: float
    scale: float
    indicator: bool
    kind: Literal["number"] = "number"

    @property
    def width(self) -> int:
        """Return how many columns it becomes."""
        return 2 if self.indicator else 1

    def block(self, column: pd.Series[Any]) -> Block:
        """Return the encoded column, shape (rows, width)."""
        values = as_numbers(column)
        missing = np.isnan(values)
        if missing.any() and not self.indicator:
            raise DataError(
                f"column {self.name!r}, row {row_words(column, missing)}: the value is missing, "
                f"and no training row lacked it ({int(missing.sum())} rows)",
                "fill the value in, leave the rows out, or train on data that lack it too",
            )
        scaled = (np.where(missing, self.mean, values) - self.mean) / self.scale
        return np.stack([scaled, missing][: self.width], axis=1).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class CategoryCode:
    """A category becomes one column for each category of the training rows, 1 where it holds.

    Attributes
    ----------
    name : str
    categories : tuple of str
    missing : bool
        Whether training rows lacked a value: then missing is one more category, the last.
    """

    name: str
    categories: tuple[str, ...]
    missing: bool
    kind: Literal["category"] = "category"

    @property
    def width(self) -> int:
        """Return how many columns it becomes."""
        return len(self.categories) + self.missing

    def block(self, column: pd.Series[Any]) -> Block:
        """Return the encoded column, shape (rows, width)."""
        texts, absent = as_texts(column)
        codes = pd.Index(self.categories, dtype=object).get_indexer(pd.Index(texts, dtype=object))
        codes = np.where(absent, len(self.categories) if self.missing else -1, codes)
        if (codes < 0).any():
            raise self._unseen(column, texts, absent, codes < 0)
        block = np.zeros((len(column), self.width))
        block[np.arange(len(column)), codes] = 1.0
        return block

    def _unseen(
        self,
        column: pd.Series[Any],
        texts: NDArray[np.object_],
        absent: NDArray[np.bool_],
        bad: NDArray[np.bool_],
    ) -> DataError:
        first = int(np.flatnonzero(bad)[0])
        same = int((bad & (absent if absent[first] else texts == texts[first])).sum())
        value = "a missing value" if absent[first] else f"category {texts[first]!r}"
        return DataError(
            f"column {self.name!r}, row {row_words(column, bad)}: {value} was never seen in "
            f"training ({same} rows here)",
            "correct the value, leave these rows out, or train on rows that have it",
        )


ColumnCode = NumberCode | CategoryCode


@dataclass(frozen=True, kw_only=True)
class TabularEncoder:
    """Encodes a table column by column into one float32 tensor, ``x``.

    Attributes
    ----------
    codes : tuple of NumberCode or CategoryCode
        In the order in which they stand in the tensor.
    """

    codes: tuple[ColumnCode, ...]

    @property
    def width(self) -> int:
        """Return the number of columns of the tensor."""
        return sum(code.width for code in self.codes)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns of a table that it needs, in order."""
        return tuple(code.name for code in self.codes)

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame ``inputs["table"]``; columns it does not know are passed over.

        Raises
        ------
        DataError
            If a column is missing, a value is not a number where one belongs, or a category or a
            missing value was never seen in training.
        """
        frame = inputs["table"]
        blocks = [code.block(_column(frame, code.name)) for code in self.codes]
        names = tuple(code.name for code in self.codes for _ in range(code.width))
        table = np.concatenate(blocks, axis=1).astype(np.float32)
        return Encoded(tensors={"x": torch.from_numpy(table)}, columns={"x": names})


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame.columns:
        raise DataError(
            f"the network expects column {name!r}, which is not among the features",
            nearest(name, map(str, frame.columns)),
        )
    return frame[name]

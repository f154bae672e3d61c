"""Texts in a column of the index table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from audit.data.inputs.batches import Rows, TextBatch
from audit.data.inputs.values import came
from audit.errors import DataError

WEIGHT = 4096  # bytes that a text takes at a guess, to size batches


@dataclass(frozen=True, kw_only=True, eq=False)
class TextInput:
    """Texts, none of them empty.

    Attributes
    ----------
    column : pandas.Series
        Of the index table.
    rows : ndarray of int64
        The row of the index table that each row of the data set is.
    """

    column: pd.Series[Any]
    rows: Rows
    shape: str = "a text"
    weight: int = WEIGHT

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def take(self, rows: Rows) -> TextBatch:
        """Return the given rows, in that order.

        Raises
        ------
        DataError
            Naming the row whose text is missing, empty, or no text.
        """
        places = self.rows[rows]
        texts = self.column.iloc[places].to_numpy(dtype=object).tolist()
        for row, text in zip(places.tolist(), texts, strict=True):
            if not isinstance(text, str) or not text.strip():
                raise self._bad(row, text)
        return TextBatch(texts=texts, rows=places)

    def _bad(self, row: int, text: Any) -> DataError:  # noqa: ANN401 - whatever a table holds
        told = "an empty one" if isinstance(text, str) else came(text)
        return DataError(
            f"column {str(self.column.name)!r}, row {row + 1}: expected a text, came {told}",
            "leave the row out; data.missing says which texts mean a missing value",
        )

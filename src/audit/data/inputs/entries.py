"""Which entry of an array each row of the index table is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.data.columns import numbers
from audit.data.inputs.batches import Rows
from audit.data.inputs.stored import StoredArray
from audit.data.inputs.values import came, decimals
from audit.errors import DataError


@dataclass(frozen=True, kw_only=True, eq=False)
class Entries:
    """An array, and the place in it of each row of the index table."""

    array: StoredArray
    places: Rows

    def read(self, rows: Rows) -> NDArray[Any]:
        """Return the entries of rows of the index table, in that order."""
        return self.array.read(self.places[rows])

    def decimals(self, rows: Rows, *, gaps: bool) -> NDArray[np.float32]:
        """Return the entries of rows of the index table as float32.

        Raises
        ------
        DataError
            Naming the row and the value that is infinite, or NaN where there must be no gaps.
        """
        return decimals(
            self.read(rows), lambda place: f"row {rows[place] + 1}, {self.array.name}", gaps=gaps
        )


def by_row(array: StoredArray, rows: int, *, spare: int = 0) -> Entries:
    """Take row i of the index table as entry i; at most `spare` entries may be left over.

    Raises
    ------
    DataError
        If there are more rows than entries, or more entries left over.
    """
    if not 0 <= len(array) - rows <= spare:
        raise DataError(
            f"{array.name}: expected an entry for each of the {rows:,} rows of the table, came "
            f"{len(array):,}",
            "name the column that holds each row's position in the array, counted from 0",
        )
    return Entries(array=array, places=np.arange(rows, dtype=np.int64))


def by_column(array: StoredArray, column: pd.Series[Any]) -> Entries:
    """Take the positions in a column, counted from 0.

    Raises
    ------
    DataError
        Naming the row whose position is missing, no whole number, or outside the array.
    """
    given = numbers(column, "positions")
    last = len(array) - 1
    bad = np.flatnonzero(~((given >= 0) & (given <= last) & (given == np.floor(given))))
    if bad.size:
        raise DataError(
            f"column {str(column.name)!r}, row {bad[0] + 1}: expected a position in {array.name} "
            f"from 0 to {last:,}, came {came(column.iloc[int(bad[0])])} ({bad.size} rows)",
            "positions are counted from 0; correct it, or leave the row out",
        )
    return Entries(array=array, places=given.astype(np.int64))

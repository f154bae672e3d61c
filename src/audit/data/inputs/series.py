"""Series: channels over time, in an array or in a file for each row."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audit.config import Input
from audit.data.inputs.batches import Rows, SeriesBatch
from audit.data.inputs.entries import Entries
from audit.data.inputs.folder import FolderFiles
from audit.data.inputs.series_file import Series, read_series
from audit.data.inputs.values import decimals
from audit.errors import DataError

MATRIX, DIMENSIONS = 2, 3
Values = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesInput:
    """Series of one length with the same channels, read from disk a few rows at a time.

    Attributes
    ----------
    read : callable
        From rows of the index table to values, shape (n, steps, channels), NaN where a gap.
    steps : int
    channels : tuple of str
    rows : ndarray of int64
        The row of the index table that each row of the data set is.
    """

    read: Callable[[Rows], Values]
    steps: int
    channels: tuple[str, ...]
    rows: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def take(self, rows: Rows) -> SeriesBatch:
        """Return the given rows, in that order.

        Raises
        ------
        DataError
            Naming the row and file that is not as the others.
        """
        places = self.rows[rows]
        return SeriesBatch(values=self.read(places), rows=places, channels=self.channels)

    @property
    def shape(self) -> str:
        """Return the shape of one row, in words."""
        return f"{self.steps:,} steps, channels {', '.join(self.channels)}"

    @property
    def weight(self) -> int:
        """Return how many bytes one row takes."""
        return 4 * self.steps * len(self.channels)


def from_array(entries: Entries, asked: Input, rows: Rows) -> SeriesInput:
    """Return the series of an array (n, steps, channels), or (n, steps) of one channel."""
    array = entries.array
    if len(array.shape) not in (MATRIX, DIMENSIONS):
        raise DataError(
            f"{array.name}: expected series of shape (n, steps, channels), came {array.shape}"
        )
    steps, count = array.shape[1], array.shape[2] if len(array.shape) == DIMENSIONS else 1
    channels = _named(asked, count, array.name)
    _require_steps(asked.steps, steps, array.name)

    def read(places: Rows) -> Values:
        return entries.decimals(places, gaps=True).reshape(len(places), steps, count)

    return SeriesInput(read=read, steps=steps, channels=channels, rows=rows)


def from_folder(
    files: FolderFiles, asked: Input, rows: Rows, missing: Collection[str]
) -> SeriesInput:
    """Return the series of a folder; the first says the steps and channels that are not stated."""

    def one(row: int, channels: tuple[str, ...] | None) -> tuple[Series, str]:
        with files.open(row) as opened:
            return read_series(opened, channels=channels, missing=missing), opened.name

    first, name = one(0, asked.channels)
    steps, count = first.values.shape
    channels = asked.channels or first.names or _named(asked, count, name)
    _require_steps(asked.steps, steps, name)

    def read(places: Rows) -> Values:
        found = np.empty((len(places), steps, len(channels)), np.float32)
        for place, row in enumerate(places.tolist()):
            series, name = one(row, channels)
            _require_channels(series, channels, name, everything=asked.channels is None)
            _require_steps(steps, len(series.values), name)
            found[place] = decimals(series.values, name, gaps=True)
        return found

    return SeriesInput(read=read, steps=steps, channels=channels, rows=rows)


def _named(asked: Input, count: int, name: str) -> tuple[str, ...]:
    channels = asked.channels or tuple(f"channel {place}" for place in range(1, count + 1))
    if len(channels) != count:
        raise DataError(
            f"{name}: expected {len(channels)} channels ({', '.join(channels[:12])}), came {count}",
            "name each of them under channels, in order",
        )
    return channels


def _require_channels(
    series: Series, channels: tuple[str, ...], name: str, *, everything: bool
) -> None:
    listed = ", ".join(channels[:12])
    if series.names is None and series.values.shape[1] != len(channels):
        raise DataError(
            f"{name}: expected {len(channels)} channels ({listed}), came {series.values.shape[1]}",
            "give every row the same channels",
        )
    more = set(series.names or ()) - set(channels)
    if everything and more:
        raise DataError(
            f"{name}: expected the channels of the first file ({listed}), came also {min(more)!r}",
            "name those to take under channels",
        )


def _require_steps(wanted: int | None, steps: int, name: str) -> None:
    if wanted is not None and steps != wanted:
        raise DataError(
            f"{name}: expected {wanted:,} steps, came {steps:,}",
            "bring all series to one length, for example by cutting or by gaps at the end",
        )


@dataclass(kw_only=True)
class Gaps:
    """How many values of each channel are missing, counted batch by batch."""

    channels: tuple[str, ...]
    values: int = 0
    missing: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.missing = np.zeros(len(self.channels), dtype=np.int64)

    def add(self, batch: SeriesBatch) -> None:
        """Count the gaps of a batch."""
        self.values += batch.values.shape[0] * batch.values.shape[1]
        self.missing += np.isnan(batch.values).sum(axis=(0, 1))

    def notes(self) -> tuple[str, ...]:
        """Say which channels have gaps.

        Raises
        ------
        DataError
            If a channel holds no value in any row.
        """
        for name, missing in zip(self.channels, self.missing.tolist(), strict=True):
            if missing == self.values:
                raise DataError(
                    f"channel {name!r} holds no value in any row", "leave the channel out"
                )
        told = [
            f"{name} {missing:,} of {self.values:,} values"
            for name, missing in zip(self.channels, self.missing.tolist(), strict=True)
            if missing
        ]
        return (f"gaps: {', '.join(told)}",) if told else ()

"""A few rows of an input that is no table, as `InputSource.take` gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
GAP = np.float32(np.nan)


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageBatch:
    """Images of one size and mode.

    Attributes
    ----------
    pixels : ndarray of uint8 (0 to 255) or float32 (finite), shape (n, height, width, channels)
        One channel is grey, three are red, green and blue.
    rows : ndarray of int64, shape (n,)
        Place of each row in the index table, counted from 0; messages name it plus 1.
    """

    pixels: NDArray[Any]
    rows: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.pixels)

    def header(self) -> str:
        """Return what all rows have in common, for the hash of the input."""
        kind = "0 to 255" if self.pixels.dtype == np.uint8 else "decimal"
        return f"image {self.pixels.shape[1:]} {kind}"

    def content(self) -> Iterator[bytes]:
        """Give what the hash of the input is made of."""
        whole = self.pixels.dtype == np.uint8
        yield (self.pixels if whole else self.pixels.astype("<f4") + np.float32(0)).tobytes()


@dataclass(frozen=True, kw_only=True, eq=False)
class TextBatch:
    """Texts, none of them empty.

    Attributes
    ----------
    texts : list of str, n long
    rows : ndarray of int64, shape (n,)
        Place of each row in the index table, counted from 0; messages name it plus 1.
    """

    texts: list[str]
    rows: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.texts)

    def header(self) -> str:
        """Return what all rows have in common, for the hash of the input."""
        return "text"

    def content(self) -> Iterator[bytes]:
        """Give what the hash of the input is made of."""
        for text in self.texts:
            written = text.encode("utf-8", "surrogatepass")
            yield len(written).to_bytes(8, "little") + written


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesBatch:
    """Channels over time.

    Attributes
    ----------
    values : ndarray of float32, shape (n, steps, channels)
        NaN where a value is missing (a gap), never infinite.
    rows : ndarray of int64, shape (n,)
        Place of each row in the index table, counted from 0; messages name it plus 1.
    channels : tuple of str
    """

    values: NDArray[np.float32]
    rows: Rows
    channels: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def header(self) -> str:
        """Return what all rows have in common, for the hash of the input."""
        return f"series {self.values.shape[1:]} {self.channels}"

    def content(self) -> Iterator[bytes]:
        """Give what the hash of the input is made of."""
        # One bit pattern for every gap, and 0.0 for −0.0.
        values = np.where(np.isnan(self.values), GAP, self.values + np.float32(0))
        yield values.astype("<f4").tobytes()

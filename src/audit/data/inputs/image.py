"""Images: a folder of pictures, an array, or a sheet of equal tiles."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import Input
from audit.data.inputs.batches import ImageBatch, Rows
from audit.data.inputs.entries import Entries
from audit.data.inputs.folder import FolderFiles
from audit.data.inputs.pictures import Mode, Size, decoded, size_words, tiles
from audit.data.inputs.stored import StoredArray
from audit.errors import DataError

BY_CHANNELS: dict[int, Mode] = {1: "grey", 3: "rgb"}
GREY_DIMENSIONS, DIMENSIONS = 3, 4


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageInput:
    """Images of one size and mode, read from disk a few rows at a time.

    Attributes
    ----------
    read : callable
        From rows of the index table to pixels, shape (n, height, width, channels).
    size : tuple of int
        Height and width.
    mode : {"grey", "rgb"}
    whole : bool
        Whether pixels are whole numbers from 0 to 255.
    rows : ndarray of int64
        The row of the index table that each row of the data set is.
    """

    read: Callable[[Rows], NDArray[Any]]
    size: Size
    mode: Mode
    whole: bool = True
    rows: Rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def take(self, rows: Rows) -> ImageBatch:
        """Return the given rows, in that order.

        Raises
        ------
        DataError
            Naming the row and file that is not as the others.
        """
        places = self.rows[rows]
        return ImageBatch(pixels=self.read(places), rows=places)

    @property
    def shape(self) -> str:
        """Return the shape of one row, in words."""
        numbers = "0 to 255" if self.whole else "decimal numbers"
        return f"{size_words(self.size)}, {self.mode}, {numbers}"

    @property
    def weight(self) -> int:
        """Return how many bytes one row takes."""
        return int(np.prod(self.size)) * (3 if self.mode == "rgb" else 1) * (1 if self.whole else 4)


def from_folder(files: FolderFiles, asked: Input, rows: Rows) -> ImageInput:
    """Return the images of a folder; the first one says the size and mode that are not stated."""
    with files.open(0) as opened:
        first = decoded(opened.file, opened.name, size=asked.size, mode=asked.mode)
    size, mode = (first.shape[0], first.shape[1]), BY_CHANNELS[first.shape[2]]

    def read(places: Rows) -> NDArray[Any]:
        found = np.empty((len(places), *first.shape), np.uint8)
        for place, row in enumerate(places.tolist()):
            with files.open(row) as opened:
                found[place] = decoded(opened.file, opened.name, size=size, mode=mode)
        return found

    return ImageInput(read=read, size=size, mode=mode, rows=rows)


def from_array(entries: Entries, asked: Input, rows: Rows) -> ImageInput:
    """Return the images of an array (n, height, width) or (n, height, width, 1 or 3)."""
    array = entries.array
    mode = _mode(array)
    size = (array.shape[1], array.shape[2])
    if asked.size is not None and asked.size != size:
        raise DataError(
            f"{array.name}: expected images of {size_words(asked.size)}, came {size_words(size)}"
        )
    if asked.mode is not None and asked.mode != mode:
        raise DataError(f"{array.name}: expected images in {asked.mode}, came {mode}")
    whole, channels = array.dtype == np.uint8, 1 if mode == "grey" else 3

    def read(places: Rows) -> NDArray[Any]:
        found = entries.read(places) if whole else entries.decimals(places, gaps=False)
        return found.reshape(len(places), *size, channels)

    return ImageInput(read=read, size=size, mode=mode, whole=whole, rows=rows)


def _mode(array: StoredArray) -> Mode:
    shape = array.shape
    channels = 1 if len(shape) == GREY_DIMENSIONS else shape[-1]
    if len(shape) not in (GREY_DIMENSIONS, DIMENSIONS) or channels not in BY_CHANNELS:
        first = len(shape) == DIMENSIONS and shape[1] in BY_CHANNELS
        raise DataError(
            f"{array.name}: expected images of shape (n, height, width) or (n, height, width, 1 or "
            f"3), came {shape}",
            "channels come last: array.transpose(0, 2, 3, 1)" if first else "",
        )
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise DataError(
            f"{array.name}: expected pixels as uint8 (0 to 255) or decimal numbers, came "
            f"{array.dtype}",
            "save array.astype('uint8'), or as float32",
        )
    return BY_CHANNELS[channels]


def cut(path: Path, asked: Input, name: str) -> tuple[StoredArray, int]:
    """Cut a sheet into equal tiles, once, into a temporary file that goes with the array.

    Tile i of a sheet with c tiles in a line is tile i mod c of line i // c.

    Returns
    -------
    StoredArray, shape (tiles, height, width, channels)
    int
        How many tiles stand in a line.

    Raises
    ------
    DataError
        If the sheet cannot be read, or is no whole number of tiles high and wide.
    """
    size = asked.size or (1, 1)  # the configuration asks for a size beside a sheet
    with ExitStack() as stack:
        into = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the array
        stack.callback(into.close)
        lines, shape = 0, (0,)
        with path.open("rb") as file:
            for line in tiles(file, name, size=size, mode=asked.mode):
                into.write(line.tobytes())
                lines, shape = lines + 1, line.shape
        into.flush()
        stack.pop_all()
    entries = (lines * shape[0], *shape[1:])
    array = StoredArray(file=into, start=0, shape=entries, dtype=np.dtype(np.uint8), name=name)
    return array, shape[0]

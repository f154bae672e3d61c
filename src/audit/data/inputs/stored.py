"""Arrays in .npy and .npz files, read a few rows at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
import weakref
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from audit.data.inputs.batches import Rows
from audit.errors import DataError, nearest

MEMBER = ".npy"
SUFFIXES = (".npy", ".npz")
NPY_1, NPY_2 = (1, 0), (2, 0)
CHUNK = 1 << 20
ANOTHER = "write it with numpy.save or numpy.savez"


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredArray:
    """An array in an open file; it is read, not mapped, so that memory stays flat.

    Attributes
    ----------
    file : binary file
        Closed with this object.
    start : int
        Where the values begin in the file.
    shape : tuple of int
    dtype : numpy.dtype
    name : str
        As the user named it, for messages.
    """

    file: IO[bytes]
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    name: str

    def __post_init__(self) -> None:
        weakref.finalize(self, self.file.close)

    def __len__(self) -> int:
        """Return the number of entries."""
        return self.shape[0]

    def read(self, places: Rows) -> NDArray[Any]:
        """Return the entries at the given places, in that order.

        Raises
        ------
        DataError
            If the file has become shorter since it was opened.
        """
        found = np.empty((len(places), *self.shape[1:]), self.dtype)
        size = prod(self.shape[1:]) * self.dtype.itemsize
        breaks = np.flatnonzero(np.diff(places) != 1) + 1
        for run in np.split(np.arange(len(places)), breaks):
            if not run.size:
                continue
            part = found[run[0] : run[-1] + 1].reshape(-1).view(np.uint8)
            self.file.seek(self.start + int(places[run[0]]) * size)
            if self.file.readinto(part) != part.nbytes:  # type: ignore[attr-defined]  # of every file object here
                raise DataError(f"{self.name}: the file has become shorter while it was read")
        return found


def open_array(path: Path, key: str | None, name: str) -> StoredArray:
    """Open a .npy file, or an array of an .npz file; pickled objects are never read.

    An array of an .npz file is unpacked once, into a temporary file that goes with the array.

    Parameters
    ----------
    path : Path
    key : str or None
        Name of the array in an .npz file that holds several.
    name : str
        The file as the user named it, for messages.

    Raises
    ------
    DataError
        If the file is not what its name says, or does not hold an array of numbers.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{name}: expected a .npy or .npz file, came {suffix or 'no suffix'!r}")
    if suffix == ".npy" and key is not None:
        raise DataError(f"{name}: a .npy file holds one array, key is {key!r}", "leave key out")
    with ExitStack() as stack:
        with reading(name):
            file = _unpacked(path, key, name) if suffix == ".npz" else path.open("rb")
        stack.callback(file.close)
        found = stored(file, name)
        stack.pop_all()
    return found


def stored(file: IO[bytes], name: str) -> StoredArray:
    """Return the array of an open .npy file.

    Raises
    ------
    DataError
        If it is none, or does not hold an array of numbers.
    """
    with reading(name):
        shape, fortran, dtype = _header(file)
    if dtype.hasobject or dtype.names or dtype.kind not in "biuf":
        raise DataError(f"{name}: expected an array of numbers, came {dtype}", ANOTHER)
    if not shape or min(shape) < 1:
        raise DataError(f"{name}: expected an array with rows, came one of shape {shape}")
    if fortran:
        raise DataError(
            f"{name}: expected rows one after the other, came an array in Fortran order",
            "save numpy.ascontiguousarray(array)",
        )
    start = file.tell()
    wanted, there = prod(shape) * dtype.itemsize, file.seek(0, os.SEEK_END) - start
    if there < wanted:
        raise DataError(
            f"{name}: expected {wanted:,} bytes for an array of shape {shape}, came {there:,}",
            "the file is not whole; copy or write it again",
        )
    return StoredArray(file=file, start=start, shape=shape, dtype=dtype, name=name)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever a broken file makes numpy, zipfile and zlib raise into one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{name}: cannot be read: {error}", ANOTHER) from error


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(file)
    if version == NPY_1:
        return npy.read_array_header_1_0(file)
    if version == NPY_2:
        return npy.read_array_header_2_0(file)
    raise ValueError(f"format version {version[0]}.{version[1]} is for names of columns")


def _unpacked(path: Path, key: str | None, name: str) -> IO[bytes]:
    """Return a temporary file with one array of the archive; it is gone once closed."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(_member(archive, key, name))
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if info.file_size > free:
            raise DataError(
                f"{name}: unpacked it takes {info.file_size:,} bytes, {free:,} are free in "
                f"{tempfile.gettempdir()}",
                "make room, or save the array as .npy",
            )
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the array
        with ExitStack() as stack:
            stack.callback(unpacked.close)
            with archive.open(info) as packed:
                shutil.copyfileobj(packed, unpacked, CHUNK)
            stack.pop_all()
    unpacked.seek(0)
    return unpacked


def _member(archive: zipfile.ZipFile, key: str | None, name: str) -> str:
    keys = [item.removesuffix(MEMBER) for item in archive.namelist() if item.endswith(MEMBER)]
    if key is None and len(keys) != 1:
        raise DataError(
            f"{name}: expected one array, came {len(keys)}",
            f"name one with key; {nearest('', keys)}",
        )
    if key is not None and key not in keys:
        raise DataError(f"{name}: no array {key!r}", nearest(key, keys))
    return (keys[0] if key is None else key) + MEMBER

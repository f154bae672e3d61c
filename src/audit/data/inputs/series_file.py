"""A series of one row: a .npy file, or a .csv file with the names of its channels."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from audit.data.inputs.folder import NamedFile
from audit.data.inputs.stored import stored
from audit.data.table import SEPARATORS
from audit.errors import DataError, nearest

LIMIT = 1 << 26
MATRIX = 2
SUFFIXES = (".npy", ".csv")


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Values of shape (steps, channels), NaN where a gap; names where the file has them."""

    values: NDArray[Any]
    names: tuple[str, ...] | None = None


def read_series(
    opened: NamedFile, *, channels: tuple[str, ...] | None, missing: Collection[str]
) -> Series:
    """Read the series of one row.

    Parameters
    ----------
    opened : NamedFile
    channels : tuple of str or None
        Of a .csv file: the columns to take, in order; by default all.
    missing : collection of str
        Of a .csv file: texts that mean a gap.

    Raises
    ------
    DataError
        If the file is too large, cannot be read, or holds something else than numbers.
    """
    file, name, suffix = opened.file, opened.name, opened.suffix
    size = os.fstat(file.fileno()).st_size
    if size > LIMIT:
        raise DataError(
            f"{name}: expected at most {LIMIT:,} bytes for one series, came {size:,}",
            "cut it into several rows",
        )
    if suffix not in SUFFIXES:
        raise DataError(
            f"{name}: expected a {' or '.join(SUFFIXES)} file, came {suffix or 'no suffix'!r}"
        )
    if suffix == ".npy":
        return Series(values=_matrix(file, name))
    try:
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            return _from_csv(text, name, channels, missing)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{name}: cannot be read: {error}", "is it the file you meant?") from error


def _matrix(file: IO[bytes], name: str) -> NDArray[Any]:
    array = stored(file, name)
    if len(array.shape) > MATRIX:
        raise DataError(f"{name}: expected a series of shape (steps, channels), came {array.shape}")
    return array.read(np.arange(len(array))).reshape(len(array), -1)


def _from_csv(
    text: IO[str], name: str, channels: tuple[str, ...] | None, missing: Collection[str]
) -> Series:
    first = text.readline(LIMIT)
    separator = max(SEPARATORS, key=first.count)
    header = [item.strip() for item in next(csv.reader([first], delimiter=separator), [])]
    if not header or len(set(header)) < len(header) or "" in header:
        raise DataError(f"{name}: expected different names of channels in line 1, came {header}")
    lines = [line for line in csv.reader(text, delimiter=separator) if line]
    if not lines:
        raise DataError(f"{name}: expected steps, came only names of channels")
    odd = next((place for place, line in enumerate(lines) if len(line) != len(header)), None)
    if odd is not None:
        raise DataError(
            f"{name}, step {odd + 1}: expected {len(header)} values, came {len(lines[odd])}"
        )
    wanted = header if channels is None else channels
    for channel in wanted:
        if channel not in header:
            raise DataError(f"{name}: no channel {channel!r}", nearest(channel, header))
    places = [header.index(channel) for channel in wanted]
    values = np.array(
        [
            [_number(line[place], missing, f"{name}, step {step}") for place in places]
            for step, line in enumerate(lines, start=1)
        ]
    )
    return Series(values=values, names=tuple(header))


def _number(text: str, missing: Collection[str], place: str) -> float:
    word = text.strip()
    if word in missing:
        return np.nan
    try:
        return float(word)
    except ValueError:
        raise DataError(
            f"{place}: expected a number, came {word!r}",
            "correct it, or list it under data.missing",
        ) from None

"""From data.inputs of the configuration to checked inputs that read from disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.config import DataConfig, Input
from audit.data.inputs import image, series
from audit.data.inputs.batches import Rows
from audit.data.inputs.checking import content_hash
from audit.data.inputs.entries import Entries, by_column, by_row
from audit.data.inputs.folder import FolderFiles
from audit.data.inputs.image import ImageInput
from audit.data.inputs.series import Gaps, SeriesInput
from audit.data.inputs.stored import StoredArray, open_array
from audit.data.inputs.text import TextInput
from audit.data.records import InputRecord
from audit.data.table import Table, find_file, find_folder
from audit.errors import DataError
from audit.progress import Report

Streamed = ImageInput | TextInput | SeriesInput


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Inputs over all rows of the index table, checked and hashed."""

    inputs: Mapping[str, Streamed]
    records: tuple[InputRecord, ...]

    def of(self, kept: Rows) -> dict[str, Streamed]:
        """Return the inputs of some rows of the index table."""
        return {name: replace(item, rows=kept) for name, item in self.inputs.items()}


def open_inputs(config: DataConfig, table: Table, base: Path, report: Report) -> Opened:
    """Open the inputs that are no table, and read every row of them once.

    Parameters
    ----------
    config : DataConfig
    table : Table
        The index table.
    base : Path
        Folder that paths are relative to.
    report : Report

    Raises
    ------
    DataError
        Naming the input, and the row and file that is not as it should be.
    """
    asked = {name: item for name, item in config.inputs.items() if item.kind != "table"}
    inputs: dict[str, Streamed] = {}
    for name, item in asked.items():
        with _named(name):
            inputs[name] = _Opener(asked=item, table=table, base=base, config=config).open()
    records = []
    rows, steps = len(table.frame), len(inputs) * len(table.frame)
    for place, (name, source) in enumerate(inputs.items()):
        told = partial(_tell, report, place * rows, steps)
        with _named(name):
            records.append(_record(name, asked[name], source, told))
    return Opened(inputs=inputs, records=tuple(records))


@dataclass(frozen=True, kw_only=True)
class _Opener:
    asked: Input
    table: Table
    base: Path
    config: DataConfig

    def open(self) -> Streamed:
        if self.asked.kind == "text":
            return TextInput(column=self._column(), rows=self._rows())
        return self._image() if self.asked.kind == "image" else self._series()

    def _image(self) -> ImageInput:
        asked, rows = self.asked, self._rows()
        if asked.sheet is not None:
            array, line = image.cut(find_file(asked.sheet, self.base), asked, _shown(asked.sheet))
            return image.from_array(self._entries(array, spare=line - 1), asked, rows)
        if asked.folder is not None:
            return image.from_folder(self._files(asked.folder), asked, rows)
        return image.from_array(self._entries(self._array()), asked, rows)

    def _series(self) -> SeriesInput:
        asked, rows = self.asked, self._rows()
        if asked.folder is not None:
            files = self._files(asked.folder)
            return series.from_folder(files, asked, rows, frozenset(self.config.missing))
        return series.from_array(self._entries(self._array()), asked, rows)

    def _rows(self) -> Rows:
        return np.arange(len(self.table.frame), dtype=np.int64)

    def _column(self) -> pd.Series[Any]:
        name = str(self.asked.column)
        if name == self.config.target.column:
            raise DataError(f"column {name!r} is the target", "name another column")
        return self.table.column(name, "input")

    def _array(self) -> StoredArray:
        path = self.asked.array or Path()
        return open_array(find_file(path, self.base), self.asked.key, _shown(path))

    def _entries(self, array: StoredArray, spare: int = 0) -> Entries:
        if self.asked.column is None:
            return by_row(array, len(self.table.frame), spare=spare)
        return by_column(array, self._column())

    def _files(self, folder: Path) -> FolderFiles:
        root = os.path.realpath(find_folder(folder, self.base))
        return FolderFiles(root=root, shown=_shown(folder), column=self._column())


def _tell(report: Report, before: int, steps: int, rows: int) -> None:
    report(before + rows, steps)


def _record(name: str, asked: Input, source: Streamed, told: Callable[[int], None]) -> InputRecord:
    gaps = Gaps(channels=source.channels) if isinstance(source, SeriesInput) else None
    sha256 = content_hash(source, told, gaps.add if gaps is not None else lambda _: None)
    return InputRecord(
        name=name,
        kind=asked.kind if asked.kind != "table" else "text",
        source=_source(asked),
        shape=source.shape,
        sha256=sha256,
        notes=() if gaps is None else gaps.notes(),
    )


def _source(asked: Input) -> str:
    parts = [] if (path := asked.folder or asked.array or asked.sheet) is None else [_shown(path)]
    return ", ".join([*parts, *([f"column {asked.column}"] if asked.column is not None else [])])


def _shown(path: Path) -> str:
    """Return a path for readers: never where it lies on this machine."""
    return path.name or "."


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise DataError(f"data.inputs.{name}: {error.problem}", error.hint) from error

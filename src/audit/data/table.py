"""Reading a table from a file or a dataframe, into one form."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from audit.data.columns import is_text
from audit.errors import DataError, nearest
from audit.user_code import CodeRecord

SEPARATORS = (",", ";", "\t", "|")
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns in memory; the index is the position in the source.

    Attributes
    ----------
    frame : pandas.DataFrame
    source : str
        As the user named it.
    ambiguous : frozenset of str
        Names that occur twice in the source with different values.
    code : tuple of CodeRecord
        Code of the user's that made the table.
    """

    frame: pd.DataFrame
    source: str
    ambiguous: frozenset[str] = frozenset()
    code: tuple[CodeRecord, ...] = ()

    def column(self, name: str, part: str) -> pd.Series[Any]:
        """Return a column, `part` being what it is wanted for.

        Raises
        ------
        DataError
            If there is no such column, or two different ones.
        """
        if name in self.ambiguous:
            raise DataError(
                f"{self.source}: column {name!r} ({part}) occurs twice with different values",
                "rename one of them",
            )
        if name not in self.frame.columns:
            raise DataError(
                f"{self.source}: no column {name!r} ({part})", nearest(name, self.frame.columns)
            )
        return self.frame[name]


def find_file(path: Path, base: Path) -> Path:
    """Return where `path` is: relative to `base`, else to the folder AUDIT_DATA names.

    Raises
    ------
    DataError
        If it is in neither place.
    """
    return _find(path, base, Path.is_file, "file")


def find_folder(path: Path, base: Path) -> Path:
    """Return where the folder `path` is: relative to `base`, else to the one AUDIT_DATA names.

    Raises
    ------
    DataError
        If it is in neither place.
    """
    return _find(path, base, Path.is_dir, "folder")


def _find(path: Path, base: Path, is_there: Callable[[Path], bool], kind: str) -> Path:
    roots = [base]
    if data := os.environ.get("AUDIT_DATA"):
        roots.append(Path(data))
    try:
        for root in roots:
            if is_there(root / path):
                return root / path
    except (OSError, ValueError) as error:
        raise DataError(f"{str(path)[:80]}: cannot be a {kind}: {error}") from error
    names = [item.name for item in (base / path).parent.glob("*") if is_there(item)]
    places = "relative to the configuration" + (" or to AUDIT_DATA" if data else "")
    raise DataError(f"{path}: no such {kind} {places}", nearest(path.name, names))


def read_file(path: Path, *, name: str, missing: tuple[str, ...]) -> Table:
    """Read a .csv, .tsv (also .gz) or .parquet file.

    Parameters
    ----------
    path : Path
    name : str
        The file as the user named it, for messages and for the evidence.
    missing : tuple of str
        Texts that mean a missing value.

    Raises
    ------
    DataError
        If the file cannot be read as what its name says, or holds no rows.
    """
    lower = path.name.lower()
    if not lower.endswith(SUFFIXES):
        raise DataError(f"{name}: expected one of {', '.join(SUFFIXES)}, came another file type")
    try:
        if lower.endswith(".parquet"):
            return _checked(_read_parquet(path, missing), name)
        return _checked(*_read_csv(path, missing, name))
    except (OSError, EOFError, UnicodeDecodeError, ValueError, pd.errors.ParserError) as error:
        raise DataError(f"{name}: cannot be read: {error}", "is it the file you meant?") from error


def from_frame(data: Any, name: str = "data") -> Table:  # noqa: ANN401 - any dataframe library
    """Take a dataframe of any library (through narwhals), or a mapping of arrays.

    Raises
    ------
    DataError
        If `data` is not a dataframe, or holds no rows.
    """
    import narwhals as nw

    if isinstance(data, dict):
        return _checked(pd.DataFrame(data), name)
    try:
        frame = nw.from_native(data)
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"{name}: {error}", "rename one of them") from error
    except TypeError as error:
        raise DataError(
            f"{name}: expected a dataframe, came {type(data).__name__}",
            "give a pandas, polars or pyarrow table, or a dict of arrays",
        ) from error
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return _checked(eager.to_pandas(), name)


def _checked(frame: pd.DataFrame, name: str, ambiguous: frozenset[str] = frozenset()) -> Table:
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index([str(column) for column in frame.columns])
    if frame.columns.has_duplicates:  # a Parquet file may hold two columns of one name
        twice = Counter(frame.columns).most_common(1)[0][0]
        raise DataError(f"{name}: column {twice!r} occurs twice", "rename one of them")
    if frame.empty:
        raise DataError(f"{name}: expected rows, came an empty table")
    return Table(frame=frame, source=name, ambiguous=ambiguous)


def _read_parquet(path: Path, missing: tuple[str, ...]) -> pd.DataFrame:
    import pyarrow.parquet as pq

    frame: pd.DataFrame = pq.read_table(path).to_pandas(ignore_metadata=True)
    for column in frame.columns:
        if is_text(frame[column]):
            frame[column] = frame[column].mask(frame[column].isin(missing))
    return frame


def _read_csv(
    path: Path, missing: tuple[str, ...], name: str
) -> tuple[pd.DataFrame, str, frozenset[str]]:
    header, separator = _header(path)
    if not header:
        raise DataError(f"{name}: expected rows, came an empty table")
    frame = pd.read_csv(
        path,
        sep=separator,
        keep_default_na=False,
        na_values=list(missing),
        skipinitialspace=True,
        low_memory=False,
        encoding="utf-8-sig",
    )
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        raise DataError(
            f"{name}: rows hold more values than the header has names ({len(header)})",
            "give every column a name",
        )
    return _without_repeats(frame, header, name)


def _header(path: Path) -> tuple[list[str], str]:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        line = file.readline(1 << 20)
    separator = max(SEPARATORS, key=line.count)
    return next(csv.reader([line], delimiter=separator), []), separator


def _without_repeats(
    frame: pd.DataFrame, header: list[str], name: str
) -> tuple[pd.DataFrame, str, frozenset[str]]:
    # pandas calls the second column of a name "name.1"; the first keeps the name.
    repeated = [column for column, times in Counter(header).items() if times > 1]
    ambiguous = set()
    for column in repeated:
        for position in range(1, header.count(column)):
            twin = f"{column}.{position}"
            if frame[column].equals(frame[twin]):
                frame = frame.drop(columns=twin)
            else:
                ambiguous.add(column)
    return frame, name, frozenset(ambiguous)

"""Cell tables of Parquet and CSV files of any size, counted by DuckDB in flat memory."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Sequence
from dataclasses import replace
from glob import glob
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit.config.data import MISSING
from audit.data.table import SEPARATORS, SUFFIXES
from audit.errors import MetricError
from audit.metrics.table.backends.engine import one_line_of
from audit.metrics.table.backends.frame import counted
from audit.metrics.table.backends.roles import Roles, require_columns
from audit.metrics.table.binning import BUCKETS, Scale
from audit.metrics.table.cells import BINARY, CellTable

NUMBERS = ("BIGINT", "DOUBLE")
Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


def cells_from_file(
    path: Paths,
    *,
    label: str,
    prediction: str | None = None,
    score: str | None = None,
    threshold: float | None = None,
    sensitive: Sequence[str] = (),
    weight: str | None = None,
    person: str | None = None,
    classes: Sequence[str] | None = BINARY,
    scale: Scale = Scale(),  # noqa: B008 - frozen
    buckets: int = BUCKETS,
    memory: str = "700MB",
    missing: Sequence[str] = MISSING,
) -> CellTable:
    """Count the rows of Parquet or CSV files by group, label, prediction and score.

    Parameters
    ----------
    path : str, path, or sequence of them
        Files of one kind, ending in ``.parquet``, or in ``.csv`` or ``.tsv`` (also ``.gz``); ``*``
        stands for any name. Columns are matched by name.
    label, prediction, score, threshold, sensitive, weight, person, classes, scale, buckets
        As `audit.metrics.table.backends.frame.cells_from_frame` takes them.
    memory : str
        What DuckDB may hold at a time, for example ``2GB``.
    missing : sequence of str
        Texts that stand for a missing value; those of a configuration unless others are named.

    Raises
    ------
    MetricError
        If DuckDB is not installed, there is no such file, it cannot be read, or as
        `cells_from_frame`.

    Notes
    -----
    A column of a CSV whose values are all numbers, or all True and False, is read as such, and
    else as text, as pandas does: ``01`` and ``1`` are one category where all are numbers.
    """
    roles = Roles(
        label=label,
        prediction=prediction,
        score=score,
        threshold=threshold,
        sensitive=sensitive,
        weight=weight,
        person=person,
        classes=classes,
        scale=scale,
        buckets=buckets,
        missing=frozenset(missing),
    )
    paths = found_files(path)
    with TemporaryDirectory() as spill, one_line_of(f"reading {Path(paths[0]).name}"):
        connection = _connected(memory, spill)
        try:
            if paths[0].lower().endswith(".parquet"):
                return counted(_parquet(connection, paths), roles)
            untyped = replace(roles, untyped=True)
            return counted(_csv(connection, paths, untyped), untyped)
        finally:
            connection.close()


def found_files(path: Paths) -> list[str]:
    """Return the files that are meant, in order.

    Raises
    ------
    MetricError
        If there are none, or they are not all Parquet or all CSV.
    """
    given = [path] if isinstance(path, str | PathLike) else list(path)
    files = [file for item in given for file in _expanded(str(fspath(item)))]
    kinds = {file.lower().endswith(".parquet") for file in files}
    if not files or len(kinds) > 1 or not all(file.lower().endswith(SUFFIXES) for file in files):
        came = ", ".join(Path(file).name for file in files[:3]) or "none"
        raise MetricError(
            f"expected files of one kind, ending in {', '.join(SUFFIXES)}, came {came}"
        )
    return files


def _expanded(path: str) -> list[str]:
    try:
        if Path(path).is_file():
            return [path]
        every = glob(path, recursive=True)  # noqa: PTH207 - absolute patterns too
        files = sorted(file for file in every if Path(file).is_file())
    except (OSError, ValueError) as error:
        raise MetricError(f"{path[:80]}: cannot be a file: {error}") from error
    if not files:
        raise MetricError(f"{path}: no such file", "is the path relative to another folder?")
    return files


def _connected(memory: str, spill: str) -> Any:  # noqa: ANN401 - of DuckDB
    try:
        import duckdb
    except ImportError as error:
        raise MetricError(
            "expected DuckDB, which counts files, came none",
            'install it: pip install "weight-audit[duckdb]"',
        ) from error
    return duckdb.connect(
        config={
            "memory_limit": memory,
            "temp_directory": spill,
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
        }
    )


def _parquet(connection: Any, paths: list[str]) -> Any:  # noqa: ANN401 - of DuckDB
    return connection.read_parquet([_literal(path) for path in paths], union_by_name=True)


def _csv(connection: Any, paths: list[str], roles: Roles) -> Any:  # noqa: ANN401 - of DuckDB
    """Read texts; those that are wanted as numbers are cast, persons where all are numbers."""
    texts = _texts(connection, paths[0], roles)
    for path in paths[1:]:
        texts = texts.union(_texts(connection, path, roles))
    numeric = {roles.score, roles.weight} | (
        {roles.label, roles.prediction} if roles.classes is None else set()
    )
    kinds = {name: "DOUBLE" for name in numeric if name is not None}
    if roles.person is not None:
        kinds.setdefault(roles.person, _kind(texts, roles.person, roles.missing))
    columns = [
        f"CAST({_known(name, roles.missing)} AS {kinds.get(name, 'VARCHAR')}) AS {_quoted(name)}"
        for name in dict.fromkeys(roles.named().values())
    ]
    return texts.project(", ".join(columns))


def _texts(connection: Any, path: str, roles: Roles) -> Any:  # noqa: ANN401 - of DuckDB
    """Read the wanted columns of one CSV as texts; nothing about it is guessed."""
    header, separator = header_of(Path(path))
    wanted = list(dict.fromkeys(roles.named().values()))
    require_columns(roles.named(), header)
    for name in wanted:
        if header.count(name) > 1:
            raise MetricError(f"column {name!r} occurs twice", "rename one of them")
    places = {f"c{place}": "VARCHAR" for place in range(len(header))}
    rows = connection.sql(
        "SELECT * FROM read_csv(?, columns = ?, auto_detect = false, header = true, delim = ?, "
        "quote = '\"', escape = '\"')",
        params=[_literal(path), places, separator],
    )
    return rows.project(", ".join(f"c{header.index(name)} AS {_quoted(name)}" for name in wanted))


def _kind(texts: Any, name: str, missing: frozenset[str]) -> str:  # noqa: ANN401 - of DuckDB
    """Return the type of a column of texts; the rows are passed once to find out."""
    known = _known(name, missing)
    counts = ", ".join(f"count(TRY_CAST({known} AS {kind}))" for kind in ("VARCHAR", *NUMBERS))
    every, *found = texts.aggregate(counts).fetchall()[0]
    return next((kind for kind, n in zip(NUMBERS, found, strict=True) if n == every), "VARCHAR")


def _known(name: str, missing: frozenset[str]) -> str:
    """Write a text without leading spaces, null where it means missing."""
    text = f"ltrim({_quoted(name)}, ' ')"
    if not missing:
        return text
    listed = ", ".join("'" + item.replace("'", "''") + "'" for item in sorted(missing))
    return f"CASE WHEN {text} IN ({listed}) THEN NULL ELSE {text} END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: str) -> str:
    """Write a path so that DuckDB takes none of its characters for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def header_of(path: Path) -> tuple[list[str], str]:
    """Return the names of a CSV's columns and what separates them."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        line = file.readline(1 << 20)
    separator = max(SEPARATORS, key=line.count)
    names = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return names, separator

"""From a table and the part each column plays to a Dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import DataConfig
from audit.config.inputs import columns_read
from audit.data.columns import category_text, numbers
from audit.data.dataset import Dataset, InputSource, Rows, TableInput
from audit.data.description import describe
from audit.data.inputs.building import Opened, open_inputs
from audit.data.probable import probable_attribute
from audit.data.records import Role
from audit.data.sensitive import attribute
from audit.data.split import Parts, parts
from audit.data.table import Table, find_file, from_frame, read_file
from audit.data.target import outcomes
from audit.errors import DataError
from audit.progress import Report
from audit.registry import SOURCES
from audit.user_code import find_function

TABLE = "table"
"""The one input where data.inputs names none."""


def read_table(config: DataConfig, base: Path) -> Table:
    """Read the table that the configuration names.

    Raises
    ------
    DataError
        If it cannot be found or read.
    """
    if config.source is not None:
        return _from_source(config.source, base)
    path = Path(config.path or "")
    return read_file(find_file(path, base), name=path.name, missing=config.missing)


def _from_source(name: str, base: Path) -> Table:
    if name in SOURCES.entries:
        return Table(frame=SOURCES.resolve(name)(), source=name)
    if not name.rpartition(":")[0].endswith(".py"):
        SOURCES.target(name)
    function = find_function(name, base, DataError)
    shown = function.record.name
    return replace(from_frame(function(), shown), source=shown, code=(function.record,))


def feature_names(config: DataConfig, table: Table, other: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the columns that a network sees, in order.

    `other` names columns that play another part, for example the score of an earlier model. With
    ``data.inputs`` only an input of kind table has features, and a column that another input reads
    is none.

    Raises
    ------
    DataError
        If a named column is not there, if the target is among them, or if none is left.
    """
    if config.inputs and _table_name(config) is None:
        return ()
    read = columns_read(config.inputs)
    for name in (*(config.features.include or ()), *config.features.exclude):
        table.column(name, "features")
    if config.features.include is not None:
        if config.target.column in config.features.include:
            raise DataError(
                f"features.include: expected features, came the target {config.target.column!r}",
                "leave it out",
            )
        for name in config.features.include:
            if name in read:
                raise DataError(
                    f"features.include: {name!r} is read by data.inputs.{read[name]}",
                    "leave it out",
                )
        return config.features.include
    taken = {
        config.target.column,
        config.sample_weight,
        config.person,
        config.query,
        *config.features.exclude,
        *other,
        *read,
    }
    taken |= {item.column for item in config.categorical}
    taken |= {column for item in config.probable for column in item.columns}
    taken |= {config.split.column} if config.split else set()
    names = tuple(name for name in table.frame.columns if name not in taken)
    if not names:
        raise DataError(f"{table.source}: no column is left as a feature", "check features:")
    return names


def build_dataset(
    config: DataConfig,
    table: Table,
    features: Iterable[str],
    other: dict[str, Role] | None = None,
    *,
    base: Path | None = None,
    report: Report = lambda done, steps, note="", /: None,
) -> Dataset:
    """Give each column its part and each row its label, groups, weight and split.

    Parameters
    ----------
    config : DataConfig
    table : Table
    features : iterable of str
        Columns that the network sees; none for predictions only.
    other : dict, optional
        Further columns that play a part, for example ``{"decile_score": "score"}``.
    base : Path, optional
        Folder that the paths of ``data.inputs`` are relative to; without it only an input of kind
        table is there, as for predictions only.
    report : Report
        Told how many rows of those inputs have been read: each is checked once before anything
        runs.

    Returns
    -------
    Dataset
        Rows without a label are left out, and counted in the record.

    Raises
    ------
    DataError
        Naming the column, row and value, or the file of the row, that does not fit.
    """
    features = tuple(features)
    found = outcomes(table.column(config.target.column, "target"), config.target, config.task)
    groups = [attribute(table.column(s.column, "sensitive"), s) for s in config.categorical]
    kept = np.flatnonzero(found.known)
    split = _split(config, table, kept)
    sensitive = tuple(item.take(kept) for item in groups)
    controls = [attribute(table.column(c.column, "control"), c) for c in config.control]
    probable = [probable_attribute(table, item) for item in config.probable]
    person = _ids(config.person, "person", table, kept)
    weights = _weights(config, table, kept)
    opened = _opened(config, table, base, report)
    return Dataset(
        inputs=_inputs(config, table, features, opened, kept),
        target=found.values[kept],
        task=config.task,
        classes=found.classes,
        focus=found.focus,
        codes=None if found.codes is None else found.codes[kept],
        sensitive=sensitive,
        weights=weights,
        controls=tuple(item.take(kept) for item in controls),
        person=person,
        probable=tuple(item.take(kept) for item in probable),
        query=_ids(config.query, "query", table, kept),
        similar=_similar(config, table, kept),
        splits=split.rows,
        row_ids=kept.astype(np.int64),
        record=describe(
            config,
            table,
            features=features,
            other=other or {},
            found=found,
            split=split,
            sensitive=sensitive,
            person=person,
            inputs=opened.records,
        ),
    )


def _table_name(config: DataConfig) -> str | None:
    """Return the name of the input that takes the feature columns."""
    if not config.inputs:
        return TABLE
    return next((name for name, item in config.inputs.items() if item.kind == "table"), None)


def _opened(config: DataConfig, table: Table, base: Path | None, report: Report) -> Opened:
    if base is None or all(item.kind == "table" for item in config.inputs.values()):
        return Opened(inputs={}, records=())
    return open_inputs(config, table, base, report)


def _inputs(
    config: DataConfig, table: Table, features: tuple[str, ...], opened: Opened, kept: Rows
) -> dict[str, InputSource]:
    """Return the inputs in the order of the configuration."""
    found: dict[str, InputSource] = dict(opened.of(kept))
    own = _table_name(config)
    if features and own is not None:
        frame = pd.DataFrame({name: table.column(name, "feature") for name in features})
        found[own] = TableInput(frame=frame.iloc[kept])
    return {name: found[name] for name in config.inputs or found if name in found}


def _split(config: DataConfig, table: Table, kept: Rows) -> Parts:
    rule = config.split
    column = table.column(rule.column, "split").iloc[kept] if rule and rule.column else None
    return parts(rule, column, len(kept))


def _similar(config: DataConfig, table: Table, kept: Rows) -> pd.DataFrame | None:
    if not config.similar:
        return None
    return pd.DataFrame({n: table.column(n, "similar") for n in config.similar}).iloc[kept]


def _ids(name: str | None, part: str, table: Table, kept: Rows) -> NDArray[np.object_] | None:
    if name is None:
        return None
    column = table.column(name, part).iloc[kept]
    missing = np.flatnonzero(column.isna())
    if missing.size:
        wanted = "who each row is about" if part == "person" else "the list of each row"
        raise DataError(
            f"column {name!r} ({part}): expected {wanted}, came a missing "
            f"value in row {kept[missing[0]] + 1} ({missing.size} rows)",
            f"give each {part} an id, or leave {part} out",
        )
    codes, uniques = pd.factorize(column.to_numpy(dtype=object))
    return np.array([category_text(value) for value in uniques], dtype=object)[codes]


def _weights(config: DataConfig, table: Table, kept: Rows) -> NDArray[np.float64] | None:
    if config.sample_weight is None:
        return None
    values = numbers(table.column(config.sample_weight, "sample_weight"), "sample_weight")[kept]
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if wrong.size:
        raise DataError(
            f"column {config.sample_weight!r} (sample_weight): expected weights of 0 or more, came "
            f"{values[wrong[0]]:g} in row {kept[wrong[0]] + 1}"
        )
    if not values.sum() > 0:
        raise DataError(
            f"column {config.sample_weight!r} (sample_weight): expected weights, came only 0"
        )
    return values

"""From a table and the part each column plays to a Dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import DataConfig
from audit.data.columns import category_text, numbers
from audit.data.dataset import Dataset, Rows, TableInput
from audit.data.description import describe
from audit.data.records import Role
from audit.data.sensitive import attribute
from audit.data.split import Parts, parts
from audit.data.table import Table, find_file, from_frame, read_file
from audit.data.target import labels
from audit.errors import DataError
from audit.registry import SOURCES
from audit.user_code import find_function


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

    `other` names columns that play another part, for example the score of an earlier model.

    Raises
    ------
    DataError
        If a named column is not there, if the target is among them, or if none is left.
    """
    for name in (*(config.features.include or ()), *config.features.exclude):
        table.column(name, "features")
    if config.features.include is not None:
        if config.target.column in config.features.include:
            raise DataError(
                f"features.include: expected features, came the target {config.target.column!r}",
                "leave it out",
            )
        return config.features.include
    taken = {
        config.target.column,
        config.sample_weight,
        config.person,
        *config.features.exclude,
        *other,
    }
    taken |= {item.column for item in config.sensitive}
    taken |= {config.split.column} if config.split else set()
    names = tuple(name for name in table.frame.columns if name not in taken)
    if not names:
        raise DataError(f"{table.source}: no column is left as a feature", "check features:")
    return names


def build_dataset(
    config: DataConfig, table: Table, features: Iterable[str], other: dict[str, Role] | None = None
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

    Returns
    -------
    Dataset
        Rows without a label are left out, and counted in the record.

    Raises
    ------
    DataError
        Naming the column, row and value that does not fit.
    """
    features = tuple(features)
    found = labels(table.column(config.target.column, "target"), config.target)
    groups = [attribute(table.column(s.column, "sensitive"), s) for s in config.sensitive]
    kept = np.flatnonzero(found.known)
    split = _split(config, table, kept)
    frame = pd.DataFrame({name: table.column(name, "feature") for name in features})
    sensitive = tuple(item.take(kept) for item in groups)
    controls = [attribute(table.column(c.column, "control"), c) for c in config.control]
    person = _person(config, table, kept)
    return Dataset(
        inputs={"table": TableInput(frame=frame.iloc[kept])} if features else {},
        target=found.values[kept],
        sensitive=sensitive,
        weights=_weights(config, table, kept),
        controls=tuple(item.take(kept) for item in controls),
        person=person,
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
        ),
    )


def _split(config: DataConfig, table: Table, kept: Rows) -> Parts:
    rule = config.split
    column = table.column(rule.column, "split").iloc[kept] if rule and rule.column else None
    return parts(rule, column, len(kept))


def _person(config: DataConfig, table: Table, kept: Rows) -> NDArray[np.object_] | None:
    if config.person is None:
        return None
    column = table.column(config.person, "person").iloc[kept]
    missing = np.flatnonzero(column.isna())
    if missing.size:
        raise DataError(
            f"column {config.person!r} (person): expected who each row is about, came a missing "
            f"value in row {kept[missing[0]] + 1} ({missing.size} rows)",
            "give each person an id, or leave person out",
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

"""What the evidence says about a data set: parts of columns, sizes of groups, rows left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import DataConfig
from audit.config.inputs import columns_read
from audit.data.columns import kind_of
from audit.data.dataset import Rows, SensitiveAttribute
from audit.data.fingerprint import fingerprint
from audit.data.records import (
    UNKNOWN,
    ColumnRecord,
    CountRecord,
    DataRecord,
    GroupCount,
    InputRecord,
    Role,
)
from audit.data.split import Parts
from audit.data.table import Table
from audit.data.target import Labels


def describe(
    config: DataConfig,
    table: Table,
    *,
    features: tuple[str, ...],
    other: Mapping[str, Role],
    found: Labels,
    split: Parts,
    sensitive: tuple[SensitiveAttribute, ...],
    person: NDArray[np.object_] | None = None,
    inputs: tuple[InputRecord, ...] = (),
) -> DataRecord:
    """Return the record of a data set as it was audited."""
    tested = split.rows["test"]
    positive = found.values[found.known][tested]
    return DataRecord(
        source=table.source,
        sha256=fingerprint(table.frame),
        rows=len(table.frame),
        columns=_columns(config, table, set(features), other),
        target=found.words,
        splits={name: len(rows) for name, rows in split.rows.items()},
        split="test" if config.split else "all",
        split_source=split.words,
        weighted=config.sample_weight is not None,
        people=None if person is None else len(set(person[tested].tolist())),
        excluded=_excluded(found, split),
        unknown={item.name: _unknown(item, tested) for item in sensitive},
        groups=_group_counts(sensitive, tested, None if config.task == "regression" else positive),
        code=table.code,
        task=config.task,
        classes=found.classes,
        focus=found.classes[found.focus] if found.classes else None,
        inputs=inputs,
    )


def _unknown(item: SensitiveAttribute, rows: Rows) -> int:
    if UNKNOWN not in item.categories:
        return 0
    return int((item.codes[rows] == item.categories.index(UNKNOWN)).sum())


def _group_counts(
    sensitive: tuple[SensitiveAttribute, ...], rows: Rows, positive: NDArray[Any] | None
) -> tuple[GroupCount, ...]:
    total = len(rows)
    everyone = None if positive is None else int(positive.sum())
    counts = [GroupCount(group={}, n=total, positives=everyone, share=1.0)]
    for item in sensitive:
        size = len(item.categories)
        n = np.bincount(item.codes[rows], minlength=size)
        ones = None
        if positive is not None:
            ones = np.bincount(item.codes[rows], weights=positive, minlength=size)
        counts += [
            GroupCount(
                group={item.name: name},
                n=int(n[code]),
                positives=None if ones is None else int(ones[code]),
                share=float(n[code] / total),
                unknown=name == UNKNOWN,
            )
            for code, name in enumerate(item.categories)
        ]
    return tuple(counts)


def _columns(
    config: DataConfig, table: Table, features: set[str], other: Mapping[str, Role]
) -> tuple[ColumnRecord, ...]:
    named: dict[Role, set[Any]] = {
        "feature": features,
        "target": {config.target.column},
        "sensitive": {item.column for item in config.categorical},
        "probability": {column for item in config.probable for column in item.columns},
        "proxy": {column for item in config.probable for column in item.proxy},
        "control": {item.column for item in config.control},
        "weight": {config.sample_weight},
        "person": {config.person},
        "query": {config.query},
        "similar": set(config.similar),
        "split": {config.split.column} if config.split else set(),
        "excluded": set(config.features.exclude),
        "input": set(columns_read(config.inputs)),
    }
    for name, role in other.items():
        named[role] = {name}
    return tuple(
        ColumnRecord(
            name=str(name),
            roles=tuple(role for role, names in named.items() if name in names) or ("unused",),
            kind=kind_of(table.frame[name]),
            missing=int(table.frame[name].isna().sum()),
        )
        for name in table.frame.columns
    )


def _excluded(found: Labels, split: Parts) -> tuple[CountRecord, ...]:
    counts = {
        "no label": int((~found.known).sum()),
        "in none of the splits that are named": split.unused,
    }
    return tuple(CountRecord(reason=reason, rows=rows) for reason, rows in counts.items() if rows)

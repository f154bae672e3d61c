"""What the evidence says about a data set: parts of columns, sizes of groups, rows left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import DataConfig
from audit.data.columns import kind_of
from audit.data.dataset import Rows, SensitiveAttribute
from audit.data.fingerprint import fingerprint
from audit.data.records import UNKNOWN, ColumnRecord, CountRecord, DataRecord, GroupCount, Role
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
        groups=_group_counts(sensitive, tested, positive),
        code=table.code,
    )


def _unknown(item: SensitiveAttribute, rows: Rows) -> int:
    if UNKNOWN not in item.categories:
        return 0
    return int((item.codes[rows] == item.categories.index(UNKNOWN)).sum())


def _group_counts(
    sensitive: tuple[SensitiveAttribute, ...], rows: Rows, positive: NDArray[np.int8]
) -> tuple[GroupCount, ...]:
    total = len(rows)
    counts = [GroupCount(group={}, n=total, positives=int(positive.sum()), share=1.0)]
    for item in sensitive:
        size = len(item.categories)
        n = np.bincount(item.codes[rows], minlength=size)
        ones = np.bincount(item.codes[rows], weights=positive, minlength=size)
        counts += [
            GroupCount(
                group={item.name: name},
                n=int(n[code]),
                positives=int(ones[code]),
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
        "sensitive": {item.column for item in config.sensitive},
        "control": {item.column for item in config.control},
        "weight": {config.sample_weight},
        "person": {config.person},
        "split": {config.split.column} if config.split else set(),
        "excluded": set(config.features.exclude),
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

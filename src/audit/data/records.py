"""What the evidence says about the data: who was in it, what was left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from audit.user_code import CodeRecord

UNKNOWN = "unknown"
"""The group of rows that have no known category."""

Role = Literal[
    "feature", "target", "sensitive", "control", "weight", "person", "split", "score", "label",
    "unused", "excluded",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ColumnRecord:
    """One column of the source and the parts it plays."""

    name: str
    roles: tuple[Role, ...]
    kind: Literal["number", "text", "truth", "date", "other"]
    missing: int


@dataclass(frozen=True, kw_only=True)
class CountRecord:
    """A number of rows, and why they are counted."""

    reason: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class GroupCount:
    """One group of one attribute in the audited rows; `positives` is None where suppressed."""

    group: dict[str, str]
    n: int
    positives: int | None
    share: float
    unknown: bool = False


def masked(groups: tuple[GroupCount, ...], minimum: int) -> tuple[GroupCount, ...]:
    """Suppress how many of a small group are positive; its size stays stated."""
    return tuple(replace(group, positives=None) if group.n < minimum else group for group in groups)


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """The audited data.

    Attributes
    ----------
    source : str
        As the configuration names it; never an absolute path of the machine.
    sha256 : str
        Of the logical content: column names and values in row order, whatever the file format.
    rows, columns : int, tuple
        Of the source.
    target : str
        The target in words, for example ``income is '>50K'``.
    splits : dict
        Rows used per split, after exclusions; the metrics are those of ``split``.
    split : str
        The audited split.
    split_source : str
        How the split came about, in words.
    people : int or None
        Different people in the audited rows, where a column names them.
    excluded : tuple of CountRecord
        Rows left out of everything, with the reason.
    unknown : dict
        Audited rows without a category, by attribute.
    groups : tuple of GroupCount
        Everyone (empty group) first, then each attribute's categories, unknown last.
    code : tuple of CodeRecord
        Code that the configuration names and that made the table.
    """

    source: str
    sha256: str
    rows: int
    columns: tuple[ColumnRecord, ...]
    target: str
    splits: dict[str, int]
    split: str
    split_source: str
    weighted: bool = False
    people: int | None = None
    excluded: tuple[CountRecord, ...] = ()
    unknown: dict[str, int]
    groups: tuple[GroupCount, ...] = ()
    code: tuple[CodeRecord, ...] = ()

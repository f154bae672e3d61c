"""What the evidence says about the data: who was in it, what was left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from audit.user_code import CodeRecord

UNKNOWN = "unknown"
"""The group of rows that have no known category."""

Role = Literal[
    "feature", "target", "sensitive", "probability", "proxy", "control", "weight", "person",
    "query", "similar", "split", "score", "label", "lower", "upper", "unused", "excluded",
    "input",
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
    """One group of one attribute in the audited rows.

    `positives` (of several classes, rows of the one in focus) is None where suppressed, and of a
    regression.
    """

    group: dict[str, str]
    n: int
    positives: int | None
    share: float
    unknown: bool = False


def masked(groups: tuple[GroupCount, ...], minimum: int) -> tuple[GroupCount, ...]:
    """Suppress how many of a small group are positive; its size stays stated."""
    return tuple(replace(group, positives=None) if group.n < minimum else group for group in groups)


@dataclass(frozen=True, kw_only=True)
class InputRecord:
    """One input of the network that is no table of columns.

    Attributes
    ----------
    name, kind : str
    source : str
        File, folder or column, as the configuration names it.
    shape : str
        Of one row, in words, for example ``48 × 48 pixels (height × width), rgb, 0 to 255``.
    sha256 : str
        Of the logical content: every row of the audited table, in order.
    notes : tuple of str
        What a reader must know, for example how many values of a series are missing.
    """

    name: str
    kind: Literal["image", "text", "series"]
    source: str
    shape: str
    sha256: str
    notes: tuple[str, ...] = ()


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
    task : {"binary", "multiclass", "regression"}
    classes : tuple of str
        Of a multiclass task, in their order.
    focus : str or None
        The class that explanations, ledgers and mitigations of a multiclass task are about.
    inputs : tuple of InputRecord
        Inputs that are no table.
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
    task: Literal["binary", "multiclass", "regression"] = "binary"
    classes: tuple[str, ...] = ()
    focus: str | None = None
    inputs: tuple[InputRecord, ...] = ()

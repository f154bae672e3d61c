"""Tables as values: what the templates print and the script sorts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from audit.report.document import Phrase, Shown

NUMBER = re.compile(r"[+−]?[\d,]+(\.\d+)?(%|\u00a0pp)?")
"""What the script reads as a number; other values carry their key."""
Kind = Literal["text", "number", "name", "why"]
LONG = 16


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: lines of words and values, and what it is sorted by (empty: last)."""

    lines: tuple[Phrase, ...]
    key: float | str = ""
    kind: Kind = "number"
    span: int = 1

    @property
    def attribute(self) -> str | None:
        """What the page needs to sort by; None where the text of the cell does."""
        if isinstance(self.key, str):
            return "" if self.key == "" else None
        first = next(
            (part for line in self.lines for part in line if isinstance(part, Shown)), None
        )
        told = self.kind == "number" and first is not None and NUMBER.fullmatch(first.text)
        return None if told else f"{self.key:.6g}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column head; `sorted` names the order in which the rows come."""

    title: Phrase
    kind: Kind = "number"
    sorted: Literal["ascending", "descending", ""] = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; long ones are folded, or scroll if they are pinned open."""

    id: str
    caption: Phrase
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sortable: bool = True
    folded: bool = False
    pinned: bool = False
    ends: int = 0
    """Rows at the end that are never cut: what closes an account."""
    most: int = 10_000
    """Rows that are printed at most, the last ones included."""

    @property
    def long(self) -> bool:
        """Whether the table is folded until a reader asks for it."""
        return not self.pinned and (self.folded or len(self.rows) > LONG)

    def printed(self, limit: int) -> tuple[tuple[Cell, ...], ...]:
        """Return the rows that the page has room for; findings, pinned open, are never cut."""
        limit = max(min(limit, self.most) - self.ends, 1)
        body = self.rows[: len(self.rows) - self.ends]
        if self.pinned or len(body) <= limit:
            return self.rows
        return (*body[:limit], *self.rows[len(body) :])

    @property
    def tall(self) -> bool:
        """Whether a table that is never folded scrolls in a window of its own."""
        return self.pinned and len(self.rows) > LONG


def number(*lines: Phrase) -> Cell:
    """Make a cell of numbers, sorted by the first value in it."""
    return Cell(lines, _key(lines))


def why(line: Phrase, span: int = 1) -> Cell:
    """Make a cell that says why there is no number; sorted last."""
    return Cell((line,), "", "why", span)


def words(*lines: Phrase) -> Cell:
    """Make a cell of words."""
    return Cell(lines, _key(lines), "text")


def name(*lines: Phrase) -> Cell:
    """Make the cell that names its row."""
    return Cell(lines, _key(lines), "name")


def columns(*titles: str | Column) -> tuple[Column, ...]:
    """Make column heads: the first names the rows, the others hold numbers unless they say so."""
    return tuple(
        title if isinstance(title, Column) else Column((title,), "number" if place else "name")
        for place, title in enumerate(titles)
    )


def _key(lines: Iterable[Phrase]) -> float | str:
    parts = [part for line in lines for part in line]
    if not parts or _missing(parts[0]):
        return ""
    values = [part.key for part in parts if isinstance(part, Shown)]
    return values[0] if values else str(parts[0])


def _missing(part: str | Shown) -> bool:
    text = part if isinstance(part, str) else part.text
    return text.startswith(("suppressed", "undefined", "—"))

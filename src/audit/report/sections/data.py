"""Data: who is in it, label rates, and what the predictions add to the gaps in the labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.report.comparisons import estimate_cell
from audit.report.document import Document, Phrase, escape, joined
from audit.report.group_tables import group_key, rate_cell
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

KEY = "data"
TITLE = "Data"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    facts: tuple[tuple[str, Phrase], ...]
    groups: Table
    imprint: Table | None
    columns: Table


def summarise(document: Document) -> View:
    """Collect what is known about the data."""
    return View(
        facts=_facts(document),
        groups=_groups(document),
        imprint=_imprint(document),
        columns=_columns(document),
    )


def _facts(document: Document) -> tuple[tuple[str, Phrase], ...]:
    data = document.evidence.data
    rows = document.show("/data/rows", "integer")
    facts: tuple[tuple[str, Phrase], ...] = (
        ("Source", (document.text("/data/source"), ", ", rows, " rows")),
        *(("Left out", _count(document, f"/data/excluded/{n}")) for n in range(len(data.excluded))),
        ("Rows per split", _counts(document, "splits", data.splits)),
        ("Without a category", _counts(document, "unknown", data.unknown)),
    )
    return tuple(fact for fact in facts if fact[1])


def _counts(document: Document, part: str, names: Iterable[str]) -> Phrase:
    places = (f"/data/{part}/{escape(name)}" for name in names)
    return joined((document.key(place), " ", document.show(place, "integer")) for place in places)


def _count(document: Document, place: str) -> Phrase:
    return (document.show(f"{place}/rows", "integer"), " rows: ", document.text(f"{place}/reason"))


def _groups(document: Document) -> Table:
    base = {
        group_key(entry.group): place
        for place, entry in document.metrics
        if entry.metric == "base_rate"
    }
    rows = tuple(
        (
            *_who(document, f"/data/groups/{place}"),
            *_labels(document, f"/data/groups/{place}", base.get(group_key(entry.group))),
        )
        for place, entry in enumerate(document.evidence.data.groups)
        if len(entry.group) <= 1
    )
    heads = columns("Group", "Rows", "Share", "Positive labels", "Base rate")
    caption = ("Who is in the audited rows, and how they are labelled.",)
    return Table("t-groups", caption, heads, rows)


def _who(document: Document, place: str) -> tuple[Cell, ...]:
    return (
        name((document.group(f"{place}/group"),)),
        number((document.show(f"{place}/n", "integer"),)),
        number((document.show(f"{place}/share", "percent1"),)),
    )


def _labels(document: Document, place: str, base_rate: str | None) -> tuple[Cell, ...]:
    if document.at(f"{place}/positives") is None:
        return (why(document.too_few(f"{place}/n"), 2),)
    positives = number((document.show(f"{place}/positives", "integer"),))
    return (positives, rate_cell(document, base_rate))


def _imprint(document: Document) -> Table | None:
    rows = tuple(
        (
            name((document.group(f"{place}/a"),)),
            words((document.group(f"{place}/b"),)),
            words((document.show(f"{place}/selection", "words"),)),
            estimate_cell(document, place, entry.kind),
        )
        for place, entry in document.disparities
        if entry.metric == "imprint"
    )
    heads = columns("Group A", Column(("Group B",), "text"), Column(("Pair",), "text"), "Imprint")
    caption = (
        "Imprint: the gap in the predictions less the gap in the labels, on the same rows. "
        "Zero means that the predictions repeat the gap of the labels.",
    )
    return Table("t-imprint", caption, heads, rows) if rows else None


def _columns(document: Document) -> Table:
    heads = columns("Column", Column(("Role",), "text"), Column(("Kind",), "text"), "Missing")
    rows = tuple(
        (
            name((document.text(f"/data/columns/{place}/name"),)),
            words((document.show(f"/data/columns/{place}/roles", "setting"),)),
            words((document.text(f"/data/columns/{place}/kind"),)),
            number((document.show(f"/data/columns/{place}/missing", "integer"),)),
        )
        for place in range(len(document.evidence.data.columns))
    )
    return Table("t-columns", ("Columns and the parts they play.",), heads, rows, folded=True)

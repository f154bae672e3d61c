"""Data: who is in it, label rates, and what the predictions add to the gaps in the labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from audit.metrics.headline import in_task
from audit.report.comparisons import estimate_cell
from audit.report.document import Document, Phrase, escape, joined
from audit.report.group_tables import group_key, rate_cell
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words
from audit.report.units import Task

KEY = "data"
TITLE = "Data"
NAMED = 30
"""Classes that are named."""
LABELS: Mapping[Task, tuple[str, ...]] = {
    "binary": ("Positive labels", "Base rate"),
    "multiclass": ("Labelled with the class in focus", "Its base rate"),
    "regression": ("Mean target",),
}
"""Columns that tell how a group is labelled."""
IMPRINT = {
    False: "Imprint: the gap in the predictions less the gap in the labels, on the same rows. "
    "Zero means that the predictions repeat the gap of the labels.",
    True: "Imprint: the gap in mean predictions less the gap in mean targets, on the same rows. "
    "Zero means that the predictions repeat the gap of the targets.",
}
"""Of labels, and of numbers."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    facts: tuple[tuple[str, Phrase], ...]
    groups: Table
    inputs: Table | None
    imprint: Table | None
    columns: Table


def summarise(document: Document) -> View:
    """Collect what is known about the data."""
    return View(
        facts=_facts(document),
        groups=_groups(document),
        inputs=_inputs(document),
        imprint=_imprint(document),
        columns=_columns(document),
    )


def _facts(document: Document) -> tuple[tuple[str, Phrase], ...]:
    data = document.evidence.data
    rows = document.show("/data/rows", "integer")
    facts: tuple[tuple[str, Phrase], ...] = (
        *_task(document),
        ("Source", (document.text("/data/source"), ", ", rows, " rows")),
        *(("Left out", _count(document, f"/data/excluded/{n}")) for n in range(len(data.excluded))),
        ("Rows per split", _counts(document, "splits", data.splits)),
        ("Without a category", _counts(document, "unknown", data.unknown)),
    )
    return tuple(fact for fact in facts if fact[1])


def _task(document: Document) -> Iterator[tuple[str, Phrase]]:
    """Say what is predicted where that is not one of two classes."""
    data = document.evidence.data
    if data.task == "regression":
        yield "Task", ("a number is predicted (regression)",)
    if data.task == "multiclass":
        places = range(len(data.classes))[:NAMED]
        named = joined((document.text(f"/data/classes/{place}"),) for place in places)
        more = ", and more" if len(data.classes) > NAMED else ""
        yield "Task", ("one of several classes is predicted: ", *named, more)
        yield "Class in focus", document.focus


def _inputs(document: Document) -> Table | None:
    """Lay out what the network sees besides columns of a table."""
    rows = tuple(
        (
            name((document.text(f"{at}/name"),)),
            words((document.text(f"{at}/kind"),)),
            words((document.text(f"{at}/shape"),)),
            words((document.text(f"{at}/source"),)),
            words(*(_notes(document, at) or (("—",),))),
            words((document.show(f"{at}/sha256", "sha12"),)),
        )
        for at in (f"/data/inputs/{place}" for place in range(len(document.evidence.data.inputs)))
    )
    heads = (
        Column(("Input",), "name"),
        *(Column((title,), "text") for title in ("Kind", "One row", "Source", "Notes", "SHA-256")),
    )
    caption = ("What the network sees that is no table of columns.",)
    return Table("t-inputs", caption, heads, rows) if rows else None


def _notes(document: Document, at: str) -> tuple[Phrase, ...]:
    return tuple(
        (document.text(f"{at}/notes/{n}"),) for n in range(len(document.at(f"{at}/notes")))
    )


def _counts(document: Document, part: str, names: Iterable[str]) -> Phrase:
    places = (f"/data/{part}/{escape(name)}" for name in names)
    return joined((document.key(place), " ", document.show(place, "integer")) for place in places)


def _count(document: Document, place: str) -> Phrase:
    return (document.show(f"{place}/rows", "integer"), " rows: ", document.text(f"{place}/reason"))


def _groups(document: Document) -> Table:
    wanted = in_task("base_rate", document.evidence.data)
    numbers = document.task == "regression"
    wanted = "mean_target" if numbers else wanted
    base = {
        group_key(entry.group): place for place, entry in document.metrics if entry.metric == wanted
    }
    rows = tuple(
        (
            *_who(document, f"/data/groups/{place}"),
            *_labels(document, f"/data/groups/{place}", base.get(group_key(entry.group)), numbers),
        )
        for place, entry in enumerate(document.evidence.data.groups)
        if len(entry.group) <= 1
    )
    heads = columns("Group", "Rows", "Share", *LABELS[document.task])
    caption = ("Who is in the audited rows, and how they are labelled.",)
    return Table("t-groups", caption, heads, rows)


def _who(document: Document, place: str) -> tuple[Cell, ...]:
    return (
        name((document.group(f"{place}/group"),)),
        number((document.show(f"{place}/n", "integer"),)),
        number((document.show(f"{place}/share", "percent1"),)),
    )


def _labels(
    document: Document, place: str, base_rate: str | None, numbers: bool
) -> tuple[Cell, ...]:
    if numbers:
        return (rate_cell(document, base_rate),)
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
    caption = (IMPRINT[document.task == "regression"],)
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

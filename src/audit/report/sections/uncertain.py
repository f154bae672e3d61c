"""Groups that are not known for sure, and attributes that are numbers."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document
from audit.report.probable import Block, block
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

KEY = "uncertain"
TITLE = "Unknown and probable groups, and numeric attributes"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    bounds: Table | None
    probable: tuple[Block, ...]
    dependence: Table | None


def summarise(document: Document) -> View | None:
    """Collect bounds and dependence; None where every group is known and none is a number."""
    found = document.evidence
    if not found.bounds and not found.dependence and not found.probable:
        return None
    return View(
        bounds=_bounds(document) if found.bounds else None,
        probable=tuple(block(document, place) for place in range(len(found.probable))),
        dependence=_dependence(document) if found.dependence else None,
    )


def _bounds(document: Document) -> Table:
    heads = columns(
        "Metric",
        Column(("Group A",), "text"),
        Column(("Group B",), "text"),
        Column(("Gap",), note="where the group is known"),
        Column(("Least it can be",)),
        Column(("Most it can be",)),
    )
    rows = tuple(
        _bounds_row(document, f"/bounds/{place}", item.metric)
        for place, item in enumerate(document.evidence.bounds)
    )
    caption = (
        "The widest gap of each metric, whoever the rows of unknown group belong to. No chance is "
        "in these limits: they hold for the audited rows.",
    )
    return Table("t-bounds", caption, heads, rows)


def _bounds_row(document: Document, at: str, metric: str) -> tuple[Cell, ...]:
    change = document.forms(metric).change
    return (
        name((document.show(f"{at}/metric", "metric"),)),
        words((document.group(f"{at}/a"),)),
        words((document.group(f"{at}/b"),)),
        *(_amount(document, f"{at}/{key}", change) for key in ("value", "low", "high")),
    )


def _dependence(document: Document) -> Table:
    heads = columns(
        Column(("Attribute",), "name"),
        Column(("Measure",), "text"),
        Column(("Value",)),
        Column(("By chance",), note="mean of permutations"),
        Column(("p",), note="raw"),
        "n",
    )
    rows = tuple(
        _dependence_row(document, f"/dependence/{place}", item.status == "ok")
        for place, item in enumerate(document.evidence.dependence)
    )
    caption = (
        "How far what the model says hangs together with an attribute that is a number, before it "
        "is cut into ranges. 0 is none, 1 is full; read each value beside what chance gives.",
    )
    return Table("t-dependence", caption, heads, rows)


def _dependence_row(document: Document, at: str, known: bool) -> tuple[Cell, ...]:
    head = (
        name((document.text(f"{at}/attribute"),)),
        words((document.show(f"{at}/measure", "words"),)),
    )
    if not known:
        return (*head, why((document.text(f"{at}/reason"),), 4))
    return (
        *head,
        _amount(document, f"{at}/value", "fixed3"),
        _amount(document, f"{at}/null", "fixed3"),
        _amount(document, f"{at}/p_value", "p"),
        number((document.show(f"{at}/n", "integer"),)),
    )


def _amount(document: Document, at: str, form: str) -> Cell:
    head, _, key = at.rpartition("/")
    if document.at(head)[key] is None:
        return why(("not determined",))
    return number((document.show(at, form),))

"""Findings, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document
from audit.report.tables import Cell, Column, Table, words

KEY = "findings"
TITLE = "Findings"
SEVERITIES = ("high", "medium", "low", "info")


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says; no table where nothing was found."""

    table: Table | None


def summarise(document: Document) -> View:
    """Collect the findings by severity."""
    entries = document.evidence.findings
    order = sorted(range(len(entries)), key=lambda place: SEVERITIES.index(entries[place].severity))
    heads = (
        Column(("Severity",), "text", sorted="descending"),
        Column(("Finding",), "name"),
        Column(("Code",), "text"),
        Column(("Status",), "text"),
    )
    caption = ("Every finding, the gravest first.",)
    rows = tuple(_row(document, f"/findings/{place}") for place in order)
    return View(table=Table("t-findings", caption, heads, rows, pinned=True) if rows else None)


def _row(document: Document, place: str) -> tuple[Cell, ...]:
    severity = document.text(f"{place}/severity")
    rank = len(SEVERITIES) - SEVERITIES.index(severity.text)
    return (
        Cell(((severity,),), rank, "text"),
        Cell(((document.text(f"{place}/text"),),), document.text(f"{place}/text").text, "name"),
        words((document.text(f"{place}/code"),)),
        words((document.text(f"{place}/status"),)),
    )

"""Regulatory crosswalk: what each regime asks for, filled, for a human, or not applicable."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document, Phrase, Shown
from audit.report.regime_tables import item_table
from audit.report.tables import Table
from audit.report.wording import NOT_PROVIDED

KEY = "regimes"
TITLE = "Regulatory crosswalk"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing a regime asks for: a table, a statement, or why there is neither."""

    text: Shown
    table: Table | None
    statement: Shown | None
    missing: bool
    reason: Phrase


@dataclass(frozen=True, kw_only=True)
class Regime:
    """One regime."""

    title: Shown
    facts: tuple[tuple[str, Phrase], ...]
    cautions: tuple[Phrase, ...]
    measured: tuple[Item, ...]
    human: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    regimes: tuple[Regime, ...]
    missing: str


def summarise(document: Document) -> View | None:
    """Collect the regimes; None where none was asked for."""
    made = tuple(_regime(document, n) for n in range(len(document.evidence.regimes)))
    return View(regimes=made, missing=NOT_PROVIDED) if made else None


def _regime(document: Document, number: int) -> Regime:
    place, record = f"/regimes/{number}", document.evidence.regimes[number]
    items = [_item(document, f"{place}/items/{n}") for n in range(len(record.items))]
    human = [
        entry.status == "not provided" or entry.statement is not None for entry in record.items
    ]
    return Regime(
        title=document.text(f"{place}/title"),
        facts=_facts(document, place),
        cautions=tuple(
            (document.text(f"{place}/caution/{n}"),) for n in range(len(record.caution))
        ),
        measured=tuple(i for i, by_human in zip(items, human, strict=True) if not by_human),
        human=tuple(i for i, by_human in zip(items, human, strict=True) if by_human),
    )


def _facts(document: Document, place: str) -> tuple[tuple[str, Phrase], ...]:
    version = document.text(f"{place}/version")
    as_of = document.text(f"{place}/as_of")
    checked = document.text(f"{place}/verification")
    against = " against the primary source" if checked.text == "verified" else ": ⚠ second hand"
    return (
        ("Citation", (document.text(f"{place}/citation"),)),
        ("Source", (document.text(f"{place}/source"),)),
        ("As of", (as_of, "; version ", version, " of this crosswalk; ", checked, against)),
        ("Applies to", (document.text(f"{place}/applies"),)),
    )


def _item(document: Document, place: str) -> Item:
    entry = document.at(place)
    reason: Phrase = ()
    if entry["status"] in ("not applicable", "undefined"):
        status = document.show(f"{place}/status", "sentence")
        reason = (status, ": ", document.text(f"{place}/reason"))
    return Item(
        text=document.text(f"{place}/text"),
        table=item_table(document, place) if entry["entries"] else None,
        statement=document.text(f"{place}/statement") if entry["statement"] else None,
        missing=entry["status"] == "not provided",
        reason=reason,
    )

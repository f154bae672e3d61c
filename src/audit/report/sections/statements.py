"""Human statements and signatures: what only a person can say."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document, Phrase, Shown
from audit.report.wording import NOT_PROVIDED

KEY = "statements"
TITLE = "Human statements and signatures"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One statement; `signed` says by whom and when."""

    name: Shown
    text: Shown | None
    signed: Phrase


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    statements: tuple[Said, ...]
    missing: str
    signatures: tuple[str, ...]


def summarise(document: Document) -> View:
    """Collect the statements."""
    made = tuple(_said(document, place) for place in range(len(document.evidence.statements)))
    return View(
        statements=made,
        missing=NOT_PROVIDED,
        signatures=("Prepared by", "Reviewed by", "Approved by"),
    )


def _said(document: Document, number: int) -> Said:
    entry, place = document.evidence.statements[number], f"/statements/{number}"
    text = document.text(f"{place}/text") if entry.text else None
    signed: Phrase = ()
    if entry.author:
        signed = (document.text(f"{place}/author"),)
    if entry.date:
        signed = (
            (*signed, ", ", document.text(f"{place}/date"))
            if signed
            else (document.text(f"{place}/date"),)
        )
    return Said(name=document.show(f"{place}/name", "words"), text=text, signed=signed)

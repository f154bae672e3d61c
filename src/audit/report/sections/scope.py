"""Scope: what was audited, and what was not assessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.report.document import Document, Phrase, joined
from audit.report.tables import Column, Table, name, words
from audit.report.units import Task
from audit.report.wording import tolerance_words

KEY = "scope"
TITLE = "Scope, and what was not assessed"
DECISIONS: Mapping[Task, str] = {
    "multiclass": "the class with the highest score",
    "regression": "none: the network answers with a number",
}
"""What is decided where there is no threshold."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    facts: tuple[tuple[str, Phrase], ...]
    notes: tuple[Phrase, ...]
    left_out: Table | None


def summarise(document: Document) -> View:
    """Collect what was audited and what was not."""
    notes = len(document.evidence.model.notes)
    return View(
        facts=_facts(document),
        notes=tuple((document.text(f"/model/notes/{number}"),) for number in range(notes)),
        left_out=_left_out(document),
    )


def _facts(document: Document) -> tuple[tuple[str, Phrase], ...]:
    rows = document.show("/data/groups/0/n", "integer") if document.evidence.data.groups else None
    return (
        ("Model", (document.text("/model/architecture"), " (", document.text("/model/kind"), ")")),
        ("Decision", _decision(document)),
        ("Target", (document.text("/data/target"),)),
        ("Rows", _rows(document, () if rows is None else (rows, " rows of "))),
        ("Sensitive attributes", _attributes(document)),
        ("Tolerance", (*tolerance_words(document), " (the gap that matters)")),
        ("Smallest group", (document.show("/settings/minimum_group", "integer"), " rows")),
    )


def _rows(document: Document, count: Phrase) -> Phrase:
    weighted = "; rows are weighted" if document.evidence.data.weighted else ""
    split = document.text("/data/split")
    return (*count, "the split ", split, ", ", document.text("/data/split_source"), weighted)


def _decision(document: Document) -> Phrase:
    if document.task in DECISIONS:
        return (DECISIONS[document.task],)
    if document.evidence.model.threshold is None:
        return ("predicted labels as given",)
    return ("positive if score ≥ ", document.show("/model/threshold", "setting"))


def _attributes(document: Document) -> Phrase:
    return joined((document.attribute_of(name),) for name in document.attributes) or ("none",)


def _left_out(document: Document) -> Table | None:
    rows = tuple(
        (
            name((document.text(f"/not_assessed/{number}/subject"),)),
            words((document.text(f"/not_assessed/{number}/reason"),)),
        )
        for number in range(len(document.evidence.not_assessed))
    )
    heads = (Column(("Not assessed",), "name"), Column(("Why",), "text"))
    caption = ("What this audit did not look at, and why.",)
    return Table("t-not-assessed", caption, heads, rows) if rows else None

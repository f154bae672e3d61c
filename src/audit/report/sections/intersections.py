"""Intersections: metrics of crossed attributes, and which of them could be measured."""

from __future__ import annotations

from dataclasses import dataclass

from audit.metrics.results import Disparity
from audit.report.comparisons import comparison_table, pairs
from audit.report.document import Document, Phrase, joined
from audit.report.group_tables import crossings, group_table
from audit.report.tables import Table

KEY = "intersections"
TITLE = "Intersections and coverage"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    tables: tuple[Table, ...]
    worst: Table | None
    reference: Table | None


def summarise(document: Document) -> View | None:
    """Collect crossed attributes; None where none were crossed."""
    crossed = [crossing for crossing in crossings(document) if len(crossing) > 1]
    if not crossed:
        return None
    tables = tuple(
        group_table(
            document,
            crossing,
            anchor=f"t-crossed-{number}",
            caption=("Metrics by ", *_named(document, crossing), ", small groups included."),
            everyone=False,
        )
        for number, crossing in enumerate(crossed)
    )
    return View(
        tables=tables,
        worst=_table(
            document, "worst_pair", "t-crossed-worst", "Worst intersections of each metric."
        ),
        reference=_table(
            document,
            "reference",
            "t-crossed-reference",
            "Each intersection against the reference intersection.",
        ),
    )


def _named(document: Document, crossing: tuple[str, ...]) -> Phrase:
    return joined(((document.attribute_of(item),) for item in crossing), " and ")


def _table(document: Document, selection: str, anchor: str, caption: str) -> Table | None:
    def crossed(entry: Disparity) -> bool:
        return entry.selection == selection and len(entry.attributes) > 1

    made = pairs(document, crossed)
    if not made:
        return None
    return comparison_table(document, made, anchor=anchor, caption=(caption,), folded=True)

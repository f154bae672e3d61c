"""Intersections: which could be assessed, their metrics, and the search for the worst subgroups."""

from __future__ import annotations

from dataclasses import dataclass

from audit.metrics.results import Disparity
from audit.report.comparison_tables import comparison_table
from audit.report.comparisons import pairs
from audit.report.coverage import (
    cell_table,
    coverage_figure,
    coverage_table,
    coverage_words,
    crossed_maps,
)
from audit.report.document import Document, Phrase, joined
from audit.report.figures.canvas import Picture
from audit.report.group_tables import crossings, group_table, metric_names
from audit.report.subgroups import found_table, level_table, search_words, searches
from audit.report.tables import Table

KEY = "intersections"
TITLE = "Intersections and coverage"


@dataclass(frozen=True, kw_only=True)
class Covered:
    """One coverage map."""

    words: Phrase
    figure: Picture | None
    table: Table


@dataclass(frozen=True, kw_only=True)
class Search:
    """One search for the worst subgroups."""

    words: tuple[Phrase, ...]
    found: Table | None
    levels: Table


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    coverage: Table | None
    maps: tuple[Covered, ...]
    tables: tuple[Table, ...]
    worst: Table | None
    reference: Table | None
    against: tuple[Table, ...]
    searches: tuple[Search, ...]


def summarise(document: Document) -> View | None:
    """Collect crossed attributes, coverage and subgroups; None where there is none of them."""
    view = View(
        coverage=coverage_table(document),
        maps=tuple(_covered(document, place) for place, _ in crossed_maps(document)),
        tables=_tables(document),
        worst=_table(
            document, "worst_pair", "t-crossed-worst", "Worst intersections of each metric."
        ),
        reference=_table(
            document,
            "reference",
            "t-crossed-reference",
            "Each intersection against the reference intersection.",
        ),
        against=tuple(
            table
            for selection, words in (
                ("rest", "Each intersection against everyone else."),
                ("overall", "Each intersection against everyone, itself included."),
            )
            if (table := _table(document, selection, f"t-crossed-{selection}", words))
        ),
        searches=tuple(
            Search(
                words=search_words(document, at, item),
                found=found_table(document, at, item, f"t-found-{number}"),
                levels=level_table(document, at, item, f"t-levels-{number}"),
            )
            for number, (at, item) in enumerate(searches(document))
        ),
    )
    return view if view.coverage or view.tables or view.searches else None


def _covered(document: Document, place: int) -> Covered:
    return Covered(
        words=coverage_words(document, place),
        figure=coverage_figure(document, place),
        table=cell_table(document, place),
    )


def _tables(document: Document) -> tuple[Table, ...]:
    crossed = [crossing for crossing in crossings(document) if len(crossing) > 1]
    return tuple(
        group_table(
            document,
            crossing,
            anchor=f"t-crossed-{number}",
            caption=("Metrics by ", *_named(document, crossing), ", small groups included."),
            everyone=False,
            names=metric_names(document),
        )
        for number, crossing in enumerate(crossed)
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

"""Rates of single classes by group, as a figure and as tables of classes down and groups across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from audit.data.records import UNKNOWN
from audit.metrics.headline import parts_of
from audit.metrics.results import MetricResult
from audit.report.document import Document, Phrase, Shown, escape
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.class_grid import Cell as Bar
from audit.report.figures.class_grid import End, Row, draw_classes
from audit.report.group_tables import Key, group_key, rate_cell
from audit.report.naming import OF_SCORES, metric_name
from audit.report.tables import Column, Table, name

DRAWN = 8
"""Groups that are drawn; the table holds them all."""


@dataclass(frozen=True, kw_only=True)
class Classed:
    """One rate of every class that was measured, in everyone and the groups of one attribute.

    Attributes
    ----------
    rate : str
    classes : tuple of str
        In the order of the data.
    groups : tuple of Key
        Everyone first.
    places : mapping of (class, group) to str
        Pointers to the entries.
    """

    rate: str
    classes: tuple[str, ...]
    groups: tuple[Key, ...]
    places: Mapping[tuple[str, Key], str]


def class_rates(document: Document, attribute: str) -> tuple[Classed, ...]:
    """Collect each rate of single classes by the groups of one attribute."""
    found: dict[str, dict[tuple[str, Key], str]] = {}
    groups: dict[Key, None] = {}
    for place, entry in document.metrics:
        rate, of = parts_of(entry.metric)
        counted = rate not in OF_SCORES and of in document.evidence.data.classes
        if counted and set(entry.group) <= {attribute}:
            found.setdefault(rate, {})[of, group_key(entry.group)] = place
            groups.setdefault(group_key(entry.group))
    order = document.evidence.data.classes
    return tuple(
        Classed(
            rate=rate,
            classes=tuple(of for of in order if any(of == one for one, _ in places)),
            groups=tuple(groups),
            places=places,
        )
        for rate, places in found.items()
    )


def class_table(document: Document, classed: Classed, attribute: str, anchor: str) -> Table:
    """Lay out one row for each class and one column for each group."""
    heads = (
        Column(("Class",), "name"),
        *(Column(_who(document, classed, group)) for group in classed.groups),
    )
    rows = tuple(
        (
            name((_class(document, of),)),
            *(rate_cell(document, classed.places.get((of, group))) for group in classed.groups),
        )
        for of in classed.classes
    )
    caption: Phrase = (
        *(metric_name(classed.rate).label, " of each class against the rest, by "),
        *(document.attribute_of(attribute), ". Below each value its "),
        *(document.show("/settings/confidence", "percent0"), " interval."),
    )
    return Table(anchor, caption, heads, rows, folded=classed.rate != "true_positive_rate")


def class_figure(
    document: Document, classed: Classed, attribute: str, number: int, table: str
) -> Picture | None:
    """Draw a rate of every class in the largest groups; None where no group has it."""
    groups = _largest(document, classed)
    rows = [_row(document, classed, of, groups) for of in classed.classes]
    if len(groups) < 2 or not any(cell.value is not None for row in rows for cell in row.cells):  # noqa: PLR2004 - to compare
        return None
    label = metric_name(classed.rate).label
    names = [", ".join(value for _, value in group) for group in groups]
    return picture(
        partial(draw_classes, rows, names),
        anchor=f"f-classes-{number}",
        alt=_alt(rows, names, label, attribute),
        caption=(f"{label} of each class by ", document.attribute_of(attribute), "."),
        table=table,
    )


def _largest(document: Document, classed: Classed) -> list[Key]:
    known = [group for group in classed.groups if group and UNKNOWN not in dict(group).values()]
    sizes = {
        group: max(_entry(document, place).n for (_, key), place in classed.places.items()
                   if key == group)
        for group in known
    }  # fmt: skip
    kept = sorted(known, key=lambda group: -sizes[group])[:DRAWN]
    return [group for group in known if group in kept]


def _row(document: Document, classed: Classed, of: str, groups: Sequence[Key]) -> Row:
    bars = [_bar(document, classed.places.get((of, group))) for group in groups]
    known = [bar.value for bar in bars if bar.value is not None]
    ends: dict[float, End] = {}
    if known and min(known) < max(known):
        ends = {min(known): "lowest", max(known): "highest"}
    cells = [
        bar if bar.value is None else replace(bar, end=ends.get(bar.value, "")) for bar in bars
    ]
    return Row(label=_class(document, of).text, cells=cells)


def _bar(document: Document, place: str | None) -> Bar:
    if place is None:
        return Bar(value=None, text="—")
    entry = _entry(document, place)
    if entry.value is None:
        return Bar(value=None, text="too few" if entry.status == "suppressed" else "undef.")
    form = document.forms(entry.metric).value
    return Bar(value=entry.value, text=document.show(f"{place}/value", form).text)


def _alt(rows: Sequence[Row], groups: Sequence[str], label: str, attribute: str) -> str:
    every = [
        (cell.value, row.label, group, cell.text)
        for row in rows
        for group, cell in zip(groups, row.cells, strict=True)
        if cell.value is not None
    ]
    low, high = min(every, key=lambda item: item[0]), max(every, key=lambda item: item[0])
    return (
        f"{label} of each class by {attribute}. Lowest: {low[1]} in {low[2]}, {low[3]}; "
        f"highest: {high[1]} in {high[2]}, {high[3]}."
    )


def _class(document: Document, of: str) -> Shown:
    return document.text(f"/data/classes/{document.evidence.data.classes.index(of)}")


def _who(document: Document, classed: Classed, group: Key) -> Phrase:
    place = next(place for (_, key), place in classed.places.items() if key == group)
    if not group:
        return (document.group(f"{place}/group"),)
    return (document.text(f"{place}/group/{escape(group[0][0])}"),)


def _entry(document: Document, place: str) -> MetricResult:
    return document.evidence.metrics[int(place.rsplit("/", 1)[1])]

"""Tables of a regulatory crosswalk: figures looked up by identifier, never typed twice."""

from __future__ import annotations

from audit.report.comparisons import estimate_cell, rows_line
from audit.report.document import Document, Phrase
from audit.report.group_tables import rate_cell
from audit.report.tables import Cell, Column, Table, columns, name, number, words


def item_table(document: Document, place: str) -> Table | None:
    """Lay out what fills an item: rates by group, or ratios with their tests."""
    known = [
        (f"{place}/entries/{row}", document.places[entry["ref"]])
        for row, entry in enumerate(document.at(place)["entries"])
        if entry["ref"] in document.places
    ]
    if not known:
        return None
    ratios = any(target.startswith("/disparities") for _, target in known)
    make = _ratio_row if ratios else _rate_row
    heads = _ratio_heads(document) if ratios else _rate_heads(document)
    anchor = "t-" + place.strip("/").replace("/", "-")
    rows = tuple(make(document, entry, target) for entry, target in known)
    noted = any(row[-1].lines[0] for row in rows)
    if not noted:
        heads, rows = heads[:-1], tuple(row[:-1] for row in rows)
    regime = document.text("/".join(place.split("/")[:3]) + "/id")
    caption: Phrase = (document.text(f"{place}/text"), " (", regime, ")")
    return Table(anchor, caption, heads, rows)


def _rate_heads(document: Document) -> tuple[Column, ...]:
    level = document.show("/settings/confidence", "percent0")
    return columns("Group", "n", Column(("Rate",)), Column((level, " interval")), _note())


def _ratio_heads(document: Document) -> tuple[Column, ...]:
    level = document.show("/settings/confidence", "percent0")
    return columns(
        "Group",
        Column(("Rate",)),
        Column(("Highest rate",), "text"),
        Column(("Ratio",)),
        Column((level, " interval")),
        Column(("p",), note="raw"),
        Column(("p",), note="adjusted"),
        Column(("Test",), "text"),
        _note(),
    )


def _note() -> Column:
    return Column(("Note",), "text")


def _rate_row(document: Document, entry: str, target: str) -> tuple[Cell, ...]:
    value = rate_cell(document, target)
    rate = Cell(value.lines[:1], value.key, value.kind)
    return (
        name((document.group(f"{target}/group"),)),
        number((document.show(f"{target}/n", "integer"),)),
        rate,
        number(document.interval(target, "hundred1") or ("—",)),
        _note_cell(document, entry),
    )


def _ratio_row(document: Document, entry: str, target: str) -> tuple[Cell, ...]:
    value = estimate_cell(document, target, "ratio")
    return (
        name((document.group(f"{target}/a"),)),
        _rate_of(document, f"{target}/a_metric"),
        words((document.group(f"{target}/b"),), _rate_lines(document, f"{target}/b_metric")),
        Cell(value.lines[:1], value.key, value.kind),
        number(document.interval(target, "ratio3") or ("—",)),
        *(_p(document, f"{target}/{key}") for key in ("p_value", "p_adjusted")),
        words((document.text(f"{target}/test"),) if document.at(f"{target}/test") else ("—",)),
        _note_cell(document, entry),
    )


def _rate_of(document: Document, pointer: str) -> Cell:
    place = document.places.get(document.at(pointer))
    if place is None:
        return number(("—",))
    return number(document.value(place, "percent1"), rows_line(document, place))


def _rate_lines(document: Document, pointer: str) -> Phrase:
    place = document.places.get(document.at(pointer))
    if place is None:
        return ()
    return (*document.value(place, "percent1"), ", ", *rows_line(document, place))


def _p(document: Document, place: str) -> Cell:
    return number(("—",) if document.at(place) is None else (document.show(place, "p"),))


def _note_cell(document: Document, entry: str) -> Cell:
    note: Phrase = (document.text(f"{entry}/note"),) if document.at(f"{entry}/note") else ()
    return words(note)

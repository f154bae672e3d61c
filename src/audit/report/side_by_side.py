"""Two audits of the same rows as one page."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from audit.comparison.side_by_side import SideBySide
from audit.report.document import Phrase, Values
from audit.report.naming import forms_of
from audit.report.rendering import page
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

ORDER = ("new", "worse", "resolved", "better", "changed", "unchanged", "not comparable")
RATIO = ("ratio3", "ratio3")


@dataclass(frozen=True, kw_only=True)
class View:
    """What the page prints."""

    counts: tuple[tuple[str, int], ...]
    disparities: Table
    metrics: Table


def render_side_by_side(found: SideBySide) -> bytes:
    """Render two audits side by side as one self-contained HTML file.

    Parameters
    ----------
    found : SideBySide

    Returns
    -------
    bytes
        UTF-8; a function of `found` alone.
    """
    content = found.to_json()
    values: dict[str, Any] = json.loads(content)
    document = Values(values, content, _attributes(values["rows"]))
    view = View(
        counts=_counts(values["rows"]),
        disparities=_table(document, "disparity", "How each disparity changed, new ones first."),
        metrics=_table(document, "metric", "How each rate of each group changed."),
    )
    return page("side_by_side.html", document, view=view)


def _attributes(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    every = [key for row in rows for group in ("group", "a", "b") for key in row[group]]
    return tuple(dict.fromkeys(every))


def _counts(rows: list[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    found = Counter(row["outcome"] for row in rows if row["subject"] == "disparity")
    return tuple((outcome, found[outcome]) for outcome in ORDER if found[outcome])


def _table(document: Values, subject: str, caption: str) -> Table:
    chosen = [
        (ORDER.index(row["outcome"]), place)
        for place, row in enumerate(document.values["rows"])
        if row["subject"] == subject
    ]
    heads = columns(
        Column(("Figure",), "name"),
        Column(("Groups",), "text"),
        "First",
        "Second",
        Column(("Change",), note="with interval"),
        Column(("Outcome",), "text"),
    )
    rows = tuple(_row(document, f"/rows/{place}") for _, place in sorted(chosen))
    return Table(f"t-{subject}", (caption,), heads, rows)


def _row(document: Values, place: str) -> tuple[Cell, ...]:
    row = document.at(place)
    form, change = _forms(row)
    return (
        name((document.show(f"{place}/metric", "metric"),), (row["kind"],)),
        words(*_groups(document, place)),
        _figure(document, f"{place}/before", form),
        _figure(document, f"{place}/after", form),
        _change(document, place, change),
        words((document.text(f"{place}/outcome"),), *_reason(document, place)),
    )


def _forms(row: dict[str, Any]) -> tuple[str, str]:
    if row["kind"] == "ratio":
        return RATIO
    forms = forms_of(row["metric"])
    return (forms.value if row["kind"] == "rate" else forms.change, forms.change)


def _groups(document: Values, place: str) -> tuple[Phrase, ...]:
    if document.at(f"{place}/subject") == "metric":
        return ((document.group(f"{place}/group"),),)
    return (
        (document.group(f"{place}/a"),),
        ("against ", document.group(f"{place}/b")),
    )


def _figure(document: Values, pointer: str, form: str) -> Cell:
    if document.at(pointer) is None:
        return why(("—",))
    return number((document.show(pointer, form),))


def _change(document: Values, place: str, form: str) -> Cell:
    if document.at(f"{place}/change") is None:
        return why(("—",))
    limits = document.interval(place, form)
    shown: Phrase = (document.show(f"{place}/change", form),)
    return number(shown, limits) if limits else number(shown)


def _reason(document: Values, place: str) -> tuple[Phrase, ...]:
    return ((document.text(f"{place}/reason"),),) if document.at(f"{place}/reason") else ()

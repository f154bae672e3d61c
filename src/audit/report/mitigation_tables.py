"""Tables of mitigations: each gap and rate before and after, and who gains and who loses."""

from __future__ import annotations

from collections.abc import Sequence

from audit.report.document import Document, Phrase
from audit.report.mitigations import Change, Mitigated
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words


def overview(document: Document, made: Sequence[Mitigated]) -> Table:
    """Lay out one row for each mitigation: what it costs, what it narrows, what it needs."""
    lead = next((item.lead for item in made if item.lead is not None), None)
    heads = columns(
        "Mitigation",
        Column(("Status",), "text"),
        Column((_quality(made).capitalize(),), note="change, paired"),
        Column(("Gap before → after",)),
        Column(("Change of the gap",), note="paired"),
        Column(("Sensitive attribute",), "text", note="used when deciding"),
        Column(("Levelling down",), "text"),
    )
    caption: Phrase = ("Every mitigation that was asked for.",)
    if lead is not None:
        place = lead.place
        caption = (
            *("Every mitigation that was asked for. The gap is that of ",),
            *(document.show(f"{place}/metric", "metric"), ", ", document.group(f"{place}/a")),
            *(" less ", document.group(f"{place}/b"), "."),
        )
    rows = tuple(_overview_row(document, item) for item in made)
    return Table("t-mitigations", caption, heads, rows, sortable=False)


def gap_table(document: Document, item: Mitigated) -> Table:
    """Lay out every gap before and after."""
    heads = columns(
        "Metric",
        Column(("Gap",), "text"),
        "Before",
        "After",
        Column(("Change",), note="paired"),
        "n",
    )
    rows = tuple(
        (
            name((document.show(f"{c.place}/metric", "metric"),)),
            words((document.group(f"{c.place}/a"), " less ", document.group(f"{c.place}/b"))),
            *_change_cells(document, c, document.forms(c.record.metric).change),
            number((document.show(f"{c.place}/n", "integer"),)),
        )
        for c in item.gaps
    )
    return Table(
        f"t-gaps-{item.number}", (*_named(document, item), "gaps before and after."), heads, rows
    )


def rate_table(document: Document, item: Mitigated) -> Table:
    """Lay out every rate of every group before and after."""
    heads = columns(
        "Group",
        Column(("Metric",), "text"),
        "Before",
        "After",
        Column(("Change",), note="paired"),
        "n",
    )
    rows = tuple(
        (
            name((document.group(f"{c.place}/group"),)),
            words((document.show(f"{c.place}/metric", "metric"),)),
            *_change_cells(document, c, document.forms(c.record.metric).value),
            number((document.show(f"{c.place}/n", "integer"),)),
        )
        for c in item.rates
    )
    caption = (*_named(document, item), "rates by group before and after.")
    return Table(f"t-changes-{item.number}", caption, heads, rows, folded=True)


def flip_table(document: Document, item: Mitigated) -> Table:
    """Lay out who gains and who loses a positive outcome."""
    outcome = document.spoken.outcome
    heads = columns(
        "Group",
        "n",
        Column(("Gain",), note=outcome),
        Column(("Lose",), note=outcome),
        Column(("Selection rate",), note="before"),
        Column(("after",)),
        Column(("Change",), note="paired"),
    )
    rows = tuple(
        (
            name((document.group(f"{c.place}/group"),)),
            number((document.show(f"{c.place}/n", "integer"),)),
            number((document.show(f"{c.place}/gained", "integer"),)),
            number((document.show(f"{c.place}/lost", "integer"),)),
            *_change_cells(document, c, document.forms(c.record.metric).value),
        )
        for c in item.flips
    )
    caption = (*_named(document, item), f"who gains and who loses {outcome}.")
    return Table(f"t-flips-{item.number}", caption, heads, rows)


def change_line(document: Document, change: Change | None) -> Phrase:
    """Write a paired change with its interval, or why there is none."""
    if change is None:
        return ("—",)
    if change.record.change is None:
        return _missing(document, change)
    forms = document.forms(change.record.metric)
    interval = document.interval(change.place, forms.change_limits)
    shown = document.show(f"{change.place}/change", forms.change)
    return (shown, " ", *interval) if interval else (shown,)


def _quality(made: Sequence[Mitigated]) -> str:
    """Say what is compared of everyone, if any mitigation could be run."""
    return next((item for item in made if item.accuracy is not None), made[0]).quality


def _named(document: Document, item: Mitigated) -> Phrase:
    return (document.text(f"{item.place}/name"), ": ")


def _overview_row(document: Document, item: Mitigated) -> tuple[Cell, ...]:
    place = item.place
    status: Phrase = (document.text(f"{place}/status"),)
    if item.record.status != "ok":
        status = ("⚠ ", document.text(f"{place}/status"), ": ", document.text(f"{place}/reason"))
    return (
        name((document.text(f"{place}/name"),)),
        words(status),
        number(*_two_lines(change_line(document, item.accuracy))),
        number(_before_after(document, item.lead)),
        number(*_two_lines(change_line(document, item.lead))),
        words((document.show(f"{place}/needs_sensitive_at_prediction", "setting"),)),
        words(("⚠ yes",) if item.levels_down else ("no",) if item.changes else ("—",)),
    )


def _before_after(document: Document, change: Change | None) -> Phrase:
    if change is None or change.record.after is None:
        return ("—",)
    form = document.forms(change.record.metric).change
    before = document.show(f"{change.place}/before", form)
    return (before, " → ", document.show(f"{change.place}/after", form))


def _two_lines(phrase: Phrase) -> tuple[Phrase, ...]:
    return (phrase[:1], phrase[2:]) if len(phrase) > 2 else (phrase,)  # noqa: PLR2004 - value, space


def _change_cells(document: Document, change: Change, form: str) -> tuple[Cell, ...]:
    if change.record.change is None:
        return (why(_missing(document, change), 3),)
    place, forms = change.place, document.forms(change.record.metric)
    interval = document.interval(place, forms.change_limits)
    value: Phrase = (document.show(f"{place}/change", forms.change),)
    return (
        number((document.show(f"{place}/before", form),)),
        number((document.show(f"{place}/after", form),)),
        number(value, interval) if interval else number(value),
    )


def _missing(document: Document, change: Change) -> Phrase:
    status = document.text(f"{change.place}/status")
    return (status, ": ", document.text(f"{change.place}/reason"))

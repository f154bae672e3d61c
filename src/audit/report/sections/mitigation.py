"""Baseline and mitigated: what each mitigation narrows, what it costs, who gains and who loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from audit.report.document import Document, Phrase, escape, joined, plain
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.frontier import Mark, draw_frontier
from audit.report.ledger_tables import change_table
from audit.report.ledgers import placed
from audit.report.mitigation_tables import (
    change_line,
    flip_table,
    gap_table,
    overview,
    rate_table,
)
from audit.report.mitigations import Change, Mitigated, mitigated
from audit.report.tables import Table

KEY = "mitigation"
TITLE = "Baseline and mitigated"
DRAWN = 6
LARGE = 1000.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """One mitigation."""

    title: Phrase
    warnings: tuple[Phrase, ...]
    facts: tuple[tuple[str, Phrase], ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    figure: Picture | None
    capped: bool
    overview: Table
    parts: tuple[Part, ...]


def summarise(document: Document) -> View | None:
    """Collect the mitigations; None where none was asked for."""
    made = mitigated(document)
    if not made:
        return None
    drawable = [item for item in made if _drawable(item)]
    return View(
        figure=_figure(document, drawable[:DRAWN]) if drawable else None,
        capped=len(drawable) > DRAWN,
        overview=overview(document, made),
        parts=tuple(_part(document, item) for item in made),
    )


def _part(document: Document, item: Mitigated) -> Part:
    makers = ((item.gaps, gap_table), (item.flips, flip_table), (item.rates, rate_table))
    changes = (
        change_table(document, ledger)
        for ledger in placed(document)
        if ledger.ledger.kind == "change"
        and ledger.ledger.model == item.record.name
        and ledger.ledger.entries
    )
    return Part(
        title=(document.text(f"{item.place}/name"),),
        warnings=tuple(_warnings(document, item)),
        facts=tuple(_facts(document, item)),
        tables=(*(make(document, item) for known, make in makers if known), *changes),
    )


def _warnings(document: Document, item: Mitigated) -> Iterator[Phrase]:
    place = item.place
    if item.record.status != "ok":
        status = document.show(f"{place}/status", "sentence")
        yield ("⚠ ", status, ": ", document.text(f"{place}/reason"))
    if item.record.needs_sensitive_at_prediction and item.record.status == "ok":
        attributes = document.show(f"{place}/attribute", "setting")
        yield (
            *(
                "⚠ Decides with the sensitive attribute itself: ",
                attributes,
                " of each person must ",
            ),
            "be known when deciding, and like people of different groups can be treated unlike. ",
            "Whether that is lawful is for a human to say.",
        )
    for levelled, entry in item.levelling:
        if entry.levelling_down:
            yield ("⚠ Levelling down: ", *_levels(document, levelled))


def _levels(document: Document, place: str) -> Phrase:
    attribute = document.show(f"{place}/attribute", "setting")
    metric = document.show(f"{place}/metric", "metric")
    return (metric, " by ", attribute, ": ", document.text(f"{place}/text"))


def _facts(document: Document, item: Mitigated) -> Iterator[tuple[str, Phrase]]:
    place = item.place
    yield "Method", (document.show(f"{place}/method", "words"),)
    attribute = document.show(f"{place}/attribute", "setting")
    yield "Constraint", (document.show(f"{place}/constraint", "words"), " by ", attribute)
    if item.record.parameters:
        yield "Parameters", _pairs(document, f"{place}/parameters")
    fitted = document.text(f"{place}/fitted_on")
    yield "Fitted on", (fitted, "; tuned on ", document.text(f"{place}/tuned_on"))
    if item.record.selected:
        yield "Selected", _pairs(document, f"{place}/selected")
    for levelled, entry in item.levelling:
        if not entry.levelling_down:
            yield "Up or down", _levels(document, levelled)
    if item.record.bundle is not None:
        yield "Saved as", (document.text(f"{place}/bundle"),)
    if item.record.sha256 is not None:
        yield "Weights", (document.show(f"{place}/sha256", "sha12"),)


def _pairs(document: Document, place: str) -> Phrase:
    return joined(_leaves(document, place), "; ")


def _leaves(document: Document, place: str) -> Iterator[Phrase]:
    for key, value in document.at(place).items():
        at = f"{place}/{escape(key)}"
        if isinstance(value, dict) and value:
            yield (document.key(at), ": ", *joined(_leaves(document, at)))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            items = (joined(_leaves(document, f"{at}/{row}")) for row in range(len(value)))
            yield (document.key(at), ": ", *joined(items, " | "))
        else:
            yield (document.key(at), " ", document.show(at, _form(document, value)))


def _form(document: Document, chosen: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return how a chosen value is written: large numbers of a regression in full."""
    if not isinstance(chosen, float):
        return "setting"
    whole = document.task == "regression" and abs(chosen) >= LARGE
    return document.spoken.scores.value if whole else "significant3"


def _drawable(item: Mitigated) -> bool:
    lead, accuracy = item.lead, item.accuracy
    known = lead is not None and lead.record.after is not None and lead.record.before is not None
    return known and accuracy is not None and accuracy.record.change is not None


def _figure(document: Document, made: list[Mitigated]) -> Picture:
    marks = tuple(_mark(document, item) for item in made)
    first = made[0].lead
    if first is None or first.record.before is None:
        raise ValueError("nothing to draw")
    place = first.place
    metric = document.show(f"{place}/metric", "metric")
    a, b = document.group(f"{place}/a"), document.group(f"{place}/b")
    forms = document.forms(first.record.metric)
    before = document.show(f"{place}/before", forms.change)
    quality = made[0].quality
    said = "; ".join(f"{mark.label}: {mark.text}" for mark in marks)
    return picture(
        partial(draw_frontier, marks, first.record.before, axis=forms.axis),
        anchor="f-frontier",
        alt=(
            f"{quality.capitalize()} against the gap in {metric.text}, {a.text} less {b.text}. "
            f"Baseline: gap {before.text}. {said}."
        ),
        caption=(
            *(
                f"Change of {quality} against what is left of the gap in ",
                metric,
                ", ",
                a,
                " less ",
                b,
            ),
            ", with paired intervals. The cross is the baseline; the line at zero is no gap.",
        ),
        table="t-mitigations",
    )


def _mark(document: Document, item: Mitigated) -> Mark:
    lead, accuracy = item.lead, item.accuracy
    if lead is None or accuracy is None:
        raise ValueError(f"{item.record.name} has nothing to draw")
    form = document.forms(lead.record.metric).change
    after = document.show(f"{lead.place}/after", form).text
    cost = plain(change_line(document, accuracy))
    return Mark(
        label=document.text(f"{item.place}/name").text,
        x=accuracy.record.change or 0.0,
        y=lead.record.after or 0.0,
        x_limits=_limits(accuracy, 0.0),
        y_limits=_limits(lead, lead.record.before or 0.0),
        text=f"gap {after}, {item.short_quality} {cost}",
    )


def _limits(change: Change, start: float) -> tuple[float, float] | None:
    interval = change.record.interval
    if interval is None or interval.high is None:
        return None
    return (start + interval.low, start + interval.high)

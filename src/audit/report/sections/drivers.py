"""Drivers: through which features the score gap goes, and how good the explanation is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from audit.explainers.results import Explanation
from audit.report.attributions import attribution_tables
from audit.report.document import Document, Phrase, joined
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.steps import Step, draw_steps
from audit.report.tables import Table
from audit.report.wording import ASSOCIATION, gap_explanation, steps_alt

KEY = "drivers"
TITLE = "Drivers: features"
DRAWN = 10


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    association: str
    facts: tuple[tuple[str, Phrase], ...]
    figure: Picture | None
    capped: bool
    tables: tuple[Table, ...]
    problems: tuple[Phrase, ...]


def summarise(document: Document) -> View:
    """Collect the explanations; where there are none, the section says so."""
    explanations = [entry for _, entry in document.explanations]
    gap = gap_explanation(document)
    return View(
        association=ASSOCIATION,
        facts=_facts(document, gap or next(iter(explanations), None)),
        figure=_figure(document, gap) if gap and gap.values else None,
        capped=gap is not None and len(gap.values) > DRAWN,
        tables=attribution_tables(document, gap),
        problems=tuple(_problem(document, e) for e in explanations if e.status != "ok"),
    )


def _facts(document: Document, entry: Explanation | None) -> tuple[tuple[str, Phrase], ...]:
    if entry is None:
        return ()
    place = document.places[entry.id]
    return (
        ("Method", (document.show(f"{place}/method", "words"),)),
        ("Explained", (document.text(f"{place}/target"),)),
        ("Compared with", (document.text(f"{place}/baseline"),)),
        ("Rows", (document.show(f"{place}/rows", "integer"),)),
    )


def _problem(document: Document, entry: Explanation) -> Phrase:
    place = document.places[entry.id]
    parts = ((document.text(f"{place}/{name}"),) for name in ("level", "status", "reason"))
    return joined(parts, ": ")


def _figure(document: Document, entry: Explanation) -> Picture:
    place = document.places[entry.id]
    a, b, spoken = document.group(f"{place}/a"), document.group(f"{place}/b"), document.spoken
    return picture(
        partial(draw_steps, _steps(document, entry, place), axis=spoken.scores.axis),
        anchor="f-drivers",
        alt=steps_alt(document, entry),
        caption=(
            *(f"Parts of the {spoken.gap} between ", a, " and ", b, f", in {spoken.score_unit}; "),
            "they add up to the gap. Hatched: against the gap.",
        ),
        table=f"t-gap-{place.rsplit('/', 1)[1]}",
    )


def _steps(document: Document, entry: Explanation, place: str) -> list[Step]:
    def said(what: str) -> str:
        return document.show(f"{place}/{what}", document.spoken.scores.part).text

    steps = [
        Step(
            label=document.text(f"{place}/values/{row}/feature").text,
            value=value.value,
            text=said(f"values/{row}/value"),
        )
        for row, value in enumerate(entry.values[:DRAWN])
    ]
    rest = [value.value for value in entry.values[DRAWN:]]
    if rest:
        steps.append(Step(label="all other features", value=sum(rest), text="in table"))
    if entry.residual is not None:
        label = "not attributed (residual)"
        steps.append(Step(label=label, value=entry.residual, text=said("residual")))
    if entry.total is not None:
        gap = document.spoken.gap
        steps.append(Step(label=gap, value=entry.total, text=said("total"), whole=True))
    return steps

"""Performance by group: every metric of every group of one attribute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from audit.metrics.results import MetricResult
from audit.report.document import Document
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.rates import Dot, Panel, draw_rates
from audit.report.group_tables import crossings, decision_metrics, group_key, group_table
from audit.report.naming import HEADLINE, metric_name
from audit.report.tables import Table
from audit.report.wording import rates_alt

KEY = "performance"
TITLE = "Performance by group"
DRAWN = 20


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    figure: Picture | None
    tables: tuple[Table, ...]
    capped: bool


def summarise(document: Document) -> View | None:
    """Collect the metrics of single attributes."""
    singles = [crossing for crossing in crossings(document) if len(crossing) == 1]
    names = decision_metrics(document)
    if not singles or not names:
        return None
    tables = tuple(
        group_table(
            document,
            crossing,
            anchor=f"t-rates-{number}",
            caption=("Metrics by ", document.attribute_of(crossing[0]), "."),
            everyone=True,
            names=names,
        )
        for number, crossing in enumerate(singles)
    )
    largest = _largest(document)
    panels = _panels(document, largest)
    return View(
        figure=_figure(panels) if panels else None,
        tables=tables,
        capped=len(largest) < len(_groups(document)),
    )


def _groups(document: Document) -> list[MetricResult]:
    found = {
        group_key(entry.group): entry for _, entry in document.metrics if len(entry.group) == 1
    }
    return list(found.values())


def _largest(document: Document) -> list[MetricResult]:
    groups = _groups(document)
    kept = {group_key(entry.group) for entry in sorted(groups, key=lambda e: -e.n)[:DRAWN]}
    return [entry for entry in groups if group_key(entry.group) in kept]


def _panels(document: Document, groups: Sequence[MetricResult]) -> tuple[Panel, ...]:
    names = decision_metrics(document)
    chosen = [metric for metric in HEADLINE if metric in names]
    panels = (_panel(document, metric, groups) for metric in chosen)
    return tuple(p for p in panels if any(dot.value is not None for dot in p.dots))


def _panel(document: Document, metric: str, groups: Sequence[MetricResult]) -> Panel:
    found = {
        group_key(entry.group): place for place, entry in document.metrics if entry.metric == metric
    }
    dots = tuple(_dot(document, entry, found.get(group_key(entry.group))) for entry in groups)
    everyone = found.get(())
    overall = None if everyone is None else document.at(everyone)["value"]
    return Panel(title=metric_name(metric).short, dots=dots, overall=overall)


def _dot(document: Document, group: MetricResult, place: str | None) -> Dot:
    label = document.name_of(group.group)
    if place is None:
        return Dot(label=label, value=None, low=None, high=None, text="—")
    entry = document.evidence.metrics[int(place.rsplit("/", 1)[1])]
    if entry.value is None:
        word = "too few" if entry.status == "suppressed" else "undef."
        return Dot(label=label, value=None, low=None, high=None, text=word)
    limits = entry.interval
    return Dot(
        label=label,
        value=entry.value,
        low=None if limits is None else limits.low,
        high=None if limits is None else limits.high,
        text=document.show(f"{place}/value", "percent1").text,
    )


def _figure(panels: tuple[Panel, ...]) -> Picture:
    return picture(
        partial(draw_rates, panels),
        anchor="f-rates",
        alt=rates_alt(panels),
        caption=("Rates by group with their intervals; the dashed line is everyone.",),
        table="t-rates-0",
    )

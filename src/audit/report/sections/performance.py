"""Performance by group: every metric of every group of one attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from audit.metrics.results import MetricResult
from audit.report.document import Document, Phrase
from audit.report.error_figures import errors_figure
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.rates import Dot, Panel, draw_rates
from audit.report.group_tables import (
    crossings,
    decision_metrics,
    group_key,
    group_table,
    row_metrics,
)
from audit.report.naming import metric_name
from audit.report.tables import Table
from audit.report.units import Task
from audit.report.wording import rates_alt

KEY = "performance"
TITLE = "Performance by group"
DRAWN = 20
OVERALL = ("multiclass_accuracy", "macro_true_positive_rate", "worst_class_true_positive_rate")
SHOWN: Mapping[Task, str] = {
    "binary": "Rates",
    "multiclass": "Rates of the class in focus",
    "regression": "Predictions and errors, in units of the target,",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    figure: Picture | None
    more: tuple[Picture, ...]
    tables: tuple[Table, ...]
    capped: bool


def summarise(document: Document) -> View | None:
    """Collect the metrics of single attributes."""
    singles = [crossing for crossing in crossings(document) if len(crossing) == 1]
    names = decision_metrics(document)
    if not names:
        return None
    tables = tuple(
        table
        for number, crossing in enumerate(singles or [()])
        for table in _tables(document, crossing, number)
    )
    largest = _largest(document)
    panels = _panels(document, largest, document.leading)
    return View(
        figure=_figure(panels, document.task) if panels else None,
        more=tuple(_more(document, largest)),
        tables=tables,
        capped=len(largest) < len(_groups(document)),
    )


def _tables(document: Document, crossing: tuple[str, ...], number: int) -> Iterator[Table]:
    who: Phrase = ("of everyone",)
    if crossing:
        who = ("by ", document.attribute_of(crossing[0]))
    for stem, said, names in (
        ("t-rates", "Metrics ", decision_metrics(document)),
        ("t-rows", "Rankings, similar rows and prediction intervals ", row_metrics(document)),
    ):
        if names:
            yield group_table(
                document,
                crossing,
                anchor=f"{stem}-{number}",
                caption=(said, *who, "."),
                everyone=True,
                names=names,
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


def _more(document: Document, groups: Sequence[MetricResult]) -> Iterator[Picture]:
    """Draw what a task has besides its headline metrics."""
    panels = _panels(document, groups, OVERALL) if document.task == "multiclass" else ()
    if panels:
        yield picture(
            partial(draw_rates, panels),
            anchor="f-overall",
            alt=rates_alt(panels),
            caption=("Over all classes, by group; the dashed line is everyone.",),
            table="t-rates-0",
        )
    if document.task == "regression":
        made = errors_figure(document, groups)
        if made is not None:
            yield made


def _panels(
    document: Document, groups: Sequence[MetricResult], names: Sequence[str]
) -> tuple[Panel, ...]:
    measured = decision_metrics(document)
    chosen = [metric for metric in names if metric in measured]
    panels = (_panel(document, metric, groups) for metric in chosen)
    return tuple(p for p in panels if any(dot.value is not None for dot in p.dots))


def _panel(document: Document, metric: str, groups: Sequence[MetricResult]) -> Panel:
    found = {
        group_key(entry.group): place for place, entry in document.metrics if entry.metric == metric
    }
    dots = tuple(_dot(document, entry, found.get(group_key(entry.group))) for entry in groups)
    everyone = found.get(())
    overall = None if everyone is None else document.at(everyone)["value"]
    axis = document.forms(metric).axis
    return Panel(title=metric_name(metric).short, dots=dots, overall=overall, axis=axis)


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
        text=document.show(f"{place}/value", document.forms(entry.metric).value).text,
    )


def _figure(panels: tuple[Panel, ...], task: Task) -> Picture:
    return picture(
        partial(draw_rates, panels),
        anchor="f-rates",
        alt=rates_alt(panels, SHOWN[task]),
        caption=(f"{SHOWN[task]} by group with their intervals; the dashed line is everyone.",),
        table="t-rates-0",
    )

"""Disparities as a reader compares them: one pair of groups, its difference and its ratio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audit.metrics.results import Disparity, MetricResult, Selection
from audit.report.document import Document, Phrase
from audit.report.naming import metric_name, metric_rank
from audit.report.tables import Cell, number, why

RATIO = ("ratio3", "ratio3")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One comparison: pointers to its difference and its ratio, where they were made."""

    first: Disparity
    difference: str | None
    ratio: str | None
    turned: bool = False
    """Whether the ratio is of the second group over the first: the lower rate over the higher."""

    @property
    def place(self) -> str:
        """Pointer to the difference, else to the ratio."""
        return self.difference or self.ratio or ""


def pairs(document: Document, keep: Callable[[Disparity], bool]) -> tuple[Pair, ...]:
    """Return comparisons, the clearest first: headline metrics, then by adjusted p, then by gap."""
    found: dict[tuple[str, ...], dict[str, Disparity]] = {}
    for _, entry in document.disparities:
        if entry.metric != "imprint" and keep(entry):
            ends = sorted((entry.a_metric, entry.b_metric))
            key = (entry.metric, entry.model, entry.split, entry.selection, *ends)
            found.setdefault(key, {})[entry.kind] = entry
    made = [_pair(document, kinds) for kinds in found.values()]
    return tuple(sorted(made, key=lambda pair: _severity(document, pair)))


def side(document: Document, metric_id: str) -> MetricResult | None:
    """Return the metric result with that identifier."""
    place = document.places.get(metric_id)
    if place is None:
        return None
    return document.evidence.metrics[int(place.rsplit("/", 1)[1])]


def stands(document: Document, entry: Disparity) -> bool:
    """Whether the difference stands after correction, by the printed rule."""
    confidence = document.evidence.settings.confidence
    return entry.p_adjusted is not None and entry.p_adjusted < 1 - confidence


def estimate_lines(document: Document, place: str | None, kind: str) -> tuple[Phrase, ...]:
    """Write a difference or ratio and, on a second line, its interval."""
    if place is None:
        return (("—",),)
    forms = document.forms(document.at(place)["metric"])
    value, limits = (forms.change, forms.change_limits) if kind == "difference" else RATIO
    interval = document.interval(place, limits)
    shown = document.value(place, value)
    return (shown, interval) if interval else (shown,)


def estimate_cell(document: Document, place: str | None, kind: str, *notes: Phrase) -> Cell:
    """Write a difference or ratio with its interval and notes, or why there is none."""
    lines = estimate_lines(document, place, kind)
    if place is None or document.at(place)["value"] is None:
        return number(lines[0]) if place is None else why(lines[0])
    return number(*lines, *notes)


def rate_lines(document: Document, group_place: str, metric_id: str) -> tuple[Phrase, ...]:
    """Write a group, its rate and its n."""
    group: Phrase = (document.group(group_place),)
    place = document.places.get(metric_id)
    if place is None:
        return (group,)
    entry = document.at(place)
    value = document.value(place, document.forms(entry["metric"]).value)
    if entry["status"] == "suppressed":
        return (group, value)
    return (group, (*value, ", ", *rows_line(document, place)))


def rows_line(document: Document, place: str) -> Phrase:
    """Write the n of a rate, and over how many of them it is taken if not over all."""
    entry = document.at(place)
    n: Phrase = ("n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", document.show(f"{place}/n", "integer"))
    if entry["denominator"] in (None, entry["n"]):
        return n
    return ("over ", document.show(f"{place}/denominator", "integer"), " of ", *n)


def _pair(document: Document, kinds: dict[str, Disparity]) -> Pair:
    places = {kind: document.places[entry.id] for kind, entry in kinds.items()}
    first = kinds.get("difference") or kinds["ratio"]
    ratio = kinds.get("ratio", first)
    return Pair(
        first=first,
        difference=places.get("difference"),
        ratio=places.get("ratio"),
        turned=ratio.a_metric != first.a_metric,
    )


def _severity(document: Document, pair: Pair) -> tuple[bool, int, bool, float, float, str]:
    entry = pair.first
    order = metric_rank(entry.metric)
    return (
        entry.metric not in document.headline,
        len(entry.attributes),
        entry.p_adjusted is None,
        entry.p_adjusted if entry.p_adjusted is not None else 1.0,
        -abs(entry.value or 0.0),
        f"{order[0]:02d}{entry.id}",
    )


def is_single(selection: Selection) -> Callable[[Disparity], bool]:
    """Return the test for comparisons of one attribute chosen in this way."""
    return lambda entry: entry.selection == selection and len(entry.attributes) == 1


def short_metric(entry: Disparity) -> str:
    """Return the short name of what is compared."""
    return metric_name(entry.metric).short

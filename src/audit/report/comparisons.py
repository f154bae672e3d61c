"""Disparities as a reader compares them: one pair of groups, its difference and its ratio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.metrics.results import Disparity, MetricResult, Selection
from audit.report.document import Document, Phrase
from audit.report.naming import HEADLINE, metric_name, metric_rank
from audit.report.tables import Cell, Column, Table, columns, name, number, why


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
    return tuple(sorted(made, key=_severity))


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


def comparison_table(
    document: Document,
    made: Sequence[Pair],
    *,
    anchor: str,
    caption: Phrase,
    folded: bool = False,
) -> Table:
    """Lay out comparisons with interval, n, raw and adjusted p, family, k and detectable gap."""
    level = document.show("/settings/confidence", "percent0")
    heads = columns(
        "Metric",
        Column(("Group A",), "text"),
        Column(("Group B",), "text"),
        Column(("Difference",), note="A\N{NO-BREAK SPACE}−\N{NO-BREAK SPACE}B"),
        Column(("Ratio",), note=_order(made)),
        Column(("p",), note="raw"),
        Column(("p",), note="adjusted"),
        Column(("Family",), "text", note="size k"),
        Column(("Smallest detectable gap",)),
    )
    limits = [pair.first.interval for pair in made if pair.first.interval is not None]
    together = bool(limits) and all(interval.simultaneous for interval in limits)
    kind = " simultaneous intervals." if together else " intervals, each for itself."
    caption = (*caption, " ", level, kind)
    rows = tuple(_row(document, pair, mixed=not _order(made)) for pair in made)
    return Table(anchor, caption, heads, rows, folded=folded)


def estimate_lines(document: Document, place: str | None, kind: str) -> tuple[Phrase, ...]:
    """Write a difference or ratio and, on a second line, its interval."""
    if place is None:
        return (("—",),)
    formats = ("points1", "signed1") if kind == "difference" else ("ratio3", "ratio3")
    limits = document.interval(place, formats[1])
    value = document.value(place, formats[0])
    return (value, limits) if limits else (value,)


def estimate_cell(document: Document, place: str | None, kind: str, note: str = "") -> Cell:
    """Write a difference or ratio with its interval, or why there is none."""
    lines = estimate_lines(document, place, kind)
    if place is not None and document.at(place)["value"] is None:
        return why(lines[0])
    return number(*lines, (note,)) if note and place else number(*lines)


def rate_lines(document: Document, group_place: str, metric_id: str) -> tuple[Phrase, ...]:
    """Write a group, its rate and its n."""
    group: Phrase = (document.group(group_place),)
    place = document.places.get(metric_id)
    if place is None:
        return (group,)
    value = document.value(place, "percent1")
    if document.at(place)["status"] == "suppressed":
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


def _order(made: Sequence[Pair]) -> str:
    orders = {pair.turned for pair in made if pair.ratio is not None}
    if len(orders) > 1:
        return ""
    words = "B ÷ A" if True in orders else "A ÷ B"
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _severity(pair: Pair) -> tuple[bool, int, bool, float, float, str]:
    entry = pair.first
    order = metric_rank(entry.metric)
    return (
        entry.metric not in HEADLINE,
        len(entry.attributes),
        entry.p_adjusted is None,
        entry.p_adjusted if entry.p_adjusted is not None else 1.0,
        -abs(entry.value or 0.0),
        f"{order[0]:02d}{entry.id}",
    )


def _row(document: Document, pair: Pair, *, mixed: bool) -> tuple[Cell, ...]:
    place, entry = pair.place, pair.first
    a, b = (
        rate_lines(document, f"{place}/{letter}", metric)
        for letter, metric in (("a", entry.a_metric), ("b", entry.b_metric))
    )
    return (
        name((document.show(f"{place}/metric", "metric"),)),
        Cell(a, "" if not a else _text_key(a), "text"),
        Cell(b, "" if not b else _text_key(b), "text"),
        estimate_cell(document, pair.difference, "difference"),
        estimate_cell(document, pair.ratio, "ratio", _order([pair]) if mixed else ""),
        number(_optional(document, f"{place}/p_value", "p")),
        number(_optional(document, f"{place}/p_adjusted", "p")),
        _family(document, place, entry),
        number(_optional(document, f"{place}/minimum_detectable", "size1")),
    )


def _text_key(lines: tuple[Phrase, ...]) -> str:
    first = lines[0][0]
    return first if isinstance(first, str) else first.text


def _optional(document: Document, place: str, form: str) -> Phrase:
    return ("—",) if document.at(place) is None else (document.show(place, form),)


def _family(document: Document, place: str, entry: Disparity) -> Cell:
    if entry.family is None:
        return Cell((("—",),), "", "text")
    size: Phrase = ("k = ", document.show(f"{place}/family/size", "integer"))
    if entry.pairs > 1:
        size = (*size, ", ", document.show(f"{place}/pairs", "integer"), " pairs")
    return Cell(((document.text(f"{place}/family/name"),), size), entry.family.name, "text")


def is_single(selection: Selection) -> Callable[[Disparity], bool]:
    """Return the test for comparisons of one attribute chosen in this way."""
    return lambda entry: entry.selection == selection and len(entry.attributes) == 1


def short_metric(entry: Disparity) -> str:
    """Return the short name of what is compared."""
    return metric_name(entry.metric).short

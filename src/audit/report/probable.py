"""Groups that are known by probability alone: estimates and bounds, told and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from audit.metrics.probable_results import ProbableFigures, ProbableRate
from audit.report.document import Document, Phrase, joined
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.rates import Dot, Panel, draw_rates
from audit.report.naming import metric_name
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

DRAWN = 12
"""Categories that are drawn at most; the tables hold them all."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """What is said of one attribute."""

    name: Phrase
    said: tuple[Phrase, ...]
    figure: Picture | None
    capped: bool
    tables: tuple[Table, ...]


def block(document: Document, number: int) -> Block:
    """Lay out one attribute."""
    figures, at = document.evidence.probable[number], f"/probable/{number}"
    panels = _panels(document, figures, at)
    return Block(
        name=(document.text(f"{at}/attribute"),),
        said=_said(document, figures, at),
        figure=_figure(panels, figures, number) if panels else None,
        capped=len(figures.columns) > DRAWN,
        tables=(_rates(document, figures, number), _gaps(document, figures, number)),
    )


def _said(document: Document, figures: ProbableFigures, at: str) -> tuple[Phrase, ...]:
    rows = document.show(f"{at}/n", "integer")
    named = joined(
        (document.text(f"{at}/categories/{n}"), " in ", document.text(f"{at}/columns/{n}"))
        for n in range(len(figures.categories))
    )
    left_out: Phrase = (".",)
    if figures.unknown:
        left_out = ("; ", document.show(f"{at}/unknown", "integer"), " rows without are left out.")
    proxies: Phrase = ()
    if figures.proxies:
        proxies = (" They were computed from ", document.show(f"{at}/proxies", "setting"), ".")
    said: list[Phrase] = [
        (rows, " rows have probabilities (", *named, ")", *left_out, *proxies),
        (
            "The estimate counts each row with its probability; its interval shows the chance of "
            "sampling alone. It has a known bias: ",
            document.text(f"{at}/bias"),
            ".",
        ),
        (
            "The bounds assume this: ",
            document.text(f"{at}/assumption"),
            ". No chance is in them: they are of these rows.",
        ),
    ]
    if figures.caution:
        said.append((document.show(f"{at}/caution", "sentence"), "."))
    return tuple(said)


def _rates(document: Document, figures: ProbableFigures, place: int) -> Table:
    heads = columns(
        Column(("Metric",), "name"),
        Column(("Group",), "text"),
        Column(("Rows expected",)),
        Column(("Estimate",), note="and its interval"),
        Column(("Least it can be",)),
        Column(("Most it can be",)),
    )
    rows = []
    for entry_place in range(len(figures.rates)):
        at = f"/probable/{place}/rates/{entry_place}"
        head = (
            name((document.show(f"{at}/metric", "metric"),)),
            words((document.group(f"{at}/group"),)),
            number((document.show(f"{at}/expected_n", "digits4"),)),
        )
        forms = document.forms(document.at(at)["metric"])
        rows.append((*head, *_amounts(document, at, (forms.value, forms.limits))))
    caption = ("Rates by ", document.text(f"/probable/{place}/attribute"), ".")
    return Table(f"t-probable-{place}", caption, heads, tuple(rows))


def _gaps(document: Document, figures: ProbableFigures, place: int) -> Table:
    heads = columns(
        Column(("Metric",), "name"),
        Column(("Group A",), "text"),
        Column(("Group B",), "text"),
        Column(("Estimated gap A − B",), note="and its interval"),
        Column(("Least it can be",)),
        Column(("Most it can be",)),
    )
    rows = []
    for entry_place in range(len(figures.gaps)):
        at = f"/probable/{place}/gaps/{entry_place}"
        head = (
            name((document.show(f"{at}/metric", "metric"),)),
            words((document.group(f"{at}/a"),)),
            words((document.group(f"{at}/b"),)),
        )
        forms = document.forms(document.at(at)["metric"])
        rows.append((*head, *_amounts(document, at, (forms.change, forms.change_limits))))
    caption = ("Gaps by ", document.text(f"/probable/{place}/attribute"), ". No test is made.")
    return Table(f"t-probable-gaps-{place}", caption, heads, tuple(rows))


def _amounts(document: Document, at: str, forms: tuple[str, str]) -> tuple[Cell, ...]:
    """Write estimate, interval and bounds, or why there are none."""
    if document.at(at)["status"] != "ok":
        reason = document.show(f"{at}/status", "text"), ": ", document.text(f"{at}/reason")
        return (why(reason, 3),)
    value, limits = forms
    shown, span = (document.show(f"{at}/value", value),), document.interval(at, limits)
    bounds = (_bound(document, f"{at}/{key}", value) for key in ("low", "high"))
    return (number(shown, span) if span else number(shown), *bounds)


def _bound(document: Document, at: str, form: str) -> Cell:
    if document.at(at) is None:
        return why(("not determined",))
    return number((document.show(at, form),))


def _panels(document: Document, figures: ProbableFigures, at: str) -> tuple[Panel, ...]:
    found: dict[str, list[Dot]] = {}
    for place, entry in enumerate(figures.rates):
        dots = found.setdefault(entry.metric, [])
        if len(dots) < DRAWN:
            dots.append(_dot(document, entry, f"{at}/rates/{place}"))
    panels = (
        Panel(title=metric_name(metric).short, dots=tuple(dots), overall=None)
        for metric, dots in found.items()
    )
    return tuple(panel for panel in panels if any(dot.value is not None for dot in panel.dots))


def _dot(document: Document, entry: ProbableRate, at: str) -> Dot:
    label = document.name_of(entry.group)
    if entry.value is None:
        word = "too few" if entry.status == "suppressed" else "undef."
        return Dot(label=label, value=None, low=None, high=None, text=word)
    limits = entry.interval
    return Dot(
        label=label,
        value=entry.value,
        low=None if limits is None else limits.low,
        high=None if limits is None else limits.high,
        text=document.show(f"{at}/value", "percent1").text,
        least=entry.low,
        most=entry.high,
    )


def _figure(panels: Sequence[Panel], figures: ProbableFigures, place: int) -> Picture:
    return picture(
        partial(draw_rates, panels),
        anchor=f"f-probable-{place}",
        alt=_alt(panels, figures.attribute),
        caption=(
            "Circle and line: the estimated rate and its interval. Pale bar: what the rate can be "
            "in these rows, whoever belongs to the group.",
        ),
        table=f"t-probable-{place}",
    )


def _alt(panels: Sequence[Panel], attribute: str) -> str:
    said = [words for panel in panels if (words := _apart(panel))]
    found = "; ".join(said) or "in no metric do the bounds of two groups lie apart"
    return f"Rates by {attribute}, known by probability alone, with bounds: {found}."


def _apart(panel: Panel) -> str:
    """Name the groups of a panel whose bounds lie farthest apart, where any do."""
    pairs = [
        (upper.least - lower.most, upper, lower)
        for upper in panel.dots
        for lower in panel.dots
        if upper.least is not None and lower.most is not None
    ]
    gap, upper, lower = max(pairs, key=lambda pair: pair[0], default=(0.0, None, None))
    if gap <= 0 or upper is None or lower is None:
        return ""
    return (
        f"{panel.title} of {upper.label} lies above that of {lower.label} whoever belongs to them"
    )

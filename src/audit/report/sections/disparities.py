"""Disparities: forest plot, worst pairs, comparisons with the reference group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from audit.report.comparisons import Pair, comparison_table, is_single, pairs, short_metric, stands
from audit.report.document import Document, Phrase, plain
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.forest import Line, draw_forest
from audit.report.naming import metric_rank
from audit.report.tables import Column, Table, name, words
from audit.report.wording import forest_alt

KEY = "disparities"
TITLE = "Disparities"
DRAWN = 20


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    figure: Picture | None
    capped: bool
    worst: Table | None
    reference: Table | None
    left_out: Table | None


def summarise(document: Document) -> View | None:
    """Collect the comparisons of single attributes."""
    worst = pairs(document, is_single("worst_pair"))
    reference = pairs(document, is_single("reference"))
    if not worst and not reference:
        return None
    drawable = [pair for pair in (*worst, *reference) if _drawable(pair)]
    lines = _lines(document, drawable[:DRAWN])
    return View(
        figure=_figure(document, lines) if lines else None,
        capped=len(drawable) > DRAWN,
        worst=_table(document, worst, "t-worst", ("Worst pair of each metric and attribute.",)),
        reference=_table(
            document, reference, "t-reference", ("Each group against the reference group.",)
        ),
        left_out=_left_out(document),
    )


def _table(
    document: Document, made: tuple[Pair, ...], anchor: str, caption: Phrase
) -> Table | None:
    return comparison_table(document, made, anchor=anchor, caption=caption) if made else None


def _drawable(pair: Pair) -> bool:
    limits = pair.first.interval
    return (
        pair.difference is not None
        and pair.first.value is not None
        and limits is not None
        and limits.high is not None
    )


def _lines(document: Document, drawn: Sequence[Pair]) -> tuple[Line, ...]:
    made = sorted(
        drawn,
        key=lambda pair: (pair.first.selection != "worst_pair", metric_rank(pair.first.metric)),
    )
    return tuple(_line(document, pair) for pair in made)  # fmt: skip


def _line(document: Document, pair: Pair) -> Line:
    entry, place = pair.first, pair.place
    limits = entry.interval
    if entry.value is None or limits is None or limits.high is None:
        raise ValueError(f"{entry.id} has no interval to draw")
    worst = entry.selection == "worst_pair"
    kind = "worst pair" if worst else "against reference"
    return Line(
        heading=f"{short_metric(entry)}, {kind}",
        a=document.group(f"{place}/a").text,
        b=document.group(f"{place}/b").text,
        value=entry.value,
        low=limits.low,
        high=limits.high,
        text=plain(document.value(place, "points1")),
        limits=plain(document.interval(place, "signed1")),
        stands=stands(document, entry),
        worst=worst,
    )


def _figure(document: Document, lines: tuple[Line, ...]) -> Picture:
    tolerance = document.show("/settings/tolerance", "size1")
    return picture(
        partial(draw_forest, lines, document.evidence.settings.tolerance),
        anchor="f-forest",
        alt=forest_alt(lines),
        caption=(
            "Differences A − B in percentage points with intervals. Filled diamond: stands after "
            "correction. Hollow circle: does not. Shaded: within the tolerance of ",
            tolerance,
            ".",
        ),
        table="t-worst" if lines[0].worst else "t-reference",
    )


def _left_out(document: Document) -> Table | None:
    rows = tuple(
        (
            name((document.show(f"{place}/metric", "metric"),)),
            words((document.show(f"{place}/attributes", "setting"),)),
            words((document.text(f"{place}/left_out/{number}"),)),
        )
        for place, entry in document.disparities
        if entry.kind == "difference" and entry.metric != "imprint"
        for number in range(len(entry.left_out))
    )
    heads = (
        Column(("Metric",), "name"),
        Column(("Attributes",), "text"),
        Column(("Left out",), "text"),
    )
    caption = ("Groups that could not take part in a comparison.",)
    return Table("t-left-out", caption, heads, rows) if rows else None

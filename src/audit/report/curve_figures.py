"""Figures of calibration and threshold sweep, with what they find in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from audit.report.curves import Placed, Swept, overstatement
from audit.report.document import Document, Phrase, plain
from audit.report.figures import sweep as drawing
from audit.report.figures.calibration import TOGETHER, Calibrated, Point, draw_calibration
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.sweep import Sweep, draw_sweep
from audit.report.naming import HEADLINE, metric_name

DRAWN = 8
NAMED = 4


def calibration_figure(
    document: Document, curves: Sequence[Placed], everyone: Sequence[Placed], number: int
) -> Picture | None:
    """Draw the calibration of an attribute's groups; of many, the extreme ones."""
    drawn = _extreme(document, [item for item in curves if item.drawn])
    if not drawn:
        return None
    many = len(drawn) > TOGETHER
    groups = tuple(_calibrated(document, item, short=many) for item in drawn)
    behind = _points(everyone[0]) if everyone and everyone[0].drawn else ()
    return picture(
        partial(draw_calibration, groups, behind),
        anchor=f"f-calibration-{number}",
        alt=_calibration_alt(document, drawn),
        caption=(
            "Share labelled positive against the mean score, in bins of the score. On the "
            "diagonal scores mean what they say; below it they overstate, above it they "
            "understate. Bars are Wilson intervals of each bin",
            "; dotted: everyone." if many else ".",
            " Of many groups, those furthest above and below the diagonal."
            if len(drawn) < sum(item.drawn for item in curves)
            else "",
        ),
        table=f"t-calibration-{number}",
    )


def sweep_figure(document: Document, swept: Swept, number: int) -> Picture | None:
    """Draw the headline rates of an attribute's groups at every threshold."""
    metrics = [name for name in HEADLINE if any(swept.lines(name))]
    if not metrics or len(swept.sweep.thresholds) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    named = _named(swept, metrics[0])
    panels = tuple(_panel(document, swept, metric, named) for metric in metrics)
    chosen = swept.sweep.chosen
    drawn = Sweep(
        thresholds=swept.sweep.thresholds,
        chosen=chosen,
        names=[document.name_of(dict(group)) for group in named],
        panels=panels,
    )
    mark = "; the dashed line and the diamond mark the threshold of the audited decisions"
    return picture(
        partial(draw_sweep, drawn),
        anchor=f"f-sweep-{number}",
        alt=_sweep_alt(document, swept, metrics),
        caption=(
            "Rates of the groups as the threshold moves, and beneath them the largest gap between "
            "groups, which holds chance too",
            mark if chosen is not None else "",
            "." if len(named) == len(list(swept.lines(metrics[0]))) else ". Faint: other groups.",
        ),
        table=f"t-sweep-{number}",
    )


def gap_at(document: Document, swept: Swept, metric: str) -> Phrase:
    """Show the gap at the chosen threshold; empty where there is none."""
    gap, chosen = swept.gap(metric), swept.sweep.chosen
    if gap is None or chosen is None:
        return ()
    return (document.show(f"{gap[0]}/{chosen}", "size1"),)


def largest_gap(document: Document, swept: Swept, metric: str) -> Phrase:
    """Show the largest gap over all thresholds, and at which threshold it stands."""
    gap = swept.gap(metric)
    if gap is None:
        return ()
    place = max(range(len(gap[1])), key=gap[1].__getitem__)
    at = document.show(f"{swept.place}/thresholds/{place}", "significant3")
    return (document.show(f"{gap[0]}/{place}", "size1"), ", at a threshold of ", at)


def _extreme(document: Document, drawn: list[Placed]) -> list[Placed]:
    if len(drawn) <= DRAWN:
        return drawn

    def above(item: Placed) -> float:
        found = overstatement(document, item.curve.group)
        return 0.0 if found is None else found[1].value or 0.0

    ranked = sorted(drawn, key=above)
    return [*ranked[-DRAWN // 2 :][::-1], *ranked[: DRAWN // 2][::-1]]


def _calibrated(document: Document, item: Placed, *, short: bool) -> Calibrated:
    group = item.curve.group
    return Calibrated(
        label=", ".join(group.values()) if short else document.name_of(group),
        text=_above(document, item),
        points=_points(item),
    )


def _above(document: Document, item: Placed) -> str:
    found = overstatement(document, item.curve.group)
    if found is None:
        return ""
    value = document.show(f"{found[0]}/value", "points1").text
    return f"score − outcome {value}"


def _points(item: Placed) -> tuple[Point, ...]:
    return tuple(
        Point(x=b.mean_score, y=b.rate, low=b.interval.low, high=b.interval.high)
        for b in item.curve.bins
        if b.mean_score is not None
        and b.rate is not None
        and b.interval is not None
        and b.interval.high is not None
    )


def _calibration_alt(document: Document, drawn: Sequence[Placed]) -> str:
    said = "; ".join(f"{document.name_of(i.curve.group)}: {_above(document, i)}" for i in drawn)
    return f"Calibration by group: mean score less share labelled positive. {said}."


Key = tuple[tuple[str, str], ...]


def _named(swept: Swept, metric: str) -> tuple[Key, ...]:
    lines = [line for _, line in swept.lines(metric)]
    at = swept.sweep.chosen
    at = len(swept.sweep.thresholds) // 2 if at is None else at
    if len(lines) > NAMED:
        lines.sort(key=lambda line: line.values[at])
        lines = [lines[-1], lines[0]]
    return tuple(tuple(line.group.items()) for line in lines)


def _panel(document: Document, swept: Swept, metric: str, named: tuple[Key, ...]) -> drawing.Swept:
    lines = {tuple(line.group.items()): line.values for _, line in swept.lines(metric)}
    gap = swept.gap(metric)
    shown = plain(gap_at(document, swept, metric))
    return drawing.Swept(
        title=metric_name(metric).short,
        named=[lines.get(key, ()) for key in named],
        faint=[values for key, values in lines.items() if key not in named],
        gap=() if gap is None else gap[1],
        text=f"gap, {shown} as decided" if shown else "gap",
    )


def _sweep_alt(document: Document, swept: Swept, metrics: Sequence[str]) -> str:
    said = []
    for metric in metrics:
        now = plain(gap_at(document, swept, metric))
        most = plain(largest_gap(document, swept, metric))
        if most:
            decided = f"{now} at the threshold of the decisions, " if now else ""
            said.append(f"{metric_name(metric).short}: {decided}at most {most}")
    return f"Gaps between groups as the threshold moves. {'; '.join(said)}."

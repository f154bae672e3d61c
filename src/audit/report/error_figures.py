"""Over- and under-prediction of a regression by group, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from audit.metrics.results import MetricResult
from audit.report.document import Document
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.errors import Side, draw_errors
from audit.report.group_tables import group_key

UNDER, OVER, ERROR = "mean_under_prediction", "mean_over_prediction", "mean_error"


def errors_figure(document: Document, groups: Sequence[MetricResult]) -> Picture | None:
    """Draw how far predictions lie below and above the target; None where it is not known."""
    sides = [side for entry in groups if (side := _side(document, entry)) is not None]
    if not sides:
        return None
    return picture(
        partial(draw_errors, sides),
        anchor="f-errors",
        alt=_alt(sides),
        caption=(
            "Mean under-prediction (hatched, to the left) and mean over-prediction of each group, "
            "in units of the target. Diamond: the mean error that they leave.",
        ),
        table="t-rates-0",
    )


def _side(document: Document, group: MetricResult) -> Side | None:
    found = {
        entry.metric: (place, entry.value)
        for place, entry in document.metrics
        if entry.metric in (UNDER, OVER, ERROR) and group_key(entry.group) == group_key(group.group)
    }
    values = [found.get(name, ("", None))[1] for name in (UNDER, OVER, ERROR)]
    under, over, error = values
    if under is None or over is None or error is None:
        return None
    form = document.forms(ERROR).change
    return Side(
        label=document.name_of(group.group),
        under=under,
        over=over,
        error=error,
        text=document.show(f"{found[ERROR][0]}/value", form).text,
    )


def _alt(sides: Sequence[Side]) -> str:
    high, low = max(sides, key=lambda s: s.error), min(sides, key=lambda s: s.error)
    return (
        "Mean under- and over-prediction by group. Mean error: highest "
        f"{high.label} {high.text}, lowest {low.label} {low.text}."
    )

"""Threshold sweep: rates of the groups as the threshold moves, and the gap beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes

from audit.report.figures.canvas import WIDE, Canvas, percent_up
from audit.report.figures.marks import draw_key, key_pitch, marked
from audit.report.figures.palette import BAND, BLUE, INK, MUTED, PAPER, RULE

LEFT, APART, TITLE, AXIS = 46, 20, 26, 40
RATE, GAP, BETWEEN = 190, 92, 34
MARKS = 7


@dataclass(frozen=True, kw_only=True)
class Swept:
    """One metric: a line for each group that the key names, faint lines, and the gap.

    Attributes
    ----------
    named, faint : sequence of sequence of float
        Values at each threshold.
    gap : sequence of float
        Empty where there is none.
    text : str
        The gap at the chosen threshold; empty where none was chosen.
    """

    title: str
    named: Sequence[Sequence[float]]
    faint: Sequence[Sequence[float]]
    gap: Sequence[float]
    text: str


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The thresholds, the position of the chosen one, the groups named, and the metrics."""

    thresholds: Sequence[float]
    chosen: int | None
    names: Sequence[str]
    panels: Sequence[Swept]


def draw_sweep(sweep: Sweep, width: int) -> Canvas:
    """Draw metrics side by side on wide pages, one below the other on narrow ones."""
    entries = [(name, "") for name in sweep.names]
    key = key_pitch(entries) * len(entries) + 10
    columns = len(sweep.panels) if width == WIDE else 1
    rows = -(-len(sweep.panels) // columns)
    block = TITLE + RATE + BETWEEN + GAP + AXIS
    canvas = Canvas.of(width, key + rows * block)
    draw_key(canvas, entries, 0, 10, width)
    each = (width - LEFT - 8 - (columns - 1) * APART) / columns
    highest = max((value for panel in sweep.panels for value in panel.gap), default=0.0)
    for number, panel in enumerate(sweep.panels):
        left = LEFT + (number % columns) * (each + APART)
        top = key + (number // columns) * block + TITLE
        first = number % columns == 0
        canvas.text(left, top - TITLE / 2, panel.title, fontweight="bold")
        _rates(canvas, sweep, panel, (left, top, left + each, top + RATE), first=first)
        below = top + RATE + BETWEEN
        box = (left, below, left + each, below + GAP)
        _gap(canvas, sweep, panel, box, highest=highest, first=first)
    canvas.text(LEFT, canvas.height - 8, "threshold", color=MUTED)
    return canvas


Box = tuple[float, float, float, float]


def _rates(canvas: Canvas, sweep: Sweep, panel: Swept, box: Box, *, first: bool) -> None:
    axes = _axes(canvas, sweep, box)
    axes.tick_params(labelbottom=False)
    percent_up(axes, 0, 1.02, labelled=first)
    for values in panel.faint:
        axes.plot(sweep.thresholds, values, color=RULE, linewidth=1)
    every = max(1, len(sweep.thresholds) // MARKS)
    for number, values in enumerate(panel.named):
        if not values:
            continue
        style = marked(number, size=4.5)
        axes.plot(sweep.thresholds, values, **{**style, "markevery": (number * 2, every)})


def _gap(
    canvas: Canvas, sweep: Sweep, panel: Swept, box: Box, *, highest: float, first: bool
) -> None:
    canvas.text(box[0], box[1] - 12, panel.text, color=INK)
    axes = _axes(canvas, sweep, box)
    percent_up(axes, 0, highest * 1.12 or 0.1, labelled=first, ticks=3)
    if not panel.gap:
        return
    ends = [sweep.thresholds[0], *sweep.thresholds, sweep.thresholds[-1]]
    axes.fill(ends, [0, *panel.gap, 0], color=BAND, linewidth=0)
    axes.plot(sweep.thresholds, panel.gap, color=INK, linewidth=1.4)
    if sweep.chosen is not None:
        axes.plot(
            [sweep.thresholds[sweep.chosen]],
            [panel.gap[sweep.chosen]],
            marker="D",
            markersize=6,
            markerfacecolor=PAPER,
            markeredgecolor=BLUE,
            markeredgewidth=1.6,
            linestyle="none",
        )


def _axes(canvas: Canvas, sweep: Sweep, box: Box) -> Axes:
    axes = canvas.axes(*box)
    low, high = sweep.thresholds[0], sweep.thresholds[-1]
    axes.set_xlim(low, high if high > low else low + 1)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if sweep.chosen is not None:
        at = sweep.thresholds[sweep.chosen]
        axes.axvline(at, color=INK, linewidth=1, linestyle=(0, (2, 2)))
    return axes

"""Rates by group: one panel a metric, one line a group, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from audit.report.figures.canvas import CHARACTER, WIDE, Canvas, shortened, value_axis
from audit.report.figures.palette import BLUE, INK, MUTED, PALE_BLUE, PAPER, RULE
from audit.report.units import Axis

LABELS, VALUE, GAP, APART = 212, 48, 10, 30
LINE, TITLE, AXIS = 26, 30, 30


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One group's rate; `value` None where there is none, and `text` says so.

    `least` and `most` are bounds, drawn as a bar, where a group is not known for sure.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One metric: its groups, the rate of everyone, and in what it is measured.

    Panels in percent share their scale, which starts at zero; others have one of their own.
    """

    title: str
    dots: Sequence[Dot]
    overall: float | None
    axis: Axis = "percent"

    @property
    def span(self) -> tuple[float, float]:
        """The limits of what is drawn."""
        ends = [(dot.low, dot.value, dot.high) for dot in self.dots]
        known = [end for triple in ends for end in triple if end is not None]
        known += [] if self.overall is None else [self.overall]
        low, high = min(known, default=0.0), max(known, default=0.0)
        pad = (high - low) * 0.06 or abs(high) * 0.06 or 0.01
        return low - pad, high + pad


def draw_rates(panels: Sequence[Panel], width: int) -> Canvas:
    """Draw panels side by side on wide pages, one below the other on narrow ones."""
    dots = [dot for panel in panels if panel.axis == "percent" for dot in panel.dots]
    top = max(((dot.most or dot.high or dot.value or 0.0) for dot in dots), default=0.0)
    limit = min(1.02, top * 1.08) or 1.0
    if width == WIDE:
        return _beside(panels, width, limit)
    return _below(panels, width, limit)


def _beside(panels: Sequence[Panel], width: int, limit: float) -> Canvas:
    count = len(panels[0].dots)
    bottom = TITLE + count * LINE + 4
    canvas = Canvas.of(width, bottom + AXIS)
    each = (width - LABELS + APART) / len(panels)
    for number, dot in enumerate(panels[0].dots):
        canvas.text(0, TITLE + (number + 0.5) * LINE, shortened(dot.label, LABELS - 12))
    for number, panel in enumerate(panels):
        left = LABELS + number * each
        _panel(canvas, panel, (left, TITLE, left + each - APART, bottom), limit, labelled=False)
    return canvas


def _below(panels: Sequence[Panel], width: int, limit: float) -> Canvas:
    heights = [TITLE + len(panel.dots) * (LINE + 14) + 4 + AXIS for panel in panels]
    canvas = Canvas.of(width, sum(heights))
    top = 0
    for panel, height in zip(panels, heights, strict=True):
        _panel(canvas, panel, (14, top + TITLE, width, top + height - AXIS), limit, labelled=True)
        top += height
    return canvas


def _panel(
    canvas: Canvas,
    panel: Panel,
    box: tuple[float, float, float, float],
    limit: float,
    *,
    labelled: bool,
) -> None:
    left, top, right, bottom = box
    pitch = LINE + 14 if labelled else LINE
    longest = 0 if panel.axis == "percent" else max(len(dot.text) for dot in panel.dots)
    value = max(VALUE, longest * CHARACTER)
    inner = right - (14 if labelled else value + GAP)
    axes = canvas.axes(left, top, inner, bottom)
    span = (0.0, limit) if panel.axis == "percent" else panel.span
    value_axis(axes, *span, panel.axis, ticks=5 if labelled else 3)
    canvas.text(0 if labelled else left, top - TITLE / 2, panel.title, fontweight="bold")
    if panel.overall is not None and not labelled:
        axes.axvline(panel.overall, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    if labelled:
        axes.grid(visible=False)
    for number, dot in enumerate(panel.dots):
        y = top + number * pitch + (pitch - 10 if labelled else pitch / 2)
        line = y - 18 if labelled else y
        if labelled:
            canvas.text(0, line, shortened(dot.label, right - max(100, value + GAP)))
        canvas.text(
            right, line, dot.text, ha="right", color=INK if dot.value is not None else MUTED
        )
        if dot.value is None:
            continue
        if labelled:
            axes.plot(span, [y, y], color=RULE, linewidth=0.8)
            _tick(axes, panel.overall, y)
        if dot.least is not None and dot.most is not None:
            axes.fill_between([dot.least, dot.most], y - 6, y + 6, color=PALE_BLUE, linewidth=0)
        if dot.low is not None and dot.high is not None:
            axes.plot([dot.low, dot.high], [y, y], color=BLUE, linewidth=1.8)
        axes.plot(
            [dot.value], [y], marker="o", markersize=6, markerfacecolor=PAPER,
            markeredgecolor=BLUE, markeredgewidth=1.6, linestyle="none",
        )  # fmt: skip


def _tick(axes: Axes, overall: float | None, y: float) -> None:
    if overall is not None:
        axes.plot(
            [overall, overall], [y - 7, y + 7], color=MUTED, linewidth=1, linestyle=(0, (3, 2))
        )

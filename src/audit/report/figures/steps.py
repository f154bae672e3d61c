"""Gap decomposition: each feature carries the total a step further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes

from audit.report.figures.canvas import WIDE, Canvas, shortened, value_axis
from audit.report.figures.palette import BLUE, INK, MUTED, PAPER, RUST
from audit.report.units import Axis

LABELS, VALUE, LINE, AXIS = 240, 90, 28, 30


@dataclass(frozen=True, kw_only=True)
class Step:
    """One part of the total, or the total itself."""

    label: str
    value: float
    text: str
    whole: bool = False


def draw_steps(steps: Sequence[Step], width: int, *, axis: Axis = "percent") -> Canvas:
    """Draw steps that add up to the last one, which starts at zero again."""
    wide = width == WIDE
    pitch = LINE if wide else LINE + 12
    bottom = len(steps) * pitch + 8
    canvas = Canvas.of(width, bottom + AXIS)
    left, right = (LABELS, width - VALUE) if wide else (14, width - 14)
    axes = canvas.axes(left, 4, right, bottom)
    starts = [0.0, *accumulate(step.value for step in steps if not step.whole)]
    low, high = min(starts), max(starts)
    pad = (high - low) * 0.05 or 0.01
    value_axis(axes, low - pad, high + pad, axis, signed=True)
    if wide:
        axes.axvline(0, color=INK, linewidth=0.9)
    else:
        axes.grid(visible=False)
    for number, step in enumerate(steps):
        top = 4 + number * pitch
        y = top + (LINE / 2 if wide else LINE)
        start = 0.0 if step.whole else starts[number]
        _bar(axes, step, start, y)
        if not wide:
            axes.plot([0, 0], [y - 7, y + 7], color=INK, linewidth=0.9)
        elif not step.whole:
            end = start + step.value
            axes.plot([end, end], [y, y + pitch], color=MUTED, linewidth=0.8)
        line = y if wide else top + 10
        weight = "bold" if step.whole else "normal"
        room = (LABELS if wide else width) - 96 * (not wide) - 8
        canvas.text(0, line, shortened(step.label, room), fontweight=weight)
        canvas.text(width, line, step.text, ha="right", fontweight=weight)
    return canvas


def _bar(axes: Axes, step: Step, start: float, y: float) -> None:
    colour = MUTED if step.whole else BLUE if step.value >= 0 else RUST
    axes.barh(
        [y], [step.value], left=start, height=13, color=colour, edgecolor=PAPER,
        linewidth=0,
        hatch=None if step.whole or step.value >= 0 else "////",
    )  # fmt: skip

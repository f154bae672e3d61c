"""Errors of a regression by group: how far predictions lie below and above the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from audit.report.figures.canvas import CHARACTER, WIDE, Canvas, shortened, value_axis
from audit.report.figures.palette import INK, MUTED, PALE_BLUE, PALE_RUST, PAPER, RUST

LABELS, LINE, AXIS, TOP, BAR = 240, 28, 30, 44, 13


@dataclass(frozen=True, kw_only=True)
class Side:
    """One group: mean under-prediction, mean over-prediction, and the mean error they leave."""

    label: str
    under: float
    over: float
    error: float
    text: str


def draw_errors(sides: Sequence[Side], width: int) -> Canvas:
    """Draw a bar to either side of zero for each group, and its mean error as a diamond."""
    wide = width == WIDE
    pitch = LINE if wide else LINE + 14
    bottom = TOP + len(sides) * pitch + 6
    value = max(len(side.text) for side in sides) * CHARACTER + 8
    canvas = Canvas.of(width, round(bottom + AXIS))
    left, right = (LABELS, width - value) if wide else (14, width - 14)
    axes = canvas.axes(left, TOP, right, bottom)
    low, high = -max(side.under for side in sides), max(side.over for side in sides)
    pad = (high - low) * 0.05 or 0.01
    value_axis(axes, low - pad, high + pad, "target", signed=True)
    if not wide:
        axes.grid(visible=False)
    else:
        axes.axvline(0, color=INK, linewidth=0.9)
    canvas.text(0, 8, "Mean error", fontweight="bold")
    canvas.text(left, TOP - 12, "◀ too low", color=MUTED)
    canvas.text(right, TOP - 12, "too high ▶", color=MUTED, ha="right")
    for number, side in enumerate(sides):
        top = TOP + number * pitch
        y = top + (LINE / 2 if wide else LINE)
        _bars(axes, side, y)
        line = y if wide else top + 10
        room = LABELS if wide else width - value
        canvas.text(0, line, shortened(side.label, room - 8))
        canvas.text(width, line, side.text, ha="right")
    return canvas


def _bars(axes: Axes, side: Side, y: float) -> None:
    look: dict[str, Any] = {"height": BAR, "linewidth": 0, "edgecolor": RUST}
    axes.barh([y], [-side.under], color=PALE_RUST, hatch="////", **look)
    axes.barh([y], [side.over], color=PALE_BLUE, **look)
    axes.plot([0, 0], [y - 8, y + 8], color=INK, linewidth=0.9)
    axes.plot(
        [side.error], [y], marker="D", markersize=6, markerfacecolor=PAPER,
        markeredgecolor=INK, markeredgewidth=1.6, linestyle="none",
    )  # fmt: skip

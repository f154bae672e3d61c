"""Frontier: what each mitigation costs in accuracy against what it leaves of a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from audit.report.figures.canvas import WIDE, Canvas, shortened, value_axis, value_up
from audit.report.figures.palette import BLUE, INK, MUTED, PAPER, RULE, RUST
from audit.report.numbers import decimal
from audit.report.units import Axis

HEIGHT, LINE, AXIS, LEFT = 290, 20, 50, 52
TARGETS = 84
WORDS: Mapping[Axis, tuple[str, str]] = {
    "percent": ("Gap left, pp", "change of accuracy, pp (right is better)"),
    "index": ("Gap left", "change of accuracy, pp (right is better)"),
    "target": ("Gap left", "change of mean absolute error (left is better)"),
}
MARKS = (("o", BLUE), ("s", RUST), ("^", BLUE), ("D", RUST), ("v", BLUE), ("P", RUST))


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One mitigation: change of accuracy across, gap left upwards, each with its interval."""

    label: str
    x: float
    y: float
    x_limits: tuple[float, float] | None
    y_limits: tuple[float, float] | None
    text: str


def draw_frontier(
    marks: Sequence[Mark], before: float, width: int, *, axis: Axis = "percent"
) -> Canvas:
    """Draw mitigations; a cross marks the baseline, a line the absence of a gap."""
    wide = width == WIDE
    rows = len(marks) + 1
    top = 26 + LINE * (1 if wide else 2) * rows
    canvas = Canvas.of(width, top + HEIGHT)
    left = TARGETS if axis == "target" else LEFT
    axes = canvas.axes(left, top, width - 12, top + HEIGHT - AXIS)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.tick_params(labelleft=True)
    _limits(axes, marks, before)
    axes.axhline(0, color=INK, linewidth=0.9)
    axes.axvline(0, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.plot([0], [before], **_style("x", INK))
    for mark, (shape, colour) in zip(marks, MARKS * len(marks), strict=False):
        _cross(axes, mark, colour)
        axes.plot([mark.x], [mark.y], **_style(shape, colour))
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6 if wide else 4))
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_formatter(lambda value, _: _tick(value))
    if axis == "target":
        value_axis(axes, *axes.get_xlim(), axis, signed=True)
        value_up(axes, *axes.get_ylim(), signed=True)
    gap, cost = WORDS[axis]
    canvas.text(0, 10, gap, fontweight="bold")
    canvas.text(left, top + HEIGHT - 12, cost, color=MUTED)
    _key(canvas, marks, wide=wide, cut=axis == "target")
    return canvas


def _limits(axes: Axes, marks: Sequence[Mark], before: float) -> None:
    xs, ys = [0.0], [0.0, before]
    for mark in marks:
        xs += [mark.x, *(mark.x_limits or ())]
        ys += [mark.y, *(mark.y_limits or ())]
    for low, high, place in ((min(xs), max(xs), axes.set_xlim), (min(ys), max(ys), axes.set_ylim)):
        pad = (high - low) * 0.08 or 0.01
        place(low - pad, high + pad)


def _cross(axes: Axes, mark: Mark, colour: str) -> None:
    if mark.x_limits is not None:
        axes.plot(mark.x_limits, [mark.y, mark.y], color=colour, linewidth=1.4)
    if mark.y_limits is not None:
        axes.plot([mark.x, mark.x], mark.y_limits, color=colour, linewidth=1.4)


def _style(shape: str, colour: str) -> dict[str, Any]:
    return {
        "marker": shape,
        "linestyle": "none",
        "markersize": 8,
        "markerfacecolor": PAPER,
        "markeredgecolor": colour,
        "markeredgewidth": 2.0 if shape != "x" else 2.4,
        "zorder": 5,
    }


def _tick(value: float) -> str:
    exact = round(float(value), 6)
    return decimal(exact, 0 if round(exact * 100, 4).is_integer() else 1, scale=100, signed=True)


def _key(canvas: Canvas, marks: Sequence[Mark], *, wide: bool, cut: bool) -> None:
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.axis("off")
    pitch = LINE if wide else 2 * LINE
    entries = [("x", INK, "baseline", "")]
    entries += [
        (shape, colour, mark.label, mark.text)
        for mark, (shape, colour) in zip(marks, MARKS * len(marks), strict=False)
    ]
    for number, (shape, colour, label, text) in enumerate(entries):
        y = 34 + number * pitch
        left = LEFT if wide else 0
        axes.plot([left + 6], [y], **_style(shape, colour))
        canvas.text(left + 20, y, shortened(label, 260), fontweight="bold")
        x, below = (left + 300, 0) if wide else (left + 20, 16)
        said = shortened(text, canvas.width - x) if cut else text
        canvas.text(x, y + below, said, color=MUTED)

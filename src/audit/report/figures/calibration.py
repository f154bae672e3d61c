"""Calibration: the share labelled positive against the mean score, bin by bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from audit.report.figures.canvas import WIDE, Canvas, percent_axis, percent_up, shortened
from audit.report.figures.marks import draw_key, key_pitch, marked
from audit.report.figures.palette import MUTED, RULE

SIDE, LEFT, TITLE, AXIS = 330, 46, 26, 46
APART, EDGE = 34, 20
TOGETHER = 4
"""Groups that one panel can hold; more have a panel each."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One bin: mean score across, share labelled positive upwards, and its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """One group: its bins, and in words how far its scores lie above or below the outcome."""

    label: str
    text: str
    points: Sequence[Point]


def draw_calibration(groups: Sequence[Calibrated], everyone: Sequence[Point], width: int) -> Canvas:
    """Draw few groups in one panel, or each in its own with everyone behind."""
    if len(groups) <= TOGETHER:
        return _together(groups, width)
    return _apart(groups, everyone, width)


def _together(groups: Sequence[Calibrated], width: int) -> Canvas:
    entries = [(group.label, group.text) for group in groups]
    pitch = key_pitch(entries)
    wide = width == WIDE
    side = SIDE if wide else width - LEFT - EDGE
    key = 0 if wide else pitch * len(groups) + 6
    canvas = Canvas.of(width, TITLE + key + side + AXIS)
    box = (LEFT, TITLE + key, LEFT + side, TITLE + key + side)
    axes = _ground(canvas, box)
    for number, group in enumerate(groups):
        _line(axes, group.points, number, shift=(number - (len(groups) - 1) / 2) * 0.006)
    if wide:
        draw_key(canvas, entries, LEFT + side + 36, TITLE + 20, width - LEFT - side - 40)
    else:
        draw_key(canvas, entries, 0, TITLE + 8, width)
    _words(canvas, box)
    return canvas


def _apart(groups: Sequence[Calibrated], everyone: Sequence[Point], width: int) -> Canvas:
    columns = 4 if width == WIDE else 2
    side = (width - LEFT - (columns - 1) * APART - EDGE) / columns
    rows = -(-len(groups) // columns)
    pitch = side + TITLE + AXIS
    canvas = Canvas.of(width, round(rows * pitch + AXIS + 22))
    for number, group in enumerate(groups):
        left = LEFT + (number % columns) * (side + APART)
        top = TITLE + 44 + (number // columns) * pitch
        axes = _ground(canvas, (left, top, left + side, top + side), first=number % columns == 0)
        axes.plot(
            [point.x for point in everyone],
            [point.y for point in everyone],
            color=MUTED,
            linewidth=1,
            linestyle=(0, (1, 1.4)),
        )
        _line(axes, group.points, 0, size=5)
        canvas.text(left, top - 30, shortened(group.label, side), fontweight="bold")
        canvas.text(left, top - 14, group.text, color=MUTED)
    _words(canvas, (LEFT, TITLE, width, canvas.height - AXIS))
    return canvas


def _ground(canvas: Canvas, box: tuple[float, float, float, float], *, first: bool = True) -> Axes:
    axes = canvas.axes(*box)
    percent_axis(axes, 0, 1, ticks=2)
    percent_up(axes, 0, 1.02, labelled=first)
    axes.plot([0, 1], [0, 1], color=RULE, linewidth=1.6)
    return axes


def _line(
    axes: Axes, points: Sequence[Point], number: int, *, size: float = 6, shift: float = 0.0
) -> None:
    style = marked(number, size=size)
    for point in points:
        axes.plot(
            [point.x + shift] * 2,
            [point.low, point.high],
            color=style["color"],
            linewidth=1.2,
        )
    axes.plot([point.x + shift for point in points], [point.y for point in points], **style)


def _words(canvas: Canvas, box: tuple[float, float, float, float], *, below: bool = False) -> None:
    if not below:
        canvas.text(0, 10, "Share labelled positive", fontweight="bold")
    canvas.text(box[0], canvas.height - 10, "mean score of the bin", color=MUTED)

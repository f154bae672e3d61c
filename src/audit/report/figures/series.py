"""Mean series of groups, channel by channel, and at which steps the score lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from audit.report.figures.canvas import WIDE, Canvas, shortened, value_up
from audit.report.figures.diverging import KEY, coloured, draw_key, place, plane, sign_strongest
from audit.report.figures.marks import STYLES, marked
from audit.report.figures.marks import draw_key as name_groups
from audit.report.figures.palette import MUTED, RULE

LEFT, TITLE, LINES, STRIP, GAP, BELOW, ROW = 84, 26, 110, 14, 3, 26, 22
NAMES, EDGE, STEPS = 190, 8, 18
MARKS = 6


@dataclass(frozen=True, kw_only=True)
class Course:
    """One group or gap: its mean series by channel, None at gaps, and the strength of each cell."""

    label: str
    means: Sequence[Sequence[float | None]]
    strength: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Channels:
    """What every course has: channels, steps in all, and steps of a cell."""

    names: Sequence[str]
    steps: int
    block: int


def draw_series(
    courses: Sequence[Course], channels: Channels, ends: Sequence[str], width: int
) -> Canvas:
    """Draw for each channel the mean series of the first groups and a strip for each course."""
    lines = [course for course in courses if course.means][: len(STYLES)]
    names = len(lines) * ROW + 10 if lines else 0
    strips = len(courses) * _pitch(width) + GAP
    panel = TITLE + (LINES + GAP if lines else 0) + strips + STEPS + BELOW
    canvas = Canvas.of(width, round(names + len(channels.names) * panel + KEY))
    if lines:
        name_groups(canvas, [(course.label, "") for course in lines], 0, 12, width)
    axes = plane(canvas)
    for number, name in enumerate(channels.names):
        top = names + number * panel
        canvas.text(0, top + TITLE / 2, shortened(name, width), fontweight="bold")
        if lines:
            box = (LEFT, top + TITLE, _right(width), top + TITLE + LINES)
            _lines(canvas, lines, number, channels, box)
        start = top + TITLE + (LINES + GAP if lines else 0)
        for place_, course in enumerate(courses):
            _strip(canvas, axes, course, (number, channels), start + place_ * _pitch(width))
        low = start + strips + STEPS / 2
        canvas.text(LEFT, low, "first step", color=MUTED)
        canvas.text(_right(width), low, "last step", color=MUTED, ha="right")
    draw_key(canvas, axes, canvas.height - KEY, ends)
    return canvas


def _right(width: int) -> float:
    return width - NAMES if width == WIDE else width - EDGE


def _pitch(width: int) -> float:
    return STRIP + GAP if width == WIDE else STRIP + GAP + 16


def _lines(
    canvas: Canvas,
    lines: Sequence[Course],
    channel: int,
    channels: Channels,
    box: tuple[float, float, float, float],
) -> None:
    axes = canvas.axes(*box)
    axes.tick_params(labelbottom=False, labelleft=True)
    axes.grid(visible=False, axis="x")
    axes.set_xlim(0, channels.steps)
    known = [v for course in lines for v in course.means[channel] if v is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    pad = (high - low) * 0.08 or abs(high) * 0.08 or 0.01
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    value_up(axes, low - pad, high + pad)
    for number, course in enumerate(lines):
        values = [np.nan if v is None else v for v in course.means[channel]]
        middles = [_middle(cell, channels) for cell in range(len(values))]
        every = max(1, len(values) // MARKS)
        style = marked(number, size=4.5)
        axes.plot(middles, values, **{**style, "markevery": (number % every, every)})


def _middle(cell: int, channels: Channels) -> float:
    low, high = cell * channels.block, min((cell + 1) * channels.block, channels.steps)
    return (low + high) / 2


def _strip(
    canvas: Canvas, axes: Axes, course: Course, which: tuple[int, Channels], top: float
) -> None:
    channel, channels = which
    wide = canvas.width == WIDE
    right = _right(canvas.width)
    if not wide:
        canvas.text(LEFT, top + 8, shortened(course.label, right - LEFT), color=MUTED)
        top += 16
    box = (LEFT, top, right - LEFT, STRIP)
    cells = course.strength[channel][None, :]
    beyond = cells.shape[1] * channels.block / channels.steps
    place(canvas, axes, coloured(cells), box, beyond=beyond)
    sign_strongest(canvas, cells, (LEFT, top, box[2] * beyond, STRIP))
    frame = Rectangle(box[:2], *box[2:], fill=False, edgecolor=RULE, linewidth=0.8)
    axes.add_patch(frame)
    if wide:
        canvas.text(right + 10, top + STRIP / 2, shortened(course.label, NAMES - 12), color=MUTED)

"""Forest plot: one line for each comparison, its interval, and whether it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from audit.report.figures.canvas import CHARACTER, WIDE, Canvas, shortened, value_axis
from audit.report.figures.palette import BAND, BLUE, INK, MUTED, PAPER, RUST
from audit.report.units import Axis

LABELS, VALUES = 280, 184
LINE, HEADING, AXIS = 16, 30, 30
STACKED, STACKED_VALUES, AGAINST = 42, 118, 56


@dataclass(frozen=True, kw_only=True)
class Line:
    """One comparison as it is drawn."""

    heading: str
    a: str
    b: str
    value: float
    low: float
    high: float
    text: str
    limits: str
    stands: bool
    worst: bool


def draw_forest(
    lines: Sequence[Line], tolerance: float, width: int, *, axis: Axis = "percent"
) -> Canvas:
    """Draw comparisons, in their order, under a heading for each run of equal headings."""
    wide = width == WIDE
    values = max(VALUES, *(_room(line) for line in lines)) if axis != "percent" else VALUES
    pitch = 2 * LINE + 10 if wide else 3 * LINE + 12
    places, bottom = _places(lines, pitch)
    canvas = Canvas.of(width, bottom + AXIS)
    left, right = (LABELS + 10, width - values) if wide else (12, width - 12)
    axes = canvas.axes(left, 4, right, bottom)
    low = min(-tolerance, *(line.low for line in lines))
    high = max(tolerance, *(line.high for line in lines))
    pad = (high - low) * 0.04
    _ground(axes, tolerance, None if wide else [top + STACKED for _, top in places])
    value_axis(axes, low - pad, high + pad, axis, signed=True)
    for line, (heading, top) in zip(lines, places, strict=True):
        if heading is not None:
            canvas.text(0, heading, line.heading, fontweight="bold")
        _label(canvas, line, top, wide=wide, room=_stacked(line))
        _interval(axes, line, top + (LINE if wide else STACKED))
    return canvas


def _ground(axes: Axes, tolerance: float, rows: list[int] | None) -> None:
    if rows is None:
        axes.axvspan(-tolerance, tolerance, color=BAND, linewidth=0, zorder=0)
        axes.axvline(0, color=INK, linewidth=0.9)
        return
    axes.grid(visible=False)
    for y in rows:
        axes.fill_between([-tolerance, tolerance], y - 8, y + 8, color=BAND, linewidth=0)
        axes.plot([0, 0], [y - 8, y + 8], color=INK, linewidth=0.9)


def _places(lines: Sequence[Line], pitch: int) -> tuple[list[tuple[int | None, int]], int]:
    places: list[tuple[int | None, int]] = []
    y, last = 4, ""
    for line in lines:
        heading = None
        if line.heading != last:
            heading, y, last = y + HEADING // 2, y + HEADING, line.heading
        places.append((heading, y))
        y += pitch
    return places, y + 4


def _room(line: Line) -> float:
    """Return the pixels that a difference and its limits take beside each other."""
    return (len(line.text) + len(line.limits) + 2) * CHARACTER


def _stacked(line: Line) -> float:
    """Return the pixels that they take below each other."""
    return max(STACKED_VALUES, (max(len(line.text), len(line.limits)) + 1) * CHARACTER)


def _label(canvas: Canvas, line: Line, top: int, *, wide: bool, room: float) -> None:
    first, second = top + LINE * 0.5, top + LINE * 1.5
    room = LABELS if wide else canvas.width - room
    canvas.text(0, first, shortened(line.a, room))
    canvas.text(0, second, "against " + shortened(line.b, room - AGAINST), color=MUTED)
    if wide:
        canvas.text(canvas.width, top + LINE, f"{line.text} {line.limits}", ha="right")
    else:
        canvas.text(canvas.width, first, line.text, ha="right")
        canvas.text(canvas.width, second, line.limits, ha="right", color=MUTED)


def _interval(axes: Axes, line: Line, y: float) -> None:
    colour = RUST if line.stands else BLUE
    low, high, up, down = line.low, line.high, y - 4, y + 4
    axes.plot([low, low, low, high, high, high], [up, down, y, y, up, down], color=colour)
    axes.plot(
        [line.value],
        [y],
        linestyle="none",
        marker="D" if line.stands else "o",
        markersize=5.5 if line.stands else 6,
        markeredgecolor=colour,
        markerfacecolor=colour if line.stands else PAPER,
    )

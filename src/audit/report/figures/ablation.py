"""The causal check: what is left of a gap against how many entries are ablated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl

from audit.report.figures.canvas import WIDE, Canvas, value_up
from audit.report.figures.palette import BAND, BLUE, INK, MUTED, PAPER, RULE, RUST
from audit.report.numbers import decimal
from audit.report.units import Axis

HEIGHT, LINE, AXIS, LEFT, TARGETS = 250, 18, 46, 52, 84
STYLES = {
    "ledger": (BLUE, "D", "-"),
    "gradient": (INK, "^", (0, (5, 1.5, 1, 1.5))),
    "magnitude": (RUST, "s", (0, (5, 2))),
    "random": (MUTED, "o", (0, (1, 1.6))),
}


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One way of choosing entries: how many, and the gap left."""

    chosen_by: str
    label: str
    points: Sequence[tuple[int, float]]


def draw_ablation(
    curves: Sequence[Curve],
    start: float,
    limits: tuple[float, float | None],
    axis: Axis,
    width: int,
) -> Canvas:
    """Draw a line for each way of choosing; shaded is the interval of the gap before."""
    wide, percent = width == WIDE, axis == "percent"
    top = 24 + LINE * (len(curves) if not wide else 1)
    canvas = Canvas.of(width, top + HEIGHT)
    left = TARGETS if axis == "target" else LEFT
    axes = canvas.axes(left, top, width - 10, top + HEIGHT - AXIS)
    axes.grid(visible=False, axis="x")
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.tick_params(labelleft=True)
    low, high = limits[0], limits[1] if limits[1] is not None else start
    axes.axhspan(low, high, color=BAND, linewidth=0, zorder=0)
    axes.axhline(0, color=INK, linewidth=0.9)
    for curve in curves:
        colour, marker, dashes = STYLES[curve.chosen_by]
        axes.plot(
            *zip((0, start), *curve.points, strict=True),
            color=colour, linestyle=dashes, linewidth=2 if marker == "D" else 1.5,
            marker=marker, markersize=6, markerfacecolor=colour if marker == "D" else PAPER,
            markeredgecolor=colour, zorder=4 if marker == "D" else 3,
        )  # fmt: skip
    values = [0.0, start, low, high, *(value for curve in curves for _, value in curve.points)]
    pad = (max(values) - min(values)) * 0.06 or 0.01
    axes.set_ylim(min(values) - pad, max(values) + pad)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(8, integer=True))
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    scale = {"scale": 100} if percent else {}
    axes.yaxis.set_major_formatter(
        lambda value, _: decimal(round(float(value), 6), 0 if percent else 2, signed=True, **scale)
    )
    if axis == "target":
        value_up(axes, min(values) - pad, max(values) + pad, signed=True)
    canvas.text(left, top + HEIGHT - 12, "entries ablated", color=MUTED)
    canvas.text(0, 10, f"Score gap left{', pp' if percent else ''}", fontweight="bold")
    _key(canvas, curves, wide=wide)
    return canvas


def _key(canvas: Canvas, curves: Sequence[Curve], *, wide: bool) -> None:
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.axis("off")
    for number, curve in enumerate(curves):
        x, y = (LEFT + number * 195, 30) if wide else (LEFT, 30 + number * LINE)
        colour, marker, dashes = STYLES[curve.chosen_by]
        axes.plot(
            [x, x + 17, x + 34], [y, y, y], color=colour, linestyle=dashes, linewidth=1.6,
            marker=marker, markevery=[1], markersize=5.5, markeredgecolor=colour,
            markerfacecolor=colour if marker == "D" else PAPER,
        )  # fmt: skip
        canvas.text(x + 42, y, curve.label)

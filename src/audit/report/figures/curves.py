"""Loss by epoch, in training and validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes

from audit.report.figures.canvas import WIDE, Canvas, percent_up, value_up
from audit.report.figures.palette import BLUE, INK, MUTED, RULE, RUST
from audit.report.units import Axis

HEIGHT, TOP, AXIS, GAP, TARGETS, FEW = 250, 34, 44, 134, 84, 3


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A quantity by epoch, None where it is not known, and in what it is measured."""

    values: Sequence[float | None]
    axis: Axis


def draw_curves(
    epochs: Sequence[int],
    train: Sequence[float],
    validation: Sequence[float | None],
    kept: int,
    width: int,
    *,
    gap: Followed | None = None,
) -> Canvas:
    """Draw both losses, the gap below them, and mark the epoch whose weights were kept."""
    canvas = Canvas.of(width, HEIGHT if gap is None else HEIGHT + GAP)
    left = 44 if gap is None or gap.axis == "percent" else TARGETS
    axes = canvas.axes(left, TOP, width - 6, HEIGHT - AXIS)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.grid(visible=False, axis="x")
    axes.tick_params(labelleft=True)
    axes.plot(epochs, train, color=BLUE, linewidth=2)
    known = [(x, y) for x, y in zip(epochs, validation, strict=True) if y is not None]
    if known:
        axes.plot(*zip(*known, strict=True), color=RUST, linewidth=2, linestyle=(0, (5, 2)))
    axes.axvline(kept, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    losses = [*train, *(y for _, y in known)]
    pad = (max(losses) - min(losses)) * 0.06 or 0.01
    axes.set_ylim(min(losses) - pad, max(losses) + pad)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
    if gap is not None:
        box = (left, HEIGHT, width - 6, HEIGHT + GAP - AXIS)
        _gap(canvas, axes, epochs, gap, box, kept=kept)
    canvas.text(left, canvas.height - 10, "Epoch", color=MUTED)
    _key(canvas, f"kept: epoch {kept}", labelled=bool(known))
    return canvas


def _gap(
    canvas: Canvas,
    above: Axes,
    epochs: Sequence[int],
    gap: Followed,
    box: tuple[float, float, float, float],
    *,
    kept: int,
) -> None:
    above.tick_params(labelbottom=False)
    canvas.text(0, box[1] - 22, "Largest gap between groups", fontweight="bold")
    axes = canvas.axes(*box)
    axes.grid(visible=False, axis="x")
    axes.set_xlim(*above.get_xlim())
    known = [(x, y) for x, y in zip(epochs, gap.values, strict=True) if y is not None]
    highest = max(y for _, y in known) * 1.12 or 0.1
    if gap.axis == "percent":
        percent_up(axes, 0, highest, ticks=3)
    else:
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.tick_params(labelleft=True)
        value_up(axes, 0, highest)
    few = "o" if len(known) < FEW else ""
    axes.plot(*zip(*known, strict=True), color=INK, linewidth=2, marker=few, markersize=5)
    axes.axvline(kept, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))


def _key(canvas: Canvas, kept: str, *, labelled: bool) -> None:
    canvas.text(0, 12, "Loss", fontweight="bold")
    canvas.text(44, 12, "━ training", color=BLUE)
    if labelled:
        canvas.text(132, 12, "╍ validation", color=RUST)
    if canvas.width == WIDE:
        canvas.text(canvas.width, 12, f"┆ {kept}", ha="right", color=MUTED)
    else:
        canvas.text(canvas.width, 12, f"┆ {kept.removeprefix('kept: ')}", ha="right", color=INK)

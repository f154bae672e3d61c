"""Loss by epoch, in training and validation."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl

from audit.report.figures.canvas import WIDE, Canvas
from audit.report.figures.palette import BLUE, INK, MUTED, RULE, RUST

HEIGHT, TOP, AXIS = 250, 34, 44


def draw_curves(
    epochs: Sequence[int],
    train: Sequence[float],
    validation: Sequence[float | None],
    kept: int,
    width: int,
) -> Canvas:
    """Draw both losses and mark the epoch whose weights were kept."""
    canvas = Canvas.of(width, HEIGHT)
    axes = canvas.axes(44, TOP, width - 6, HEIGHT - AXIS)
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
    canvas.text(44, HEIGHT - 10, "Epoch", color=MUTED)
    _key(canvas, f"kept: epoch {kept}", labelled=bool(known))
    return canvas


def _key(canvas: Canvas, kept: str, *, labelled: bool) -> None:
    canvas.text(0, 12, "Loss", fontweight="bold")
    canvas.text(44, 12, "━ training", color=BLUE)
    if labelled:
        canvas.text(132, 12, "╍ validation", color=RUST)
    if canvas.width == WIDE:
        canvas.text(canvas.width, 12, f"┆ {kept}", ha="right", color=MUTED)
    else:
        canvas.text(canvas.width, 12, f"┆ {kept.removeprefix('kept: ')}", ha="right", color=INK)

"""Colours of values about zero: blue above, rust below, nothing at zero; and the key to them.

The stronger, the less transparent: so zero is the page itself, light or dark, or the image beneath.
Blue and rust stay apart for readers with deuteranopia or protanopia; how strong is told by both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from audit.report.figures.canvas import CHARACTER, Canvas
from audit.report.figures.palette import MUTED, PAPER
from audit.report.numbers import MINUS

Pixels = NDArray[np.uint8]
ABOVE, BELOW = (37, 110, 200), (208, 92, 24)
LEVELS = 32
KEY = 46
WHITE = 255
LENGTH = 220
TELLING = 0.3
"""Of the largest value, from which on a sign is written."""
PATCH = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.4}


def coloured(strength: NDArray[np.float64]) -> Pixels:
    """Return red, green, blue and opacity of values in [-1, 1]."""
    held = np.clip(strength, -1.0, 1.0)
    made = np.zeros((*held.shape, 4), dtype=np.uint8)
    made[..., :3] = np.where((held >= 0)[..., None], ABOVE, BELOW)
    made[..., 3] = np.rint(np.rint(np.abs(held) * LEVELS) / LEVELS * WHITE)
    return made


def laid_over(strength: NDArray[np.float64], ground: Pixels) -> Pixels:
    """Lay coloured values over an image, which is made grey so that colour means one thing."""
    colour = coloured(strength)
    opacity = colour[..., 3:] / WHITE
    grey = np.rint(ground.reshape(*ground.shape[:2], -1).mean(axis=2) / 8) * 8
    mixed = colour[..., :3] * opacity + grey[..., None] * (1 - opacity)
    return np.concatenate([np.rint(mixed), np.full_like(opacity, WHITE)], axis=2).astype(np.uint8)


def plane(canvas: Canvas) -> Axes:
    """Make axes over a whole canvas, in pixels from its top left corner."""
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.axis("off")
    _hold(axes, canvas)
    return axes


def place(
    canvas: Canvas,
    axes: Axes,
    pixels: Pixels,
    box: tuple[float, float, float, float],
    *,
    beyond: float = 1.0,
) -> None:
    """Put an image into a box (left, top, width, height), each of its pixels sharp.

    `beyond` is how far it reaches to the right, in widths of the box; what is outside is cut off.
    """
    left, top, width, height = box
    extent = (left, left + width * beyond, top + height, top)
    shown = axes.imshow(pixels, interpolation="none", extent=extent, aspect="auto", zorder=2)
    if beyond > 1:
        shown.set_clip_path(Rectangle((left, top), width, height, transform=axes.transData))
    _hold(axes, canvas)


def sign_strongest(
    canvas: Canvas, strength: NDArray[np.float64], box: tuple[float, float, float, float]
) -> None:
    """Write a sign where values are strongest either way: colour alone must not tell them apart."""
    left, top, width, height = box
    rows, columns = strength.shape
    for sign, shown in ((1.0, "+"), (-1.0, MINUS)):
        place_ = int((sign * strength).argmax())
        row, column = divmod(place_, columns)
        if sign * strength[row, column] >= TELLING:
            x, y = left + (column + 0.5) / columns * width, top + (row + 0.5) / rows * height
            canvas.text(x, y, shown, ha="center", bbox=PATCH, fontweight="bold", fontsize=7)


def draw_key(canvas: Canvas, axes: Axes, top: float, ends: Sequence[str]) -> None:
    """Draw the scale with the values at its ends, and say which way each goes."""
    room = max(map(len, ends)) * CHARACTER + 12
    length, left = min(LENGTH, canvas.width - 2 * room), room
    strip = np.linspace(-1.0, 1.0, 2 * LEVELS + 1)[None, :]
    place(canvas, axes, coloured(strip), (left, top + 6, length, 12))
    style: dict[str, Any] = {"color": MUTED}
    canvas.text(left - 8, top + 12, ends[0], ha="right", **style)
    canvas.text(left + length + 8, top + 12, ends[1], **style)
    canvas.text(left + length / 2, top + 30, "0", ha="center", **style)
    canvas.text(left, top + 30, "lower", **style)
    canvas.text(left + length, top + 30, "higher", ha="right", **style)


def _hold(axes: Axes, canvas: Canvas) -> None:
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)

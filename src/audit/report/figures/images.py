"""Mean images of groups, and where in them the score lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from audit.report.figures.canvas import WIDE, Canvas, shortened
from audit.report.figures.diverging import (
    KEY,
    Pixels,
    coloured,
    draw_key,
    laid_over,
    place,
    plane,
    sign_strongest,
)
from audit.report.figures.palette import MUTED, RULE

SIDE, APART, TITLE, TEXT, BETWEEN, BELOW = 166, 24, 22, 20, 8, 14
ACROSS, FEW, LARGE, LABEL = 4, 2, 230, 166
WHITE = 255


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One group: its mean image where it is known, and the strength of each cell in [-1, 1]."""

    label: str
    text: str
    image: NDArray[np.uint8] | None
    strength: NDArray[np.float64]


def draw_images(
    seen: Sequence[Seen], shape: tuple[int, int], ends: Sequence[str], width: int
) -> Canvas:
    """Draw for each group its mean image and, below it, the map laid over it.

    `shape` is height and width of the images, `ends` what the ends of the scale stand for.
    """
    across = min(ACROSS if width == WIDE else FEW, max(len(seen), FEW))
    each = (width - (across - 1) * APART) / across
    side = LARGE if across == FEW else SIDE
    wide, tall = _fitted(shape, min(each, side if width == WIDE else each))
    pitch = min(each, max(wide, LABEL)) + APART
    pictures = 1 if all(item.image is None for item in seen) else 2
    block = TITLE + pictures * tall + (pictures - 1) * BETWEEN + TEXT + BELOW
    rows = -(-len(seen) // across)
    canvas = Canvas.of(width, round(rows * block + KEY))
    axes = plane(canvas)
    for number, item in enumerate(seen):
        left, top = (number % across) * pitch, (number // across) * block
        canvas.text(left, top + TITLE / 2, shortened(item.label, pitch - 8), fontweight="bold")
        for step, pixels in enumerate(_pictures(item)):
            box = (left, top + TITLE + step * (tall + BETWEEN), wide, tall)
            _picture(canvas, axes, pixels, box)
            if step == pictures - 1 or item.image is None:
                sign_strongest(canvas, item.strength, box)
        low = top + TITLE + pictures * tall + (pictures - 1) * BETWEEN + TEXT / 2
        canvas.text(left, low, item.text, color=MUTED)
    draw_key(canvas, axes, rows * block, ends)
    return canvas


def _fitted(shape: tuple[int, int], side: float) -> tuple[float, float]:
    """Return width and height of a picture that keeps its proportions within a square."""
    height, width = shape
    scale = side / max(height, width)
    return width * scale, height * scale


def _pictures(item: Seen) -> list[Pixels]:
    if item.image is None:
        return [coloured(item.strength)]
    return [_opaque(item.image), laid_over(item.strength, item.image)]


def _opaque(image: NDArray[np.uint8]) -> Pixels:
    colours = image if image.shape[2] > 1 else np.repeat(image, 3, axis=2)
    full = np.full((*image.shape[:2], 1), WHITE, dtype=np.uint8)
    return np.concatenate([colours, full], axis=2)


def _picture(
    canvas: Canvas, axes: Axes, pixels: Pixels, box: tuple[float, float, float, float]
) -> None:
    place(canvas, axes, pixels, box)
    left, top, width, height = box
    frame = Rectangle((left, top), width, height, fill=False, edgecolor=RULE, linewidth=0.8)
    axes.add_patch(frame)

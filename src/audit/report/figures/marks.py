"""Marks that tell groups apart without colour, and the key that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.report.figures.canvas import Canvas, shortened
from audit.report.figures.palette import BLUE, INK, MUTED, PAPER, RUST

STYLES: tuple[tuple[str, str, Any], ...] = (
    ("o", BLUE, "solid"),
    ("s", RUST, (0, (5, 2))),
    ("^", INK, (0, (1, 1.4))),
    ("D", MUTED, (0, (6, 2, 1, 2))),
)
"""Marker, colour and dashes of the first, second, ... group."""
LINE = 20


def marked(number: int, *, every: int = 1, size: float = 6, width: float = 1.6) -> dict[str, Any]:
    """Return how the line of the group of that number is drawn."""
    shape, colour, dashes = STYLES[number % len(STYLES)]
    return {
        "color": colour,
        "linestyle": dashes,
        "linewidth": width,
        "marker": shape,
        "markersize": size,
        "markevery": every,
        "markerfacecolor": PAPER,
        "markeredgecolor": colour,
        "markeredgewidth": 1.5,
        "clip_on": False,
    }


def draw_key(
    canvas: Canvas, entries: Sequence[tuple[str, str]], left: float, top: float, room: float
) -> None:
    """Name each group beside its mark, with a few words below the name."""
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.axis("off")
    for number, (label, text) in enumerate(entries):
        y = top + number * key_pitch(entries)
        style = marked(number, every=1)
        axes.plot([left + 2, left + 16, left + 30], [y] * 3, **{**style, "markevery": [1]})
        canvas.text(left + 40, y, shortened(label, room - 40), fontweight="bold")
        if text:
            canvas.text(left + 40, y + 16, text, color=MUTED)


def key_pitch(entries: Sequence[tuple[str, str]]) -> int:
    """Return the pixels from one name of a key to the next."""
    return LINE + 20 if any(text for _, text in entries) else LINE

"""Coverage map: which groups of an intersection have enough rows, hatched where not assessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from audit.metrics.subgroups.coverage_results import CellStatus
from audit.report.figures.canvas import CHARACTER, WIDE, Canvas, shortened
from audit.report.figures.palette import BAND, INK, MUTED, PALE_BLUE, PAPER, RULE, RUST

LABELS, NARROW_LABELS, HEAD, KEY, EDGE = 200, 116, 44, 24, 2
ROW, LOW_ROW, TALL = 40, 24, 12
MOST, FEW = 12, 3
WORDS = 66
"""Pixels of a cell that holds the word of its status below its number."""
LOOKS: Mapping[CellStatus, tuple[str, str, dict[str, Any]]] = {
    "enough": ("assessed", "", {"facecolor": PALE_BLUE, "edgecolor": PALE_BLUE}),
    "too_small": (
        "too small",
        "too small",
        {"facecolor": PAPER, "edgecolor": RUST, "hatch": "////"},
    ),
    "mixed": (
        "pooled: some too small",
        "some small",
        {"facecolor": PALE_BLUE, "edgecolor": RUST, "hatch": "//"},
    ),
    "empty": ("no rows", "no rows", {"facecolor": PAPER, "edgecolor": RULE}),
    "unknown": (
        "category unknown",
        "unknown",
        {"facecolor": BAND, "edgecolor": MUTED, "hatch": "---"},
    ),
}
"""What the key says, what a cell says, and how it looks."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One cell: its rows in words, and its status."""

    text: str
    status: CellStatus


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A map as it is drawn: names down and across, and the cells row by row."""

    down: str
    across: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Patch]]

    def turned(self) -> Grid:
        """Return the same map with rows for columns."""
        return Grid(
            down=self.across,
            across=self.down,
            rows=self.columns,
            columns=self.rows,
            cells=list(zip(*self.cells, strict=True)),
        )


def draw_coverage(grid: Grid, width: int) -> Canvas:
    """Draw one cell for each group; numbers where they fit, the longer side down if it must be."""
    most = MOST if width == WIDE else FEW
    if len(grid.columns) > most and len(grid.rows) < len(grid.columns):
        grid = grid.turned()
    labels = LABELS if width == WIDE else NARROW_LABELS
    each = min(120.0, (width - labels) / len(grid.columns))
    turned = max(map(len, grid.columns)) * CHARACTER > each
    head = HEAD + (60 if turned else 0)
    pitch = ROW if len(grid.rows) <= TALL else LOW_ROW
    bottom = head + pitch * len(grid.rows)
    shown = [status for status in LOOKS if any(p.status == status for r in grid.cells for p in r)]
    wide = width == WIDE
    canvas = Canvas.of(width, bottom + 12 + KEY * (1 if wide else len(shown)))
    axes = _plane(canvas)
    canvas.text(0, head - 12, shortened(grid.down, labels - 8), fontweight="bold")
    canvas.text(labels, 10, shortened(grid.across, width - labels), fontweight="bold")
    for number, name in enumerate(grid.columns):
        _column(canvas, name, labels + (number + 0.5) * each, head, each, turned=turned)
    for number, (name, cells) in enumerate(zip(grid.rows, grid.cells, strict=True)):
        top = head + number * pitch
        canvas.text(0, top + pitch / 2, shortened(name, labels - 8))
        for place, patch in enumerate(cells):
            _cell(canvas, axes, patch, (labels + place * each, top, each, pitch))
    _key(canvas, axes, shown, bottom + 12, wide=wide)
    return canvas


def _plane(canvas: Canvas) -> Axes:
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.axis("off")
    return axes


def _column(canvas: Canvas, name: str, x: float, head: float, each: float, *, turned: bool) -> None:
    if turned:
        style: dict[str, Any] = {"rotation": 90, "va": "bottom", "rotation_mode": "default"}
        canvas.text(x, head - 6, shortened(name, 84), ha="center", **style)
    else:
        canvas.text(x, head - 12, shortened(name, each), ha="center")


def _cell(canvas: Canvas, axes: Axes, patch: Patch, box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    _, word, look = LOOKS[patch.status]
    axes.add_patch(_rectangle(x, y, width, height, look))
    if len(patch.text) * CHARACTER + 4 > width:
        return
    two = bool(word) and width >= WORDS and height >= ROW
    if "hatch" in look:
        half = max(len(word) if two else 0, len(patch.text)) * CHARACTER / 2 + 1
        middle, up = x + width / 2, 15 if two else 7
        ground = Rectangle(
            (middle - half, y + height / 2 - up),
            2 * half,
            2 * up,
            facecolor=look["facecolor"],
            linewidth=0,
        )
        axes.add_patch(ground)
    centre = y + height / 2
    canvas.text(x + width / 2, centre - (7 if two else 0), patch.text, ha="center", color=INK)
    if two:
        canvas.text(x + width / 2, centre + 8, word, ha="center", color=INK)


def _rectangle(x: float, y: float, width: float, height: float, look: dict[str, Any]) -> Rectangle:
    return Rectangle(
        (x + EDGE, y + EDGE), width - 2 * EDGE, height - 2 * EDGE, linewidth=0.8, **look
    )


def _key(
    canvas: Canvas, axes: Axes, shown: Sequence[CellStatus], top: float, *, wide: bool
) -> None:
    x, y = 0.0, top
    for status in shown:
        said, _, look = LOOKS[status]
        axes.add_patch(_rectangle(x, y, 26, 18, look))
        canvas.text(x + 32, y + 9, said, color=MUTED)
        if wide:
            x += 32 + len(said) * CHARACTER + 24
        else:
            y += KEY

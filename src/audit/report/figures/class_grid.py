"""A rate of each class in each group: a bar in every cell, the ends of each row marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from audit.report.figures.canvas import CHARACTER, WIDE, Canvas, shortened
from audit.report.figures.palette import BAND, INK, MUTED, PALE_BLUE, PALE_RUST, RULE

LABELS, LEAST, WIDEST, HEAD, TURNED = 170, 64, 110, 24, 96
ROW, LOW, TITLE, KEY = 30, 24, 28, 26
End = Literal["lowest", "highest", ""]
MARKS: Mapping[End, str] = {"lowest": "▼", "highest": "▲", "": ""}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One rate; `value` None where there is none, and `text` says so."""

    value: float | None
    text: str
    end: End = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One class and its rate in every group."""

    label: str
    cells: Sequence[Cell]


def draw_classes(rows: Sequence[Row], groups: Sequence[str], width: int) -> Canvas:
    """Draw classes down and groups across; on narrow pages a block of groups for each class."""
    if width == WIDE and len(groups) * LEAST <= width - LABELS:
        return _grid(rows, groups, width)
    return _blocks(rows, groups, width)


def _grid(rows: Sequence[Row], groups: Sequence[str], width: int) -> Canvas:
    each = min(WIDEST, (width - LABELS) / len(groups))
    turned = max(map(len, groups)) * CHARACTER > each - 6
    head = TURNED if turned else HEAD
    bottom = head + ROW * len(rows)
    canvas = Canvas.of(width, bottom + KEY)
    axes = _plane(canvas)
    for place, group in enumerate(groups):
        x = LABELS + place * each
        if turned:
            style = {"rotation": 90, "va": "bottom", "ha": "center"}
            canvas.text(x + (each - 6) / 2, head - 6, shortened(group, TURNED - 10), **style)
        else:
            canvas.text(x, head - 10, shortened(group, each - 6))
    for number, row in enumerate(rows):
        top = head + number * ROW
        canvas.text(0, top + ROW / 2, shortened(row.label, LABELS - 10), fontweight="bold")
        for place, cell in enumerate(row.cells):
            _cell(canvas, axes, cell, (LABELS + place * each, top, each - 6, ROW))
    _key(canvas, bottom + KEY / 2)
    return canvas


def _blocks(rows: Sequence[Row], groups: Sequence[str], width: int) -> Canvas:
    block = TITLE + LOW * len(groups) + 8
    labels = width * 0.5
    canvas = Canvas.of(width, block * len(rows) + KEY)
    axes = _plane(canvas)
    for number, row in enumerate(rows):
        top = number * block
        canvas.text(0, top + TITLE / 2, shortened(row.label, width), fontweight="bold")
        for place, (group, cell) in enumerate(zip(groups, row.cells, strict=True)):
            y = top + TITLE + place * LOW
            canvas.text(0, y + LOW / 2, shortened(group, labels - 8))
            _cell(canvas, axes, cell, (labels, y, width - labels, LOW))
    _key(canvas, canvas.height - KEY / 2)
    return canvas


def _plane(canvas: Canvas) -> Axes:
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.axis("off")
    return axes


def _cell(canvas: Canvas, axes: Axes, cell: Cell, box: tuple[float, float, float, float]) -> None:
    x, top, width, height = box
    y, inner = top + 3, height - 6
    axes.add_patch(Rectangle((x, y), width, inner, facecolor=BAND, linewidth=0))
    if cell.value is not None:
        colour = PALE_RUST if cell.end == "lowest" else PALE_BLUE
        length = max(0.0, min(1.0, cell.value)) * width
        axes.add_patch(Rectangle((x, y), length, inner, facecolor=colour, linewidth=0))
        axes.plot([x + length] * 2, [y, y + inner], color=MUTED, linewidth=1)
    else:
        axes.add_patch(Rectangle((x, y), width, inner, fill=False, edgecolor=RULE, linewidth=0.8))
    said = f"{MARKS[cell.end]} {cell.text}".strip()
    weight = "bold" if cell.end == "lowest" else "normal"
    canvas.text(
        x + 5, top + height / 2, said, color=INK if cell.value is not None else MUTED,
        fontweight=weight,
    )  # fmt: skip


def _key(canvas: Canvas, y: float) -> None:
    canvas.text(0, y, "▲ highest of the class   ▼ lowest of the class", color=MUTED)

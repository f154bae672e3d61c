"""Where the units, names and headings of a network stand, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal

from audit.report.figures.canvas import CHARACTER

if TYPE_CHECKING:
    from audit.report.figures.network import Layer, Node

Align = Literal["left", "center", "right"]
SMALL = 4.5
HEAD = 50
OUTPUT = 112
NAMED_ROW = 4
BOLD = 1.15


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a label: the name, or the value with its mark."""

    x: float
    y: float
    align: Align
    room: float
    value: bool
    covers: bool = True


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A unit in its place."""

    node: Node
    x: float
    y: float
    radius: float
    lines: Sequence[Line]

    @property
    def top(self) -> float:
        """Where a connection from above ends: at the name, or at the unit."""
        return min((line.y - 8 for line in self.lines if line.covers), default=self.y)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The name of a layer and how many units it has."""

    title: str
    note: str
    x: float
    y: float
    align: Align
    room: float


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Words about units that are folded together."""

    text: str
    x: float
    y: float
    align: Align


@dataclass(frozen=True, kw_only=True)
class Arranged:
    """Everything in its place."""

    spots: Sequence[Sequence[Spot]]
    headings: Sequence[Heading]
    folds: Sequence[Fold]
    height: int


def in_columns(layers: Sequence[Layer], width: int) -> Arranged:
    """Arrange layers side by side, the largest unit of each on top."""
    largest = 19.0
    xs = _across(layers, width)
    apart = xs[1] - xs[0]
    slots = [[_slot(layer, node, largest) for node in layer.nodes] for layer in layers]
    folded = [20 * bool(layer.folded) for layer in layers]
    tall = max(sum(column) + extra for column, extra in zip(slots, folded, strict=True))
    spots, folds, headings = [], [], []
    for layer, column, x in zip(layers, slots, xs, strict=True):
        last = layer is layers[-1]
        y = HEAD + (tall - sum(column) - 20 * bool(layer.folded)) / 2
        made = []
        for node, slot in zip(layer.nodes, column, strict=True):
            r = _radius(node, largest)
            centre = y + slot - r - 5 if _named_above(layer, node) else y + slot / 2
            made.append(_column_spot(layer, node, (x, centre, r), apart, last=last))
            y += slot
        spots.append(made)
        if layer.folded:
            align: Align = "right" if layer.named else "center"
            text = f"and {layer.folded} more"
            folds.append(Fold(text=text, x=x - (14 if layer.named else 0), y=y + 10, align=align))
        headings.append(_column_heading(layer, x, apart, last=last))
    return Arranged(spots=spots, headings=headings, folds=folds, height=round(HEAD + tall + 16))


def in_rows(layers: Sequence[Layer], width: int) -> Arranged:
    """Arrange layers one below the other, the largest unit of each on the left."""
    largest, pitch = 15.0, 118
    wide = width > 600  # noqa: PLR2004 - between the two widths
    spots, folds, headings = [], [], []
    for number, layer in enumerate(layers):
        top = number * pitch
        headings.append(
            Heading(
                title=layer.title, note=layer.note, x=width, y=top + 12, align="right",
                room=width * 0.4,
            )
        )  # fmt: skip
        made, left = _row(layer, top + 78, width, largest, NAMED_ROW * (2 if wide else 1))
        spots.append(made)
        if left:
            text = f"and {left} more"
            folds.append(Fold(text=text, x=width, y=top + 95, align="right"))
    return Arranged(spots=spots, headings=headings, folds=folds, height=len(layers) * pitch - 6)


def _row(layer: Layer, y: float, width: int, largest: float, named: int) -> tuple[list[Spot], int]:
    chosen = [n for n, node in enumerate(layer.nodes) if node.carrier][:named]
    slots = [
        max(2 * _radius(node, largest) + 5, 78.0 if n in chosen else 0.0)
        for n, node in enumerate(layer.nodes)
    ]
    room, kept = width - 4.0, 0
    while kept < len(slots) and sum(slots[: kept + 1]) <= room:
        kept += 1
    x = max(0.0, (width - sum(slots[:kept])) / 2)
    made = []
    for number, (node, slot) in enumerate(zip(layer.nodes[:kept], slots, strict=False)):
        r, centre = _radius(node, largest), x + slot / 2
        lines = _above(centre, y - r - 8, slot) if number in chosen else ()
        made.append(Spot(node=node, x=centre, y=y, radius=r, lines=lines))
        x += slot
    return made, layer.folded + len(slots) - kept


def _across(layers: Sequence[Layer], width: int) -> list[float]:
    names = [_words(node) for node in layers[0].nodes]
    left = min(220.0, max(names, default=0.0) + 34) if layers[0].named else 60.0
    step = (width - left - OUTPUT) / (len(layers) - 1)
    return [left + step * place for place in range(len(layers))]


def _words(node: Node) -> float:
    value = len(node.text) + 3 if node.carrier else 0
    return CHARACTER * (BOLD * len(node.label) + value)


def _radius(node: Node, largest: float) -> float:
    return max(SMALL, largest * sqrt(min(1.0, node.size)))


def _named_above(layer: Layer, node: Node) -> bool:
    return node.carrier and not layer.named


def _slot(layer: Layer, node: Node, largest: float) -> float:
    size = 2 * _radius(node, largest) + 7
    if layer.named:
        return max(size, 24.0)
    return size + 32 if _named_above(layer, node) else size


def _column_spot(
    layer: Layer, node: Node, where: tuple[float, float, float], apart: float, *, last: bool
) -> Spot:
    x, y, r = where
    lines: Sequence[Line] = ()
    if last:
        lines = (
            Line(
                x=x + r + 8, y=y - 8, align="left", room=OUTPUT - r - 8, value=False, covers=False
            ),
            Line(x=x + r + 8, y=y + 8, align="left", room=OUTPUT - r - 8, value=True, covers=False),
        )
    elif layer.named:
        lines = _beside(node, x, y)
    elif node.carrier:
        lines = _above(x, y - r - 8, min(apart - 12, 2 * x))
    return Spot(node=node, x=x, y=y, radius=r, lines=lines)


def _beside(node: Node, x: float, y: float) -> Sequence[Line]:
    right = x - 28
    used = CHARACTER * (len(node.text) + 3) if node.carrier else 0.0
    name = Line(
        x=right - used, y=y, align="right", room=(right - used) / BOLD, value=False, covers=False
    )
    value = Line(x=right, y=y, align="right", room=used, value=True, covers=False)
    return (name, value) if node.carrier else (name,)


def _above(x: float, bottom: float, room: float) -> Sequence[Line]:
    return (
        Line(x=x, y=bottom - 15, align="center", room=(room - 4) / BOLD, value=False),
        Line(x=x, y=bottom, align="center", room=room, value=True),
    )


def _column_heading(layer: Layer, x: float, apart: float, *, last: bool) -> Heading:
    if layer.named:
        place: tuple[float, Align, float] = (x + 10, "right", x)
    elif last:
        place = (x - 16, "left", OUTPUT + 16)
    else:
        place = (x, "center", apart - 8)
    where, align, room = place
    return Heading(title=layer.title, note=layer.note, x=where, y=12, align=align, room=room)

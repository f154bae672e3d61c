"""The network: units by their part of a gap, and the connections it flows through.

Left to right on wide pages, top to bottom on narrow ones and for deep networks. A filled circle
goes with the gap, a hatched diamond against it; what a test singles out is outlined and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch, PathPatch, Polygon
from matplotlib.path import Path

from audit.report.figures.canvas import WIDE, Canvas, shortened
from audit.report.figures.network_layout import Spot, in_columns, in_rows
from audit.report.figures.palette import (
    BLUE,
    FLOW_BLUE,
    FLOW_RUST,
    INK,
    MUTED,
    PALE_BLUE,
    PALE_RUST,
    PAPER,
    RULE,
    RUST,
)

DEEP = 5
THICK = 13.0
LATTICE = 420
KEY = 26
PATCH = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.2}


@dataclass(frozen=True, kw_only=True)
class Node:
    """One unit; `size` is its part of the gap over the whole gap, without sign."""

    name: str
    label: str
    text: str
    size: float
    carrier: bool
    against: bool
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer: its units, the largest first, and how many others are folded together."""

    title: str
    note: str
    nodes: Sequence[Node]
    folded: int = 0
    named: bool = False
    """Whether every unit bears its name, as the user's columns do."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One connection, from a unit of a layer to one of the next; `size` as in `Node`."""

    layer: int
    source: str
    target: str
    size: float
    against: bool


def draw_network(layers: Sequence[Layer], flows: Sequence[Flow], width: int) -> Canvas:
    """Draw layers, the last of which is the score."""
    columns = width == WIDE and len(layers) <= DEEP
    arranged = in_columns(layers, width) if columns else in_rows(layers, width)
    canvas = Canvas.of(width, arranged.height + KEY * (1 if width == WIDE else 2))
    axes = _sheet(canvas)
    _lattice(axes, arranged.spots)
    places = [{spot.node.name: spot for spot in spots} for spots in arranged.spots]
    for flow in sorted(flows, key=lambda flow: flow.size):
        _flow(axes, flow, places, columns=columns)
    for spots in arranged.spots:
        for spot in spots:
            _node(axes, spot)
    for spots in arranged.spots:
        for spot in spots:
            _label(canvas, spot)
    for heading in arranged.headings:
        ha = heading.align
        title = shortened(heading.title, heading.room)
        canvas.text(heading.x, heading.y, title, ha=ha, fontweight="bold", bbox=PATCH)
        canvas.text(heading.x, heading.y + 15, heading.note, ha=ha, color=MUTED, bbox=PATCH)
    for fold in arranged.folds:
        canvas.text(fold.x, fold.y, fold.text, ha=fold.align, color=MUTED, bbox=PATCH)
    _key(canvas, axes, arranged.height)
    return canvas


def _sheet(canvas: Canvas) -> Axes:
    axes = canvas.figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(canvas.height, 0)
    axes.axis("off")
    return axes


def _lattice(axes: Axes, layers: Sequence[Sequence[Spot]]) -> None:
    """Hint at all the other connections, where they are few enough to be told apart."""
    for here, there in pairwise(layers):
        if len(here) * len(there) > LATTICE:
            here = here[: max(1, LATTICE // len(there))]  # noqa: PLW2901 - fewer of the same
        ends = [((a.x, a.y), (b.x, b.y)) for a in here for b in there]
        vertices = [point for pair in ends for point in pair]
        codes = [Path.MOVETO, Path.LINETO] * len(ends)
        _add(axes, PathPatch(Path(vertices, codes), fc="none", ec=RULE, lw=0.4, zorder=1))


def _flow(axes: Axes, flow: Flow, places: Sequence[Mapping[str, Spot]], *, columns: bool) -> None:
    start = places[flow.layer].get(flow.source)
    end = places[flow.layer + 1].get(flow.target)
    if start is None or end is None:
        return
    x, y = end.x, end.y if columns else end.top
    middle_x, middle_y = (start.x + x) / 2, (start.y + y) / 2
    bends = (
        [(middle_x, start.y), (middle_x, y)] if columns else [(start.x, middle_y), (x, middle_y)]
    )
    path = Path([(start.x, start.y), *bends, (x, y)], [1, 4, 4, 4])
    style = {"ec": FLOW_RUST, "ls": (0, (2.2, 1.2))} if flow.against else {"ec": FLOW_BLUE}
    thick = max(0.9, THICK * min(1.0, flow.size))
    _add(axes, PathPatch(path, fc="none", lw=thick, capstyle="butt", zorder=2, **style))


def _node(axes: Axes, spot: Spot) -> None:
    node, r = spot.node, spot.radius
    colour = (RUST if node.against else BLUE) if node.carrier else _pale(against=node.against)
    edge, line = (INK, 1.7) if node.carrier else (MUTED, 0.7)
    if node.against and node.carrier:
        _add(axes, _shape(spot, r, fc=colour, ec=PAPER, lw=0, hatch="//////", zorder=4))
        colour = "none"
    _add(axes, _shape(spot, r, fc=colour, ec=edge, lw=line, zorder=5))


def _pale(*, against: bool) -> str:
    return PALE_RUST if against else PALE_BLUE


def _shape(spot: Spot, r: float, **style: Any) -> Patch:  # noqa: ANN401 - matplotlib
    if not spot.node.against:
        return Circle((spot.x, spot.y), r, **style)
    r *= sqrt(1.5)  # as large as the circle
    x, y = spot.x, spot.y
    corners = [(x - r, y), (x, y - r), (x + r, y), (x, y + r)]
    return Polygon(corners, closed=True, **style)


def _label(canvas: Canvas, spot: Spot) -> None:
    node = spot.node
    mark = " ✓" if node.confirmed else ""
    for line in spot.lines:
        text = node.text + mark if line.value else shortened(node.label, line.room)
        bold = "bold" if node.carrier and not line.value else "normal"
        ink = INK if node.carrier or line.value else MUTED
        box = PATCH if line.covers else None
        canvas.text(line.x, line.y, text, ha=line.align, fontweight=bold, color=ink, bbox=box)


def _key(canvas: Canvas, axes: Axes, top: float) -> None:
    entries = (
        ("carries the gap", _sample(carrier=True, against=False)),
        ("works against it", _sample(carrier=True, against=True)),
        ("small, or chance", _sample(carrier=False, against=False)),
    )
    wide = canvas.width == WIDE
    places = ((8, 12), (150, 12), (304, 12)) if wide else ((8, 12), (150, 12), (8, 36))
    for (x, y), (words, node) in zip(places, entries, strict=True):
        _node(axes, Spot(node=node, x=x, y=top + y, radius=6.5, lines=()))
        canvas.text(x + 14, top + y, words, color=MUTED)
    x, y = (520, 12) if wide else (222, 36)
    canvas.text(x, top + y, "✓ confirmed by ablation" if wide else "✓ ablation agrees", color=MUTED)


def _sample(*, carrier: bool, against: bool) -> Node:
    return Node(name="", label="", text="", size=0.0, carrier=carrier, against=against)


def _add(axes: Axes, patch: Patch) -> None:
    axes.add_patch(patch)
    patch.set_clip_on(False)

"""From a drawing to a picture: matplotlib without pyplot, the same bytes each time.

Traps, each seen: a label is parsed as mathematics unless told not to; NUL is no XML; the fonts that
measure here are not those that draw at the reader's; a settings file of the machine changes all.
"""

from __future__ import annotations

import base64
import re
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from audit.report.document import Phrase
from audit.report.figures.palette import INK, MUTED, RULE, style_sheet
from audit.report.numbers import decimal, tick, visible
from audit.report.units import Axis

WIDE, NARROW = 860, 344
PIXELS = 96
TEXT = 9.0  # points: 12 pixels in both widths
OUTLINE = re.compile(rb'<path [^<>]*? d="[^"<>]*"|<path d="[^"<>]*"')
LONG_DECIMAL = re.compile(rb"(\.\d\d)\d+")
SECOND_DECIMAL = re.compile(rb"(\.\d)\d+")
LINE_BREAK = re.compile(rb"\n(?=[MLCQz])")
PREAMBLE = re.compile(rb"^.*?(?=<svg )", re.DOTALL)
NEEDLESS = re.compile(
    rb"""(?<=<g) id="[^"]*"|(?<=>)\s+(?=<)| transform="rotate\(-0 [^"]*\)"|"""
    rb"""font-family: 'DejaVu Sans'; |(?<=[xy]="\d{2}\.\d\d)\d+|(?<=[xy]="\d{3}\.\d\d)\d+"""
)
STYLE = re.compile(rb' style="([^"]*)"')
EMPTY = re.compile(rb"<g ?/>|<g></g>")
CHARACTER = 7.0  # pixels of a wide system font at that size
SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "audit",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "axes.unicode_minus": True,
    "path.simplify": False,
}


@dataclass(frozen=True, kw_only=True)
class Image:
    """One rendering, as a data URI."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure for wide and for narrow pages, the finding it shows, and where its numbers stand."""

    id: str
    alt: str
    caption: Phrase
    table: str
    wide: Image
    narrow: Image


@dataclass(frozen=True)
class Canvas:
    """A figure measured in pixels from its top left corner."""

    figure: Figure
    width: int
    height: int

    @classmethod
    def of(cls, width: int, height: int) -> Canvas:
        """Make an empty one."""
        return cls(Figure(figsize=(width / PIXELS, height / PIXELS), dpi=PIXELS), width, height)

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Add axes whose vertical coordinates are pixels, with grid lines across."""
        box = (
            left / self.width,
            1 - bottom / self.height,
            (right - left) / self.width,
            (bottom - top) / self.height,
        )
        axes = self.figure.add_axes(box, facecolor="none")
        axes.set_ylim(bottom, top)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(RULE)
        axes.tick_params(colors=MUTED, length=0, pad=5, labelsize=TEXT, labelleft=False)
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        return axes

    def text(self, x: float, y: float, text: str, **style: Any) -> None:  # noqa: ANN401 - matplotlib
        """Write text centred on the line `y`."""
        style = {"color": INK, "va": "center", "parse_math": False, **style}
        self.figure.text(x / self.width, 1 - y / self.height, visible(text), **style)


def picture(
    draw: Callable[[int], Canvas], *, anchor: str, alt: str, caption: Phrase, table: str
) -> Picture:
    """Draw both widths under fixed settings."""
    wide, narrow = _image(draw, WIDE), _image(draw, NARROW)
    return Picture(id=anchor, alt=alt, caption=caption, table=table, wide=wide, narrow=narrow)


def shortened(text: str, pixels: float) -> str:
    """Cut the middle out of a name that is longer than its place; the table has it whole."""
    limit = max(8, int(pixels / CHARACTER))
    text = visible(text)
    if len(text) <= limit:
        return text
    head = (limit - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def percent_axis(
    axes: Axes, low: float, high: float, *, signed: bool = False, ticks: int = 5
) -> None:
    """Set limits and label the ticks in percent, or in signed percentage points."""
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    unit = "" if signed else "%"
    axes.xaxis.set_major_formatter(
        lambda value, _: decimal(round(float(value), 6), 0, scale=100, signed=signed) + unit
    )


def value_axis(
    axes: Axes, low: float, high: float, kind: Axis, *, signed: bool = False, ticks: int = 5
) -> None:
    """Set limits and label the ticks: shares in percent, other values as they are."""
    if kind == "percent":
        percent_axis(axes, low, high, signed=signed, ticks=ticks)
        return
    axes.set_xlim(low, high)
    room = axes.get_window_extent().width
    values, texts = _ticks(low, high, ticks, signed=signed)
    while ticks > 1 and max(map(len, texts)) * CHARACTER * len(texts) > room:
        ticks -= 1
        values, texts = _ticks(low, high, ticks, signed=signed)
    axes.set_xticks(values, texts, parse_math=False)


def value_up(axes: Axes, low: float, high: float, *, signed: bool = False) -> float:
    """Set the vertical limits, rising, label the ticks, and return the pixels that labels take."""
    axes.set_ylim(low, high)
    values, texts = _ticks(low, high, 4, signed=signed)
    axes.set_yticks(values, texts, parse_math=False)
    return max(map(len, texts)) * CHARACTER


def _ticks(low: float, high: float, most: int, *, signed: bool) -> tuple[list[float], list[str]]:
    """Choose round values between two limits and write them with the decimals they need."""
    locator = mpl.ticker.MaxNLocator(most, steps=[1, 2, 5, 10])
    every = [float(value) for value in locator.tick_values(low, high)]
    step = every[1] - every[0]
    inside = [value for value in every if low <= value <= high] or [low]
    return inside, [tick(value, step, signed=signed) for value in inside]


def percent_up(
    axes: Axes, low: float, high: float, *, labelled: bool = True, ticks: int = 5
) -> None:
    """Set the vertical limits, rising, and label the ticks in percent."""
    axes.set_ylim(low, high)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.tick_params(labelleft=labelled)
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(
        lambda value, _: decimal(round(float(value), 6), 0, scale=100) + "%"
    )


def _image(draw: Callable[[int], Canvas], width: int) -> Image:
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        canvas = draw(width)
        svg = _svg(canvas.figure)
    uri = "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
    return Image(uri=uri, width=canvas.width, height=canvas.height)


def _rounded(match: re.Match[bytes]) -> bytes:
    outline = LINE_BREAK.sub(b"", LONG_DECIMAL.sub(rb"\1", match[0]))
    if b"C" in outline or b"Q" in outline or b"(" in outline:
        return outline
    return SECOND_DECIMAL.sub(rb"\1", outline).replace(b" L ", b" ")


def _svg(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.patch.set_visible(False)
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(buffer, metadata=nothing)
    drawn = OUTLINE.sub(_rounded, buffer.getvalue())
    drawn = _slim(PREAMBLE.sub(b"", drawn))
    drawn, styles = _classes(drawn)
    start = drawn.index(b"<defs>")
    return drawn[:start] + f"<style>{style_sheet(drawn, styles)}</style>".encode() + drawn[start:]


def _classes(drawn: bytes) -> tuple[bytes, dict[str, str]]:
    """Say styles that occur more than once as classes: most of a drawing is repeated styles."""
    often = [style for style, count in Counter(STYLE.findall(drawn)).items() if count > 1]
    names = {style: f"s{number}" for number, style in enumerate(often)}
    drawn = STYLE.sub(
        lambda match: b' class="%b"' % names[match[1]].encode() if match[1] in names else match[0],
        drawn,
    )
    return drawn, {name: style.decode() for style, name in names.items()}


def _slim(drawn: bytes) -> bytes:
    """Leave out what changes no pixel: names of groups, empty groups, space between elements."""
    drawn, again = NEEDLESS.sub(b"", drawn), 1
    while again:
        drawn, again = EMPTY.subn(b"", drawn)
    return drawn

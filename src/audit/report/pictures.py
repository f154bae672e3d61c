"""Pictures of explanations as the report reads them: one set for each input, level and method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.explainers.picture_results import (
    THOUSANDTHS,
    ImagePicture,
    PictureLevel,
    PictureRecord,
    SeriesPicture,
    TextPicture,
)
from audit.report.document import Document, Phrase, Shown, plain
from audit.report.figures.canvas import Canvas, Picture, picture
from audit.report.figures.images import Seen, draw_images
from audit.report.figures.marks import STYLES
from audit.report.figures.series import Channels, Course, draw_series
from audit.report.numbers import MINUS, visible

DRAWN, FEWEST = 8, 2
"""Groups of which pictures are drawn, at most and at least; the evidence holds them all."""
MOST = range(DRAWN, FEWEST - 1, -1)
ROOM = 18 * 64 * 64
"""Cells of images that a page has room for if no two of them are alike."""
NAMED, LINES = 3, len(STYLES)
THIRDS = (("upper", "middle", "lower"), ("left", "centre", "right"))
LEVELS: Mapping[PictureLevel, str] = {"group": "each group", "gap": "gaps between groups"}
PARTS = ("early", "midway", "late")
CAPTIONS: Mapping[str, tuple[str, str]] = {
    "image": (
        "Mean image of each group, and laid over it where in the image its score comes from",
        "Where in the image the gap between two groups comes from",
    ),
    "series": (
        "Mean series of each group by channel, and below it the steps at which its score comes "
        "about",
        "By channel, the steps at which the gap between two groups comes about",
    ),
    "text": ("Words through which the score of a group goes", "Words through which a gap goes"),
}
"""Of groups, and of gaps."""
Draw = Callable[[Sequence[str], int], Canvas]
"""From the ends of the scale and the width to a drawing."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A picture and the JSON pointer to it."""

    place: str
    record: PictureRecord

    @property
    def number(self) -> str:
        """Its number in the evidence."""
        return self.place.rsplit("/", 1)[1]

    def who(self, document: Document) -> Phrase:
        """Name the group, or both of a gap."""
        if self.record.level == "group":
            return (document.group(f"{self.place}/group"),)
        return (document.group(f"{self.place}/a"), " less ", document.group(f"{self.place}/b"))

    @property
    def label(self) -> str:
        """Its name on a picture, where room is scarce: by categories alone."""
        record = self.record
        sides = (record.group,) if record.level == "group" else (record.a, record.b)
        return " less ".join(", ".join(side.values()) or "everyone" for side in sides)

    @property
    def strength(self) -> NDArray[np.float64]:
        """Attributions of an image or a series over the largest of its own."""
        if isinstance(self.record, TextPicture):
            raise TypeError("words have no map")
        return np.array(self.record.attribution, dtype=np.float64) / THOUSANDTHS


@dataclass(frozen=True, kw_only=True)
class Album:
    """The pictures of one input, one level and one method: what belongs on one scale."""

    items: tuple[Placed, ...]
    most: int = DRAWN
    crowded: bool = False
    """Whether the page has no room for it."""

    @property
    def first(self) -> Placed:
        """The picture that speaks for what they share."""
        return self.items[0]

    @property
    def strongest(self) -> Placed:
        """The picture that has the largest value of all."""
        return max(self.items, key=lambda item: item.record.largest)

    @property
    def drawn(self) -> tuple[Placed, ...]:
        """The largest known groups, in the order of the evidence."""
        known = [item for item in self.items if UNKNOWN not in item.record.group.values()]
        kept = sorted(known or self.items, key=lambda item: -item.record.rows)[: self.most]
        return tuple(item for item in self.items if item in kept)

    def about(self, document: Document) -> Phrase:
        """Say which input, of whom and by which method: no two albums have the same words."""
        method = f"{document.places[self.first.record.explanation]}/method"
        level = LEVELS[self.first.record.level]
        source = document.text(f"{self.first.place}/input")
        return (source, f", {level}, by ", document.show(method, "words"))

    def strength(self, item: Placed) -> NDArray[np.float64]:
        """Attributions over the largest of the whole album."""
        whole = self.strongest.record.largest
        return item.strength * (item.record.largest / whole if whole else 0.0)


def albums(document: Document) -> tuple[Album, ...]:
    """Return the pictures of the audited model by what belongs together, groups before gaps."""
    methods = {entry.id: entry.method for _, entry in document.explanations}
    found: dict[tuple[str, ...], list[Placed]] = {}
    for number, record in enumerate(document.evidence.pictures):
        if record.explanation in methods:
            key = (methods[record.explanation], record.input, record.kind, record.level)
            item = Placed(place=f"/pictures/{number}", record=record)
            found.setdefault(key, []).append(item)
    made = sorted(found.items(), key=lambda pair: (pair[0][:3], pair[0][3] == "gap"))
    sizes = [[_cells(item.record) for item in items] for _, items in made]
    most = next((m for m in MOST if sum(sum(s[:m]) for s in sizes) <= ROOM), FEWEST)
    used = list(accumulate(sum(size[:most]) for size in sizes))
    return tuple(
        Album(items=tuple(items), most=most, crowded=sum(size) > 0 and after > ROOM)
        for (_, items), size, after in zip(made, sizes, used, strict=True)
    )


def _cells(record: PictureRecord) -> int:
    """Count the cells of the images that are drawn of a picture: its map, and its mean image."""
    if not isinstance(record, ImagePicture):
        return 0
    return len(record.attribution) * len(record.attribution[0]) * (2 if record.image else 1)


def drawing(document: Document, album: Album, number: int, table: str) -> Picture | None:
    """Draw images or series; None of words, which are written."""
    if isinstance(album.first.record, TextPicture) or album.crowded:
        return None
    ends = _ends(document, album)
    images = [item for item in album.drawn if isinstance(item.record, ImagePicture)]
    draw = _images(document, album, images) if images else _series(document, album)
    return picture(
        partial(draw, ends),
        anchor=f"f-picture-{number}",
        alt=_alt(document, album),
        caption=_caption(document, album),
        table=table,
    )


def value(document: Document, place: str) -> Shown:
    """Show a part of the score."""
    return document.show(place, document.spoken.scores.part)


def _ends(document: Document, album: Album) -> tuple[str, str]:
    """Write the ends of the scale: the largest value of all, below and above zero."""
    form = document.spoken.scores.part_size
    text = document.show(f"{album.strongest.place}/largest", form).text
    return f"{MINUS}{text}", f"+{text}"


def _images(document: Document, album: Album, items: Sequence[Placed]) -> Draw:
    seen = tuple(
        Seen(
            label=item.label,
            text=f"together {value(document, f'{item.place}/total').text}",
            image=_pixels(item.record),
            strength=album.strength(item),
        )
        for item in items
    )
    first = album.first.record
    shape = (first.height, first.width) if isinstance(first, ImagePicture) else (1, 1)
    return partial(draw_images, seen, shape)


def _pixels(record: PictureRecord) -> NDArray[np.uint8] | None:
    if not isinstance(record, ImagePicture) or not record.image:
        return None
    return np.array(record.image, dtype=np.uint8)


def _series(document: Document, album: Album) -> Draw:
    courses = tuple(
        Course(
            label=item.label,
            means=item.record.means if isinstance(item.record, SeriesPicture) else (),
            strength=album.strength(item),
        )
        for item in album.drawn
    )
    first = album.first.record
    if not isinstance(first, SeriesPicture):
        raise TypeError(f"{first.id} is no series")
    names = tuple(visible(name) for name in first.channels)
    channels = Channels(names=names, steps=first.steps, block=first.block)
    return partial(draw_series, courses, channels)


def _caption(document: Document, album: Album) -> Phrase:
    gaps, shared = album.first.record.level == "gap", "the same scale in all pictures"
    what = CAPTIONS[album.first.record.kind][gaps]
    rest = f"; blue raises the {document.spoken.noun}, rust lowers it, {shared}."
    more = " The largest known groups only." if len(album.drawn) < len(album.items) else ""
    lines = isinstance(album.first.record, SeriesPicture) and not gaps
    few = " Lines are those of the first groups." if lines and len(album.drawn) > LINES else ""
    return (what, rest, few, more)


def _alt(document: Document, album: Album) -> str:
    said = [
        f"{plain(item.who(document))}: together {value(document, f'{item.place}/total').text}"
        f"{_peak(item)}"
        for item in album.drawn[:NAMED]
    ]
    more = "; and more" if len(album.drawn) > NAMED else ""
    head = CAPTIONS[album.first.record.kind][album.first.record.level == "gap"]
    return f"{head}. {'; '.join(said)}{more}."


def _peak(item: Placed) -> str:
    """Say where the strongest cell is."""
    strength = item.strength
    if not strength.size or not np.abs(strength).max():
        return ""
    place = np.unravel_index(int(np.abs(strength).argmax()), strength.shape)
    way = "raised" if strength[place] > 0 else "lowered"
    row, column = (int(step) for step in place)
    if isinstance(item.record, SeriesPicture):
        when = PARTS[3 * column // strength.shape[1]]
        return f", {way} most by {visible(item.record.channels[row])} {when}"
    down, across = 3 * row // strength.shape[0], 3 * column // strength.shape[1]
    return f", {way} most in the {THIRDS[0][down]} {THIRDS[1][across]}"

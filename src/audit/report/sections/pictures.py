"""Pictures: where in images, texts and series the score of each group comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.explainers.picture_results import ImagePicture, TextPicture
from audit.report.document import Document, Phrase, Shown
from audit.report.figures.canvas import Picture
from audit.report.picture_tables import cells_table, sums_table, words_table
from audit.report.pictures import CAPTIONS, LEVELS, Album, Placed, albums, drawing, value
from audit.report.tables import Table
from audit.report.wording import ASSOCIATION

KEY = "pictures"
TITLE = "Drivers: pictures"
STEPS = 5
SHOWN = 24
"""Words that are coloured; the table holds every word of the evidence."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word, its contribution, and the name of the colour that goes with it."""

    word: Shown
    value: Shown
    look: str


@dataclass(frozen=True, kw_only=True)
class Coloured:
    """The words of one group, or of a gap."""

    who: Phrase
    words: tuple[Word, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """The pictures of one input."""

    title: Phrase
    facts: tuple[tuple[str, Phrase], ...]
    caption: str
    figure: Picture | None
    crowded: bool
    coloured: tuple[Coloured, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    association: str
    images: bool
    parts: tuple[Part, ...]


def summarise(document: Document) -> View | None:
    """Collect the pictures; None where the network sees columns of a table alone."""
    made = albums(document)
    if not made:
        return None
    parts = tuple(_part(document, album, number) for number, album in enumerate(made))
    images = any(isinstance(album.first.record, ImagePicture) for album in made)
    return View(association=ASSOCIATION, images=images, parts=parts)


def _part(document: Document, album: Album, number: int) -> Part:
    record, tables = album.first.record, tuple(_tables(document, album, number))
    return Part(
        title=(document.text(f"{album.first.place}/input"), f", {LEVELS[record.level]}"),
        facts=_facts(document, album.first),
        caption=CAPTIONS[record.kind][record.level == "gap"],
        figure=drawing(document, album, number, tables[0].id),
        crowded=album.crowded,
        coloured=tuple(_coloured(document, album)),
        tables=tables,
    )


def _facts(document: Document, item: Placed) -> tuple[tuple[str, Phrase], ...]:
    place = document.places[item.record.explanation]
    return (
        ("Method", (document.show(f"{place}/method", "words"),)),
        ("Explained", (document.text(f"{place}/target"),)),
        ("Compared with", (document.text(f"{place}/baseline"),)),
    )


def _tables(document: Document, album: Album, number: int) -> Iterator[Table]:
    yield sums_table(document, album, number)
    cells = cells_table(document, album, number)
    if cells is not None:
        yield cells
    for item in album.items:
        if isinstance(item.record, TextPicture):
            yield words_table(document, album, item)


def _coloured(document: Document, album: Album) -> Iterator[Coloured]:
    whole = album.strongest.record.largest
    for item in album.items:
        record = item.record
        if isinstance(record, TextPicture):
            yield Coloured(
                who=item.who(document),
                words=tuple(
                    Word(
                        word=document.text(f"{item.place}/words/{place}/word"),
                        value=value(document, f"{item.place}/words/{place}/value"),
                        look=_look(part.value, whole),
                    )
                    for place, part in enumerate(record.words[:SHOWN])
                ),
            )


def _look(amount: float, whole: float) -> str:
    """Name one of a few shades, of those that raise the score or of those that lower it."""
    shade = round(STEPS * abs(amount) / whole) if whole else 0
    return f"{'up' if amount >= 0 else 'down'}{shade}"

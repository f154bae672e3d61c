"""Tables behind pictures: sums by group, the strongest cells, and words with their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.explainers.picture_results import ImagePicture, SeriesPicture, TextPicture
from audit.report.document import Document, Phrase
from audit.report.pictures import Album, Placed, value
from audit.report.tables import Cell, Column, Table, columns, name, number, words

STRONGEST = 5
"""Cells of a map that are told with their numbers; the evidence holds them all."""


def sums_table(document: Document, album: Album, number_: int) -> Table:
    """Lay out one row for each group: how many rows, and what its parts come to."""
    kind = album.first.record.kind
    told = {"image": "Images", "series": "Series", "text": "Texts"}[kind]
    of = {"image": "cell", "series": "cell", "text": "word"}[kind]
    heads = columns("Group", told, "Together", Column((f"Largest {of}",), note="either way"))
    rows = tuple(
        (
            name(item.who(document)),
            number((document.show(f"{item.place}/rows", "integer"),)),
            number((value(document, f"{item.place}/total"),)),
            number((document.show(f"{item.place}/largest", document.spoken.scores.part_size),)),
        )
        for item in album.items
    )
    caption: Phrase = (
        *("Behind the pictures of ", *album.about(document)),
        f", in {document.spoken.score_unit}.",
    )
    return Table(f"t-picture-{number_}", caption, heads, rows)


def cells_table(document: Document, album: Album, number_: int) -> Table | None:
    """Lay out the strongest cells of each map, by their place from its upper left corner."""
    first = album.first.record
    if isinstance(first, TextPicture):
        return None
    image = isinstance(first, ImagePicture)
    where = ("Row", "Column") if image else ("Channel", "Step")
    heads = columns("Group", *where, Column(("Of the largest",), note="in thousandths"))
    rows = tuple(row for item in album.items for row in _strongest(document, item))
    block = document.show(f"{album.first.place}/block", "integer")
    kind = "pixels" if image else "steps"
    caption: Phrase = (
        *("Strongest cells of ", *album.about(document), ", counted in cells from zero; "),
        *(f"{kind} to a cell: ", block, "."),
    )
    return Table(f"t-cells-{number_}", caption, heads, rows, folded=True) if rows else None


def words_table(document: Document, album: Album, item: Placed) -> Table:
    """Lay out the words of one group, or of a gap, and what the others come to."""
    record, at = item.record, item.place
    gap = record.level == "gap"
    words_ = len(record.words) if isinstance(record, TextPicture) else 0
    shares = ("In texts of A", "of B") if gap else ("In texts",)
    heads = columns(
        "Word",
        "Texts",
        *(Column((share,), note="share") for share in shares),
        Column(("Contribution",), note="mean over all texts"),
        Column(("Where said",), note="mean over texts with it"),
    )
    keys = ("share", "share_b") if gap else ("share",)
    rows = [_word_row(document, f"{at}/words/{place}", keys) for place in range(words_)]
    rest = (name(("all other words, ", document.show(f"{at}/others", "integer"))),)
    total = (name(("together",)),)
    for label, key in ((rest, "others_value"), (total, "total")):
        empty = tuple(number(("—",)) for _ in range(1 + len(keys)))
        rows.append((*label, *empty, number((value(document, f"{at}/{key}"),)), number(("—",))))
    caption: Phrase = (
        *("Words of ", *item.who(document), ": ", *album.about(document)),
        f", in {document.spoken.score_unit}.",
    )
    return Table(
        f"t-words-{item.number}", caption, heads, tuple(rows), sortable=False, folded=True, ends=2
    )


def _word_row(document: Document, at: str, shares: tuple[str, ...]) -> tuple[Cell, ...]:
    return (
        name((document.text(f"{at}/word"),)),
        number((document.show(f"{at}/rows", "integer"),)),
        *(number((document.show(f"{at}/{share}", "percent1"),)) for share in shares),
        number((value(document, f"{at}/value"),)),
        number((value(document, f"{at}/where_said"),)),
    )


def _strongest(document: Document, item: Placed) -> Iterator[tuple[Cell, ...]]:
    strength = np.abs(item.strength)
    order = np.argsort(-strength, axis=None, kind="stable")[:STRONGEST]
    for row, column in zip(*np.unravel_index(order, strength.shape), strict=True):
        at = f"{item.place}/attribution/{row}"
        first: Phrase = (document.key(at),)
        if isinstance(item.record, SeriesPicture):
            first = (document.text(f"{item.place}/channels/{row}"),)
        yield (
            name(item.who(document)),
            words(first) if isinstance(item.record, SeriesPicture) else number(first),
            number((document.key(f"{at}/{column}"),)),
            number((document.show(f"{at}/{column}", "integer"),)),
        )

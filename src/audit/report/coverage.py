"""Coverage maps in words, as a figure and as tables."""

from __future__ import annotations

from functools import partial
from math import prod

from audit.metrics.subgroups.coverage_results import CoverageMap
from audit.report.document import Document, Phrase, joined
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.coverage import LOOKS, Grid, Patch, draw_coverage
from audit.report.tables import Cell, Column, Table, columns, name, number, words

TALLEST = 40
NAMED = 4


def crossed_maps(document: Document) -> tuple[tuple[int, CoverageMap], ...]:
    """Return maps of several attributes with their number in the evidence."""
    every = enumerate(document.evidence.coverage)
    return tuple((place, item) for place, item in every if len(item.attributes) > 1)


def coverage_table(document: Document) -> Table | None:
    """Lay out how much of each attribute and intersection could be assessed."""
    heads = columns(
        "Attributes",
        "Rows",
        Column(("In groups large enough",)),
        Column(("Share",)),
        Column(("Groups",), note="large enough"),
        Column(("too small",)),
        Column(("without rows",)),
        Column(("Rows",), note="category unknown"),
    )
    rows = tuple(_row(document, f"/coverage/{n}") for n in range(len(document.evidence.coverage)))
    least = document.show("/settings/minimum_group", "integer")
    caption: Phrase = ("Coverage: groups with at least ", least, " rows are assessed.")
    return Table("t-coverage", caption, heads, rows) if rows else None


def cell_table(document: Document, place: int) -> Table:
    """Lay out every cell of a map."""
    heads = columns(
        "Group", "n", Column(("Groups",), note="in the cell"), Column(("Status",), "text")
    )
    at = f"/coverage/{place}"
    made = document.evidence.coverage[place]
    rows = tuple(_cell(document, f"{at}/cells/{n}") for n in range(len(made.cells)))
    caption: Phrase = ("Coverage of ", *_attributes(document, place), ", cell by cell.")
    return Table(f"t-coverage-{place}", caption, heads, rows, folded=True)


def coverage_words(document: Document, place: int) -> Phrase:
    """Say how many rows of an intersection are in groups that are large enough."""
    at, made = f"/coverage/{place}", document.evidence.coverage[place]
    share: Phrase = ()
    if made.assessed_share is not None:
        share = (" (", document.show(f"{at}/assessed_share", "percent1"), ")")
    assessed, rows = (document.show(f"{at}/{key}", "integer") for key in ("assessed_rows", "rows"))
    pooled: Phrase = (" ", document.show(f"{at}/reason", "sentence"), ".") if made.reason else ()
    said = [
        (document.show(f"{at}/{key}", "integer"), words)
        for key, words in (("enough", " are large enough"), ("too_small", " too small"))
    ]
    return (
        *("By ", *_attributes(document, place), ", ", assessed, " of ", rows, " rows"),
        *(*share, " are in groups that can be assessed. Of the groups, ", *joined(said)),
        *(", and ", document.show(f"{at}/empty", "integer"), " have no rows at all.", *pooled),
    )


def coverage_figure(document: Document, place: int) -> Picture | None:
    """Draw a map with its longer side down; None where it is too tall."""
    made = document.evidence.coverage[place]
    grid = _grid(document, place)
    sides = len(grid.rows), len(grid.columns)
    if not 0 < max(sides) <= TALLEST or min(sides) == 0:
        return None
    return picture(
        partial(draw_coverage, grid),
        anchor=f"f-coverage-{place}",
        alt=_alt(document, place, made),
        caption=("Rows of each group. Hatched: not, or not all of it, assessed.",),
        table=f"t-coverage-{place}",
    )


def _row(document: Document, at: str) -> tuple[Cell, ...]:
    keys = ("enough", "too_small", "empty", "unknown_rows")
    share: Phrase = ("—",)
    if document.at(f"{at}/assessed_share") is not None:
        share = (document.show(f"{at}/assessed_share", "percent1"),)
    return (
        name((document.show(f"{at}/attributes", "setting"),)),
        number((document.show(f"{at}/rows", "integer"),)),
        number((document.show(f"{at}/assessed_rows", "integer"),)),
        number(share),
        *(number((document.show(f"{at}/{key}", "integer"),)) for key in keys),
    )


def _cell(document: Document, at: str) -> tuple[Cell, ...]:
    return (
        name((document.group(f"{at}/group"),)),
        number((document.show(f"{at}/n", "integer"),)),
        number((document.show(f"{at}/groups", "integer"),)),
        words((document.show(f"{at}/status", "words"),)),
    )


def _attributes(document: Document, place: int) -> Phrase:
    names = range(len(document.evidence.coverage[place].attributes))
    shown = [(document.text(f"/coverage/{place}/attributes/{number}"),) for number in names]
    return joined(shown, " and ")


def _grid(document: Document, place: int) -> Grid:
    made = document.evidence.coverage[place]
    columns = made.categories[-1]
    wide = len(columns)
    tall = prod(len(categories) for categories in made.categories[:-1])
    down = made.attributes[:-1]
    patches = [
        Patch(
            text=document.show(f"/coverage/{place}/cells/{number}/n", "integer").text,
            status=cell.status,
        )
        for number, cell in enumerate(made.cells)
    ]
    firsts = [made.cells[row * wide].group for row in range(tall)] if wide else []
    labels = [", ".join(group[key] for key in down) for group in firsts]
    cells = [patches[row * wide : (row + 1) * wide] for row in range(tall)]
    return Grid(
        down=" and ".join(down),
        across=made.attributes[-1],
        rows=labels,
        columns=columns,
        cells=cells,
    )


def _alt(document: Document, place: int, made: CoverageMap) -> str:
    share = ""
    if made.assessed_share is not None:
        part = document.show(f"/coverage/{place}/assessed_share", "percent1").text
        share = f"{part} of rows are in groups large enough to be assessed."
    small = [
        f"{document.name_of(cell.group)} ({LOOKS[cell.status][0]})"
        for cell in made.cells
        if cell.status in ("too_small", "mixed", "empty")
    ]
    lacking = "; ".join(small[:NAMED]) + ("; and more" if len(small) > NAMED else "")
    rest = f" Not assessed: {lacking}." if small else " Every known group is."
    return f"Coverage of {' and '.join(made.attributes)}. {share}{rest}"

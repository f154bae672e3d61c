"""Data tables behind the curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.report.curves import Placed, Swept
from audit.report.document import Document, Phrase, Shown
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

STEPS = 11
MOST = 240


def calibration_table(
    document: Document, curves: Sequence[Placed], attribute: Shown, anchor: str
) -> Table:
    """Lay out every bin of every group."""
    heads = columns(
        "Group",
        Column(("Scores",), "text", note="from, to"),
        "n",
        Column(("Mean score",)),
        Column(("Labelled positive",)),
        Column(("Interval",)),
    )
    rows = tuple(row for item in curves for row in _bins(document, item))
    caption: Phrase = ("Calibration by ", attribute, ": every bin of every group.")
    return Table(anchor, caption, heads, rows, folded=True, most=MOST)


def sweep_table(document: Document, swept: Swept, attribute: Shown, anchor: str) -> Table:
    """Lay out rates and gaps at some of the thresholds, the chosen one among them."""
    steps = _steps(swept)
    places = [f"{swept.place}/thresholds/{step}" for step in steps]
    heads = (
        Column(("Group",), "name"),
        Column(("Metric",), "text"),
        *(
            Column(
                (document.show(place, "significant3"),),
                note="chosen" if step == swept.sweep.chosen else "",
            )
            for step, place in zip(steps, places, strict=True)
        ),
    )
    rows = (*_gap_rows(document, swept, steps), *_line_rows(document, swept, steps))
    caption: Phrase = (
        *("Rates by ", attribute, " at some of the thresholds; audit.json holds more of them."),
    )
    return Table(anchor, caption, heads, rows, folded=True, most=MOST)


def _bins(document: Document, item: Placed) -> Iterator[tuple[Cell, ...]]:
    group = name((document.group(f"{item.place}/group"),))
    if not item.curve.bins:
        yield (group, why((document.text(f"{item.place}/reason"),), 5))
    for place, entry in enumerate(item.curve.bins):
        at = f"{item.place}/bins/{place}"
        low, high = (document.show(f"{at}/{edge}", "significant3") for edge in ("low", "high"))
        first = (group, words((low, " to ", high)), number((document.show(f"{at}/n", "integer"),)))
        if entry.status != "ok":
            yield (*first, why(("suppressed: too few rows",), 3))
            continue
        yield (
            *first,
            number((document.show(f"{at}/mean_score", "percent1"),)),
            number((document.show(f"{at}/rate", "percent1"),)),
            number(document.interval(at, "hundred1") or ("—",)),
        )


def _steps(swept: Swept) -> list[int]:
    """Choose thresholds at about equal distance, and the chosen one."""
    values = swept.sweep.thresholds
    low, high = values[0], values[-1]
    wanted = [low + (high - low) * step / (STEPS - 1) for step in range(STEPS)]
    near = {min(range(len(values)), key=lambda n: abs(values[n] - goal)) for goal in wanted}
    if swept.sweep.chosen is not None:
        near.add(swept.sweep.chosen)
    return sorted(near)


def _gap_rows(document: Document, swept: Swept, steps: Sequence[int]) -> Iterator[tuple[Cell, ...]]:
    for place, gap in enumerate(swept.sweep.gaps):
        at = f"{swept.place}/gaps/{place}"
        first = (
            name(("largest gap",)),
            words((document.show(f"{at}/metric", "metric"),)),
        )
        if gap.values:
            yield (*first, *_cells(document, at, steps, "size1"))
        else:
            yield (*first, why((document.text(f"{at}/reason"),), len(steps)))


def _line_rows(
    document: Document, swept: Swept, steps: Sequence[int]
) -> Iterator[tuple[Cell, ...]]:
    for place, line in enumerate(swept.sweep.lines):
        at = f"{swept.place}/lines/{place}"
        first = (
            name((document.group(f"{at}/group"),)),
            words((document.show(f"{at}/metric", "metric"),)),
        )
        if line.values:
            yield (*first, *_cells(document, at, steps, "percent1"))
        else:
            yield (*first, why((document.text(f"{at}/reason"),), len(steps)))


def _cells(document: Document, place: str, steps: Sequence[int], form: str) -> tuple[Cell, ...]:
    return tuple(number((document.show(f"{place}/values/{step}", form),)) for step in steps)

"""Calibration and thresholds: do scores mean the same for each group, and would others do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.metrics.headline import parts_of
from audit.report.comparisons import stands
from audit.report.curve_figures import calibration_figure, gap_at, largest_gap, sweep_figure
from audit.report.curve_tables import calibration_table, sweep_table
from audit.report.curves import LARGE, Placed, Swept, calibration_of, known, sweep_of
from audit.report.document import Document, Phrase, Shown, joined
from audit.report.figures.canvas import Picture
from audit.report.group_tables import crossings, group_table, score_metrics
from audit.report.tables import Table
from audit.report.wording import adjusted_p

KEY = "calibration"
TITLE = "Calibration and thresholds"
TOLD = 6


@dataclass(frozen=True, kw_only=True)
class Block:
    """One attribute."""

    name: Shown
    said: tuple[Phrase, ...]
    figures: tuple[Picture, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    blocks: tuple[Block, ...]
    uncalibrated: bool
    several: bool
    """Whether there are several classes, of which one is looked at."""


def summarise(document: Document) -> View | None:
    """Collect curves and metrics of scores; None where the model gives no scores."""
    singles = [crossing[0] for crossing in crossings(document) if len(crossing) == 1]
    blocks = [_block(document, name, number) for number, name in enumerate(singles)]
    made = tuple(block for block in blocks if block.tables)
    if not made:
        return None
    uncalibrated = not document.evidence.curves.calibration
    return View(blocks=made, uncalibrated=uncalibrated, several=document.task == "multiclass")


def _block(document: Document, attribute: str, number: int) -> Block:
    shown = document.attribute_of(attribute)
    curves, everyone = calibration_of(document, attribute), calibration_of(document, None)
    swept = sweep_of(document, attribute)
    figures = (
        calibration_figure(document, curves, everyone, number) if curves else None,
        sweep_figure(document, swept, number) if swept else None,
    )
    return Block(
        name=shown,
        said=tuple(_said(document, attribute, curves, swept)),
        figures=tuple(figure for figure in figures if figure is not None),
        tables=tuple(_tables(document, attribute, curves, swept, number)),
    )


def _tables(
    document: Document,
    attribute: str,
    curves: tuple[Placed, ...],
    swept: Swept | None,
    number: int,
) -> Iterator[Table]:
    names, shown = score_metrics(document), document.attribute_of(attribute)
    if names:
        caption: Phrase = ("How well scores rank and how true they are, by ", shown, ".")
        anchor = f"t-scores-{number}"
        yield group_table(
            document, (attribute,), anchor=anchor, caption=caption, everyone=True, names=names
        )
    if curves:
        yield calibration_table(document, curves, shown, f"t-calibration-{number}")
    if swept is not None:
        yield sweep_table(document, swept, shown, f"t-sweep-{number}")


def _said(
    document: Document, attribute: str, curves: tuple[Placed, ...], swept: Swept | None
) -> Iterator[Phrase]:
    yield from _overstated(document, attribute)
    if swept is not None:
        yield from _moved(document, swept)
    lacking = [item for item in curves if not item.curve.bins]
    if lacking:
        parts = [
            (document.group(f"{item.place}/group"), ", ", document.text(f"{item.place}/reason"))
            for item in lacking[:TOLD]
        ]
        more = "; and more." if len(lacking) > TOLD else "."
        yield ("No curve is drawn for ", *joined(parts, "; "), more)


def _overstated(document: Document, attribute: str) -> Iterator[Phrase]:
    found = [
        (entry.value, place)
        for place, entry in document.metrics
        if parts_of(entry.metric)[0] == LARGE
        and set(entry.group) == {attribute}
        and known(entry.group)
        and entry.value is not None
    ]
    if len(found) > 1:
        high, low = max(found)[1], min(found)[1]
        yield (
            *("Scores lie highest above the outcome for ", *_value(document, high)),
            *("; lowest for ", *_value(document, low)),
            *_established(document, attribute),
        )


def _value(document: Document, place: str) -> Phrase:
    limits = document.interval(place, "signed1")
    shown = document.show(f"{place}/value", "points1")
    return (document.group(f"{place}/group"), ", ", shown, *((" ", *limits) if limits else ()))


def _established(document: Document, attribute: str) -> Phrase:
    """Say whether the difference between the two ends stands."""
    for place, entry in document.disparities:
        worst = parts_of(entry.metric)[0] == LARGE and entry.selection == "worst_pair"
        if worst and entry.attributes == (attribute,) and entry.p_adjusted is not None:
            word = "stands" if stands(document, entry) else "does not stand"
            p = adjusted_p(document, place)
            return (
                f". The difference between groups {word} after correction (adjusted p ",
                *p,
                ").",
            )
    return (".",)


def _moved(document: Document, swept: Swept) -> Iterator[Phrase]:
    metric = "selection_rate"
    most = largest_gap(document, swept, metric)
    now = gap_at(document, swept, metric)
    if now and swept.sweep.chosen is not None:
        at = document.show(f"{swept.place}/thresholds/{swept.sweep.chosen}", "significant3")
        yield (
            *("At the threshold of ", at, " the selection rates of the groups lie up to ", *now),
            *(" apart; over all thresholds, at most ", *most, "."),
        )
    elif most:
        yield ("Over all thresholds, selection rates lie at most ", *most, " apart.")

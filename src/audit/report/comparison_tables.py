"""Tables of comparisons: rates of both groups, interval, p, family, power, and what is established.

Columns that no comparison of a table fills are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.metrics.results import Disparity
from audit.report.comparisons import Pair, estimate_cell, rate_lines
from audit.report.document import Document, Phrase
from audit.report.tables import Cell, Column, Table, name, number, words

SPACE = "\N{NO-BREAK SPACE}"
REST: Phrase = ("everyone else",)


@dataclass(frozen=True)
class Head:
    """One column: its head, what it says of a comparison, and whether any says something."""

    column: Column
    cell: Callable[[Document, Pair], Cell]
    needed: Callable[[Sequence[Pair]], bool] = lambda _: True


def comparison_table(
    document: Document,
    made: Sequence[Pair],
    *,
    anchor: str,
    caption: Phrase,
    folded: bool = False,
) -> Table:
    """Lay out comparisons with interval, n, raw and adjusted p, family, k and detectable gap."""
    level = document.show("/settings/confidence", "percent0")
    limits = [pair.first.interval for pair in made if pair.first.interval is not None]
    together = bool(limits) and all(interval.simultaneous for interval in limits)
    kind = " simultaneous intervals." if together else " intervals, each for itself."
    heads = [head for head in _heads(made) if head.needed(made)]
    rows = tuple(tuple(head.cell(document, pair) for head in heads) for pair in made)
    return Table(
        anchor,
        (*caption, " ", level, kind),
        tuple(head.column for head in heads),
        rows,
        folded=folded,
    )


def _heads(made: Sequence[Pair]) -> tuple[Head, ...]:
    order, mixed = _order(made), not _order(made)
    minus = f"A{SPACE}−{SPACE}B"
    return (
        Head(Column(("Metric",), "name"), _metric),
        Head(Column(("Group A",), "text"), _side_a),
        Head(Column(("Group B",), "text"), _side_b),
        Head(Column(("Difference",), note=minus), _difference),
        Head(
            Column(("Ratio",), note=order),
            lambda document, pair: _ratio(document, pair, mixed=mixed),
            lambda pairs: any(pair.ratio is not None for pair in pairs),
        ),
        Head(Column(("p",), note="raw"), _raw),
        Head(Column(("p",), note="adjusted"), _optional("p_adjusted", "p")),
        Head(
            Column(("Within tolerance",), note="p, unadjusted"),
            _equivalence,
            _any_of("equivalence_p"),
        ),
        Head(Column(("Family",), "text", note="size k"), _family),
        Head(
            Column(("Smallest detectable gap",)),
            _detectable,
            _any_of("minimum_detectable"),
        ),
    )


def _any_of(field: str) -> Callable[[Sequence[Pair]], bool]:
    return lambda made: any(getattr(pair.first, field) is not None for pair in made)


def _metric(document: Document, pair: Pair) -> Cell:
    return name((document.show(f"{pair.place}/metric", "metric"),))


def _side_a(document: Document, pair: Pair) -> Cell:
    return _side(rate_lines(document, f"{pair.place}/a", pair.first.a_metric))


def _side_b(document: Document, pair: Pair) -> Cell:
    if pair.first.selection == "rest":
        return words(REST)
    return _side(rate_lines(document, f"{pair.place}/b", pair.first.b_metric))


def _side(lines: tuple[Phrase, ...]) -> Cell:
    first = lines[0][0]
    return Cell(lines, first if isinstance(first, str) else first.text, "text")


def _difference(document: Document, pair: Pair) -> Cell:
    notes: tuple[Phrase, ...] = ()
    if pair.difference is not None and pair.first.shrunken is not None:
        form = document.forms(pair.first.metric).change
        notes = (("shrunken ", document.show(f"{pair.place}/shrunken", form)),)
    return estimate_cell(document, pair.difference, "difference", *notes)


def _ratio(document: Document, pair: Pair, *, mixed: bool) -> Cell:
    order = _order([pair])
    notes: tuple[Phrase, ...] = ((order,),) if mixed and order else ()
    return estimate_cell(document, pair.ratio, "ratio", *notes)


def _raw(document: Document, pair: Pair) -> Cell:
    entry, place = pair.first, pair.place
    lines: list[Phrase] = [_value(document, f"{place}/p_value", "p")]
    if entry.test:
        lines.append((document.text(f"{place}/test"),))
    if entry.range_p is not None and entry.test.startswith("homogeneity"):
        lines.append(("range test ", document.show(f"{place}/range_p", "p")))
    return number(*lines)


def _optional(field: str, form: str) -> Callable[[Document, Pair], Cell]:
    return lambda document, pair: number(_value(document, f"{pair.place}/{field}", form))


def _detectable(document: Document, pair: Pair) -> Cell:
    form = document.forms(pair.first.metric).size
    return number(_value(document, f"{pair.place}/minimum_detectable", form))


def _equivalence(document: Document, pair: Pair) -> Cell:
    entry: Disparity = pair.first
    if entry.equivalence_p is None:
        return number(("—",))
    shown = document.show(f"{pair.place}/equivalence_p", "p")
    alone = entry.equivalence_p < 1 - document.evidence.settings.confidence
    return number((shown,), ("shown, taken alone" if alone else "not shown",))


def _value(document: Document, place: str, form: str) -> Phrase:
    return ("—",) if document.at(place) is None else (document.show(place, form),)


def _order(made: Sequence[Pair]) -> str:
    orders = {pair.turned for pair in made if pair.ratio is not None}
    if len(orders) > 1:
        return ""
    return f"B{SPACE}÷{SPACE}A" if True in orders else f"A{SPACE}÷{SPACE}B"


def _family(document: Document, pair: Pair) -> Cell:
    entry, place = pair.first, pair.place
    if entry.family is None:
        return Cell((("—",),), "", "text")
    size: Phrase = ("k = ", document.show(f"{place}/family/size", "integer"))
    if entry.pairs > 1:
        size = (*size, ", ", document.show(f"{place}/pairs", "integer"), " pairs")
    return Cell(((document.text(f"{place}/family/name"),), size), entry.family.name, "text")

"""Within control features: groups compared among rows that are alike in the control features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.metrics.conditional_results import StratifiedComparison, StratumResult
from audit.report.document import Document, Phrase
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

KEY = "conditional"
TITLE = "Within control features"
MOST = 240
SUMMED = {
    True: "Rates compared within strata and summed up by Mantel and Haenszel.",
    False: "Means compared within strata, which are weighted as by Mantel and Haenszel.",
}
"""How strata are summed up: of counts, and of numbers."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    controls: Phrase
    tables: tuple[Table, ...]
    turned: bool


def summarise(document: Document) -> View | None:
    """Collect conditional comparisons; None where no control features were given."""
    found = document.evidence
    if not found.conditional and not found.stratified:
        return None
    first = "conditional" if found.conditional else "stratified"
    made = (_compared(document), _conditional(document), *_strata(document))
    return View(
        controls=(document.show(f"/{first}/0/controls", "setting"),),
        tables=tuple(table for table in made if table.rows),
        turned=any(_turned(item) for item in found.stratified),
    )


def _compared(document: Document) -> Table:
    level = document.show("/settings/confidence", "percent0")
    counted = document.task != "regression"
    heads = columns(
        "Metric",
        Column(("Group A",), "text"),
        Column(("Group B",), "text"),
        Column(("Crude difference",), note="without strata"),
        Column(("Common difference",), note="within strata"),
        *((Column(("Common ratio",), note="within strata"),) if counted else ()),
        Column(("p",), note="raw"),
        "n",
    )
    rows = tuple(
        _compared_row(document, f"/stratified/{place}", item)
        for place, item in enumerate(document.evidence.stratified)
    )
    caption: Phrase = (
        *(f"{SUMMED[counted]} ", level),
        " intervals, each for itself; p of no association in any stratum, not adjusted.",
    )
    return Table("t-stratified", caption, heads, rows)


def _compared_row(document: Document, at: str, item: StratifiedComparison) -> tuple[Cell, ...]:
    counted = document.task != "regression"
    head = (
        name((document.show(f"{at}/metric", "metric"),)),
        words((document.group(f"{at}/a"),)),
        words((document.group(f"{at}/b"),)),
    )
    if item.status != "ok":
        return (*head, _why(document, at, 5 if counted else 4))
    forms = document.forms(item.metric)
    ratio = number(
        *_lines(document, f"{at}/ratio", "ratio3"),
        *_limits(document, f"{at}/ratio_interval", "ratio3"),
    )
    crude = _lines(document, f"{at}/crude", forms.change)
    return (
        *head,
        number(*crude, *((("⚠ turns round",),) if _turned(item) else ())),
        number(
            *_lines(document, f"{at}/difference", forms.change),
            *_limits(document, f"{at}/difference_interval", forms.change_limits),
        ),
        *((ratio,) if counted else ()),
        number(*_lines(document, f"{at}/p_value", "p")),
        number((document.show(f"{at}/n", "integer"),)),
    )


def _conditional(document: Document) -> Table:
    heads = columns(
        "Group",
        Column(("Conditional disparity",), note="within strata"),
        Column(("Disparity",), note="without strata"),
        "n",
        Column(("Rows left out",)),
    )
    rows = tuple(
        _conditional_row(document, f"/conditional/{place}", item.status == "ok")
        for place, item in enumerate(document.evidence.conditional)
    )
    caption: Phrase = (
        "Conditional demographic disparity: the share of the group among the rejected less its "
        "share among the selected. Above zero, the group is rejected more than others alike.",
    )
    return Table("t-conditional", caption, heads, rows)


def _conditional_row(document: Document, at: str, known: bool) -> tuple[Cell, ...]:
    head = name((document.group(f"{at}/group"),))
    if not known:
        return (head, _why(document, at, 4))
    value = _lines(document, f"{at}/value", "points1")
    return (
        head,
        number(*value, *_limits(document, f"{at}/interval", "signed1")),
        number(*_lines(document, f"{at}/unconditional", "points1")),
        number((document.show(f"{at}/n", "integer"),)),
        number((document.show(f"{at}/left_out", "integer"),)),
    )


def _strata(document: Document) -> Iterator[Table]:
    """Lay out every stratum: one number is to be trusted where they agree."""
    heads = columns(
        Column(("Stratum",), "name"),
        Column(("Metric",), "text"),
        Column(("Groups",), "text"),
        "n",
        Column(("Difference",)),
    )
    rows = tuple(
        (
            name((document.group(f"{at}/strata/{place}/levels"),)),
            words((document.show(f"{at}/metric", "metric"),)),
            words((document.group(f"{at}/a"), " less ", document.group(f"{at}/b"))),
            *_stratum(document, f"{at}/strata/{place}", stratum, item.metric),
        )
        for number_, item in enumerate(document.evidence.stratified)
        for at in (f"/stratified/{number_}",)
        for place, stratum in enumerate(item.strata)
    )
    caption = ("Each stratum: look whether they agree before trusting one number for all.",)
    yield Table("t-strata", caption, heads, rows, folded=True, most=MOST)


def _stratum(document: Document, at: str, stratum: StratumResult, metric: str) -> tuple[Cell, ...]:
    size = number((document.show(f"{at}/n", "integer"),))
    if stratum.value is None:
        return (size, why((document.text(f"{at}/reason"),)))
    return (size, number((document.show(f"{at}/value", document.forms(metric).change),)))


def _turned(item: StratifiedComparison) -> bool:
    if item.crude is None or item.difference is None:
        return False
    return min(item.crude, item.difference) < 0 < max(item.crude, item.difference)


def _lines(document: Document, at: str, form: str) -> tuple[Phrase, ...]:
    return (("—",),) if document.at(at) is None else ((document.show(at, form),),)


def _limits(document: Document, at: str, form: str) -> tuple[Phrase, ...]:
    limits = document.between(at, form)
    return (limits,) if limits else ()


def _why(document: Document, at: str, span: int) -> Cell:
    return why((document.show(f"{at}/status", "text"), ": ", document.text(f"{at}/reason")), span)

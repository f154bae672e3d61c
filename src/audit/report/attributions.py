"""Tables of attributions: by feature, by group, and how well they hold."""

from __future__ import annotations

from collections.abc import Iterator

from audit.explainers.results import Explanation
from audit.report.document import Document, Phrase, Shown, escape
from audit.report.tables import Cell, Column, Table, columns, name, number, words


def attribution_tables(document: Document, lead: Explanation | None) -> tuple[Table, ...]:
    """Lay out every explanation; gaps other than the leading one are folded."""
    explanations = document.explanations
    if not explanations:
        return ()
    gaps = [
        _gap_table(document, place, folded=lead is not None and entry.id != lead.id)
        for place, entry in explanations
        if entry.level == "gap" and entry.values
    ]
    overall = [
        _global_table(document, place)
        for place, entry in explanations
        if entry.level == "global" and entry.values
    ]
    return (*gaps, *overall, *_by_group(document), _quality(document))


def _gap_table(document: Document, place: str, *, folded: bool) -> Table:
    row = place.rsplit("/", 1)[1]
    entry = document.evidence.explanations[int(row)]
    forms, gap = document.spoken.scores, document.spoken.gap
    rows = list(_value_rows(document, place, forms.part, forms.part_limits))
    if entry.residual is not None:
        rows.append(_end_row(document, f"{place}/residual", "not attributed (residual)"))
    if entry.total is not None:
        rows.append(_end_row(document, f"{place}/total", f"{gap} (sum of the rows above)"))
    a, b = document.group(f"{place}/a"), document.group(f"{place}/b")
    caption: Phrase = (
        *(f"{gap.capitalize()} of ", a, " less ", b),
        ", by feature. The parts and the residual add up to the gap.",
    )
    heads = _heads(document, "Part of the gap")
    return Table(f"t-gap-{row}", caption, heads, tuple(rows), sortable=False, folded=folded)


def _global_table(document: Document, place: str) -> Table:
    row = place.rsplit("/", 1)[1]
    spoken = document.spoken
    rows = tuple(_value_rows(document, place, spoken.scores.size, spoken.scores.limits))
    caption = (f"Mean absolute attribution over all explained rows, in {spoken.score_unit}.",)
    return Table(f"t-global-{row}", caption, _heads(document, "Importance"), rows)


def _heads(document: Document, title: str) -> tuple[Column, ...]:
    level = document.show("/settings/confidence", "percent0")
    return columns("Feature", title, Column((level, " interval")))


def _value_rows(
    document: Document, place: str, form: str, limits: str
) -> Iterator[tuple[Cell, ...]]:
    for row in range(len(document.at(f"{place}/values"))):
        value = f"{place}/values/{row}"
        yield (
            name((document.text(f"{value}/feature"),)),
            number((document.show(f"{value}/value", form),)),
            number(document.interval(value, limits) or ("—",)),
        )


def _end_row(document: Document, place: str, label: str) -> tuple[Cell, ...]:
    shown = document.show(place, document.spoken.scores.part)
    return (name((label,)), number((shown,)), number(("—",)))


def _by_group(document: Document) -> tuple[Table, ...]:
    groups = [
        (place, _values(entry, place))
        for place, entry in document.explanations
        if entry.level == "group" and entry.values
    ]
    if not groups:
        return ()
    first: dict[str, str] = {}
    for _, values in reversed(groups):
        first = {**first, **values}
    heads = (
        Column(("Feature",), "name"),
        *(Column((document.group(f"{place}/group"),)) for place, _ in groups),
    )
    rows = tuple(
        (
            name((document.text(f"{first[feature]}/feature"),)),
            *(_group_cell(document, values.get(feature)) for _, values in groups),
        )
        for feature in dict.fromkeys(feature for _, values in groups for feature in values)
    )
    caption = (f"Mean attribution by group, in {document.spoken.score_unit}.",)
    return (Table("t-by-group", caption, heads, rows, folded=True),)


def _values(entry: Explanation, place: str) -> dict[str, str]:
    return {value.feature: f"{place}/values/{row}" for row, value in enumerate(entry.values)}


def _group_cell(document: Document, place: str | None) -> Cell:
    if place is None:
        return number(("—",))
    return number((document.show(f"{place}/value", document.spoken.scores.part),))


def _quality(document: Document) -> Table:
    rows = tuple(
        (name(_subject(document, place)), words((label,)), number((value,)))
        for place, _ in document.explanations
        for label, value in _figures(document, place)
    )
    heads = columns("Explanation", Column(("Quantity",), "text"), "Value")
    caption = ("How well the explanations hold: completeness and convergence.",)
    return Table("t-quality", caption, heads, rows, folded=True)


def _figures(document: Document, place: str) -> Iterator[tuple[Shown | str, Shown]]:
    for key in sorted(document.at(f"{place}/quality")):
        figure = f"{place}/quality/{escape(key)}"
        yield document.key(figure), document.show(figure, "significant3")
    if document.at(f"{place}/residual") is not None:
        yield "residual", document.show(f"{place}/residual", "significant3")


def _subject(document: Document, place: str) -> Phrase:
    level = document.text(f"{place}/level")
    if level.text == "group":
        return (level, ": ", document.group(f"{place}/group"))
    if level.text == "gap":
        return (level, ": ", document.group(f"{place}/a"), " less ", document.group(f"{place}/b"))
    return (level,)

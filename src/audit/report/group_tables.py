"""Tables of metrics by group."""

from __future__ import annotations

from audit.metrics.headline import parts_of
from audit.report.document import Document, Phrase
from audit.report.naming import ELSEWHERE, OF_SCORES, metric_name, metric_rank, of_rows
from audit.report.tables import Cell, Column, Table, name, number, why

Key = tuple[tuple[str, str], ...]


def group_key(group: dict[str, str]) -> Key:
    """Return a group as a key of a dictionary."""
    return tuple(sorted(group.items()))


def crossings(document: Document) -> tuple[tuple[str, ...], ...]:
    """Return the sets of attributes that groups were made of, single ones first."""
    found = {tuple(key for key, _ in group_key(entry.group)) for _, entry in document.metrics}
    rank = {attribute: place for place, attribute in enumerate(document.attributes)}

    def ordered(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(names, key=lambda item: (rank.get(item, len(rank)), item)))

    places = {names: [rank.get(item, len(rank)) for item in names] for names in found}
    return tuple(
        ordered(names)
        for names in sorted(found, key=lambda x: (len(x), sorted(places[x]), x))
        if names
    )


def metric_names(document: Document) -> tuple[str, ...]:
    """Return the metrics that stand in tables by group, in the order of the report.

    Rates of one class are those of the class in focus; the section on classes has the others.
    """
    found = {entry.metric for _, entry in document.metrics}
    told = {name for name in found if parts_of(name)[1] in ("", document.evidence.data.focus)}
    return tuple(sorted(told - {*ELSEWHERE}, key=metric_rank))


def decision_metrics(document: Document) -> tuple[str, ...]:
    """Return those of decisions."""
    return tuple(
        name
        for name in metric_names(document)
        if parts_of(name)[0] not in OF_SCORES and not of_rows(name)
    )


def row_metrics(document: Document) -> tuple[str, ...]:
    """Return those of rankings, of similar rows and of prediction intervals."""
    return tuple(name for name in metric_names(document) if of_rows(name))


def score_metrics(document: Document) -> tuple[str, ...]:
    """Return those of scores."""
    return tuple(name for name in metric_names(document) if parts_of(name)[0] in OF_SCORES)


def group_table(
    document: Document,
    attributes: tuple[str, ...],
    *,
    anchor: str,
    caption: Phrase,
    everyone: bool,
    names: tuple[str, ...],
) -> Table:
    """Lay out the metrics of those names of every group of these attributes."""
    wanted = set(attributes)
    grid: dict[Key, dict[str, str]] = {}
    for place, entry in document.metrics:
        if entry.metric not in names:
            continue
        if set(entry.group) == wanted or (everyone and not entry.group):
            grid.setdefault(group_key(entry.group), {})[entry.metric] = place
    level = document.show("/settings/confidence", "percent0")
    heads = (
        Column(("Group",), "name"),
        Column(("n",)),
        *(Column((metric_name(metric).short,)) for metric in names),
    )
    rows = tuple(_row(document, names, found) for found in grid.values())
    return Table(anchor, (*caption, " Below each value its ", level, " interval."), heads, rows)


def rate_cell(document: Document, place: str | None) -> Cell:
    """Write one rate and its interval, or why there is none."""
    if place is None:
        return number(("—",))
    forms = document.forms(document.at(place)["metric"])
    value = document.value(place, forms.value)
    limits = document.interval(place, forms.limits)
    return number(value, limits) if limits else why(value)


def _row(document: Document, names: tuple[str, ...], found: dict[str, str]) -> tuple[Cell, ...]:
    first = next(iter(found.values()))
    head = (
        name((document.group(f"{first}/group"),)),
        number((document.show(f"{first}/n", "integer"),)),
    )
    if all(document.at(place)["status"] == "suppressed" for place in found.values()):
        return (*head, why(document.value(first, "percent1"), len(names)))
    return (*head, *(rate_cell(document, found.get(metric)) for metric in names))

"""The search for the worst subgroups in words, and what it put forward as tables."""

from __future__ import annotations

from collections.abc import Iterator

from audit.metrics.headline import parts_of
from audit.metrics.subgroups.results import FoundSubgroup, SubgroupSearch
from audit.report.document import Document, Phrase, joined
from audit.report.tables import Cell, Column, Table, columns, name, number, why, words

NAMED = 3
AGAINST = {
    "rest": "everyone else",
    "same_features": "others who are alike in the ordinary features",
}


def searches(document: Document) -> tuple[tuple[str, SubgroupSearch], ...]:
    """Return pointer and entry of each search of the audited model."""
    model = document.evidence.model.name
    every = enumerate(document.evidence.subgroups)
    return tuple((f"/subgroups/{n}", item) for n, item in every if item.model == model)


def search_words(document: Document, at: str, search: SubgroupSearch) -> tuple[Phrase, ...]:
    """Say what was looked at, how it was checked, and what came of it."""
    return (
        _looked(document, at, search),
        *_checked(document, at, search),
        *_left_out(document, at, search),
        _outcome(document, at, search),
    )


def found_table(document: Document, at: str, search: SubgroupSearch, anchor: str) -> Table | None:
    """Lay out the subgroups that were put forward."""
    heads = columns(
        "Subgroup",
        "n",
        Column(("Its rate",)),
        Column(("Rate of the others",)),
        Column(("Difference",), note="as first seen"),
        Column(("Shrunken",), note="for the choice"),
        Column(("Checked",), note="on other rows"),
        Column(("p",), note="adjusted"),
        Column(("Confirmed",), "text"),
    )
    rows = tuple(
        _row(document, f"{at}/found/{place}", found) for place, found in enumerate(search.found)
    )
    caption = ("Subgroups that the search put forward, the clearest first.",)
    return Table(anchor, caption, heads, rows) if rows else None


def level_table(document: Document, at: str, search: SubgroupSearch, anchor: str) -> Table:
    """Lay out how much was looked at."""
    heads = columns("Columns crossed", "Looked at", "Too small", "Not comparable")
    keys = ("candidates", "too_small", "undefined")
    rows = tuple(
        (
            name((document.show(f"{at}/levels/{place}/depth", "integer"),)),
            *(number((document.show(f"{at}/levels/{place}/{key}", "integer"),)) for key in keys),
        )
        for place in range(len(search.levels))
    )
    return Table(anchor, ("How many subgroups were looked at.",), heads, rows, folded=True)


def _looked(document: Document, at: str, search: SubgroupSearch) -> Phrase:
    metric = document.show(f"{at}/metric", "metric")
    count = document.show(f"{at}/candidates", "integer")
    least = document.show(f"{at}/minimum_group", "integer")
    small = document.show(f"{at}/too_small", "integer")
    depth = document.show(f"{at}/depth", "integer")
    against = AGAINST[search.against]
    named = parts_of(search.metric)[1] or not document.focus
    of: Phrase = () if named else (" of the class in focus, ", *document.focus, ",")
    names = [(document.text(f"{at}/columns/{n}/name"),) for n in range(len(search.columns))]
    said = joined(names, " and ")
    return (
        *("The search looked at ", count, " subgroups: every category of ", *said),
        *(", and combinations of up to ", depth, " of them, with at least ", least, " rows. "),
        *("It asked whose ", metric, *of, f" differs most from that of {against}. "),
        *(small, " further subgroups were too small to look at."),
    )


def _checked(document: Document, at: str, search: SubgroupSearch) -> Iterator[Phrase]:
    first = document.show(f"{at}/selection_rows", "integer")
    if search.method == "split":
        other = document.show(f"{at}/confirmation_rows", "integer")
        yield (
            *("Among so many, some subgroup looks bad by chance. So ", first, " rows chose, and "),
            *(other, " other rows checked what was chosen: only a difference that they show too"),
            " counts as confirmed.",
        )
    else:
        yield (
            *("Among so many, some subgroup looks bad by chance. So outcomes were shuffled ",),
            *((document.show(f"{at}/permutations", "integer"),) if search.permutations else ()),
            *(" times: only a difference larger than shuffling gives counts as confirmed.",),
        )


def _left_out(document: Document, at: str, search: SubgroupSearch) -> Iterator[Phrase]:
    for place, column in enumerate(search.columns):
        if column.reason:
            here = f"{at}/columns/{place}"
            yield (document.text(f"{here}/name"), ": ", document.text(f"{here}/reason"), ".")


def _outcome(document: Document, at: str, search: SubgroupSearch) -> Phrase:
    if search.status != "ok":
        return (document.show(f"{at}/status", "sentence"), ": ", document.text(f"{at}/reason"), ".")
    if not search.found:
        return ("No subgroup was put forward.",)
    form = document.forms(search.metric).value
    sure = [n for n, found in enumerate(search.found) if found.confirmed]
    if not sure:
        return ("None of the subgroups put forward was confirmed.",)
    told = [
        (
            document.group(f"{at}/found/{n}/group"),
            " (",
            document.show(f"{at}/found/{n}/value", form),
            " against ",
            document.show(f"{at}/found/{n}/rest_value", form),
            ")",
        )
        for n in sure[:NAMED]
    ]
    more = "; and more, below." if len(sure) > NAMED else "."
    others = " The others put forward were not." if len(sure) < len(search.found) else ""
    return ("Confirmed: ", *joined(told, "; "), more, others)


def _row(document: Document, at: str, found: FoundSubgroup) -> tuple[Cell, ...]:
    return (
        name((document.group(f"{at}/group"),)),
        number((document.show(f"{at}/n", "integer"),)),
        number((document.show(f"{at}/value", "percent1"),)),
        number((document.show(f"{at}/rest_value", "percent1"),)),
        number((document.show(f"{at}/difference", "points1"),)),
        number((document.show(f"{at}/shrunken_difference", "points1"),)),
        _confirmation(document, at, found),
        number(_optional(document, f"{at}/p_adjusted", "p")),
        words((document.show(f"{at}/confirmed", "setting"),)),
    )


def _confirmation(document: Document, at: str, found: FoundSubgroup) -> Cell:
    if found.status != "ok":
        return why((document.text(f"{at}/reason"),))
    limits = document.interval(at, "signed1")
    if found.confirmed_difference is None:
        return number(limits or ("—",))
    lines: list[Phrase] = [(document.show(f"{at}/confirmed_difference", "points1"),)]
    lines += [limits] if limits else []
    if found.confirmation_n is not None:
        lines.append(("n = ", document.show(f"{at}/confirmation_n", "integer")))
    return number(*lines)


def _optional(document: Document, at: str, form: str) -> Phrase:
    return ("—",) if document.at(at) is None else (document.show(at, form),)

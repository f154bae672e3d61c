"""Tables of weight ledgers: every cut, its units, its weights, the biases, the causal check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.report.document import Document, Phrase, Shown
from audit.report.ledgers import INPUT, Placed
from audit.report.naming import CHOICES
from audit.report.tables import Cell, Column, Table, columns, name, number, words
from audit.weights.results import AblationStep

MOST = {True: {"unit": 24, "bias": 12, "weight": 14}, False: {"unit": 10, "bias": 6, "weight": 8}}
"""Entries that are printed of a ledger, by whether its account is drawn; the evidence has more."""
NAMED = 8
DECIDED = {
    True: ". The decision gap differs from the score gap by what the threshold does to the scores.",
    False: ".",
}
RESIDUALS = ("residual", "absolute_residual", "allowed")


def account_table(document: Document, items: Sequence[Placed], anchor: str) -> Table:
    """Lay out one row for each ledger: the gap, and how well its entries add up to it."""
    decided = items[0].ledger.link != "value"
    heads = columns(
        "Cut",
        Column(("Level",), "text"),
        Column(("Explained",)),
        *((Column(("Decision gap",), note="after the threshold"),) if decided else ()),
        Column(("Residual",), note="total less all entries"),
        Column(("Absolute residual",)),
        Column(("Allowed residual",)),
        Column(("Steps",)),
        Column(("Rows",)),
        Column(("Status",), "text"),
    )
    caption: Phrase = ("Accounts and residuals: ", *gap_words(document, items[0]), DECIDED[decided])
    rows = tuple(_account_row(document, item, decided=decided) for item in items)
    return Table(anchor, caption, heads, rows, sortable=False)


def entry_table(document: Document, item: Placed, *, drawn: bool) -> Table:
    """Lay out the entries of a ledger; residual and total close the account."""
    ledger = item.ledger
    tested = any(entry.p_adjusted is not None for entry in ledger.entries)
    stated = any(entry.share is not None for entry in ledger.entries)
    checked = any(entry.confirmed is not None for entry in ledger.entries)
    level = document.show("/settings/confidence", "percent0")
    heads = (
        Column((_thing(item),), "name"),
        Column(("Part of the gap",)),
        *((Column(("Share",)),) if stated else ()),
        Column((level, " interval")),
        *((Column(("p",), note="adjusted"), Column(("Status",), "text")) if tested else ()),
        *((Column(("Confirmed",), "text", note="by ablation"),) if checked else ()),
    )
    flags = (stated, tested, checked)
    rows = [_entry_row(document, item, n, flags) for n in range(len(ledger.entries))]
    rows += [
        (name(label), number((value,)), *(number(("—",)) for _ in heads[2:]))
        for label, value in _ends(document, item)
    ]
    ends = len(rows) - len(ledger.entries)
    return Table(
        f"t-ledger-{item.number}",
        _caption(document, item),
        heads,
        tuple(rows),
        sortable=False,
        folded=True,
        ends=ends,
        most=MOST[drawn].get(ledger.level, 8) + ends,
    )


def check_table(document: Document, item: Placed) -> Table:
    """Lay out the gap and the accuracy left after each ablation."""
    place, check = f"{item.place}/verification", item.ledger.verification
    steps = range(len(check.steps)) if check else range(0)
    heads = columns("Ablated", "k", "Score gap", Column(("Left",), note="of the gap"), item.quality)
    rows = [
        (
            name(("nothing",)),
            number(("—",)),
            number((document.show(f"{place}/gap", item.value_format),)),
            number(("—",)),
            number(_quality(document, place, item)),
        ),
        *(_step_row(document, f"{place}/steps/{n}", item) for n in steps),
    ]
    cut = document.text(f"{item.place}/cut")
    told = document.show(f"{place}/rows", "integer")
    caption: Phrase = (
        *("Causal check at ", cut, ", mean ablation on ", told, " other rows: "),
        *(
            *gap_words(document, item),
            ". Before it: ",
            *document.interval(place, item.limit_format),
        ),
        ".",
    )
    return Table(f"t-check-{item.number}", caption, heads, tuple(rows), folded=True)


def checks_table(document: Document, items: Sequence[Placed], anchor: str) -> Table:
    """Lay out one row for each causal check: what is left when the first entries are ablated."""
    heads = columns(
        "Cut",
        Column(("Level",), "text"),
        Column(("Ablated",)),
        Column(("Gap before",)),
        *(Column((CHOICES[way],), note="leaves") for way in CHOICES),
        Column(("Confirmed",), "text"),
    )
    caption = (
        *("Causal checks on rows that the ledgers did not see: ", *gap_words(document, items[0])),
        ". As many entries are ablated as there are carriers, or nearly so.",
    )
    rows = tuple(_checks_row(document, item) for item in items)
    return Table(anchor, caption, heads, rows, sortable=False)


def change_table(document: Document, item: Placed) -> Table:
    """Lay out how much each layer moved the gap."""
    place = item.place
    rows = [
        (
            name((document.text(f"{item.entry(n)}/name"),)),
            number((document.show(f"{item.entry(n)}/value", item.value_format),)),
        )
        for n in range(len(item.ledger.entries))
    ]
    rows += [(name(label), number((value,))) for label, value in _ends(document, item)]
    rows += [
        (name((f"gap {key}",)), number((document.show(f"{place}/{key}", item.value_format),)))
        for key in ("before", "after")
        if document.at(f"{place}/{key}") is not None
    ]
    loud: Phrase = (
        () if item.ledger.status == "ok" else ("⚠ ", document.text(f"{place}/status"), ": ")
    )
    caption: Phrase = (
        *loud,
        *("What the change of each layer from the baseline to ", document.text(f"{place}/model")),
        *(" did to: ", *gap_words(document, item), "."),
    )
    heads = columns("Layer", "Part of the change")
    return Table(f"t-ledger-{item.number}", caption, heads, tuple(rows), sortable=False)


def gap_words(document: Document, item: Placed) -> Phrase:
    """Name the gap that a ledger accounts for, its link and its pair of groups."""
    place = item.place
    link: Phrase = (" of ", document.show(f"{place}/link", item.link_format))
    a, b = document.group(f"{place}/a"), document.group(f"{place}/b")
    return (document.show(f"{place}/gap", "gap"), *link, ", ", a, " less ", b)


def _thing(item: Placed) -> str:
    if item.ledger.level == "unit":
        return "Column" if item.ledger.cut == INPUT else "Unit"
    return item.ledger.level.capitalize()


def _caption(document: Document, item: Placed) -> Phrase:
    ledger, place = item.ledger, item.place
    loud: Phrase = ()
    if ledger.status == "not converged":
        loud = ("⚠ Not converged: ",)
    if ledger.kind == "bias":
        return (*loud, "Biases: their parts of ", *gap_words(document, item), ".")
    cut = document.text(f"{place}/cut")
    if ledger.level == "weight":
        at: Phrase = ("Weights that the signals of ", cut, " pass next")
    elif ledger.cut == INPUT:
        at = ("Columns at the ", cut)
    else:
        at = ("Units of ", cut)
    return (*loud, *at, ": their parts of ", *gap_words(document, item), ".")


def _account_row(document: Document, item: Placed, *, decided: bool) -> tuple[Cell, ...]:
    place = item.place

    def optional(key: str, form: str) -> Phrase:
        value = document.at(f"{place}/{key}")
        return ("—",) if value is None else (document.show(f"{place}/{key}", form),)

    limits = document.interval(place, item.limit_format)
    total = optional("total", item.value_format)
    return (
        name((document.text(f"{place}/cut"),)),
        words((document.text(f"{place}/level"),)),
        number(total, limits) if limits else number(total),
        *((number(optional("decision_gap", "points2")),) if decided else ()),
        *(number(optional(key, item.residual_format)) for key in RESIDUALS),
        number((document.show(f"{place}/steps", "integer"),)),
        number((document.show(f"{place}/rows", "integer"),)),
        words(
            (
                "" if item.ledger.status == "ok" else "⚠ ",
                document.text(f"{place}/status"),
            )
        ),
    )


def _entry_row(
    document: Document, item: Placed, row: int, flags: tuple[bool, bool, bool]
) -> tuple[Cell, ...]:
    place, entry = item.entry(row), item.ledger.entries[row]
    stated, tested, checked = flags

    def optional(key: str, form: str) -> Cell:
        value = document.at(f"{place}/{key}")
        return number(("—",) if value is None else (document.show(f"{place}/{key}", form),))

    test = (optional("p_adjusted", "p"), words((document.text(f"{place}/status"),)))
    confirmed: Phrase = ("—",)
    if entry.confirmed is not None:
        confirmed = (document.show(f"{place}/confirmed", "setting"),)
    column: Phrase = ("from ", document.text(f"{place}/column")) if entry.column else ()
    return (
        name((document.text(f"{place}/name"),), *((column,) if column else ())),
        number((document.show(f"{place}/value", item.value_format),)),
        *((optional("share", "percent1"),) if stated else ()),
        number(document.interval(place, item.limit_format) or ("—",)),
        *(test if tested else ()),
        *((words(confirmed),) if checked else ()),
    )


def _ends(document: Document, item: Placed) -> Iterator[tuple[Phrase, Shown]]:
    ledger, place = item.ledger, item.place
    if ledger.listed < ledger.entries_total:
        listed = document.show(f"{place}/listed", "integer")
        whole = document.show(f"{place}/entries_total", "integer")
        value = document.show(f"{place}/rest", item.value_format)
        yield ("the others (", listed, " of ", whole, " are listed)"), value
    if ledger.weight_induced is not None:
        value = document.show(f"{place}/weight_induced", item.value_format)
        yield ("weights: the gap with hidden biases off",), value
    if ledger.residual is not None:
        yield ("residual",), document.show(f"{place}/residual", item.value_format)
    if ledger.total is not None:
        yield (
            ("total (sum of the rows above)",),
            document.show(f"{place}/total", item.value_format),
        )


def _checks_row(document: Document, item: Placed) -> tuple[Cell, ...]:
    place, check = f"{item.place}/verification", item.ledger.verification
    lead = item.leading_step
    steps = {way: item.step(way, lead[1].k) if lead else None for way in CHOICES}
    said: Phrase = ("undecided",)
    if check is not None and check.confirmed is not None:
        said = (document.show(f"{place}/confirmed", "setting"),)
    reason: Phrase = (document.text(f"{place}/reason"),) if check and check.reason else ()
    return (
        name((document.text(f"{item.place}/cut"),)),
        words((document.text(f"{item.place}/level"),)),
        number((document.show(f"{lead[0]}/k", "integer"),) if lead else ("—",)),
        number((document.show(f"{place}/gap", item.value_format),)),
        *(number(_left(document, item, step)) for step in steps.values()),
        words(said, reason) if reason else words(said),
    )


def _left(document: Document, item: Placed, step: tuple[str, AblationStep] | None) -> Phrase:
    if step is None:
        return ("—",)
    if step[1].left is None:
        return (document.show(f"{step[0]}/gap", item.value_format),)
    return (document.show(f"{step[0]}/left", "percent0"),)


def _quality(document: Document, place: str, item: Placed) -> Phrase:
    """Say how well the network does; it is not known where all targets are the same number."""
    if document.at(f"{place}/accuracy") is None:
        return ("—",)
    return (document.show(f"{place}/accuracy", item.quality_format),)


def _step_row(document: Document, place: str, item: Placed) -> tuple[Cell, ...]:
    left: Phrase = ("—",)
    if document.at(f"{place}/left") is not None:
        left = (document.show(f"{place}/left", "percent0"),)
    named = 0 < len(document.at(f"{place}/entries")) <= NAMED
    which: Phrase = (document.show(f"{place}/entries", "setting"),) if named else ()
    chosen: Phrase = (document.show(f"{place}/chosen_by", "choice"),)
    return (
        name(chosen, which) if which else name(chosen),
        number((document.show(f"{place}/k", "integer"),)),
        number((document.show(f"{place}/gap", item.value_format),)),
        number(left),
        number(_quality(document, place, item)),
    )

"""Sentences about weight ledgers, for a reader who knows no calculus."""

from __future__ import annotations

from audit.report.document import Document, Phrase, joined, plain
from audit.report.ledgers import INPUT, Account, Placed, refusals

NAMED = 3
PLAIN = (
    "A weight scales a signal on its way from one unit to the next; a bias shifts the activation "
    "of a unit by a constant."
)
CONTROLS = ("random", "magnitude", "gradient")


def said(document: Document, account: Account) -> tuple[Phrase, ...]:
    """Say in sentences what goes through units and what through biases."""
    made = (
        _left_out(document, account),
        _through_units(document, account),
        _through_biases(document, account),
    )
    return tuple(phrase for phrase in made if phrase)


def named_carriers(document: Document, item: Placed) -> Phrase:
    """Name the largest carriers of a cut, each with its share."""
    parts = [
        (document.text(f"{item.entry(n)}/name"), *_share(document, item, n))
        for n in item.carriers[:NAMED]
    ]
    return joined(parts, " and " if len(parts) == 2 else ", ")  # noqa: PLR2004 - a pair


def refused(document: Document) -> tuple[Phrase, ...]:
    """Say why there is no ledger, each reason once."""
    reasons = {item.ledger.reason: item for item in refusals(document)}
    return tuple(
        ("Not applicable: ", document.text(f"{item.place}/reason"), ".")
        for item in reasons.values()
    )


def problems(document: Document, account: Account) -> tuple[Phrase, ...]:
    """Say which ledgers of an account did not converge or are suppressed."""
    return tuple(
        (
            *("⚠ ", document.show(f"{item.place}/status", "sentence"), ": the ", item.ledger.level),
            *(" ledger at ", document.text(f"{item.place}/cut"), ". "),
            document.text(f"{item.place}/reason"),
        )
        for item in account.all
        if item.ledger.status != "ok"
    )


def check_subject(document: Document, item: Placed) -> Phrase:
    """Name what was ablated."""
    cut = document.text(f"{item.place}/cut")
    if item.ledger.level == "unit":
        return ("Columns at the " if item.ledger.cut == INPUT else "Units of ", cut, ". ")
    return (f"{item.ledger.level.capitalize()}s after ", cut, ". ")


def check_words(document: Document, item: Placed) -> Phrase:
    """Say in words whether ablation confirms a ledger."""
    check, place = item.ledger.verification, f"{item.place}/verification"
    if check is None:
        return ()
    rows = document.show(f"{place}/rows", "integer")
    verdicts = {True: "Confirmed", False: "Not confirmed", None: "Undecided"}
    head: Phrase = (f"{verdicts[check.confirmed]} on ", rows, " rows that the ledger did not see")
    reason: Phrase = (f". {check.reason and 'Reason: '}", document.text(f"{place}/reason"))
    return (*head, *_left_sentence(document, item), *(reason if check.reason else ()), ".")


def network_alt(document: Document, account: Account) -> str:
    """Say what the picture of the network finds."""
    head = "Picture of the network, the gap flowing from the inputs to the score."
    parts = [_alt_part(document, item) for item in account.units]
    return f"{head} {' '.join(parts)}"


def check_alt(document: Document, item: Placed) -> str:
    """Say what the ablation figure finds."""
    return f"Gap left against entries ablated. {plain(check_words(document, item))}"


def _alt_part(document: Document, item: Placed) -> str:
    place, ledger = item.place, item.ledger
    where = document.text(f"{place}/cut").text
    total = "" if ledger.total is None else document.show(f"{place}/total", item.value_format).text
    loud = "" if ledger.status == "ok" else f" ({ledger.status})"
    if not item.carriers:
        return f"At {where}{loud} no entry can be told from chance."
    more = " and more" if len(item.carriers) > NAMED else ""
    return f"At {where}{loud}, of {total}: {plain(named_carriers(document, item))}{more}."


def _share(document: Document, item: Placed, number: int) -> Phrase:
    place = item.entry(number)
    value = document.show(f"{place}/value", item.value_format)
    if item.ledger.entries[number].share is None:
        return (" ", value)
    return (" ", value, " (", document.show(f"{place}/share", "percent0"), ")")


def _left_out(document: Document, account: Account) -> Phrase:
    """Say what of the network lies before the layers that are accounted for."""
    item = account.all[0]
    if not item.ledger.unaccounted:
        return ()
    cut = document.text(f"{item.place}/cut")
    return ("The account begins at ", cut, ". ", document.text(f"{item.place}/unaccounted"), ".")


def _through_units(document: Document, account: Account) -> Phrase:
    item = account.lead
    if item is None or item.ledger.total is None:
        return ()
    place = item.place
    a, b = document.group(f"{place}/a"), document.group(f"{place}/b")
    total = document.show(f"{place}/total", item.value_format)
    limits = document.interval(place, item.limit_format)
    mean = document.spoken.mean
    head: Phrase = (f"The {mean} of ", a, " less that of ", b, " is ", total, " ", *limits)
    where = document.text(f"{place}/cut")
    what = "the columns" if item.ledger.cut == INPUT else "the units"
    if not item.carriers:
        return (*head, f"; none of {what} at ", where, " can be told from chance.")
    more = ", and more units" if len(item.carriers) > NAMED else ""
    parts = named_carriers(document, item)
    offsets = ""
    if item.offsets:
        offsets = "; some work against it" if len(item.offsets) > 1 else "; one works against it"
    return (*head, f". Of {what} at ", where, " it goes through ", *parts, more, offsets, ".")


def _through_biases(document: Document, account: Account) -> Phrase:
    if not account.biases:
        return ()
    item = account.biases[0]
    if item.ledger.weight_induced is None:
        return ()
    left = document.show(f"{item.place}/weight_induced", item.value_format)
    limits = document.between(f"{item.place}/weight_induced_interval", item.limit_format)
    head: Phrase = ("With hidden biases off, in the gauge stated below, the gap is ", left, " ")
    if item.ledger.bias_share is None:
        why = ": no share of biases is stated, the gap being small or not told from chance."
        return (*head, *limits, why)
    share = document.show(f"{item.place}/bias_share", "percent0")
    return (*head, *limits, ": biases carry ", share, " of it, weights the rest.")


def _left_sentence(document: Document, item: Placed) -> Phrase:
    step = item.leading_step
    if step is None:
        return ()
    place, made = step
    several = "entry" if made.k == 1 else "entries"
    k = document.show(f"{place}/k", "integer")
    head: Phrase = (": ablating the ", k, f" {several} that the ledger ranks first leaves ")
    others = [item.step(control, made.k) for control in CONTROLS]
    controls = [
        (document.show(f"{other[0]}/chosen_by", "choice"), " ", *_left(document, item, other[0]))
        for other in others
        if other is not None
    ]
    against: Phrase = ("; as many others leave: ", *joined(controls)) if controls else ()
    return (*head, *_left(document, item, place), " of the gap", *against)


def _left(document: Document, item: Placed, place: str) -> Phrase:
    if document.at(f"{place}/left") is None:
        return (document.show(f"{place}/gap", item.value_format),)
    return (document.show(f"{place}/left", "percent0"),)

"""From ledgers to the picture of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from audit.report.document import Document
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.network import Flow, Layer, Node, draw_network
from audit.report.ledger_words import network_alt
from audit.report.ledgers import INPUT, Account, Placed
from audit.weights.results import Ledger, LedgerEntry

DRAWN, FOLDED_TO = 18, 14
LEAST = 0.01
SIZEABLE = 0.2  # of the largest part at the layer
OUTPUT = "score"
LONG = 12
PLACE = re.compile(r" at (?:row (\d+), column (\d+)|step (\d+))$")
"""Where a unit stands in the grid or the series that feeds a head: written short in a picture."""
WEIGHT = re.compile(r"(?s)(.*)\[(\d+),(.*)\]")


def network_picture(document: Document, account: Account, number: int) -> Picture | None:
    """Draw the network of an account; None where no ledger has units with values."""
    cuts = [item for item in account.units if item.ledger.entries and item.ledger.total]
    if not cuts:
        return None
    layers = (*(_layer(document, item) for item in cuts), _score(document, cuts[-1]))
    flows = tuple(_flows(account.weights, cuts))
    place = cuts[0].place
    a, b = document.group(f"{place}/a"), document.group(f"{place}/b")
    loud = any(item.ledger.status == "not converged" for item in cuts)
    return picture(
        partial(draw_network, layers, flows),
        anchor=f"f-network-{number}",
        alt=network_alt(document, account),
        caption=(
            "⚠ Not converged at every cut. " if loud else "",
            *("How the score gap between ", a, " and ", b, " runs through the network. Area of a "),
            "unit and width of a connection: its part of the gap. At each layer the parts add up ",
            "to the whole gap. Hatched diamonds and dashed lines: against the gap.",
            " r, c and s: row, column and step of a unit." if _abbreviated(cuts) else "",
        ),
        table=f"t-ledger-{cuts[-1].number}",
    )


def _layer(document: Document, item: Placed) -> Layer:
    ledger, named = item.ledger, item.ledger.cut == INPUT
    few = ledger.entries_total <= min(DRAWN, len(ledger.entries))
    shown = ledger.entries_total if few else min(FOLDED_TO, len(ledger.entries))
    kind = ("column" if named else "unit") + "s" * (ledger.entries_total != 1)
    return Layer(
        title="inputs" if named else document.text(f"{item.place}/cut").text,
        note=f"{ledger.entries_total} {kind}",
        nodes=tuple(_node(document, item, number) for number in range(shown)),
        folded=ledger.entries_total - shown,
        named=named,
    )


def _node(document: Document, item: Placed, number: int) -> Node:
    entry, place = item.ledger.entries[number], item.entry(number)
    total = item.ledger.total or 1.0
    return Node(
        name=entry.name,
        label=_short(document.text(f"{place}/name").text, item.ledger),
        text=document.show(f"{place}/value", item.value_format).text,
        size=abs(entry.value / total),
        carrier=entry.status == "carrier" or _sizeable(item.ledger, entry),
        against=entry.value * total < 0,
        confirmed=entry.confirmed is True,
    )


def _short(name: str, ledger: Ledger) -> str:
    """Cut what the heading says out of the long name of a unit before a head; see `PLACE`."""
    if not ledger.unaccounted or len(name) <= LONG:
        return name
    return PLACE.sub(_place, name.removeprefix(ledger.cut).removeprefix("."))


def _place(match: re.Match[str]) -> str:
    row, column, step = match.groups()
    return f" s{step}" if step else f" r{row} c{column}"


def _abbreviated(cuts: Sequence[Placed]) -> bool:
    heads = [item.ledger for item in cuts if item.ledger.unaccounted]
    return any(PLACE.search(entry.name) for ledger in heads for entry in ledger.entries)


def _sizeable(ledger: Ledger, entry: LedgerEntry) -> bool:
    """Say whether an offset is large enough to be named beside the carriers."""
    largest = max(abs(other.value) for other in ledger.entries)
    return entry.status == "offset" and abs(entry.value) >= SIZEABLE * largest


def _score(document: Document, item: Placed) -> Layer:
    node = Node(
        name=OUTPUT,
        label="score gap",
        text=document.show(f"{item.place}/total", item.value_format).text,
        size=1.0,
        carrier=True,
        against=False,
    )
    return Layer(title="score", note="A − B", nodes=(node,))


def _flows(weights: Sequence[Placed], cuts: Sequence[Placed]) -> Iterator[Flow]:
    """Give the connections between what is drawn, as wide as their weights are parts of the gap."""
    places = {item.ledger.cut: place for place, item in enumerate(cuts)}
    for item in weights:
        here, total = places.get(item.ledger.cut), item.ledger.total
        if here is None or not total:
            continue
        last = here == len(cuts) - 1
        parts: dict[tuple[str, str], float] = {}
        for entry in item.ledger.entries:
            ends = _ends(entry, item.ledger.cut, last=last)
            if ends is not None:
                parts[ends] = parts.get(ends, 0.0) + entry.value / total
        for (source, target), part in parts.items():
            if abs(part) >= LEAST:
                yield Flow(
                    layer=here, source=source, target=target, size=abs(part), against=part < 0
                )


def _ends(entry: LedgerEntry, cut: str, *, last: bool) -> tuple[str, str] | None:
    """Read where a weight leads: ``fc2[3,8]`` from unit 8 to unit 3; columns have several."""
    match = WEIGHT.fullmatch(entry.name)
    if match is None:
        return None
    layer, unit, source = match.groups()
    own = entry.column or (source if cut == INPUT else f"{cut}[{source}]")
    return own, OUTPUT if last else f"{layer}[{unit}]"

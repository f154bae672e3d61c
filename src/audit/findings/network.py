"""Findings about the network: what a gap goes through, and whether intervention confirmed it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.findings.amounts import Amounts, quantity
from audit.findings.drawing import Results, finding
from audit.findings.records import Finding
from audit.findings.verdict import Headline
from audit.findings.words import and_list, group_words
from audit.metrics.headline import headline
from audit.weights.results import Ledger, LedgerEntry

DRIVERS = 3
AMONG = {
    "demographic_parity": "",
    "equal_opportunity": " among positives",
    "false_positive_parity": " among negatives",
}
LINKS = {"binary": "probability", "multiclass": "probability", "regression": "value"}
"""In which unit of a ledger carriers are told."""


def drivers(results: Results, found: Headline) -> Iterator[Finding]:
    """Say which features the score gap of each established disparity goes through."""
    compared = headline(results.data)["demographic_parity"]
    standing = [(d.a, d.b) for d in found.standing if d.metric == compared]
    said = results.said
    for item in results.explanations:
        if item.status == "not converged":
            yield finding("NOT_CONVERGED", "low", f"Explanation: {item.reason}", (item.id,))
        if item.level != "gap" or item.status != "ok" or (item.a, item.b) not in standing:
            continue
        parts = [f"{value.feature} {_part(value.value, said)}" for value in item.values[:DRIVERS]]
        yield finding(
            "DRIVERS",
            "info",
            f"Of the {_score(results)} of {said.gap(item.total or 0, said.gap_kind)} between "
            f"{group_words(item.a)} and "
            f"{group_words(item.b)} ({item.rows:,} rows), the largest parts go through "
            f"{and_list(parts)}. This is association, not cause.",
            (item.id,),
        )


def carriers(results: Results, _: Headline) -> Iterator[Finding]:
    """Say which units carry each gap, and whether ablating them confirmed it."""
    for ledger in results.ledgers:
        if ledger.status == "not converged":
            yield finding(
                "LEDGER_NOT_CONVERGED", "low", f"Weight ledger: {ledger.reason}", (ledger.id,)
            )
        told = ledger.kind == "carrier" and ledger.level == "unit" and ledger.cut != "input"
        if told and ledger.status == "ok" and ledger.link == LINKS[results.data.task]:
            yield from _carriers(ledger, results)


def _score(results: Results) -> str:
    """Name the gap that is explained."""
    if results.data.task == "regression":
        return "gap in predictions"
    return f"score gap{_focus(results)}"


def _focus(results: Results) -> str:
    return f" of class {results.data.focus!r}" if results.data.task == "multiclass" else ""


def _part(value: float, said: Amounts) -> str:
    kind = said.gap_kind
    return quantity(value) if kind == "unit" else said.gap(value, kind)


def _carriers(ledger: Ledger, results: Results) -> Iterator[Finding]:
    found = [entry for entry in ledger.entries if entry.status == "carrier"]
    if not found or ledger.total is None:
        return
    said = results.said
    names = [f"{entry.name} {_part(entry.value, said)}{_share(entry)}" for entry in found]
    checked = ledger.verification.confirmed if ledger.verification else None
    total = said.gap(ledger.total, said.gap_kind)
    gap = f"{_score(results)}{AMONG[ledger.gap]} of {total}"
    yield finding(
        "CARRIERS" if checked else "CARRIERS_NOT_CONFIRMED",
        "info",
        f"At {ledger.cut}, of the {gap} between {group_words(ledger.a)} and "
        f"{group_words(ledger.b)}, {len(found)} of {ledger.entries_total} units carry an amount "
        f"beyond chance: {and_list(names)}. {_CHECKED[checked]}",
        (ledger.id,),
    )


_CHECKED = {
    True: "Ablating the largest on other rows removed more of the gap than the controls.",
    False: "Ablating the largest on other rows did not confirm this.",
    None: "On the rows set apart for it, the check could not be made.",
}


def _share(entry: LedgerEntry) -> str:
    return "" if entry.share is None else f" ({100 * entry.share:.0f}%)"

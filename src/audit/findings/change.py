"""Findings about mitigation: what it changes, what it costs, and whom."""

from __future__ import annotations

from collections.abc import Iterator

from audit.findings.amounts import Amounts, quantity
from audit.findings.drawing import Results, finding
from audit.findings.records import Finding
from audit.findings.verdict import Headline
from audit.findings.words import group_words, points, title
from audit.metrics.headline import headline
from audit.mitigation.results import ComparisonRecord, MitigationRecord

COSTS = {
    "binary": "accuracy",
    "multiclass": "multiclass_accuracy",
    "regression": "root_mean_squared_error",
}
"""By which a mitigation's cost for everyone is told."""


def mitigations(results: Results, _: Headline) -> Iterator[Finding]:
    """Say what each mitigation changes of each gap in outcomes, or why it was refused."""
    for item in results.mitigations:
        if item.status != "ok":
            yield finding(
                "MITIGATION_REFUSED",
                "low",
                f"Mitigation {item.name} was {item.status}: {item.reason}.",
                (item.id,),
            )
            continue
        if item.needs_sensitive_at_prediction:
            yield finding(
                "NEEDS_SENSITIVE",
                "medium",
                f"The decisions of {item.name} use {' and '.join(item.attribute)} itself.",
                (item.id,),
            )
        yield from _changes(results, item)


def levelling(results: Results, _: Headline) -> Iterator[Finding]:
    """Flag mitigations that narrow a gap by lowering one group while raising none."""
    for item in results.levelling:
        if item.levelling_down:
            yield finding(
                "LEVELLING_DOWN",
                "high",
                f"{item.mitigated} levels down: the {title(item.metric)} {item.text}.",
                about=f"{item.mitigated} {item.metric} {' '.join(item.attribute)}",
            )


def _changes(results: Results, item: MitigationRecord) -> Iterator[Finding]:
    cost, said = _cost(results, item.name), results.said
    compared, kind = headline(results.data)["demographic_parity"], said.gap_kind
    for change in results.comparisons:
        wanted = change.mitigated == item.name and change.kind == "gap"
        if not wanted or change.metric != compared or change.status != "ok":
            continue
        if set(change.a) != set(item.attribute):
            continue
        yield finding(
            "MITIGATION",
            "info",
            f"{item.name} moves the gap in {title(change.metric)} between {group_words(change.a)} "
            f"and {group_words(change.b)} from {said.gap(change.before or 0, kind)} to "
            f"{said.gap(change.after or 0, kind)}{_span(change, said)}{cost}.",
            (change.id, item.id),
        )


def _cost(results: Results, name: str) -> str:
    """Say how much worse everyone is predicted."""
    measure = COSTS[results.data.task]
    for change in results.comparisons:
        everyone = change.kind == "rate" and not change.group and change.metric == measure
        if everyone and change.mitigated == name and change.change is not None:
            size = change.change
            told = quantity(size) if results.data.task == "regression" else points(size)
            return f"; {title(measure)} changes by {told}"
    return ""


def _span(change: ComparisonRecord, said: Amounts) -> str:
    if not change.interval:
        return ""
    return f" (change: {said.interval(change.interval, said.gap_kind)})"

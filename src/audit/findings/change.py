"""Findings about mitigation: what it changes, what it costs, and whom."""

from __future__ import annotations

from collections.abc import Iterator

from audit.findings.drawing import Results, finding
from audit.findings.records import Finding
from audit.findings.verdict import Headline
from audit.findings.words import group_words, points, points_interval, title
from audit.mitigation.results import ComparisonRecord, MitigationRecord


def mitigations(results: Results, _: Headline) -> Iterator[Finding]:
    """Say what each mitigation changes of each gap in selection rates, or why it was refused."""
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
    accuracy = _accuracy(results, item.name)
    for change in results.comparisons:
        wanted = change.mitigated == item.name and change.kind == "gap"
        if not wanted or change.metric != "selection_rate" or change.status != "ok":
            continue
        if set(change.a) != set(item.attribute):
            continue
        yield finding(
            "MITIGATION",
            "info",
            f"{item.name} moves the gap in {title(change.metric)} between {group_words(change.a)} "
            f"and {group_words(change.b)} from {points(change.before or 0)} to "
            f"{points(change.after or 0)}{_span(change)}{accuracy}.",
            (change.id, item.id),
        )


def _accuracy(results: Results, name: str) -> str:
    for change in results.comparisons:
        everyone = change.kind == "rate" and not change.group and change.metric == "accuracy"
        if everyone and change.mitigated == name and change.change is not None:
            return f"; accuracy changes by {points(change.change)}"
    return ""


def _span(change: ComparisonRecord) -> str:
    return f" (change: {points_interval(change.interval)})" if change.interval else ""

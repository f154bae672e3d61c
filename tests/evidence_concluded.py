"""Findings and a verdict for made-up evidence, by the printed rule."""

from __future__ import annotations

from audit.canonical import stable_id
from audit.evidence import NotAssessed
from audit.findings import Finding, Verdict
from evidence_measured import MINIMUM, RULE, TOLERANCE


def findings_of(disparities, metrics):
    for entry in disparities:
        if entry.selection == "worst_pair" and entry.kind == "difference" and entry.value:
            stands = (entry.p_adjusted or 1.0) < 0.05
            headline = entry.family is not None and entry.family.name == "headline"
            yield Finding(
                id=stable_id("finding", refs=entry.id),
                code="disparity" if stands else "no-disparity",
                severity=("high" if headline else "medium") if stands else "info",
                status="open" if stands else "note",
                text=f"{entry.metric.replace('_', ' ').capitalize()} differs most between "
                f"{_name(entry.a)} and {_name(entry.b)}: "
                f"{100 * entry.value:.1f} percentage points.",
                refs=(entry.id, entry.a_metric, entry.b_metric),
            )
    for metric in metrics:
        if metric.status != "ok":
            yield Finding(
                id=stable_id("finding", refs=metric.id),
                code=metric.status,
                severity="low",
                status="note",
                text=f"{metric.metric.replace('_', ' ').capitalize()} of {_name(metric.group)} is "
                f"{metric.status}: {metric.reason}.",
                refs=(metric.id,),
            )


def _name(group):
    return ", ".join(f"{key} = {value}" for key, value in group.items())


def verdict_of(disparities, findings):
    headline = [
        entry
        for entry in disparities
        if entry.selection == "worst_pair"
        and entry.kind == "difference"
        and entry.family is not None
        and entry.family.name == "headline"
    ]
    standing = [entry for entry in headline if entry.p_adjusted < 0.05]
    if not headline:
        return Verdict(
            word="Not assessed",
            rule=RULE,
            finding=None,
            headline=None,
            missable=None,
            compared=0,
            standing=0,
            sentence="No headline comparison could be made.",
        )
    lead = min(headline, key=lambda entry: (entry.p_adjusted, -entry.value))
    missable = max(entry.minimum_detectable for entry in headline)
    if standing:
        word = "Disparity found"
        sentence = (
            f"The {lead.metric.replace('_', ' ')} of {_name(lead.a)} is higher than that of "
            f"{_name(lead.b)}, and the difference lies beyond the tolerance "
            "of 5.0 percentage points."
        )
    elif missable > TOLERANCE:
        word = "Too little data"
        sentence = (
            f"Gaps of up to {100 * missable:.1f} percentage points could have been missed, more "
            "than the tolerance of 5.0 percentage points."
        )
    else:
        word = "No disparity detected"
        sentence = (
            f"Gaps smaller than {100 * missable:.1f} percentage points could have been missed."
        )
    finding = next((item.id for item in findings if lead.id in item.refs), None)
    return Verdict(
        word=word,
        rule=RULE,
        finding=finding,
        headline=lead.id,
        missable=missable,
        compared=len(headline),
        standing=len(standing),
        sentence=sentence,
    )


def not_assessed_of(groups):
    small = [
        NotAssessed(
            subject=_name(group.group), reason=f"{group.n} rows, under the minimum of {MINIMUM}"
        )
        for group in groups
        if group.n < MINIMUM
    ]
    unknown = [
        NotAssessed(
            subject=_name(group.group),
            reason=f"{group.n} rows without a category; shown, not compared for the verdict",
        )
        for group in groups
        if len(group.group) == 1 and "unknown" in group.group.values()
    ]
    return (
        *small,
        *unknown,
        NotAssessed(subject="calibration", reason="this version compares decisions, not scores"),
    )

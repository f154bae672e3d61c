"""From results to findings: one small function for each thing there is to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from audit.findings.change import levelling, mitigations
from audit.findings.drawing import Results, finding
from audit.findings.network import carriers, drivers
from audit.findings.probable import probable
from audit.findings.records import Finding, Severity, Verdict
from audit.findings.subgroups import subgroups
from audit.findings.verdict import (
    RULES,
    Headline,
    alpha,
    compared,
    headline,
    place_of,
    sentence,
    verdict_word,
)
from audit.findings.words import (
    and_list,
    group_words,
    p_words,
    percent,
    title,
)
from audit.metrics.headline import parts_of
from audit.metrics.results import Disparity

PLACES: Mapping[str, Severity] = {"beyond": "high", "across": "medium", "inside": "low"}
OF_LABELS: Mapping[str, str] = {"base_rate": "labels", "mean_target": "targets"}
RANK: Mapping[str, int] = {"high": 0, "medium": 1, "low": 2, "info": 3}


def conclude(results: Results) -> tuple[tuple[Finding, ...], Verdict]:
    """Draw the findings, most severe first, and the verdict.

    Returns
    -------
    findings : tuple of Finding
    verdict : Verdict
    """
    found = headline(results.disparities, results.confidence)
    drawn = [finding for draw in DRAWERS for finding in draw(results, found)]
    findings = tuple(sorted(drawn, key=lambda finding: RANK[finding.severity]))
    return findings, _verdict(results, found, findings)


def _verdict(results: Results, found: Headline, findings: tuple[Finding, ...]) -> Verdict:
    said = results.said
    word = verdict_word(found, said.tolerance)
    leading = found.leading
    about = [f.id for f in findings if leading is not None and leading.id in f.refs]
    return Verdict(
        word=word,
        rule=RULES[results.data.task].format(
            alpha=alpha(results.confidence),
            tolerance=said.limit if results.scale else f"{results.tolerance:g}",
        ),
        finding=about[0] if about else None,
        headline=leading.id if leading else None,
        missable=found.missable,
        compared=len(found.computed),
        standing=len(found.standing),
        sentence=sentence(word, found, said),
    )


def _disparities(results: Results, found: Headline) -> Iterator[Finding]:
    said = results.said
    for disparity in found.standing:
        where = place_of(disparity, said.tolerance)
        yield finding(
            "DISPARITY",
            PLACES[where],
            f"{compared(disparity, said)} Adjusted {p_words(disparity.p_adjusted or 0)} "
            f"among {len(found.computed)} comparisons; the interval lies {where} the tolerance "
            f"of {said.limit}.{_established(disparity)}",
            (disparity.id, disparity.a_metric, disparity.b_metric),
        )


def _established(disparity: Disparity) -> str:
    if disparity.established is None and disparity.interval and disparity.interval.low <= 0:
        return " The groups differ among themselves, though no single pair is established."
    if disparity.established is None:
        return ""
    one, other = (group_words(group) for group in disparity.established)
    return f" What is established is a gap between {one} and {other}; the largest may be chance."


def _others(results: Results, found: Headline) -> Iterator[Finding]:
    made = {d.id for d in found.computed}
    for d in results.disparities:
        stands = d.p_adjusted is not None and d.p_adjusted < alpha(results.confidence)
        if d.id in made or d.selection != "worst_pair" or d.kind != "difference" or not stands:
            continue
        if d.metric == "imprint":
            yield _imprint(d, results)
            continue
        labels = OF_LABELS.get(parts_of(d.metric)[0])
        note = f" The {labels} themselves differ, before any prediction." if labels else ""
        yield finding(
            "LABEL_GAP" if labels else "OTHER_DISPARITY",
            "info" if labels else "low",
            f"{compared(d, results.said)}{note}",
            (d.id, d.a_metric, d.b_metric),
        )


def _imprint(disparity: Disparity, results: Results) -> Finding:
    said, data = results.said, results.data
    size = said.gap(abs(disparity.value or 0), said.gap_kind)
    verb = "exceeds" if (disparity.value or 0) > 0 else "falls short of"
    span = f" ({said.interval(disparity.interval, said.gap_kind)})" if disparity.interval else ""
    labels = "targets" if data.task == "regression" else "labels"
    of = f" of class {data.focus!r}" if data.task == "multiclass" else ""
    return finding(
        "IMPRINT",
        "medium" if (disparity.value or 0) > 0 else "low",
        f"The gap in predictions{of} between {group_words(disparity.a)} and "
        f"{group_words(disparity.b)} {verb} the gap in the {labels} of the same rows by "
        f"{size}{span}.",
        (disparity.id,),
    )


def _suppressed(results: Results, _: Headline) -> Iterator[Finding]:
    small = {
        tuple(m.group.items()): m for m in results.metrics if m.status == "suppressed" and m.group
    }
    for attributes, items in groupby(
        sorted(small.values(), key=lambda m: list(m.group)), key=lambda m: tuple(m.group)
    ):
        told = sorted(items, key=lambda m: -m.n)
        names = [f"{group_words(m.group)} (n = {m.n})" for m in told]
        crossed = len(attributes) > 1
        yield finding(
            "SMALL_GROUP",
            "info" if crossed else "low",
            f"Too small to report, under the minimum of {results.minimum_group} rows: "
            f"{and_list(names)}.",
            tuple(m.id for m in told),
        )


def _undefined(results: Results, _: Headline) -> Iterator[Finding]:
    for m in results.metrics:
        if m.status == "undefined" and len(m.group) <= 1:
            yield finding(
                "UNDEFINED",
                "low",
                f"The {title(m.metric)} of {group_words(m.group)} is undefined: {m.reason}.",
                (m.id,),
            )


def _unknown(results: Results, _: Headline) -> Iterator[Finding]:
    total = max(sum(count for name, count in results.data.splits.items() if name == "test"), 1)
    for name, count in results.data.unknown.items():
        if count:
            yield finding(
                "UNKNOWN_GROUP",
                "low",
                f"{count:,} of {total:,} rows ({percent(count / total)}) have no known {name}; "
                "they are measured as a group of their own and take part in no comparison.",
                about=name,
            )


def _power(results: Results, found: Headline) -> Iterator[Finding]:
    said = results.said
    weak = [
        d
        for d in found.computed
        if len(d.attributes) == 1 and (d.minimum_detectable or 0) > said.tolerance
    ]
    if weak:
        worst = max(weak, key=lambda d: d.minimum_detectable or 0)
        yield finding(
            "LOW_POWER",
            "low",
            f"{len(weak)} of the single-attribute comparisons would miss gaps larger than the "
            f"tolerance of {said.limit}; the weakest, {title(worst.metric)} by "
            f"{worst.attributes[0]}, would find a gap of "
            f"{said.gap(worst.minimum_detectable or 0, said.gap_kind)} with 80% power.",
            tuple(d.id for d in weak),
        )


def _sensitive_features(results: Results, _: Headline) -> Iterator[Finding]:
    for column in results.data.columns:
        if {"feature", "sensitive"} <= set(column.roles):
            yield finding(
                "SENSITIVE_FEATURE",
                "medium",
                f"The network sees the sensitive attribute {column.name} itself.",
                about=column.name,
            )


def _notes(results: Results, _: Headline) -> Iterator[Finding]:
    for note in results.model.notes:
        yield finding("MODEL_NOTE", "low", note, about=note)


DRAWERS = (
    _disparities,
    _others,
    drivers,
    carriers,
    mitigations,
    levelling,
    subgroups,
    probable,
    _sensitive_features,
    _power,
    _suppressed,
    _undefined,
    _unknown,
    _notes,
)

"""The verdict, by a rule that is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.findings.amounts import Amounts
from audit.findings.records import VerdictWord
from audit.findings.words import group_words, title
from audit.metrics.results import Disparity

HEADLINE = "headline"
COMPARED = {
    "binary": "selection rate, true positive rate and false positive rate",
    "multiclass": "selection rate, true positive rate and false positive rate of each class that "
    "is measured against the rest (of two classes: of the one in focus),",
    "regression": "mean prediction, mean error and mean absolute error",
}
RULES = {
    task: f"Headline comparisons are the worst pairs of {compared} for each sensitive attribute "
    "and each intersection. The verdict is, in this order: Not assessed, if none of them can be "
    "computed; Disparity found, if the adjusted p-value of any is below {alpha:g}; Too little "
    "data, if the smallest gap that a single-attribute comparison would detect with 80% power "
    "exceeds the tolerance of {tolerance} for any of them; else No disparity detected."
    for task, compared in COMPARED.items()
}
RULE = RULES["binary"]


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The headline comparisons, and what the rule reads from them."""

    computed: tuple[Disparity, ...]
    standing: tuple[Disparity, ...]
    missable: float | None

    @property
    def leading(self) -> Disparity | None:
        """The comparison that leads: smallest adjusted p-value, then largest gap."""
        ranked = sorted(self.computed, key=lambda d: (_adjusted(d), -abs(d.value or 0.0)))
        return ranked[0] if ranked else None


def headline(disparities: Iterable[Disparity], confidence: float) -> Headline:
    """Pick the headline comparisons out of all disparities."""
    computed = tuple(
        d
        for d in disparities
        if d.family is not None
        and d.family.name == HEADLINE
        and d.kind == "difference"
        and d.status == "ok"
    )
    gaps = [
        d.minimum_detectable
        for d in computed
        if len(d.attributes) == 1 and d.minimum_detectable is not None
    ]
    return Headline(
        computed=computed,
        standing=tuple(d for d in computed if _adjusted(d) < alpha(confidence)),
        missable=max(gaps) if gaps else None,
    )


def alpha(confidence: float) -> float:
    """Return the rate of false alarms that goes with a confidence, free of rounding."""
    return round(1 - confidence, 12)


def verdict_word(found: Headline, tolerance: float) -> VerdictWord:
    """Apply the printed rule."""
    if not found.computed:
        return "Not assessed"
    if found.standing:
        return "Disparity found"
    if found.missable is None or found.missable > tolerance:
        return "Too little data"
    return "No disparity detected"


def place_of(disparity: Disparity, tolerance: float) -> str:
    """Say whether the interval of a gap lies beyond, across or inside the tolerance."""
    interval = disparity.interval
    if interval is None or interval.high is None:
        return "across"
    nearest = (
        0.0 if interval.low <= 0 <= interval.high else min(abs(interval.low), abs(interval.high))
    )
    farthest = max(abs(interval.low), abs(interval.high))
    if nearest > tolerance:
        return "beyond"
    return "inside" if farthest <= tolerance else "across"


def sentence(word: VerdictWord, found: Headline, said: Amounts) -> str:
    """Put the verdict into one or two sentences."""
    leading = found.leading
    if leading is None:
        return "None of the headline comparisons could be computed."
    if word == "Disparity found":
        where = place_of(leading, said.tolerance)
        return (
            f"{told(leading, said)}{_apart(leading, said)}. The interval of the difference lies "
            f"{where} the tolerance of {said.limit}."
        )
    size = found.missable
    missed = said.gap(size, said.gap_kind) if size is not None else "any size"
    if word == "Too little data":
        return (
            f"A gap of {missed} could have been missed, more than the tolerance of "
            f"{said.limit}. Largest seen: {told(leading, said)}."
        )
    return (
        f"Gaps smaller than {missed} could have been missed. Largest seen: {told(leading, said)}."
    )


def _apart(disparity: Disparity, said: Amounts) -> str:
    """Say the difference of two means, which is not read off them in standard deviations."""
    kind = said.kind(disparity.metric, disparity.a_metric)
    return f": a difference of {said.gap(disparity.value or 0, kind)}" if kind == "unit" else ""


def told(disparity: Disparity, said: Amounts) -> str:
    """Say a comparison aloud: both rates with their groups."""
    a, b = (said.metrics[entry] for entry in (disparity.a_metric, disparity.b_metric))
    name, kind = title(disparity.metric), said.kind(disparity.metric, disparity.a_metric)
    higher, lower = (said.value(item.value or 0, kind) for item in (a, b))
    if a.value == b.value:
        return f"{name[:1].upper()}{name[1:]} {higher} in every group compared"
    return (
        f"{name[:1].upper()}{name[1:]} {higher} for {group_words(disparity.a)} and "
        f"{lower} for {group_words(disparity.b)}"
    )


def compared(disparity: Disparity, said: Amounts) -> str:
    """Say a comparison aloud: both rates, the difference, its interval and both n."""
    first, second = (said.metrics[entry].n for entry in (disparity.a_metric, disparity.b_metric))
    kind = said.kind(disparity.metric, disparity.a_metric)
    size = said.gap(disparity.value or 0, kind)
    text = f"{told(disparity, said)} (n = {first:,} and {second:,}): a difference of {size}"
    if disparity.interval is not None:
        text += f", {said.interval(disparity.interval, kind)}"
    return text + "."


def _adjusted(disparity: Disparity) -> float:
    return 1.0 if disparity.p_adjusted is None else disparity.p_adjusted

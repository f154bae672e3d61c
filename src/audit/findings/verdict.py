"""The verdict, by a rule that is printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.findings.records import VerdictWord
from audit.findings.words import amount, gap, group_words, points, points_interval, title
from audit.metrics.results import Disparity, MetricResult

HEADLINE = "headline"
RULE = (
    "Headline comparisons are the worst pairs of selection rate, true positive rate and false "
    "positive rate for each sensitive attribute and each intersection. The verdict is, in this "
    "order: Not assessed, if none of them can be computed; Disparity found, if the adjusted "
    "p-value of any is below {alpha:g}; Too little data, if the smallest gap that a "
    "single-attribute comparison would detect with 80% power exceeds the tolerance of "
    "{tolerance:g} for any of them; else No disparity detected."
)


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


def sentence(
    word: VerdictWord, found: Headline, rates: Mapping[str, MetricResult], tolerance: float
) -> str:
    """Put the verdict into one or two sentences."""
    leading = found.leading
    if leading is None:
        return "None of the headline comparisons could be computed."
    if word == "Disparity found":
        where = place_of(leading, tolerance)
        return (
            f"{told(leading, rates)}. The interval of the difference lies {where} the tolerance "
            f"of {points(tolerance)}."
        )
    missed = points(found.missable) if found.missable is not None else "any size"
    if word == "Too little data":
        return (
            f"A gap of {missed} could have been missed, more than the tolerance of "
            f"{points(tolerance)}. Largest seen: {told(leading, rates)}."
        )
    return (
        f"Gaps smaller than {missed} could have been missed. Largest seen: {told(leading, rates)}."
    )


def told(disparity: Disparity, rates: Mapping[str, MetricResult]) -> str:
    """Say a comparison aloud: both rates with their groups."""
    a, b = rates[disparity.a_metric], rates[disparity.b_metric]
    name, share = title(disparity.metric), is_share(a)
    higher, lower = (amount(item.value or 0, share=share) for item in (a, b))
    if a.value == b.value:
        return f"{name[:1].upper()}{name[1:]} {higher} in every group compared"
    return (
        f"{name[:1].upper()}{name[1:]} {higher} for {group_words(disparity.a)} and "
        f"{lower} for {group_words(disparity.b)}"
    )


def is_share(metric: MetricResult) -> bool:
    """Tell whether a metric is a share of rows, and so a percentage."""
    return metric.denominator is not None


def compared(disparity: Disparity, rates: Mapping[str, MetricResult]) -> str:
    """Say a comparison aloud: both rates, the difference, its interval and both n."""
    sizes = f"n = {rates[disparity.a_metric].n:,} and {rates[disparity.b_metric].n:,}"
    share = is_share(rates[disparity.a_metric])
    size = gap(disparity.value or 0, share=share)
    text = f"{told(disparity, rates)} ({sizes}): a difference of {size}"
    if disparity.interval is not None:
        text += f", {points_interval(disparity.interval, share=share)}"
    return text + "."


def _adjusted(disparity: Disparity) -> float:
    return 1.0 if disparity.p_adjusted is None else disparity.p_adjusted

"""Findings about groups that are known by probability alone."""

from __future__ import annotations

from collections.abc import Iterator

from audit.canonical import stable_id
from audit.findings.drawing import Results, finding
from audit.findings.records import Finding
from audit.findings.verdict import Headline
from audit.findings.words import group_words, points, points_interval, title
from audit.metrics.probable_results import ProbableFigures, ProbableGap

FIRST = "selection_rate"


def probable(results: Results, _: Headline) -> Iterator[Finding]:
    """Say of each such attribute what is certain whoever belongs to a group, or that nothing is."""
    for figures in results.probable:
        settled = [gap for gap in figures.gaps if _nearest(gap) > 0]
        for metric in dict.fromkeys(gap.metric for gap in settled):
            widest = max((gap for gap in settled if gap.metric == metric), key=_nearest)
            yield _settled(figures, widest, results.tolerance)
        if not settled:
            yield from _open(figures)


def _nearest(gap: ProbableGap) -> float:
    """How far from 0 a gap is at the least; 0 where it may be none."""
    if gap.low is None or gap.high is None:
        return 0.0
    return max(gap.low, -gap.high, 0.0)


def _settled(figures: ProbableFigures, gap: ProbableGap, tolerance: float) -> Finding:
    low, high = gap.low or 0.0, gap.high or 0.0
    first, second = (gap.a, gap.b) if low > 0 else (gap.b, gap.a)
    least, most = sorted((abs(low), abs(high)))
    name = title(gap.metric)
    return finding(
        "PROBABLE_GAP",
        "medium" if least > tolerance else "low",
        f"{name[:1].upper()}{name[1:]} of {group_words(first)} lies above that of "
        f"{group_words(second)} by {points(least)} to {points(most)} in these rows, whoever "
        f"belongs to which group: {figures.attribute} is known by probability alone. No chance of "
        "sampling is in these limits.",
        about=stable_id("gap", attribute=figures.attribute, metric=gap.metric, a=gap.a, b=gap.b),
    )


def _open(figures: ProbableFigures) -> Iterator[Finding]:
    known = [g for g in figures.gaps if g.metric == FIRST and g.value is not None]
    if not known:
        return
    gap = max(known, key=lambda g: abs(g.value or 0.0))
    span = f" ({points_interval(gap.interval)})" if gap.interval else ""
    yield finding(
        "PROBABLE_GAP",
        "info",
        f"{figures.attribute} is known by probability alone. The largest estimated gap in "
        f"{title(FIRST)}, of {group_words(gap.a)} less {group_words(gap.b)}, is "
        f"{points(gap.value or 0.0)}{span}; by whoever belongs to which group it could be anything "
        f"from {points(gap.low or 0.0)} to {points(gap.high or 0.0)}.",
        about=figures.attribute,
    )

"""The change of a figure between two audits of which only values and intervals are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot, inf

from audit.metrics.results import Disparity, Interval, MetricResult

Limits = tuple[float, float]
METHOD = "mover, unpaired"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure with its limits, or why there is none."""

    value: float = 0.0
    limits: Limits = (0.0, 0.0)
    level: float = 0.0
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The change of a figure; `sign` is 0 where none is shown."""

    change: float | None = None
    interval: Interval | None = None
    sign: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Fold:
    """How a figure is turned so that one direction is more equal, with its limits."""

    value: Callable[[float], float]
    equal: float | None

    def limits(self, low: float, high: float) -> Limits:
        """Turn the limits of an interval; one that holds equality reaches to it."""
        ends = sorted((self.value(low), self.value(high)))
        if self.equal is None or not low < self.equal < high:
            return ends[0], ends[1]
        return min(ends[0], self.equal), max(ends[1], self.equal)


def _smaller_over_larger(ratio: float) -> float:
    return min(ratio, 1 / ratio) if ratio > 0 else 0.0


FOLDS: Mapping[str, Fold] = {
    "rate": Fold(value=float, equal=None),
    "difference": Fold(value=abs, equal=0.0),
    "ratio": Fold(value=_smaller_over_larger, equal=1.0),
}


def figure(item: MetricResult | Disparity | None, kind: str) -> Figure:
    """Read an entry; a disparity loses its sign, so that nearer to equality is one direction."""
    if item is None:
        return Figure(problem="not measured, or at another threshold")
    if item.status != "ok" or item.value is None:
        return Figure(problem=f"{item.status}: {item.reason}")
    if item.interval is None:
        return Figure(problem="it has no interval")
    fold = FOLDS[kind]
    high = item.interval.high
    return Figure(
        value=fold.value(item.value),
        limits=fold.limits(item.interval.low, inf if high is None else high),
        level=item.interval.level,
    )


def judge(before: Figure, after: Figure) -> Judged:
    """Judge the change by MOVER from the intervals of two estimates taken as independent.

    Notes
    -----
    Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702. Estimates from the same rows are
    seldom independent; where they agree more than by chance, the interval is too wide.
    """
    problems = [
        f"in the {place} audit: {side.problem}"
        for place, side in (("first", before), ("second", after))
        if side.problem
    ]
    if not problems and before.level != after.level:
        problems = [f"intervals of another coverage: {before.level:g} and {after.level:g}"]
    if problems:
        return Judged(reason="; ".join(problems))
    low, high = _difference_limits(after, before)
    return Judged(
        change=after.value - before.value,
        interval=Interval(low=low, high=high, level=before.level, method=METHOD),
        sign=1 if low > 0 else -1 if high < 0 else 0,
    )


def _difference_limits(one: Figure, two: Figure) -> Limits:
    difference = one.value - two.value
    (l1, u1), (l2, u2) = one.limits, two.limits
    return (
        difference - hypot(one.value - l1, u2 - two.value),
        difference + hypot(u1 - one.value, two.value - l2),
    )

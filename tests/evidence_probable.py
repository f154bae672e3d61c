"""Figures of groups that are known by probability alone, made up for tests."""

from __future__ import annotations

from dataclasses import replace

from audit.metrics.probable_bounds import ASSUMPTION
from audit.metrics.probable_groups import BIAS
from audit.metrics.probable_results import ProbableFigures, ProbableGap, ProbableRate
from audit.metrics.results import Interval

METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate")
CATEGORIES = ("white", "black", "other")


def limits(low, high):
    return Interval(low=low, high=high, level=0.95, method="wilson")


def rate(metric, attribute, category, place):
    if place == 2:
        reason = "11.5 rows expected, fewer than the minimum of 30"
        return ProbableRate(
            metric=metric, group={attribute: category}, expected_n=11.5, status="suppressed",
            reason=reason,
        )  # fmt: skip
    middle = 0.55 - 0.2 * place
    return ProbableRate(
        metric=metric, group={attribute: category}, expected_n=1234.5 / (1 + place), value=middle,
        interval=limits(middle - 0.03, middle + 0.04), effective_n=900.25, low=middle - 0.09,
        high=middle + 0.08,
    )  # fmt: skip


def gap(metric, attribute, one, two, settled):
    names = {"a": {attribute: one}, "b": {attribute: two}}
    if not settled:
        reason = "11.5 rows expected, fewer than the minimum of 30"
        return ProbableGap(metric=metric, **names, status="suppressed", reason=reason)
    return ProbableGap(
        metric=metric, **names, value=0.2, interval=limits(0.15, 0.26), low=0.03, high=0.37
    )


def figures(attribute="race", categories=CATEGORIES, caution=""):
    """Three groups, of which the last is too small; the bounds of the others lie apart."""
    pairs = [(0, 1), (0, 2), (1, 2)]
    return ProbableFigures(
        attribute=attribute,
        categories=tuple(categories),
        columns=tuple(f"p_{name}" for name in categories),
        proxies=("surname", "postcode"),
        n=1863,
        unknown=37,
        values=412,
        assumption=ASSUMPTION,
        bias=BIAS,
        caution=caution,
        rates=tuple(
            rate(metric, attribute, name, place)
            for metric in METRICS
            for place, name in enumerate(categories)
        ),
        gaps=tuple(
            gap(metric, attribute, categories[i], categories[j], (i, j) == (0, 1))
            for metric in METRICS
            for i, j in pairs
        ),
    )


def with_probable(evidence, *names):
    """Evidence with one attribute that is known by probability, and one for each pair of names."""
    made = [figures(), *(figures(name, (name, f"{name} 2", "rest"), name) for name in names)]
    return replace(evidence, probable=tuple(made))

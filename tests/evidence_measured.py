"""Made-up groups and their metrics, counted; intervals are rough, for pictures and pages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from audit.canonical import canonical_json, stable_id
from audit.metrics.results import Disparity, Family, Interval, MetricResult

MINIMUM = 30
TOLERANCE = 0.05
Z = 1.959964
RULE = (
    "Headline comparisons are the worst pair of selection rate, true positive rate and false "
    "positive rate for each sensitive attribute. In this order: Not assessed if none can be "
    "computed; Disparity found if any adjusted p-value is below 1 − confidence; Too little data "
    "if the smallest detectable gap exceeds the tolerance; else No disparity detected."
)
PARTS = {
    "selection_rate": (lambda c: c.tp + c.fp, lambda c: c.n, "group has no rows"),
    "true_positive_rate": (lambda c: c.tp, lambda c: c.positives, "group has no positive labels"),
    "false_positive_rate": (
        lambda c: c.fp,
        lambda c: c.n - c.positives,
        "group has no negative labels",
    ),
    "precision": (lambda c: c.tp, lambda c: c.tp + c.fp, "group has no positive predictions"),
    "accuracy": (
        lambda c: c.n - c.positives - c.fp + c.tp,
        lambda c: c.n,
        "group has no rows",
    ),
    "base_rate": (lambda c: c.positives, lambda c: c.n, "group has no rows"),
}
HEADLINE = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class Counts:
    """The counts of one group."""

    group: dict[str, str]
    n: int
    positives: int
    tp: int
    fp: int


def counts(group, n, base, tpr, fpr):
    positives = round(n * base)
    return Counts(group, n, positives, round(positives * tpr), round((n - positives) * fpr))


def merge(group, parts):
    totals = [sum(getattr(part, name) for part in parts) for name in ("n", "positives", "tp", "fp")]
    return Counts(group, *totals)


PLANTED = (
    counts({"sex": "Male", "race": "White"}, 2403, 0.522, 0.861, 0.223),
    counts({"sex": "Male", "race": "Black"}, 402, 0.493, 0.803, 0.201),
    counts({"sex": "Male", "race": "Asian"}, 197, 0.531, 0.848, 0.219),
    counts({"sex": "Female", "race": "White"}, 2318, 0.464, 0.692, 0.112),
    counts({"sex": "Female", "race": "Black"}, 448, 0.441, 0.603, 0.094),
    counts({"sex": "Female", "race": "Asian"}, 172, 0.471, 0.679, 0.121),
    counts({"sex": "Female", "race": "Other"}, 18, 0.5, 0.667, 0.111),
    counts({"sex": "Male", "race": "unknown"}, 42, 0.0, 0.0, 0.19),
)


def wilson(x, n, z=Z):
    centre = (x / n + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(x / n * (1 - x / n) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def interval(low, high, method, simultaneous=False):
    return Interval(low=low, high=high, level=0.95, method=method, simultaneous=simultaneous)


def metric_result(metric, group):
    above, below, reason = PARTS[metric]
    shared = {
        "id": stable_id("metric", metric=metric, group=group.group),
        "metric": metric,
        "model": "baseline",
        "split": "test",
        "group": group.group,
        "n": group.n,
    }
    if group.n < MINIMUM:
        return MetricResult(
            **shared,
            value=None,
            numerator=None,
            denominator=None,
            status="suppressed",
            reason=f"{group.n} rows, under the minimum of {MINIMUM}",
        )
    x, n = above(group), below(group)
    if n == 0:
        return MetricResult(
            **shared, value=None, numerator=x, denominator=n, status="undefined", reason=reason
        )
    return MetricResult(
        **shared,
        value=x / n,
        numerator=x,
        denominator=n,
        interval=interval(*wilson(x, n), "wilson"),
    )


def _margin(a, b, z):
    return z * math.sqrt(
        a.value * (1 - a.value) / a.denominator + b.value * (1 - b.value) / b.denominator + 1e-6
    )


def comparison(kind, a, b, selection, family, *, pairs=1):
    shared = {
        "id": stable_id("disparity", compared_by=kind, a=a.id, b=b.id, selection=selection),
        "metric": a.metric,
        "model": "baseline",
        "split": "test",
        "kind": kind,
        "attributes": tuple(a.group),
        "a": a.group,
        "b": b.group,
        "a_metric": a.id,
        "b_metric": b.id,
        "selection": selection,
    }
    lacking = next((side for side in (a, b) if side.status != "ok"), None)
    if lacking or (kind == "ratio" and b.value == 0):
        reason = lacking.reason if lacking else "the rate compared with is 0"
        status = lacking.status if lacking else "undefined"
        return Disparity(**shared, value=None, status=status, reason=reason)
    z = 2.9 if selection == "worst_pair" else Z
    margin = _margin(a, b, z)
    gap = a.value - b.value
    p = math.erfc(abs(gap) / (_margin(a, b, 1.0) * math.sqrt(2)))
    if kind == "ratio":
        value = a.value / b.value
        spread = margin / max(b.value, 0.02)
        limits = (max(0.0, value - spread), None if spread > 4 else value + spread)
        method = "mover-r"
    else:
        value, limits, method = gap, (gap - margin, gap + margin), "newcombe"
    worst = selection == "worst_pair"
    return Disparity(
        **shared,
        value=value,
        interval=interval(*limits, f"tukey-{method}" if worst else method, worst),
        p_value=min(1.0, p * pairs),
        p_adjusted=min(1.0, p * pairs * family.size),
        family=family,
        minimum_detectable=margin / z * 2.8 * (1.4 if worst else 1.0),
        pairs=pairs,
    )


def _sets(cells):
    """Each attribute and each crossing, with its groups (one attribute first)."""
    attributes = list(dict.fromkeys(name for cell in cells for name in cell.group))
    depth = range(1, len(attributes) + 1)
    for crossed in (c for size in depth for c in combinations(attributes, size)):
        keys = dict.fromkeys(tuple(cell.group[name] for name in crossed) for cell in cells)
        yield (
            crossed,
            [
                merge(
                    dict(zip(crossed, key, strict=True)),
                    [c for c in cells if tuple(c.group[name] for name in crossed) == key],
                )
                for key in keys
            ],
        )


def measured(cells):
    everyone = merge({}, cells)
    sets = list(_sets(cells))
    groups = [everyone, *(group for _, members in sets for group in members)]
    metrics = [metric_result(metric, group) for metric in PARTS for group in groups]
    return sets, groups, tuple(metrics)


def compared(sets, metrics):
    by_group = {(m.metric, canonical_json(m.group)): m for m in metrics}
    singles = sum(len(crossed) == 1 for crossed, _ in sets)
    out = []
    for crossed, groups in sets:
        single = len(crossed) == 1
        for metric in PARTS:
            results = [by_group[metric, canonical_json(group.group)] for group in groups]
            known = [r for r in results if "unknown" not in r.group.values()]
            usable = sorted((r for r in known if r.status == "ok"), key=lambda r: -r.value)
            headline = single and metric in HEADLINE
            family = (
                Family(name="headline", size=len(HEADLINE) * singles)
                if headline
                else Family(name=f"{metric} by {' and '.join(crossed)}", size=max(1, len(groups)))
            )
            reference = max(known, key=lambda r: r.n)
            for kind in ("difference", "ratio"):
                if len(usable) > 1:
                    pairs = len(usable) * (len(usable) - 1) // 2
                    ends = (usable[0], usable[-1])
                    a, b = ends if kind == "difference" else ends[::-1]
                    out.append(comparison(kind, a, b, "worst_pair", family, pairs=pairs))
                out += [
                    comparison(kind, other, reference, "reference", family)
                    for other in results
                    if other is not reference
                ]
    return tuple(out)


def imprints(sets, metrics):
    by_group = {(m.metric, canonical_json(m.group)): m for m in metrics}
    for crossed, groups in sets:
        if len(crossed) > 1 or len(groups) < 2:
            continue
        a, b = sorted(groups, key=lambda group: -group.n)[:2]
        rates = {
            (metric, side): by_group[metric, canonical_json(group.group)]
            for metric in ("selection_rate", "base_rate")
            for side, group in (("a", a), ("b", b))
        }
        if any(rate.status != "ok" for rate in rates.values()):
            continue
        value = (rates["selection_rate", "a"].value - rates["selection_rate", "b"].value) - (
            rates["base_rate", "a"].value - rates["base_rate", "b"].value
        )
        yield Disparity(
            id=stable_id("disparity", metric="imprint", a=a.group, b=b.group),
            metric="imprint",
            model="baseline",
            split="test",
            kind="difference",
            attributes=crossed,
            a=a.group,
            b=b.group,
            a_metric=rates["selection_rate", "a"].id,
            b_metric=rates["selection_rate", "b"].id,
            selection="reference",
            value=value,
            interval=interval(value - 0.02, value + 0.02, "mover"),
        )

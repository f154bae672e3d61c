"""Impact ratios and filled regimes for made-up groups."""

from __future__ import annotations

import math
from dataclasses import replace

from audit.canonical import stable_id
from audit.metrics.results import Disparity, Family
from audit.regimes.catalogue import names, regime
from audit.regimes.filling import Sources, fill
from evidence_measured import interval


def scoring(metrics):
    """Scoring rates: made up out of the selection rates."""
    for entry in metrics:
        if entry.metric == "selection_rate":
            value = None if entry.value is None else 0.5 + 0.6 * (entry.value - 0.459)
            limits = None if value is None else interval(value - 0.03, value + 0.03, "wilson")
            yield replace(
                entry,
                id=stable_id("metric", metric="scoring_rate", of=entry.id),
                metric="scoring_rate",
                value=value,
                numerator=None if value is None else value * entry.n,
                interval=limits,
            )


def impact_ratios(metrics, metric):
    """Every group over the one with the highest rate of its crossing."""
    usable = [m for m in metrics if m.metric == metric and m.status == "ok" and m.group]
    usable = [m for m in usable if "unknown" not in m.group.values()]
    crossings = dict.fromkeys(tuple(m.group) for m in usable)
    for crossing in crossings:
        members = [m for m in usable if tuple(m.group) == crossing]
        top = max(members, key=lambda m: m.value)
        for entry in members:
            if entry is not top:
                yield _ratio(entry, top, crossing, len(usable))


def _ratio(entry, top, crossing, size):
    value = entry.value / top.value
    error = math.sqrt(
        (1 - entry.value) / max(entry.value * entry.n, 1)
        + (1 - top.value) / max(top.value * top.n, 1)
    )
    p = math.erfc(abs(math.log(max(value, 1e-6))) / max(error, 1e-6) / math.sqrt(2))
    return Disparity(
        id=stable_id("disparity", selection="highest", a=entry.id, b=top.id),
        metric=entry.metric,
        model="baseline",
        split="test",
        kind="ratio",
        attributes=crossing,
        a=entry.group,
        b=top.group,
        a_metric=entry.id,
        b_metric=top.id,
        selection="highest",
        value=value,
        interval=interval(value * math.exp(-2 * error), value * math.exp(2 * error), "mover-r"),
        p_value=p,
        p_adjusted=min(1.0, p * size),
        family=Family(name=f"impact ratios of {entry.metric}", size=size),
        test="Fisher exact" if entry.n < 200 else "pooled z",
    )


def crosswalk(metrics, disparities, data, statements, *, scores=True):
    """Every regime that ships, filled."""
    sources = Sources(
        metrics=metrics,
        disparities=disparities,
        data=data,
        statements={entry.name: entry.text for entry in statements},
        scores=scores,
    )
    return tuple(fill(regime(name), sources) for name in names())

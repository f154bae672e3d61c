"""The explanation of each level: everyone, a group, the score gap between two groups."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from audit.canonical import stable_id
from audit.explainers.attributed import Attributed
from audit.explainers.attribution import Method
from audit.explainers.draws import Draw
from audit.explainers.means import difference_intervals, mean_intervals, weighted_mean
from audit.explainers.plan import Floats, Plan
from audit.explainers.results import Explanation, FeatureValue, Level
from audit.explainers.shortlist import Shortlist, shortlist
from audit.metrics.results import Group, Interval

Status = Literal["suppressed", "undefined"]


def of_everyone(part: Attributed, explainer: Method, plan: Plan) -> Explanation:
    """Return the mean absolute attributions; `part` holds the rows of the uniform draw."""
    weights = plan.weights[part.rows]
    named = shortlist([part], [weights], plan.minimum_group, absolute=True)
    mean = weighted_mean(np.abs(named.values[0]), weights)
    errors = weighted_mean(np.abs(part.errors)[:, None], weights)
    return Explanation(
        **_shared(explainer, plan, "global"),
        **_judged(part, explainer),
        rows=len(part.rows),
        residual=float(errors.value[0]),
        values=_values(named, mean.value, mean_intervals(mean, plan.confidence, floor=0.0)),
    )


def of_group(attributed: Attributed, drawn: Draw, explainer: Method, plan: Plan) -> Explanation:
    """Return the mean attributions of a group, which sum to its mean score less the baseline's."""
    groups = {"group": drawn.group}
    if reason := plan.too_small(drawn):
        return missing(explainer, plan, "group", drawn.size, "suppressed", reason, **groups)
    part = attributed.take(drawn.rows)
    weights = plan.weights[part.rows]
    named = shortlist([part], [weights], plan.minimum_group)
    mean = weighted_mean(named.values[0], weights)
    total = _mean_score(drawn, plan) - part.baseline_score
    return Explanation(
        **_shared(explainer, plan, "group", **groups),
        **_judged(part, explainer),
        rows=len(part.rows),
        total=total,
        residual=total - float(mean.value.sum()),
        values=_values(named, mean.value, mean_intervals(mean, plan.confidence)),
    )


def of_gap(attributed: Attributed, a: Draw, b: Draw, explainer: Method, plan: Plan) -> Explanation:
    """Return the difference of mean attributions, which sum to the gap of mean scores."""
    groups = {"a": a.group, "b": b.group}
    if reason := plan.too_small(a, b):
        return missing(explainer, plan, "gap", a.size + b.size, "suppressed", reason, **groups)
    weights = [plan.weights[drawn.rows] for drawn in (a, b)]
    parts = [attributed.take(drawn.rows) for drawn in (a, b)]
    named = shortlist(parts, weights, plan.minimum_group)
    means = [
        weighted_mean(values, weight) for values, weight in zip(named.values, weights, strict=True)
    ]
    difference = means[0].value - means[1].value
    total = _mean_score(a, plan) - _mean_score(b, plan)
    both = attributed.take(np.concatenate([a.rows, b.rows]))
    intervals = difference_intervals(means[0], means[1], plan.confidence)
    return Explanation(
        **_shared(explainer, plan, "gap", **groups),
        **_judged(both, explainer),
        rows=len(both.rows),
        total=total,
        residual=total - float(difference.sum()),
        values=_values(named, difference, intervals),
    )


def _mean_score(drawn: Draw, plan: Plan) -> float:
    return float(np.average(plan.scores[drawn.rows], weights=plan.weights[drawn.rows]))


def _values(
    named: Shortlist, values: Floats, intervals: list[Interval | None]
) -> tuple[FeatureValue, ...]:
    features = named.features
    order = sorted(range(len(features)), key=lambda place: (-abs(values[place]), features[place]))
    return tuple(
        FeatureValue(feature=features[i], value=float(values[i]), interval=intervals[i])
        for i in order
    )


def _judged(part: Attributed, explainer: Method) -> dict[str, Any]:
    """Return quality, status and reason: an explanation is as good as its worst row."""
    worst = float(np.abs(part.errors).max())
    quality = {name: float(figure.max()) for name, figure in part.figures.items()}
    quality |= {"largest_row_error": worst, "mean_row_error": float(np.abs(part.errors).mean())}
    if worst <= explainer.tolerance:
        return {"quality": quality}
    beyond = int((np.abs(part.errors) > explainer.tolerance).sum())
    reason = (
        f"in {beyond} of {len(part.errors)} rows the attributions miss the score difference by "
        f"more than {explainer.tolerance:g}, by {worst:.2g} at most"
    )
    return {"quality": quality, "status": "not converged", "reason": reason}


def _shared(explainer: Method, plan: Plan, level: Level, **groups: Group) -> dict[str, Any]:
    identity = stable_id(
        "explanation",
        method=explainer.name,
        level=level,
        model=plan.role,
        split=plan.split,
        baseline=plan.baseline_kind,
        **plan.identity,
        **groups,
    )
    return {
        "id": identity,
        "method": explainer.name,
        "model": plan.role,
        "split": plan.split,
        "level": level,
        "baseline": plan.baseline,
        "target": plan.target,
        **groups,
    }


def missing(  # noqa: PLR0917 - three words say why it is missing
    explainer: Method,
    plan: Plan,
    level: Level,
    rows: int,
    status: Status,
    reason: str,
    **groups: Group,
) -> Explanation:
    """Return an explanation without values, which says why."""
    shared = _shared(explainer, plan, level, **groups)
    return Explanation(**shared, rows=rows, residual=None, status=status, reason=reason)

"""Made-up mitigations: the same people decided about again, group by group."""

from __future__ import annotations

import math
from dataclasses import replace

from audit.canonical import sha256_hex, stable_id
from audit.mitigation.results import ComparisonRecord, Levelling, MitigationRecord
from evidence_measured import Counts, interval, measured, merge

METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy")

PENALTY = MitigationRecord(
    id="mitigation-1",
    name="fairness_penalty-1",
    method="fairness_penalty",
    parameters={"start": "fine-tune", "epochs": 20, "lr": 0.0005, "grid": [0.5, 1.0, 2.0, 4.0]},
    constraint="demographic_parity",
    attribute=("sex",),
    needs_sensitive_at_prediction=False,
    fitted_on="train",
    tuned_on="validation",
    selected={
        "strength": 2.0,
        "epoch": 11,
        "validation_gap": 0.0418837,
        "validation_accuracy": 0.81,
    },
    bundle="mitigated/fairness_penalty-1",
    sha256=sha256_hex(b"penalty"),
)
OPTIMIZER = MitigationRecord(
    id="mitigation-2",
    name="threshold_optimizer-2",
    method="threshold_optimizer",
    parameters={"objective": "accuracy_score", "grid_size": 1000},
    constraint="equal_opportunity",
    attribute=("sex",),
    needs_sensitive_at_prediction=True,
    fitted_on="validation",
    tuned_on="validation",
    selected={"thresholds": {"sex = Male": 0.5713, "sex = Female": 0.4218}},
)
REFUSED = MitigationRecord(
    id="mitigation-3",
    name="fairness_penalty-3",
    method="fairness_penalty",
    parameters={"start": "fine-tune"},
    constraint="equal_opportunity",
    attribute=("region",),
    needs_sensitive_at_prediction=False,
    fitted_on="train",
    tuned_on="validation",
    status="refused",
    reason="region has one group only, so there is no gap to narrow",
)


def moved(cells, attribute, tpr, fpr):
    """The same groups with other decisions: rates drawn towards one value by so much."""
    everyone = merge({}, cells)
    mean_tpr = everyone.tp / everyone.positives
    mean_fpr = everyone.fp / (everyone.n - everyone.positives)

    def towards(count, size, mean, weight):
        return round(count + weight * (mean * size - count)) if size else count

    return [
        Counts(
            cell.group, cell.n, cell.positives,
            round(0.985 * towards(cell.tp, cell.positives, mean_tpr, tpr)),
            towards(cell.fp, cell.n - cell.positives, mean_fpr, fpr),
        )
        for cell in cells
    ]  # fmt: skip


def audited(cells, model):
    """Metrics of a mitigated model."""
    _, _, metrics = measured(cells)
    return tuple(
        replace(m, model=model, id=stable_id("metric", model=model, of=m.id)) for m in metrics
    )


def comparisons(before, after, model, a, b):
    """Paired changes of every rate of single attributes, and of the gap between `a` and `b`."""
    pairs = [
        (old, new)
        for old, new in zip(before, after, strict=True)
        if old.metric in METRICS and len(old.group) <= 1
    ]
    for old, new in pairs:
        yield _record(old.metric, "rate", model, old, new, group=old.group)
    for metric in METRICS:
        ends = {
            name: next((p for p in pairs if p[0].metric == metric and p[0].group == group), None)
            for name, group in (("a", a), ("b", b))
        }
        if all(ends.values()) and ends["a"][0].value is not None:
            yield _gap(metric, model, ends, a, b)


def _record(metric, kind, model, old, new, *, group):
    shared = {
        "id": stable_id("comparison", model=model, metric=metric, group=group),
        "baseline": "baseline",
        "mitigated": model,
        "metric": metric,
        "kind": kind,
        "group": group,
        "n": old.n,
    }
    if old.value is None:
        return ComparisonRecord(
            **shared, before=None, after=None, change=None, status=old.status, reason=old.reason
        )
    change = new.value - old.value
    half = 1.2 * math.sqrt(abs(change) / old.n + 1e-5)
    people = {}
    if metric == "selection_rate":
        net, stir = round(new.numerator - old.numerator), round(old.n * 0.011)
        people = {"gained": max(net, 0) + stir, "lost": max(-net, 0) + stir}
    return ComparisonRecord(
        **shared,
        before=old.value,
        after=new.value,
        change=change,
        interval=interval(change - half, change + half, "paired"),
        **people,
    )


def _gap(metric, model, ends, a, b):
    before, after = (ends["a"][time].value - ends["b"][time].value for time in (0, 1))
    return ComparisonRecord(
        id=stable_id("comparison", model=model, metric=metric, a=a, b=b),
        baseline="baseline",
        mitigated=model,
        metric=metric,
        kind="gap",
        a=a,
        b=b,
        before=before,
        after=after,
        change=after - before,
        interval=interval(after - before - 0.017, after - before + 0.017, "paired"),
        n=ends["a"][0].n + ends["b"][0].n,
    )


LEVELLING = (
    Levelling(
        mitigated="fairness_penalty-1",
        metric="selection_rate",
        attribute=("sex",),
        levelling_down=False,
        text="The selection rate of sex = Female rises while that of sex = Male falls.",
    ),
    Levelling(
        mitigated="threshold_optimizer-2",
        metric="true_positive_rate",
        attribute=("sex",),
        levelling_down=True,
        text="The true positive rate of sex = Male falls, and that of no group rises.",
    ),
)

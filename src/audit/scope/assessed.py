"""What an audit did not look at, and what only a human can say."""

from __future__ import annotations

from collections.abc import Iterator

from audit.config import AuditConfig
from audit.data.records import DataRecord
from audit.evidence import NotAssessed, Statement
from audit.findings import Results
from audit.findings.words import and_list, group_words
from audit.metrics.results import MetricResult
from audit.models.records import ModelRecord, TrainingRecord
from audit.regimes.catalogue import regime
from audit.scope.tasks import of_task

ONLY_FOR_REGIMES = {"validity", "independent_auditor"}


def not_assessed(
    config: AuditConfig, results: Results, training: TrainingRecord | None
) -> tuple[NotAssessed, ...]:
    """List what was not looked at, most important first."""
    data, model, metrics = results.data, results.model, results.metrics
    entries = [
        *_groups(metrics, config),
        *_unknown(data),
        *of_task(config, results),
        *_probable(config, results),
        *_seen_in_training(config, data, model, training),
        *_explanations(config, results),
        *_weights(config, results),
        *_curves(config, results),
        *_subgroups(config, results),
        NotAssessed(
            subject="Causes",
            reason="what carries a gap in the network need not be where it comes from: the figures "
            "show association, and ablation shows what the network does, not why",
        ),
    ]
    return tuple(entries)


def statements(config: AuditConfig) -> tuple[Statement, ...]:
    """Return what humans stated in the configuration; None where nobody did."""
    asked = {part.key for name in config.report.regimes for part in regime(name).human}
    said = {
        name: text
        for name, text in config.statements.model_dump().items()
        if text or name in asked or name not in ONLY_FOR_REGIMES
    }
    return tuple(
        Statement(
            name=name,
            text=text,
            author=config.statements.prepared_by if text else None,
            date=config.report.date if text else None,
        )
        for name, text in said.items()
    )


def _groups(metrics: tuple[MetricResult, ...], config: AuditConfig) -> Iterator[NotAssessed]:
    small = {tuple(m.group.items()): m for m in metrics if m.status == "suppressed"}
    singles = [m for m in small.values() if len(m.group) == 1]
    crossed = len(small) - len(singles)
    names = [f"{group_words(m.group)} (n = {m.n})" for m in singles]
    if crossed:
        names.append(f"{crossed} intersection{'s' if crossed > 1 else ''}")
    if names:
        yield NotAssessed(
            subject=f"Small groups: {and_list(names, most=6)}",
            reason=f"fewer than {config.metrics.minimum_group} rows",
        )


def _unknown(data: DataRecord) -> Iterator[NotAssessed]:
    for name, rows in data.unknown.items():
        if rows:
            yield NotAssessed(
                subject=f"Rows of unknown {name} ({rows:,})",
                reason="measured as a group of their own, compared with none",
            )


def _probable(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    known = {item.attribute: item for item in results.probable}
    for rule in config.data.probable:
        figures = known.get(rule.name)
        if figures is None:
            reason = "known by probability alone, from which rates of classes are measured only"
            yield NotAssessed(subject=f"Groups of {rule.name}", reason=reason)
            continue
        yield NotAssessed(
            subject=f"Tests of differences by {rule.name}",
            reason="the groups are known by probability alone: rates are estimated and bounded, "
            "and crossed with no other attribute",
        )
        if figures.unknown:
            yield NotAssessed(
                subject=f"Rows of unknown {rule.name} ({figures.unknown:,})",
                reason="without probabilities, left out of its estimates and bounds",
            )


def _seen_in_training(
    config: AuditConfig, data: DataRecord, model: ModelRecord, training: TrainingRecord | None
) -> Iterator[NotAssessed]:
    if training is not None and training.data_sha256 == data.sha256:
        split = config.data.split.model_dump(mode="json") if config.data.split else {}
        if training.split == split:
            return
    if config.data.split is None:
        reason = "no split is stated: every row was audited"
    elif model.kind == "predictions":
        reason = "predictions do not tell which rows their model was trained on"
    elif model.kind == "black box":
        reason = "a model known by its answers only carries no record of its training"
    else:
        reason = "the network carries no record that matches these data and this split"
    yield NotAssessed(subject="Whether audited rows were seen in training", reason=reason)


def _explanations(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    model = results.model
    reasons = {e.reason for e in results.explanations if e.status in ("undefined", "not converged")}
    for reason in sorted(reasons):
        yield NotAssessed(subject="Features that the disparity goes through", reason=reason)
    if model.kind in ("predictions", "black box"):
        reason = model.opaque or "there is no network to look into, only its answers"
        if not results.explanations:
            yield NotAssessed(subject="Features that the disparity goes through", reason=reason)
        yield NotAssessed(subject="The weights and biases of the network", reason=reason)
        return
    if not config.explain.methods:
        yield NotAssessed(
            subject="Features that the disparity goes through",
            reason="explanations are turned off in the configuration",
        )


def _curves(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    if results.data.task == "regression":
        return
    if not config.data.categorical:
        reason = "there is no attribute whose groups are known"
        yield NotAssessed(subject="Calibration and sensitivity to the threshold", reason=reason)
    elif not results.curves.sweeps:
        reason = "the model gives labels, no scores"
        yield NotAssessed(subject="Calibration and sensitivity to the threshold", reason=reason)
    elif not results.curves.calibration:
        reason = "the scores are no probabilities"
        yield NotAssessed(subject="Calibration", reason=reason)


def _subgroups(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    if results.data.task == "regression" and config.metrics.subgroups.depth > 0:
        return
    if config.metrics.subgroups.depth == 0:
        reason = "the search is turned off in the configuration"
        yield NotAssessed(subject="The subgroup that fares worst", reason=reason)
    elif not results.subgroups:
        reason = (
            "there is one sensitive attribute, and no feature was named to cut it by"
            if config.data.categorical
            else "there is no attribute whose groups are known"
        )
        yield NotAssessed(subject="The subgroup that fares worst", reason=reason)


def _weights(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    if results.model.kind in ("predictions", "black box"):
        return
    if not config.weights.gaps:
        reason = "the weight ledgers are turned off in the configuration"
        yield NotAssessed(subject="The weights and biases of the network", reason=reason)
    reasons = {item.reason for item in results.ledgers if item.status == "not applicable"}
    some = any(item.status != "not applicable" for item in results.ledgers)
    subject = "Other gaps, in the weights" if some else "The weights and biases of the network"
    for reason in sorted(reasons):
        yield NotAssessed(subject=subject, reason=reason)
    for reason in sorted({item.unaccounted for item in results.ledgers if item.unaccounted}):
        yield NotAssessed(subject="The weights before the last layers", reason=reason)

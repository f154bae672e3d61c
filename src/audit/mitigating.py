"""The mitigations of one audit: carried out, measured like the baseline, compared with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from audit.config import AuditConfig
from audit.measuring.groups import gap_pairs, measure_groups
from audit.metrics.disparity import Measured
from audit.metrics.results import Disparity
from audit.mitigation.results import ComparisonRecord, Levelling, MitigationRecord
from audit.progress import Progress
from audit.subject.loading import Subject

if TYPE_CHECKING:
    from audit.mitigation.mitigator import Mitigated
    from audit.weights.results import Ledger


@dataclass(frozen=True, kw_only=True)
class Mitigations:
    """What all mitigations of an audit gave.

    Attributes
    ----------
    records : tuple of MitigationRecord
    measured : Measured
        Metrics and worst pairs of the mitigated models.
    comparisons : tuple of ComparisonRecord
    levelling : tuple of Levelling
    ledgers : tuple of Ledger
        Which weights and biases moved each gap, where a mitigation started from the baseline's.
    files : dict of str to bytes
        Files to keep with the audit: the mitigated networks.
    """

    records: tuple[MitigationRecord, ...] = ()
    measured: Measured = field(default_factory=lambda: Measured(metrics=(), disparities=()))
    comparisons: tuple[ComparisonRecord, ...] = ()
    levelling: tuple[Levelling, ...] = ()
    ledgers: tuple[Ledger, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)


def mitigate_all(
    subject: Subject, config: AuditConfig, baseline: tuple[Disparity, ...], progress: Progress
) -> Mitigations:
    """Carry out every mitigation that the configuration names, one after the other.

    Parameters
    ----------
    subject : Subject
    config : AuditConfig
    baseline : tuple of Disparity
        Of the baseline: the pairs whose gaps are compared were fixed before any mitigation.
    progress : Progress

    Raises
    ------
    ConfigError
        If a method, a parameter or an attribute is unknown.
    """
    found = Mitigations()
    for number, item in enumerate(config.mitigate, start=1):
        from audit.mitigation.mitigate import mitigate

        with progress.stage(f"Mitigating {number}") as report:
            done = mitigate(
                subject.model,
                subject.dataset,
                item,
                number=number,
                threshold=subject.predictions.threshold,
                seed=config.seed,
                minimum_group=config.metrics.minimum_group,
                progress=report,
            )
        found = _added(found, done, subject, config, baseline)
    return found


def _added(
    found: Mitigations,
    done: Mitigated,
    subject: Subject,
    config: AuditConfig,
    baseline: tuple[Disparity, ...],
) -> Mitigations:
    if done.predictions is None:
        return replace(found, records=(*found.records, done.record))
    from audit.comparison import compare

    role = done.record.name
    measured = measure_groups(subject.dataset, done.predictions, config, role)
    compared = compare(
        subject.dataset,
        subject.predictions,
        done.predictions,
        pairs=baseline,
        mitigated=role,
        confidence=config.metrics.confidence,
        minimum_group=config.metrics.minimum_group,
    )
    files = _saved(done)
    record = replace(done.record, bundle=f"model/{role}" if files else None)
    return Mitigations(
        records=(*found.records, record),
        measured=Measured(
            metrics=found.measured.metrics + measured.metrics,
            disparities=found.measured.disparities + _worst_pairs(measured),
        ),
        comparisons=found.comparisons + compared.records,
        levelling=found.levelling + compared.levelling,
        ledgers=found.ledgers + _moved(done, subject, config, baseline),
        files={**found.files, **files},
    )


def _moved(
    done: Mitigated, subject: Subject, config: AuditConfig, baseline: tuple[Disparity, ...]
) -> tuple[Ledger, ...]:
    from audit.models.weights_file import weights_sha256
    from audit.weights.change import change

    before, after, start = subject.model, done.model, done.initial_state
    if before is None or after is None or start is None or not config.weights.gaps:
        return ()
    if weights_sha256(start) != subject.record.sha256:
        # Trained from a start of its own: there is no way from the baseline's weights to these.
        return ()
    return change(
        before,
        after,
        subject.dataset,
        subject.predictions,
        config.weights,
        gap_pairs(baseline, config.weights.gaps, subject.dataset.record),
        seed=config.seed,
        minimum_group=config.metrics.minimum_group,
        confidence=config.metrics.confidence,
        split=subject.dataset.record.split,
        role=done.record.name,
        reference=subject.record.name,
    )


def _worst_pairs(measured: Measured) -> tuple[Disparity, ...]:
    # Every pair of a mitigated model is had by auditing its bundle; they would fill the page.
    return tuple(item for item in measured.disparities if item.selection == "worst_pair")


def _saved(done: Mitigated) -> dict[str, bytes]:
    if done.model is None:
        return {}
    from audit.models.bundle import bundle_files, packed

    if done.model.blueprint is None:
        # A network of one's own: its weights, to be read by the same factory.
        files = {"model.safetensors": packed(done.model.network.state_dict())}
    else:
        files = bundle_files(done.model, done.initial_state)
    return {f"model/{done.record.name}/{name}": content for name, content in files.items()}

"""The stages of an audit, in order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit import folder
from audit._version import __version__
from audit.closer_look import CloserLook, look_closer
from audit.config import AuditConfig, config_from, load_config
from audit.data.loading import read_table
from audit.data.records import DataRecord, masked
from audit.evidence import SCHEMA_VERSION, Evidence, Settings, ToolRecord, WeightsRecord
from audit.findings import Results, conclude
from audit.measuring.groups import gap_pairs, measure_groups, scale_of_target, worst_pairs
from audit.metrics.headline import headline
from audit.mitigating import Mitigations, mitigate_all
from audit.mitigation.checking import check
from audit.progress import Progress, Report, Silent
from audit.provenance import config_record, environment
from audit.regimes.catalogue import regime
from audit.regimes.filling import Sources, fill
from audit.regimes.results import RegimeRecord
from audit.result import AuditResult
from audit.scope.assessed import not_assessed, statements
from audit.subject.loading import Subject, load_subject, train_network

if TYPE_CHECKING:
    from audit.explainers.explain import Explained
    from audit.explainers.picture_results import PictureRecord
    from audit.metrics.definition_results import MetricDefinition
    from audit.metrics.results import Disparity
    from audit.models.training import Trained
    from audit.weights.results import Ledger

Configuration = str | Path | Mapping[str, Any] | AuditConfig


@dataclass(frozen=True, kw_only=True)
class Audited:
    """Evidence, and the files that belong to it: the networks made on the way."""

    evidence: Evidence
    files: Mapping[str, bytes]


def run(
    config: Configuration,
    *,
    base: str | Path | None = None,
    date: str | None = None,
    progress: Progress | None = None,
    trust: bool = False,
) -> AuditResult:
    """Run a whole audit.

    Parameters
    ----------
    config : str, Path, mapping or AuditConfig
        An audit.yaml, or its values.
    base : str or Path, optional
        Folder that paths in the configuration are relative to; by default that of the file, else
        the working folder.
    date : str, optional
        Printed where the configuration states none; by default today.
    progress : Progress, optional
        By default silent.
    trust : bool
        Whether code inside a model file may run, for formats that hold code; the report says so.

    Returns
    -------
    AuditResult

    Raises
    ------
    AuditError
        In one line: what was expected, what came, what to do.
    """
    settings, place = read_configuration(config, base)
    check(settings.mitigate, settings)
    told = progress or Silent()
    started, clock = datetime.now(UTC), time.perf_counter()
    subject = load_subject(settings, place, told, trust=trust)
    today = started.date().isoformat()
    done = audit(subject, settings, date=settings.report.date or date or today, progress=told)
    return AuditResult(
        evidence=done.evidence,
        files=done.files,
        started=started,
        seconds=time.perf_counter() - clock,
    )


def run_to_folder(
    config: AuditConfig, target: Path, *, base: Path, progress: Progress, trust: bool = False
) -> AuditResult:
    """Run an audit and write its folder; an unsuitable folder is refused before any work."""
    folder.require_writable(target)
    result = run(config, base=base, date=folder.first_run(target), progress=progress, trust=trust)
    with progress.stage("Writing"):
        result.save(target)
    return result


def train_to_folder(
    config: AuditConfig, target: Path, *, base: Path, progress: Progress
) -> Trained:
    """Train the configured network and write its bundle; an interrupted training goes on."""
    from audit.models.bundle import require_free, save_bundle
    from audit.models.checkpoint import beside, discard

    require_free(target)
    kept = beside(target)
    with progress.stage("Reading data"):
        table = read_table(config.data, base)
    _, trained = train_network(config, table, base, progress, checkpoint=kept)
    save_bundle(target, trained.model, trained.initial_state)
    discard(kept)
    return trained


def audit(subject: Subject, config: AuditConfig, *, date: str, progress: Progress) -> Audited:
    """Measure, explain, account for the weights, mitigate and conclude."""
    with progress.stage("Measuring groups"):
        measured = measure_groups(subject.dataset, subject.predictions, config, subject.record.name)
    with progress.stage("Looking closer") as report:
        closer = look_closer(
            subject.dataset, subject.predictions, config, subject.record.name, report
        )
    with progress.stage("Explaining") as report:
        explained = _explain(subject, config, measured.disparities, report)
    with progress.stage("Accounting for weights") as report:
        ledgers = _account(subject, config, measured.disparities, report)
    mitigations = mitigate_all(subject, config, measured.disparities, progress)
    results = Results(
        metrics=measured.metrics,
        disparities=measured.disparities,
        explanations=explained.explanations if explained else (),
        ledgers=ledgers + mitigations.ledgers,
        mitigations=mitigations.records,
        comparisons=mitigations.comparisons,
        levelling=mitigations.levelling,
        data=subject.dataset.record,
        model=subject.record,
        curves=closer.curves,
        subgroups=closer.subgroups,
        probable=closer.probable,
        confidence=config.metrics.confidence,
        tolerance=config.metrics.tolerance,
        minimum_group=config.metrics.minimum_group,
        scale=scale_of_target(subject.dataset, subject.predictions, config),
    )
    evidence = _evidence(
        *(subject, config, results, closer, mitigations),
        definitions=measured.definitions,
        pictures=explained.pictures if explained else (),
        date=date,
    )
    return Audited(evidence=evidence, files={**subject.files, **mitigations.files})


def _masked(record: DataRecord, minimum: int) -> DataRecord:
    return replace(record, groups=masked(record.groups, minimum))


def _explain(
    subject: Subject, config: AuditConfig, disparities: tuple[Disparity, ...], report: Report
) -> Explained | None:
    model = subject.model or subject.black_box
    if model is None or not config.explain.methods:
        return None
    from audit.explainers.explain import explain

    return explain(
        model,
        subject.dataset,
        subject.predictions,
        config.explain,
        worst_pairs(disparities, headline(subject.dataset.record)["demographic_parity"]),
        seed=config.seed,
        minimum_group=config.metrics.minimum_group,
        confidence=config.metrics.confidence,
        split=subject.dataset.record.split,
        role=subject.record.name,
        progress=report,
    )


def _account(
    subject: Subject, config: AuditConfig, disparities: tuple[Disparity, ...], report: Report
) -> tuple[Ledger, ...]:
    predictions = subject.predictions
    if subject.model is None or predictions.score is None or not config.weights.gaps:
        return ()
    from audit.weights.account import account

    return account(
        subject.model,
        subject.dataset,
        predictions,
        config.weights,
        gap_pairs(disparities, config.weights.gaps, subject.dataset.record),
        seed=config.seed,
        minimum_group=config.metrics.minimum_group,
        confidence=config.metrics.confidence,
        threshold=config.metrics.threshold,
        split=subject.dataset.record.split,
        role=subject.record.name,
        progress=report,
    )


def _evidence(
    subject: Subject,
    config: AuditConfig,
    results: Results,
    closer: CloserLook,
    mitigations: Mitigations,
    *,
    definitions: tuple[MetricDefinition, ...],
    pictures: tuple[PictureRecord, ...],
    date: str,
) -> Evidence:
    findings, verdict = conclude(results)
    return Evidence(
        schema_version=SCHEMA_VERSION,
        tool=ToolRecord(name="weight-audit", version=__version__),
        name=config.name,
        title=config.report.title or f"Audit of {config.name}",
        date=date,
        config=config_record(config),
        settings=Settings(
            confidence=results.confidence,
            tolerance=results.tolerance,
            minimum_group=results.minimum_group,
            seed=config.seed,
            scale=results.scale,
        ),
        data=results.data,
        model=results.model,
        metrics=results.metrics + mitigations.measured.metrics,
        disparities=results.disparities + mitigations.measured.disparities,
        definitions=definitions,
        curves=results.curves,
        subgroups=results.subgroups,
        coverage=closer.coverage,
        bounds=closer.bounds,
        probable=results.probable,
        dependence=closer.dependence,
        conditional=closer.conditional,
        stratified=closer.stratified,
        explanations=results.explanations,
        pictures=pictures,
        weights=WeightsRecord(ledgers=results.ledgers),
        mitigations=results.mitigations,
        comparisons=results.comparisons,
        levelling=results.levelling,
        training=subject.training,
        findings=findings,
        verdict=verdict,
        not_assessed=not_assessed(config, results, subject.training),
        regimes=_regimes(subject, config, results),
        statements=statements(config),
        environment=environment(subject.model.device.type if subject.model else "cpu"),
    )


def _regimes(subject: Subject, config: AuditConfig, results: Results) -> tuple[RegimeRecord, ...]:
    sources = Sources(
        metrics=results.metrics,
        disparities=results.disparities,
        data=results.data,
        statements=config.statements.model_dump(),
        scores=subject.predictions.score is not None,
        model=subject.record.name,
    )
    return tuple(fill(regime(name), sources) for name in config.report.regimes)


def read_configuration(config: Configuration, base: str | Path | None) -> tuple[AuditConfig, Path]:
    """Return the checked configuration, and the folder that its paths are relative to."""
    if isinstance(config, str | Path):
        return load_config(config), Path(base or Path(config).parent)
    checked = config if isinstance(config, AuditConfig) else config_from(config)
    return checked, Path(base or ".")

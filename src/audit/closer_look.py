"""What one number for a group hides: thresholds, calibration, subgroups, strata, unknown rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.config import AuditConfig
from audit.data.dataset import Dataset, Rows, TableInput
from audit.data.records import UNKNOWN
from audit.errors import ConfigError
from audit.measuring.groups import cells
from audit.measuring.probable import measure_probable
from audit.metrics.bounds_results import GapBounds
from audit.metrics.conditional import (
    conditional_demographic_disparity,
    stratified_comparison,
)
from audit.metrics.conditional_results import ConditionalDisparity, StratifiedComparison
from audit.metrics.curve_results import Curves
from audit.metrics.curves import measure_curves
from audit.metrics.dependence_results import Dependence
from audit.metrics.groups import grouping as grouping_of
from audit.metrics.measures.dependence import dependence
from audit.metrics.measures.rates import HEADLINE, rate
from audit.metrics.probable_results import ProbableFigures
from audit.metrics.stratified_means import STRATIFIED, stratified_means
from audit.metrics.subgroups.coverage_map import coverage_maps
from audit.metrics.subgroups.coverage_results import CoverageMap
from audit.metrics.subgroups.results import SubgroupSearch
from audit.metrics.subgroups.worst import worst_subgroups
from audit.metrics.table.cells import BUCKET, CellTable
from audit.metrics.table.subsets import keep
from audit.metrics.unknown_groups import unknown_bounds
from audit.predictions import Predictions
from audit.progress import Report

if TYPE_CHECKING:
    import pandas as pd

FEWEST_GROUPS, MOST_GROUPS = 2, 200  # the unknown group among them
SEARCHED = 2
"""Columns that a search for subgroups needs."""


@dataclass(frozen=True, kw_only=True)
class CloserLook:
    """What one number for a group hides.

    Attributes
    ----------
    curves : Curves
        Rates as the threshold moves, and calibration; empty without scores.
    subgroups : tuple of SubgroupSearch
    coverage : tuple of CoverageMap
    bounds : tuple of GapBounds
        Of attributes that are not known of every row.
    dependence : tuple of Dependence
        Of attributes that are numbers cut into ranges.
    conditional : tuple of ConditionalDisparity
    stratified : tuple of StratifiedComparison
        Empty without control features.
    probable : tuple of ProbableFigures
        Of attributes of which only probabilities are known.
    """

    curves: Curves
    subgroups: tuple[SubgroupSearch, ...]
    coverage: tuple[CoverageMap, ...]
    bounds: tuple[GapBounds, ...] = ()
    dependence: tuple[Dependence, ...] = ()
    conditional: tuple[ConditionalDisparity, ...] = ()
    stratified: tuple[StratifiedComparison, ...] = ()
    probable: tuple[ProbableFigures, ...] = ()


def look_closer(
    dataset: Dataset, predictions: Predictions, config: AuditConfig, role: str, report: Report
) -> CloserLook:
    """Measure what one number for a group hides: thresholds, calibration, subgroups, strata."""
    table = cells(dataset, predictions, predictions.label)
    minimum, confidence = config.metrics.minimum_group, config.metrics.confidence
    return CloserLook(
        curves=measure_curves(
            table,
            threshold=predictions.threshold,
            model=role,
            split=dataset.record.split,
            minimum_group=minimum,
            confidence=confidence,
        ),
        subgroups=_subgroups(dataset, predictions, config, role, report),
        bounds=_bounds(table, minimum),
        probable=measure_probable(dataset, predictions, config),
        dependence=_dependence(dataset, predictions, config),
        coverage=coverage_maps(table, minimum_group=minimum, depth=config.data.intersections),
        **_within_controls(dataset, predictions, config),
    )


def _subgroups(
    dataset: Dataset, predictions: Predictions, config: AuditConfig, role: str, report: Report
) -> tuple[SubgroupSearch, ...]:
    asked, rows = config.metrics.subgroups, predictions.rows
    searched = len(dataset.sensitive) + len(asked.features)
    if dataset.task == "regression" or asked.depth == 0 or searched < SEARCHED:
        return ()
    return (
        worst_subgroups(
            dataset.target[rows],
            predictions.label,
            sensitive_features={
                item.name: np.array(item.categories, dtype=object)[item.codes[rows]]
                for item in dataset.sensitive
            },
            features=_searched(dataset, asked.features, rows),
            metric=asked.metric,
            depth=asked.depth,
            minimum_group=config.metrics.minimum_group,
            confidence=config.metrics.confidence,
            sample_weight=None if dataset.weights is None else dataset.weights[rows],
            person=None if dataset.person is None else dataset.person[rows],
            seed=config.seed,
            model=role,
            split=dataset.record.split,
            progress=report,
        ),
    )


def _bounds(table: CellTable, minimum: int) -> tuple[GapBounds, ...]:
    """Say how wide each headline gap could be, whoever the rows of unknown group belong to."""
    if table.errors is not None:
        return ()  # a mean of numbers without a range has no bounds
    found = []
    for attribute in table.attributes:
        if attribute.name == BUCKET or UNKNOWN not in attribute.categories:
            continue
        rolled = table.rollup([attribute.name])
        unknown = attribute.categories.index(UNKNOWN)
        large = (rolled.n.sum(axis=(1, 2)) >= minimum) | (rolled.codes[:, 0] == unknown)
        shown = keep(rolled, large)
        if FEWEST_GROUPS < len(shown.codes) <= MOST_GROUPS:
            found += [unknown_bounds(shown, rate(name)).widest for name in HEADLINE]
    return tuple(item for item in found if item is not None)


def _dependence(
    dataset: Dataset, predictions: Predictions, config: AuditConfig
) -> tuple[Dependence, ...]:
    """Measure how scores (or decisions) hang together with attributes that are numbers."""
    rows, score = predictions.rows, predictions.score
    said = "prediction" if score is None or dataset.task == "regression" else "score"
    if dataset.task == "multiclass":
        said += f" of class {dataset.record.focus!r}"
    outcome = predictions.label if score is None else score
    return tuple(
        entry
        for item in dataset.sensitive
        if item.numbers is not None
        for entry in dependence(
            item.numbers[rows],
            outcome,
            names=(item.name, said),
            confidence=config.metrics.confidence,
            seed=config.seed,
        )
    )


def _searched(dataset: Dataset, names: tuple[str, ...], rows: Rows) -> pd.DataFrame | None:
    if not names:
        return None
    tables = [source for source in dataset.inputs.values() if isinstance(source, TableInput)]
    frame = tables[0].take(rows) if tables else None
    known = [] if frame is None else [str(name) for name in frame.columns]
    for name in names:
        if name not in known:
            raise ConfigError.unknown("feature", name, known, where="metrics.subgroups.features")
    return None if frame is None else frame[list(names)]


def _within_controls(
    dataset: Dataset, predictions: Predictions, config: AuditConfig
) -> dict[str, Any]:
    """Compare each group with the largest one among rows that are alike in the control features."""
    if not dataset.controls:
        return {}
    table = cells(dataset, predictions, predictions.label, controls=True)
    controls = [item.name for item in dataset.controls]
    common: dict[str, Any] = {"controls": controls, "confidence": config.metrics.confidence}
    pairs = [
        (grouping.groups[place], grouping.groups[grouping.reference])
        for item in dataset.sensitive
        if (grouping := grouping_of(table, (item.name,), "largest")).reference is not None
        for place in np.flatnonzero(grouping.known).tolist()
        if place != grouping.reference
    ]
    if table.errors is not None:
        means = [stratified_means(table, n, a, b, **common) for n in STRATIFIED for a, b in pairs]
        return {"stratified": tuple(means)}
    return {
        "conditional": tuple(
            conditional_demographic_disparity(table, group, **common) for group, _ in pairs
        ),
        "stratified": tuple(
            stratified_comparison(table, name, a, b, **common)
            for name in HEADLINE
            for a, b in pairs
        ),
    }

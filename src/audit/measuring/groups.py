"""The metrics of one audit: rates and comparisons, the imprint, and what regimes ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import AuditConfig
from audit.data.dataset import Dataset
from audit.data.records import DataRecord
from audit.measuring.rows import divide, row_metrics
from audit.measuring.tasks import (
    asked_of,
    class_cells,
    decision_cells,
    error_cells,
    target_scale,
)
from audit.metrics.catalogue import metric
from audit.metrics.disparity import Comparing, Measured, measure
from audit.metrics.headline import TargetScale, headline, in_task
from audit.metrics.impact import SCORING_RATE, impact_ratios
from audit.metrics.imprint import imprint
from audit.metrics.results import Disparity, Group
from audit.metrics.table.cells import CellTable
from audit.predictions import Predictions
from audit.regimes.catalogue import regime
from audit.weights.results import GapName

BASELINE = "baseline"


def measure_groups(
    dataset: Dataset, predictions: Predictions, config: AuditConfig, role: str
) -> Measured:
    """Measure every metric of every group, and compare the groups.

    `role` names the model: ``baseline``, or a mitigated one.
    """
    table = cells(dataset, predictions, predictions.label)
    common: dict[str, Any] = {
        "confidence": config.metrics.confidence,
        "minimum_group": config.metrics.minimum_group,
        "threshold": predictions.threshold,
        "model": role,
        "split": dataset.record.split,
    }
    reference = config.metrics.reference
    depth = config.data.intersections
    asked = asked_of(dataset, predictions, config, table)
    named = divide(asked.names, scored=role == BASELINE or predictions.score is not None)
    rates = measure(
        asked.table,
        names=named.of_table,
        of_rows=row_metrics(named.of_rows, dataset, predictions, config),
        reference=reference,
        intersections=depth,
        comparing=Comparing(
            compared=config.metrics.compare,
            correction=config.metrics.correction,
            tolerance=config.metrics.tolerance,
            headline=asked.headline,
            within=asked.within,
        ),
        scored=asked.scored,
        **common,
    )
    changes = imprint(table, reference=reference, of=dataset.record.focus or "", **common)
    return _joined(rates, changes, *_asked_by_regimes(dataset, predictions, config, common))


def scale_of_target(
    dataset: Dataset, predictions: Predictions, config: AuditConfig
) -> TargetScale | None:
    """Say what counts as a large difference of numbers; None for classes."""
    if dataset.task != "regression":
        return None
    return target_scale(cells(dataset, predictions, predictions.label), config)


def cells(
    dataset: Dataset,
    predictions: Predictions,
    decisions: NDArray[np.generic],
    *,
    controls: bool = False,
) -> CellTable:
    """Count the predicted rows by group, label, decision and score; on request by control too.

    Of several classes, decisions for the one in focus against the rest; of a regression the sums of
    its errors.
    """
    split_by = (*dataset.controls, *dataset.sensitive) if controls else dataset.sensitive
    if dataset.task == "regression":
        return error_cells(dataset, predictions, split_by)
    return decision_cells(dataset, predictions, decisions, split_by)


def _asked_by_regimes(
    dataset: Dataset, predictions: Predictions, config: AuditConfig, common: dict[str, Any]
) -> list[Measured]:
    wanted = {name for item in config.report.regimes for name in regime(item).rates}
    depth = config.data.intersections
    asked = []
    if "selection_rate" in wanted and dataset.task != "regression":
        several = dataset.task == "multiclass"
        table = (
            class_cells(dataset, predictions)
            if several
            else cells(dataset, predictions, predictions.label)
        )
        name = in_task("selection_rate", dataset.record)
        ratios = impact_ratios(table, metric(name), intersections=depth, **common)
        asked.append(Measured(metrics=(), disparities=ratios.disparities))
    if "scoring_rate" in wanted and predictions.score is not None:
        above = (predictions.score > np.median(predictions.score)).astype(np.int8)
        table = decision_cells(dataset, predictions, above)
        common = {**common, "threshold": None}
        asked.append(impact_ratios(table, SCORING_RATE, intersections=depth, **common))
    return asked


def _joined(*parts: Measured) -> Measured:
    return Measured(
        metrics=tuple(item for part in parts for item in part.metrics),
        disparities=tuple(item for part in parts for item in part.disparities),
        definitions=tuple({d.name: d for part in parts for d in part.definitions}.values()),
    )


def gap_pairs(
    disparities: tuple[Disparity, ...], gaps: Sequence[GapName], record: DataRecord
) -> dict[GapName, list[tuple[Group, Group]]]:
    """Return, for each gap of scores, the pairs of groups whose decisions differ most.

    Gaps that have no meaning for the task are left out.
    """
    metrics = headline(record)
    return {gap: worst_pairs(disparities, metrics[gap]) for gap in gaps if gap in metrics}


def worst_pairs(disparities: tuple[Disparity, ...], metric: str) -> list[tuple[Group, Group]]:
    """Return the worst pair of each single attribute."""
    return [
        (d.a, d.b)
        for d in disparities
        if d.metric == metric
        and d.selection == "worst_pair"
        and d.kind == "difference"
        and len(d.attributes) == 1
        and d.a
        and d.b
    ]

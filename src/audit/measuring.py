"""The metrics of one audit: rates and comparisons, the imprint, and what regimes ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import AuditConfig
from audit.data.dataset import Dataset, Rows, SensitiveAttribute
from audit.metrics.disparity import Comparing, Measured, measure
from audit.metrics.impact import SCORING_RATE, impact_ratios
from audit.metrics.imprint import imprint
from audit.metrics.intake import scale_of, usual
from audit.metrics.measures.rates import rate
from audit.metrics.results import Disparity, Group
from audit.metrics.table.binning import Scale
from audit.metrics.table.cells import CellTable, CodedAttribute
from audit.predictions import Predictions
from audit.regimes.catalogue import regime
from audit.weights.results import GapName

RATES: Mapping[GapName, str] = {
    "demographic_parity": "selection_rate",
    "equal_opportunity": "true_positive_rate",
    "false_positive_parity": "false_positive_rate",
}


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
    names = config.metrics.names
    if names == "default":
        names = usual("binary", scored=table.scores is not None)
    rates = measure(
        table,
        names=names,
        reference=reference,
        intersections=depth,
        comparing=Comparing(
            compared=config.metrics.compare,
            correction=config.metrics.correction,
            tolerance=config.metrics.tolerance,
        ),
        **common,
    )
    changes = imprint(table, reference=reference, **common)
    return _joined(rates, changes, *_asked_by_regimes(dataset, predictions, config, common))


def cells(
    dataset: Dataset,
    predictions: Predictions,
    decisions: NDArray[np.generic],
    *,
    controls: bool = False,
) -> CellTable:
    """Count the predicted rows by group, label, decision and score; on request by control too."""
    rows, score = predictions.rows, predictions.score
    split_by = (*dataset.controls, *dataset.sensitive) if controls else dataset.sensitive
    return CellTable.from_arrays(
        [_coded(item, rows) for item in split_by],
        dataset.target[rows],
        decisions,
        weights=None if dataset.weights is None else dataset.weights[rows],
        score=score,
        scale=Scale() if score is None else scale_of(score),
        person=None if dataset.person is None else dataset.person[rows],
    )


def _coded(item: SensitiveAttribute, rows: Rows) -> CodedAttribute:
    return item.name, item.categories, item.codes[rows]


def _asked_by_regimes(
    dataset: Dataset, predictions: Predictions, config: AuditConfig, common: dict[str, Any]
) -> list[Measured]:
    wanted = {name for item in config.report.regimes for name in regime(item).rates}
    depth = config.data.intersections
    asked = []
    if "selection_rate" in wanted:
        table = cells(dataset, predictions, predictions.label)
        ratios = impact_ratios(table, rate("selection_rate"), intersections=depth, **common)
        asked.append(Measured(metrics=(), disparities=ratios.disparities))
    if "scoring_rate" in wanted and predictions.score is not None:
        above = (predictions.score > np.median(predictions.score)).astype(np.int8)
        table = cells(dataset, predictions, above)
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
    disparities: tuple[Disparity, ...], gaps: Sequence[GapName]
) -> dict[GapName, list[tuple[Group, Group]]]:
    """Return, for each gap of scores, the pairs of groups whose decisions differ most."""
    return {gap: worst_pairs(disparities, RATES[gap]) for gap in gaps}


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

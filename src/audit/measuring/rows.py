"""The metrics of one audit that need the rows themselves: rankings, neighbours, one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from audit.config import AuditConfig
from audit.data.dataset import Dataset
from audit.metrics.catalogue import find
from audit.metrics.measurement import Metric
from audit.metrics.measures.consistency import Consistency
from audit.metrics.measures.exposure import NDCG, Exposure, TopK, TopKShare
from audit.metrics.measures.interval_coverage import IntervalCoverage, IntervalWidth
from audit.metrics.measures.row_metric import RowMetric
from audit.metrics.row_groups import RowMetrics
from audit.predictions import Predictions

INTERVALS = (IntervalCoverage.name, IntervalWidth.name)
RANKED = (Exposure, NDCG, TopK, TopKShare)


@dataclass(frozen=True, kw_only=True)
class Named:
    """The metrics that a configuration names, by what they are computed from."""

    of_table: tuple[str, ...]
    of_rows: tuple[RowMetric, ...]


def divide(names: Sequence[str], *, scored: bool = True) -> Named:
    """Tell metrics of counts from metrics of rows.

    Parameters
    ----------
    names : sequence of str
    scored : bool
        Whether to keep what only scores can give; a mitigated model may have none.

    Raises
    ------
    MetricError
        If there is no metric of a name.
    """
    found = {name: find(name) for name in names}
    if not scored:
        found = {name: metric for name, metric in found.items() if not _of_scores(metric)}
    return Named(
        of_table=tuple(name for name, metric in found.items() if isinstance(metric, Metric)),
        of_rows=tuple(metric for metric in found.values() if not isinstance(metric, Metric)),
    )


def _of_scores(metric: Metric | RowMetric) -> bool:
    return metric.needs == "scores" if isinstance(metric, Metric) else isinstance(metric, RANKED)


def row_metrics(
    wanted: Sequence[RowMetric], dataset: Dataset, predictions: Predictions, config: AuditConfig
) -> RowMetrics | None:
    """Join metrics of rows to the predicted rows; None where there are none.

    Parameters
    ----------
    wanted : sequence of RowMetric
    dataset : Dataset
    predictions : Predictions
        Of several classes, labels and scores are those of the class in focus.
    config : AuditConfig

    Raises
    ------
    DataError
        If a column by which rows are alike lacks a value.
    """
    if not wanted:
        return None
    rows = predictions.rows
    columns: dict[str, Any] = {
        "y_true": dataset.target[rows],
        "y_pred": predictions.label,
        "score": predictions.score,
    }
    for name, values in (
        ("weights", dataset.weights),
        ("query", dataset.query),
        ("person", dataset.person),
    ):
        if values is not None:
            columns[name] = values[rows]
    metrics = tuple(wanted)
    if dataset.similar is not None and any(isinstance(item, Consistency) for item in metrics):
        from audit.data.similar import alike

        columns["features"], words = alike(dataset.similar.iloc[rows])
        changes: dict[str, Any] = {"neighbours": config.metrics.neighbours, "features": words}
        metrics = tuple(
            replace(item, **changes) if isinstance(item, Consistency) else item for item in metrics
        )
    ends = predictions.ends
    return RowMetrics(
        metrics=metrics,
        codes={item.name: item.codes[rows] for item in dataset.sensitive},
        columns=columns,
        own={} if ends is None else {name: {"y_pred": ends} for name in INTERVALS},
    )

"""Definitions of the metrics of an audit, for its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from audit.metrics.definition_results import MetricDefinition
from audit.metrics.measurement import Metric
from audit.metrics.measures.row_metric import RowMetric


def definition(metric: Metric | RowMetric) -> MetricDefinition:
    """Return the definition of a metric as it stands in the evidence."""
    return MetricDefinition(
        name=metric.name,
        title=metric.title,
        definition=metric.definition,
        source=metric.source,
        version=metric.version,
        low=metric.low if isfinite(metric.low) else None,
        high=metric.high if isfinite(metric.high) else None,
        better=getattr(metric, "better", "neither"),
    )


def definitions(metrics: Iterable[Metric | RowMetric]) -> tuple[MetricDefinition, ...]:
    """Return the definitions of metrics in their order, each name once."""
    found = {metric.name: definition(metric) for metric in metrics}
    return tuple(found.values())

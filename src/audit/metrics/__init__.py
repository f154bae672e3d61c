"""Group metrics: one pass over the rows, one small table, every rate and comparison from it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.metrics.by_group import group_metrics, group_metrics_of
    from audit.metrics.catalogue import metric, metrics
    from audit.metrics.conditional import conditional_demographic_disparity, stratified_comparison
    from audit.metrics.disparity import Measured, measure
    from audit.metrics.group_result import GroupMetrics
    from audit.metrics.impact import impact_ratios
    from audit.metrics.measurement import Measurement, Metric
    from audit.metrics.measures.array_metric import ArrayMetric
    from audit.metrics.measures.consistency import Consistency
    from audit.metrics.measures.counts import CountMetric
    from audit.metrics.measures.exposure import NDCG, Exposure, TopK, TopKShare
    from audit.metrics.measures.interval_coverage import IntervalCoverage, IntervalWidth
    from audit.metrics.measures.rates import Rate
    from audit.metrics.measures.row_metric import RowMetric, Rows
    from audit.metrics.probable_groups import ProbableGroups, probable_cells
    from audit.metrics.results import Disparity, Family, Interval, MetricResult
    from audit.metrics.statistics.bootstrap import bootstrap_limits
    from audit.metrics.subgroups.coverage_map import coverage
    from audit.metrics.subgroups.worst import worst_subgroups
    from audit.metrics.table.backends import cells_from_file, cells_from_frame
    from audit.metrics.table.binning import Scale
    from audit.metrics.table.cells import CellTable
    from audit.metrics.table.streaming import CellCounter
    from audit.metrics.unknown_groups import unknown_bounds

__all__ = [
    "NDCG",
    "ArrayMetric",
    "CellCounter",
    "CellTable",
    "Consistency",
    "CountMetric",
    "Disparity",
    "Exposure",
    "Family",
    "GroupMetrics",
    "Interval",
    "IntervalCoverage",
    "IntervalWidth",
    "Measured",
    "Measurement",
    "Metric",
    "MetricResult",
    "ProbableGroups",
    "Rate",
    "RowMetric",
    "Rows",
    "Scale",
    "TopK",
    "TopKShare",
    "bootstrap_limits",
    "cells_from_file",
    "cells_from_frame",
    "conditional_demographic_disparity",
    "coverage",
    "group_metrics",
    "group_metrics_of",
    "impact_ratios",
    "measure",
    "metric",
    "metrics",
    "probable_cells",
    "stratified_comparison",
    "unknown_bounds",
    "worst_subgroups",
]

_HOMES = {
    "ArrayMetric": "measures.array_metric",
    "CellCounter": "table.streaming",
    "CellTable": "table.cells",
    "Consistency": "measures.consistency",
    "CountMetric": "measures.counts",
    "Disparity": "results",
    "Exposure": "measures.exposure",
    "Family": "results",
    "GroupMetrics": "group_result",
    "Interval": "results",
    "IntervalCoverage": "measures.interval_coverage",
    "IntervalWidth": "measures.interval_coverage",
    "Measured": "disparity",
    "Measurement": "measurement",
    "Metric": "measurement",
    "MetricResult": "results",
    "NDCG": "measures.exposure",
    "ProbableGroups": "probable_groups",
    "Rate": "measures.rates",
    "RowMetric": "measures.row_metric",
    "Rows": "measures.row_metric",
    "Scale": "table.binning",
    "TopK": "measures.exposure",
    "TopKShare": "measures.exposure",
    "bootstrap_limits": "statistics.bootstrap",
    "cells_from_file": "table.backends",
    "cells_from_frame": "table.backends",
    "conditional_demographic_disparity": "conditional",
    "coverage": "subgroups.coverage_map",
    "group_metrics": "by_group",
    "group_metrics_of": "by_group",
    "impact_ratios": "impact",
    "measure": "disparity",
    "metric": "catalogue",
    "metrics": "catalogue",
    "probable_cells": "probable_groups",
    "stratified_comparison": "conditional",
    "unknown_bounds": "unknown_groups",
    "worst_subgroups": "subgroups.worst",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

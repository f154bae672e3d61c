"""Group metrics: one pass over the rows, one small table, every rate and comparison from it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.metrics.array_metric import ArrayMetric
    from audit.metrics.backends import cells_from_file, cells_from_frame
    from audit.metrics.binning import Scale
    from audit.metrics.bootstrap import bootstrap_limits
    from audit.metrics.by_group import group_metrics, group_metrics_of
    from audit.metrics.catalogue import metric, metrics
    from audit.metrics.cells import CellTable
    from audit.metrics.conditional import conditional_demographic_disparity, stratified_comparison
    from audit.metrics.consistency import Consistency
    from audit.metrics.counts import CountMetric
    from audit.metrics.coverage_map import coverage
    from audit.metrics.disparity import Measured, measure
    from audit.metrics.exposure import NDCG, Exposure, TopK, TopKShare
    from audit.metrics.group_result import GroupMetrics
    from audit.metrics.impact import impact_ratios
    from audit.metrics.interval_coverage import IntervalCoverage, IntervalWidth
    from audit.metrics.measurement import Measurement, Metric
    from audit.metrics.probable_groups import ProbableGroups, probable_cells
    from audit.metrics.rates import Rate
    from audit.metrics.results import Disparity, Family, Interval, MetricResult
    from audit.metrics.row_metric import RowMetric, Rows
    from audit.metrics.streaming import CellCounter
    from audit.metrics.subgroups import worst_subgroups
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
    "ArrayMetric": "array_metric",
    "CellCounter": "streaming",
    "CellTable": "cells",
    "Consistency": "consistency",
    "CountMetric": "counts",
    "Disparity": "results",
    "Exposure": "exposure",
    "Family": "results",
    "GroupMetrics": "group_result",
    "Interval": "results",
    "IntervalCoverage": "interval_coverage",
    "IntervalWidth": "interval_coverage",
    "Measured": "disparity",
    "Measurement": "measurement",
    "Metric": "measurement",
    "MetricResult": "results",
    "NDCG": "exposure",
    "ProbableGroups": "probable_groups",
    "Rate": "rates",
    "RowMetric": "row_metric",
    "Rows": "row_metric",
    "Scale": "binning",
    "TopK": "exposure",
    "TopKShare": "exposure",
    "bootstrap_limits": "bootstrap",
    "cells_from_file": "backends",
    "cells_from_frame": "backends",
    "conditional_demographic_disparity": "conditional",
    "coverage": "coverage_map",
    "group_metrics": "by_group",
    "group_metrics_of": "by_group",
    "impact_ratios": "impact",
    "measure": "disparity",
    "metric": "catalogue",
    "metrics": "catalogue",
    "probable_cells": "probable_groups",
    "stratified_comparison": "conditional",
    "unknown_bounds": "unknown_groups",
    "worst_subgroups": "subgroups",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

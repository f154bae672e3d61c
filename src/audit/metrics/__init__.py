"""Group metrics: one pass over the rows, one small table, every rate and comparison from it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.metrics.by_group import group_metrics
    from audit.metrics.cells import CellTable
    from audit.metrics.disparity import Measured, measure
    from audit.metrics.group_result import GroupMetrics
    from audit.metrics.rates import Rate
    from audit.metrics.results import Disparity, Family, Interval, MetricResult

__all__ = [
    "CellTable",
    "Disparity",
    "Family",
    "GroupMetrics",
    "Interval",
    "Measured",
    "MetricResult",
    "Rate",
    "group_metrics",
    "measure",
]

_HOMES = {
    "CellTable": "cells",
    "Disparity": "results",
    "Family": "results",
    "GroupMetrics": "group_result",
    "Interval": "results",
    "Measured": "disparity",
    "MetricResult": "results",
    "Rate": "rates",
    "group_metrics": "by_group",
    "measure": "disparity",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

"""Which metrics the verdict and the gaps of a task rest on, and in which unit a metric is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from audit.config.settings import Gap
    from audit.data.records import DataRecord

RATES: Mapping[Gap, str] = {
    "demographic_parity": "selection_rate",
    "equal_opportunity": "true_positive_rate",
    "false_positive_parity": "false_positive_rate",
}
"""The rates of decisions whose gaps are explained."""

MEAN = "mean_prediction"
OF_NUMBERS = (MEAN, "mean_error", "mean_absolute_error")
"""Metrics of a regression whose worst pairs decide the verdict."""

IN_UNIT = frozenset(
    {
        *OF_NUMBERS,
        "root_mean_squared_error",
        "mean_over_prediction",
        "mean_under_prediction",
        "mean_target",
    }
)
"""Metrics of a regression that are in the unit of the target."""

SHARES = frozenset({"multiclass_accuracy", "over_prediction_rate", "under_prediction_rate"})
OF_CLASSES = ("macro_", "worst_class_")
RATE_NAMES = frozenset(
    {
        *RATES.values(),
        "true_negative_rate",
        "false_negative_rate",
        "precision",
        "negative_predictive_value",
        "false_discovery_rate",
        "false_omission_rate",
        "accuracy",
        "base_rate",
    }
)
Kind = Literal["share", "unit", "number"]


@dataclass(frozen=True, kw_only=True)
class TargetScale:
    """What counts as a large difference of numbers.

    Attributes
    ----------
    spread : float
        Standard deviation of the target among the audited rows, in its unit.
    tolerance : float
        The gap that matters, in the unit of the target.
    stated : bool
        Whether the configuration states it; else it is that share of the spread.
    """

    spread: float
    tolerance: float
    stated: bool = False


def headline(record: DataRecord) -> dict[Gap, str]:
    """Name, for each gap that has a meaning for the task, the metric that is compared.

    Of several classes, the rates of the class in focus against the rest; of a regression the mean
    prediction, for demographic parity alone.
    """
    if record.task == "regression":
        return {"demographic_parity": MEAN}
    return {gap: in_task(name, record) for gap, name in RATES.items()}


def in_task(name: str, record: DataRecord) -> str:
    """Name a metric of decisions as it stands in an audit: of several classes, ``name[focus]``."""
    return f"{name}[{record.focus}]" if record.task == "multiclass" else name


def parts_of(metric: str) -> tuple[str, str]:
    """Divide ``name[class]`` into both; the class is empty for any other metric."""
    name, bracket, rest = metric.partition("[")
    return (name, rest[:-1]) if name and bracket and rest.endswith("]") else (metric, "")


def kind_of(metric: str, task: str) -> Kind:
    """Tell whether a metric is a share of rows, in the unit of the target, or a plain number.

    For tasks of several classes and numbers; of a binary one the counts in the evidence tell.
    """
    if task == "regression" and metric in IN_UNIT:
        return "unit"
    name, of = parts_of(metric)
    if task != "binary" and (metric in SHARES or (of and name in RATE_NAMES)):
        return "share"
    if task == "multiclass":
        rate = next((metric.removeprefix(p) for p in OF_CLASSES if metric.startswith(p)), "")
        return "share" if rate in RATE_NAMES else "number"
    return "number"

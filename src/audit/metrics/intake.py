"""What group_metrics is given: its task, and its control features beside the sensitive ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import columns
from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.inputs import categories
from audit.metrics.measures.rates import DEFAULT
from audit.metrics.results import Group
from audit.metrics.table.binning import Scale
from audit.metrics.table.cells import BINARY, BUCKET, CellTable
from audit.metrics.table.rows import count_rows as count_table
from audit.metrics.table.rows import real
from audit.metrics.table.subsets import keep

Task = Literal["binary", "multiclass", "regression"]
Floats = NDArray[np.float64]
USUAL: Mapping[Task, tuple[str, ...]] = {
    "binary": DEFAULT,
    "multiclass": (
        "multiclass_accuracy",
        "macro_true_positive_rate",
        "macro_precision",
        "worst_class_true_positive_rate",
    ),
    "regression": ("mean_error", "mean_absolute_error", "root_mean_squared_error", "r2"),
}
SCORED = ("auc", "brier", "calibration_in_the_large")
"""Besides, where scores are given."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """A table, and which of its attributes are control features.

    Attributes
    ----------
    table : CellTable
        Without the control features.
    controls : tuple of str
    whole : CellTable
        With them.
    """

    table: CellTable
    controls: tuple[str, ...]
    whole: CellTable

    def strata(self) -> Iterator[tuple[Group, CellTable]]:
        """Yield each combination of control features that occurs, and its table."""
        if not self.controls:
            yield {}, self.table
            return
        names = [item.name for item in self.table.attributes]
        places = [
            place for place, item in enumerate(self.whole.attributes) if item.name in self.controls
        ]
        for codes in np.unique(self.whole.codes[:, places], axis=0).tolist():
            inside = (self.whole.codes[:, places] == codes).all(axis=1)
            stratum = {
                self.whole.attributes[place].name: self.whole.attributes[place].categories[code]
                for place, code in zip(places, codes, strict=True)
            }
            yield stratum, keep(self.whole, inside).rollup(names)


def count_rows(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    y_score: Any = None,
    threshold: float | None = None,
    control_features: Any = None,
    sample_weight: Any = None,
    person: Any = None,
    task: Task = "binary",
) -> Counted:
    """Check and count what `audit.metrics.group_metrics` was given.

    Raises
    ------
    MetricError
        As `audit.metrics.group_metrics`.
    """
    attributes = columns(sensitive_features, "sensitive_features", MetricError)
    controls: list[tuple[str, Any]] = []
    if control_features is not None:
        controls = columns(control_features, "control_features", MetricError)
    names, held = [name for name, _ in attributes], [name for name, _ in controls]
    _require_distinct(names, held)
    if task != "binary":
        _require_predictions(task, y_pred, y_score, threshold)
    whole = count_table(
        y_true,
        y_pred,
        sensitive_features=dict([*controls, *attributes]),
        y_score=y_score,
        threshold=threshold,
        sample_weight=sample_weight,
        person=person,
        classes=_classes(task, y_true, y_pred),
        scale=Scale() if y_score is None else scale_of(real(y_score, "y_score")),
    )
    if not whole.n.sum():
        raise MetricError("expected at least one row, came none")
    kept = [*names, BUCKET] if whole.buckets else names
    table = whole.rollup(kept) if controls else whole
    return Counted(table=table, controls=tuple(held), whole=whole)


def task_of(table: CellTable) -> Task:
    """Tell what kind of answers a table counts."""
    if table.errors is not None:
        return "regression"
    return "binary" if len(table.classes) == len(BINARY) else "multiclass"


def usual(task: Task, *, scored: bool) -> tuple[str, ...]:
    """Name the metrics that are measured unless others are asked for."""
    return (*USUAL[task], *(SCORED if scored else ()))


def _classes(task: Task, y_true: Any, y_pred: Any) -> tuple[str, ...] | None:
    """Name the classes of a task: of several, all that occur, in the order of their names."""
    if task != "multiclass":
        return BINARY if task == "binary" else None
    said = (*categories(y_true, "y_true")[0], *categories(y_pred, "y_pred")[0])
    known = [name for name in said if name != UNKNOWN]  # a missing label is no class
    names, _ = categories(np.array(known, dtype=object), "classes")
    return names if len(names) > 1 else (*names, "(no other)")


def _require_predictions(task: Task, y_pred: Any, y_score: Any, threshold: float | None) -> None:
    if y_pred is None or y_score is not None or threshold is not None:
        raise MetricError(
            f"task {task!r} needs y_pred alone, no y_score and no threshold",
            "give what was predicted for each row",
        )


def scale_of(score: Floats) -> Scale:
    """Return probabilities where all scores are; else even bins over their range."""
    finite = score[np.isfinite(score)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if low >= 0 and high <= 1:
        return Scale()
    return Scale(kind="value", low=low, high=high if high > low else low + 1.0)


def _require_distinct(names: list[str], controls: list[str]) -> None:
    both = sorted(set(names) & set(controls))
    if both:
        raise MetricError(f"{both[0]!r} is a sensitive and a control feature", "name it once")

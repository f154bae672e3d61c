"""Arrays and frames of any library, checked and counted into one cell table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import column
from audit.errors import MetricError
from audit.metrics.inputs import binary, categories, sensitive, weights
from audit.metrics.measures.rates import DEFAULT
from audit.metrics.results import Group
from audit.metrics.table.binning import Scale
from audit.metrics.table.cells import BINARY, BUCKET, CellTable, CodedAttribute
from audit.metrics.table.rows import decided, real, require_threshold
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
    attributes = sensitive(sensitive_features)
    controls = () if control_features is None else sensitive(control_features, "control_features")
    _require_distinct(attributes, controls)
    shared = {
        "weights": None if sample_weight is None else weights(sample_weight),
        "person": None if person is None else _persons(person),
    }
    answers = _ANSWERS[task](y_true, y_pred, y_score, threshold)
    _require_rows(
        {
            **answers.lengths(),
            **{f"sensitive feature {name!r}": codes for name, _, codes in attributes},
            **{f"control feature {name!r}": codes for name, _, codes in controls},
            "sample_weight": shared["weights"],
            "person": shared["person"],
        }
    )
    whole = answers.counted((*controls, *attributes), **shared)
    names = [name for name, _, _ in attributes] + ([BUCKET] if whole.buckets else [])
    return Counted(
        table=whole.rollup(names) if controls else whole,
        controls=tuple(name for name, _, _ in controls),
        whole=whole,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Classes:
    """Labels, predictions and scores as codes."""

    label: NDArray[Any]
    prediction: NDArray[Any]
    score: Floats | None = None
    classes: tuple[str, ...] = ("0", "1")

    def lengths(self) -> dict[str, Any]:
        return {"y_true": self.label, "y_pred": self.prediction, "y_score": self.score}

    def counted(self, attributes: tuple[CodedAttribute, ...], **shared: Any) -> CellTable:
        return CellTable.from_arrays(
            attributes,
            self.label,
            self.prediction,
            score=self.score,
            scale=Scale() if self.score is None else scale_of(self.score),
            classes=self.classes,
            **shared,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Numbers:
    """Targets and predictions of a regression."""

    target: Floats
    prediction: Floats

    def lengths(self) -> dict[str, Any]:
        return {"y_true": self.target, "y_pred": self.prediction}

    def counted(self, attributes: tuple[CodedAttribute, ...], **shared: Any) -> CellTable:
        return CellTable.of_errors(attributes, self.target, self.prediction, **shared)


def task_of(table: CellTable) -> Task:
    """Tell what kind of answers a table counts."""
    if table.errors is not None:
        return "regression"
    return "binary" if len(table.classes) == len(BINARY) else "multiclass"


def usual(task: Task, *, scored: bool) -> tuple[str, ...]:
    """Name the metrics that are measured unless others are asked for."""
    return (*USUAL[task], *(SCORED if scored else ()))


def _binary(y_true: Any, y_pred: Any, y_score: Any, threshold: float | None) -> _Classes:
    label = binary(y_true, "y_true")
    score = None if y_score is None else real(y_score, "y_score")
    if y_pred is not None:
        return _Classes(label=label, prediction=binary(y_pred, "y_pred"), score=score)
    if score is None or threshold is None:
        raise MetricError(
            "expected y_pred, or y_score and a threshold, came neither",
            "give predictions of 0 and 1, or say threshold=0.5 beside y_score",
        )
    return _Classes(
        label=label, prediction=decided(score, require_threshold(threshold)), score=score
    )


def _multiclass(y_true: Any, y_pred: Any, y_score: Any, threshold: float | None) -> _Classes:
    if y_pred is None or y_score is not None or threshold is not None:
        raise MetricError(
            "a multiclass task needs y_pred alone, no y_score and no threshold",
            "give the predicted class of each row",
        )
    (true_names, true), (said_names, said) = (
        _classes(values, name) for values, name in ((y_true, "y_true"), (y_pred, "y_pred"))
    )
    names, merged = categories(np.array([*true_names, *said_names], dtype=object), "classes")
    places = np.asarray(merged)
    return _Classes(
        label=places[: len(true_names)][true],
        prediction=places[len(true_names) :][said],
        classes=names if len(names) > 1 else (*names, "(no other)"),
    )


def _classes(values: Any, name: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    array = column(values, name, MetricError)
    missing = np.flatnonzero(_missing(array))
    if len(missing):
        raise MetricError(
            f"expected a class in each row of {name}, came a missing value in row {missing[0]}",
            "drop such rows",
        )
    return categories(array, name)


def _regression(y_true: Any, y_pred: Any, y_score: Any, threshold: float | None) -> _Numbers:
    if y_pred is None or y_score is not None or threshold is not None:
        raise MetricError(
            "a regression needs y_pred alone, no y_score and no threshold",
            "give the predicted number of each row",
        )
    return _Numbers(target=real(y_true, "y_true"), prediction=real(y_pred, "y_pred"))


_ANSWERS: Mapping[Task, Callable[[Any, Any, Any, float | None], _Classes | _Numbers]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}


def scale_of(score: Floats) -> Scale:
    """Return probabilities where all scores are; else even bins over their range."""
    finite = score[np.isfinite(score)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if low >= 0 and high <= 1:
        return Scale()
    return Scale(kind="value", low=low, high=high if high > low else low + 1.0)


def _persons(values: Any) -> NDArray[Any]:
    array = column(values, "person", MetricError)
    missing = np.flatnonzero(_missing(array))
    if len(missing):
        raise MetricError(
            f"expected who each row is about, came a missing value in row {missing[0]}",
            "give each person an id, or leave person out",
        )
    return array


def _missing(array: NDArray[Any]) -> NDArray[np.bool_]:
    import pandas as pd

    return np.asarray(pd.isna(array), dtype=np.bool_)


def _require_distinct(
    attributes: tuple[CodedAttribute, ...], controls: tuple[CodedAttribute, ...]
) -> None:
    for (name, _, _), (other, _, _) in product(attributes, controls):
        if name == other:
            raise MetricError(f"{name!r} is a sensitive and a control feature", "name it once")


def _require_rows(columns: dict[str, Any]) -> None:
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        came = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise MetricError(f"expected columns of one length, came rows: {came}")
    if not lengths["y_true"]:
        raise MetricError("expected at least one row, came none")

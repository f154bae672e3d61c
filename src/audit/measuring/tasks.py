"""What is measured of a task: from which table, by which metrics, against which tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import AuditConfig
from audit.data.dataset import Dataset, Rows, SensitiveAttribute
from audit.errors import MetricError
from audit.metrics.catalogue import find
from audit.metrics.headline import IN_UNIT, OF_NUMBERS, TargetScale, in_task
from audit.metrics.headline import RATES as GAPS
from audit.metrics.intake import SCORED, scale_of, usual
from audit.metrics.measurement import Metric, Need
from audit.metrics.measures.class_scores import ClassScore
from audit.metrics.measures.rates import HEADLINE, RATES
from audit.metrics.table.binning import Scale
from audit.metrics.table.cells import CellTable, CodedAttribute
from audit.predictions import Predictions

MOST_CLASSES = 6
"""Classes whose rates are measured one by one: the one in focus, then the most frequent."""
TWO = 2
OF_ONE_CLASS = (*GAPS.values(), "base_rate")
BESIDES = (
    "over_prediction_rate",
    "under_prediction_rate",
    "mean_over_prediction",
    "mean_under_prediction",
    "mean_target",
)
"""Metrics of a regression that are measured besides those of `intake.usual`."""
FITTING: Mapping[str, tuple[tuple[Need, ...], str]] = {
    "multiclass": (("classes", "scores"), "several classes"),
    "regression": (("errors",), "numbers"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What is measured of a task.

    Attributes
    ----------
    table : CellTable
        Of decisions, of classes, or of errors.
    names : tuple of str
    headline : tuple of str
        Metrics whose worst pairs decide the verdict.
    scored : CellTable or None
        Of several classes: the one in focus against the rest, with its scores.
    within : mapping of str to float
        Tolerances of metrics in the unit of the target.
    """

    table: CellTable
    names: tuple[str, ...]
    headline: tuple[str, ...] = HEADLINE
    scored: CellTable | None = None
    within: Mapping[str, float] = field(default_factory=dict)


def asked_of(
    dataset: Dataset, predictions: Predictions, config: AuditConfig, table: CellTable
) -> Asked:
    """Say what is measured.

    Parameters
    ----------
    dataset : Dataset
    predictions : Predictions
    config : AuditConfig
    table : CellTable
        Of decisions (of several classes, of the one in focus against the rest), or of errors.

    Raises
    ------
    MetricError
        If a metric that is asked for has no meaning for the task.
    """
    names = config.metrics.names
    if dataset.task == "binary":
        every = usual("binary", scored=table.scores is not None) if names == "default" else names
        return Asked(table=table, names=every)
    if dataset.task == "regression":
        every = (*OF_NUMBERS, *usual("regression", scored=False), *BESIDES)
        return Asked(
            table=table,
            names=every if names == "default" else _fitting(names, dataset),
            headline=OF_NUMBERS,
            within=dict.fromkeys(sorted(IN_UNIT), target_scale(table, config).tolerance),
        )
    classes = one_by_one(dataset, predictions.rows)
    return Asked(
        table=class_cells(dataset, predictions),
        names=_of_classes(dataset, classes, scored=table.scores is not None)
        if names == "default"
        else _fitting(names, dataset),
        headline=tuple(f"{name}[{of}]" for of in classes for name in HEADLINE),
        scored=table if table.scores is not None else None,
    )


def coded(items: Sequence[SensitiveAttribute], rows: Rows) -> list[CodedAttribute]:
    """Return attributes as a table counts them."""
    return [(item.name, item.categories, item.codes[rows]) for item in items]


def decision_cells(
    dataset: Dataset,
    predictions: Predictions,
    decisions: NDArray[np.generic],
    split_by: Sequence[SensitiveAttribute] | None = None,
) -> CellTable:
    """Count the predicted rows by group, label, decision and score; a number has no label."""
    rows, score = predictions.rows, predictions.score
    numbers = dataset.task == "regression"
    return CellTable.from_arrays(
        coded(dataset.sensitive if split_by is None else split_by, rows),
        np.zeros(len(rows), dtype=np.int8) if numbers else dataset.target[rows],
        decisions,
        **_row_parts(dataset, rows),
        score=score,
        scale=Scale() if score is None else scale_of(score),
    )


def class_cells(dataset: Dataset, predictions: Predictions) -> CellTable:
    """Count the predicted rows by group, class and predicted class.

    Raises
    ------
    MetricError
        If it is not known which class was predicted.
    """
    rows = predictions.rows
    if dataset.codes is None or predictions.classes is None:
        raise MetricError(
            "expected the predicted class of each row, came scores of one class alone",
            "give predictions.label too",
        )
    return CellTable.from_arrays(
        coded(dataset.sensitive, rows),
        dataset.codes[rows],
        predictions.classes,
        **_row_parts(dataset, rows),
        classes=dataset.classes,
    )


def error_cells(
    dataset: Dataset, predictions: Predictions, split_by: Sequence[SensitiveAttribute]
) -> CellTable:
    """Sum the errors of the predicted rows of a regression by group."""
    rows = predictions.rows
    return CellTable.of_errors(
        coded(split_by, rows),
        dataset.target[rows],
        predictions.label,
        **_row_parts(dataset, rows),
    )


def _row_parts(dataset: Dataset, rows: Rows) -> dict[str, Any]:
    return {
        "weights": None if dataset.weights is None else dataset.weights[rows],
        "person": None if dataset.person is None else dataset.person[rows],
    }


def one_by_one(dataset: Dataset, rows: Rows) -> tuple[str, ...]:
    """Name the classes whose rates are measured each: in focus first, then by rows.

    Of two classes only the one in focus: every rate of the other mirrors one of its rates.
    """
    if dataset.codes is None or len(dataset.classes) == TWO:
        return (dataset.classes[dataset.focus],)
    counts = np.bincount(dataset.codes[rows], minlength=len(dataset.classes))
    order = np.argsort(-counts, kind="stable").tolist()
    chosen = [dataset.focus, *(place for place in order if place != dataset.focus)]
    return tuple(dataset.classes[place] for place in chosen[:MOST_CLASSES])


def target_scale(table: CellTable, config: AuditConfig) -> TargetScale:
    """Measure the spread of the targets, and say which gap matters.

    Raises
    ------
    MetricError
        If the table holds no sums of errors, or no row with weight.
    """
    sums = table.rollup([]).errors
    if sums is None or not sums.w.sum() > 0:
        raise MetricError("expected rows with numbers as targets, came none")
    mean = float(sums.y[0] / sums.w[0])
    spread = float(np.sqrt(max(float(sums.y2[0] / sums.w[0]) - mean**2, 0.0)))
    stated = config.metrics.tolerance_value
    tolerance = config.metrics.tolerance * spread if stated is None else stated
    return TargetScale(spread=spread, tolerance=tolerance, stated=stated is not None)


def _of_classes(dataset: Dataset, classes: Sequence[str], *, scored: bool) -> tuple[str, ...]:
    return (
        *(f"{name}[{of}]" for of in classes for name in OF_ONE_CLASS),
        *usual("multiclass", scored=False),
        *(in_task(name, dataset.record) for name in (SCORED if scored else ())),
    )


def _fitting(names: Sequence[str], dataset: Dataset) -> tuple[str, ...]:
    """Refuse metrics that have no meaning for the task, by name."""
    needs, words = FITTING[dataset.task]
    for name in names:
        found = find(name)
        if not isinstance(found, Metric):
            continue
        if found.needs not in needs:
            raise MetricError(
                f"metrics.names: {name!r} needs {found.needs}, came a task of {words}",
                _instead(name, dataset),
            )
        focus = dataset.record.focus
        if found.needs == "scores" and not (isinstance(found, ClassScore) and found.of == focus):
            raise MetricError(
                f"metrics.names: {name!r}: scores are known of the class in focus alone",
                f"say '{name.partition('[')[0]}[{focus}]'",
            )
    return tuple(names)


def _instead(name: str, dataset: Dataset) -> str:
    if dataset.task == "regression":
        return "audit list metrics names those of a regression, for example mean_error"
    if name in RATES:
        return f"say '{in_task(name, dataset.record)}'"
    return "audit list metrics names those of several classes, for example multiclass_accuracy"

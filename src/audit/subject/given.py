"""Predictions that columns of a table hold, whatever the task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import AuditConfig, PredictionsConfig, Target
from audit.data.columns import categories, numbers
from audit.data.dataset import Dataset
from audit.data.records import Role
from audit.data.table import Table
from audit.data.target import labels
from audit.errors import DataError
from audit.predictions import Predictions, from_labels, from_scores

MOST_NAMED = 6


def given_columns(given: PredictionsConfig) -> dict[str, Role]:
    """Return the columns of scores and labels, and their parts."""
    parts: dict[str, Role] = {}
    if given.score is not None:
        parts[given.score] = "score"
    if given.label is not None:
        parts[given.label] = "label"
    return parts


def given_predictions(
    config: AuditConfig, given: PredictionsConfig, table: Table, dataset: Dataset
) -> Predictions:
    """Read the predictions of the audited rows.

    Parameters
    ----------
    config : AuditConfig
    given : PredictionsConfig
        Fit for the task, as `audit.config.tasks.require_task` checks.
    table : Table
    dataset : Dataset

    Raises
    ------
    DataError
        Naming the column, and the row and value that is not what the task needs.
    """
    rows = dataset.splits["test"]
    places = dataset.row_ids[rows]
    columns: dict[str, pd.Series[Any]] = {
        role: table.column(name, f"predictions.{role}").iloc[places]
        for name, role in given_columns(given).items()
    }
    if dataset.task == "multiclass":
        return _of_classes(columns, dataset, rows)
    if dataset.task == "regression":
        return _of_numbers(columns["score"], rows)
    shared: dict[str, Any] = {"rows": rows, "row_ids": places}
    if "score" in columns:
        scores = numbers(columns["score"], "score")
        return from_scores(scores, config.metrics.threshold, name=str(given.score), **shared)
    decided = _decisions(config, columns["label"], str(given.label))
    return from_labels(decided, name=str(given.label), **shared)


def _decisions(config: AuditConfig, values: pd.Series[Any], name: str) -> NDArray[np.float64]:
    rule = Target(column=name, positive=config.data.target.positive)
    decided = labels(values, rule, "predictions.label", both=False)
    return np.where(decided.known, decided.values, np.nan)


def _of_classes(
    columns: dict[str, pd.Series[Any]], dataset: Dataset, rows: NDArray[np.int64]
) -> Predictions:
    found = _places(columns["label"], dataset.classes)
    score = _finite(columns["score"], "score") if "score" in columns else None
    only = dataset.classes[found[0]]
    notes = [] if np.ptp(found) else [f"every row is predicted to be {only!r}"]
    if score is not None and len(score) > 1 and not np.ptp(score):
        notes.append(f"every score is the same ({score[0]:.6g})")
    return Predictions(
        score=score,
        label=(found == dataset.focus).astype(np.int8),
        threshold=None,
        rows=rows,
        notes=tuple(notes),
        classes=found,
    )


def _places(column: pd.Series[Any], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the place of each predicted class among the classes of the target."""
    codes, texts = categories(column)
    missing = np.flatnonzero(codes < 0)
    where = f"column {str(column.name)!r} (predictions.label)"
    if missing.size:
        raise DataError(
            f"{where}, row {_row(column, missing)}: expected a class, came a missing value "
            f"({missing.size} rows)",
            "fill it in, or leave these rows out",
        )
    known = {name: place for place, name in enumerate(classes)}
    table = np.array([known.get(text, -1) for text in texts], dtype=np.int64)
    found: NDArray[np.int64] = table[codes]
    strange = np.flatnonzero(found < 0)
    if strange.size:
        text = texts[codes[strange[0]]]
        told = ", ".join(map(repr, classes[:MOST_NAMED]))
        more = " ..." if len(classes) > MOST_NAMED else ""
        raise DataError(
            f"{where}, row {_row(column, strange)}: expected a class of the target ({told}{more}), "
            f"came {text!r} ({strange.size} rows)",
            "correct it, or name every class there is: data: {target: {classes: [...]}}",
        )
    return found


def _of_numbers(column: pd.Series[Any], rows: NDArray[np.int64]) -> Predictions:
    said = _finite(column, "score")
    same = len(said) > 1 and not np.ptp(said)
    notes = (f"every prediction is the same ({said[0]:.6g})",) if same else ()
    return Predictions(score=said, label=said, threshold=None, rows=rows, notes=notes)


def _finite(column: pd.Series[Any], role: str) -> NDArray[np.float64]:
    values = numbers(column, f"predictions.{role}")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise DataError(
            f"column {str(column.name)!r} (predictions.{role}): {bad.size} of {len(values)} values "
            f"are missing or infinite, the first in row {_row(column, bad)}",
            "fill them in, or leave these rows out",
        )
    return values


def _row(column: pd.Series[Any], bad: NDArray[np.int64]) -> int:
    """Return the place of the first bad row in the source, counted from 1."""
    return int(column.index[bad[0]]) + 1

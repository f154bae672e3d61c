"""Asking a model that is not a network: an estimator or a callable, known by its answers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import AuditConfig
from audit.data.arrays import array, column
from audit.data.columns import category_text
from audit.data.dataset import Dataset, TableInput
from audit.data.table import Table
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.class_order import positive_places, positive_texts
from audit.models.records import ModelRecord
from audit.predictions import Predictions, from_labels, from_scores
from audit.subject.loading import NAME, Subject, threshold_source

MATRIX, CLASSES = 2, 2


def ask_black_box(
    config: AuditConfig, dataset: Dataset, model: Any, X: Any, table: Table, *, reason: str
) -> Subject:
    """Ask an estimator or a callable about every row.

    Parameters
    ----------
    config : AuditConfig
    dataset : Dataset
        The rows of `table` that have a label.
    model : estimator or callable
    X : any
        Passed to `model` as it is; one row for each of `table`.
    table : Table
        Its first columns are those of `X`.
    reason : str
        Why the model can only be asked, in words.

    Returns
    -------
    Subject

    Raises
    ------
    ModelError
        If the model fails, does not give one answer for each row, or has no single class that is
        the positive label.
    """
    found = _answers(config, model, X, table, dataset.row_ids)
    record = ModelRecord(
        name=NAME,
        kind="black box",
        architecture=f"{type(model).__name__}, asked for its answers only",
        threshold=found.threshold,
        threshold_source=threshold_source(config) if found.score is not None else "the model's own",
        notes=found.notes,
        opaque=reason,
    )
    frame = _askable(X, found, table)
    if frame is None:
        return Subject(dataset=dataset, predictions=found, record=record)
    shown = {"table": TableInput(frame=frame.iloc[dataset.row_ids])}
    return Subject(
        dataset=replace(dataset, inputs=shown),
        predictions=found,
        record=record,
        black_box=_again(model, X, config.data.target.positive, reason),
    )


def _askable(X: Any, found: Predictions, table: Table) -> pd.DataFrame | None:
    """Return X as a frame whose columns can be changed, where the scores are probabilities."""
    if found.score is None or found.score.min() < 0 or found.score.max() > 1:
        return None
    if isinstance(X, pd.DataFrame) and X.columns.is_unique:
        return X.reset_index(drop=True)
    if isinstance(X, np.ndarray) and X.ndim == MATRIX:
        return pd.DataFrame(X, columns=table.frame.columns[: X.shape[1]])
    return None


def _again(model: Any, X: Any, positive: Any, reason: str) -> AnswerModel:
    """Return the model as one that can be asked about other rows of the kind of X."""
    method = model.predict_proba if hasattr(model, "predict_proba") else model

    def ask(inputs: Mapping[str, Any]) -> NDArray[Any]:
        frame = inputs["table"]
        rows = frame if isinstance(X, pd.DataFrame) else frame.to_numpy(dtype=X.dtype)
        return _scores(_called(method, rows, len(frame)), model, positive)

    return AnswerModel(
        ask=ask,
        output="probability",
        format="in memory",
        architecture=type(model).__name__,
        sha256=None,
        reason=reason,
    )


def _answers(
    config: AuditConfig, model: Any, X: Any, table: Table, kept: NDArray[np.int64]
) -> Predictions:
    positive, rows = config.data.target.positive, len(table.frame)
    if hasattr(model, "predict_proba"):
        values = _scores(_called(model.predict_proba, X, rows), model, positive)
    elif hasattr(model, "predict"):
        decided = _decisions(
            column(_called(model.predict, X, rows), "predictions", ModelError),
            _classes(model) or table.frame[config.data.target.column].dropna().unique().tolist(),
            positive,
        )
        return from_labels(decided[kept], row_ids=kept, name="predict")
    elif callable(model):
        values = _scores(_called(model, X, rows), model, positive)
    else:
        raise ModelError(
            f"expected an nn.Module, an estimator or a callable, came {type(model).__name__}"
        )
    return from_scores(values[kept], config.metrics.threshold, row_ids=kept, name="score")


def _called(ask_model: Callable[[Any], Any], X: Any, rows: int) -> NDArray[Any]:
    try:
        values = array(ask_model(X))
    except Exception as error:
        raise ModelError(
            f"the model failed on X: {type(error).__name__}: {error}",
            "X is passed to it as it was given",
        ) from error
    if values.ndim == 0 or len(values) != rows:
        came = f"{len(values):,}" if values.ndim else f"{values.item()!r}"
        raise ModelError(f"expected {rows:,} answers, one for each row of X, came {came}")
    return values


def _scores(values: NDArray[Any], model: Any, positive: Any) -> NDArray[Any]:
    if values.ndim == 1:
        return values
    if values.ndim != MATRIX or values.shape[1] not in (1, CLASSES):
        raise ModelError(
            f"expected scores of shape (n,) or (n, 2), came {values.shape}",
            "this version audits two classes",
        )
    classes = _classes(model)
    if not classes:
        return values[:, -1]
    if len(classes) != values.shape[1]:
        raise ModelError(f"expected a column for each of classes {classes}, came {values.shape}")
    found = positive_places(classes, positive)
    if len(found) != 1:
        raise _mismatch(classes, positive, "one class that is")
    return values[:, found[0]]


def _classes(model: Any) -> list[Any]:
    found = getattr(model, "classes_", None)
    return [] if found is None else array(found).tolist()


def _mismatch(classes: list[Any], positive: Any, expected: str) -> ModelError:
    label = "1 or True" if positive is None else " or ".join(repr(item) for item in positive)
    return ModelError(
        f"expected {expected} the positive label {label}, came the classes {classes} of the model",
        "say positive= as the model names it, or give a callable that returns its scores",
    )


def _decisions(values: NDArray[Any], classes: list[Any], positive: Any) -> NDArray[Any]:
    if positive is None:
        return values
    if pd.isna(values).any():
        raise ModelError("expected a label for each row of X, came missing values from predict")
    wanted = positive_texts(positive)
    answers = {category_text(item): item for item in pd.unique(values).tolist()}
    known = {category_text(item) for item in classes}
    if not known & wanted or not (answers.keys() & wanted or answers.keys() <= known):
        raise _mismatch(list(answers.values()), positive, "answers that hold")
    return np.array([category_text(value) in wanted for value in values.tolist()], dtype=float)

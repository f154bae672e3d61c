"""Auditing a model that is in memory, in the conventions of scikit-learn and fairlearn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import AuditConfig, config_from
from audit.data.dataset import Dataset
from audit.data.loading import build_dataset
from audit.data.table import Table, from_frame
from audit.errors import DataError, ModelError
from audit.mitigation.checking import check
from audit.models.records import ModelRecord, Output
from audit.pipeline import audit
from audit.predictions import Predictions, from_labels, from_scores
from audit.progress import Progress, Silent
from audit.result import AuditResult
from audit.subject import NAME, Subject, ask, threshold_source

if TYPE_CHECKING:
    from torch import nn

TARGET, WEIGHT = "target", "sample_weight"
MEMORY = "memory"
MATRIX, CLASSES = 2, 2


def audit_model(
    model: nn.Module | Any,
    X: Any,
    y: Any,
    *,
    sensitive_features: Any,
    sample_weight: Any = None,
    output: Output | None = None,
    encode: Callable[[pd.DataFrame], Any] | None = None,
    positive: Any = None,
    name: str = "audit",
    settings: Mapping[str, Any] | None = None,
    date: str | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Audit a model on the rows given.

    Parameters
    ----------
    model : nn.Module, scikit-learn estimator, or callable
        A module is audited with explanations. An estimator is asked for ``predict_proba``, else
        ``predict``; a callable takes `X` and returns scores of shape (n,) or probabilities of shape
        (n, 2). Both are black boxes: metrics, no explanations.
    X : dataframe of any library, array of shape (n, features), or mapping of columns
    y : array-like, shape (n,)
        Labels, 0 and 1, or any two values with `positive`.
    sensitive_features : array-like, Series, dataframe or mapping of columns
        As in fairlearn: one attribute or several.
    sample_weight : array-like, shape (n,), optional
    output : {"logit", "logits", "probability", "probabilities"}
        What a module answers with; needed for a module.
    encode : callable, optional
        From a frame of rows of `X` to a tensor, or named tensors, or those with a map from tensor
        columns to columns of `X`. Without it the columns of `X`, which must be numbers, go in
        order.
    positive : optional
        The positive label, where labels are not 0 and 1.
    name : str
    settings : mapping, optional
        Sections of audit.yaml: metrics, explain, report, statements, seed; and of data:
        intersections.
    date : str, optional
        Printed in the report; by default today.
    progress : Progress, optional

    Returns
    -------
    AuditResult

    Raises
    ------
    AuditError
        In one line: what was expected, what came, what to do.
    """
    from torch import nn

    table, parts = _table(X, y, sensitive_features, sample_weight)
    whole = isinstance(model, nn.Module)
    chosen = {**(settings or {}), **_subject_settings(model, output if whole else None)}
    config = _config(parts, positive, name, chosen)
    check(config.mitigate, config)
    dataset = build_dataset(config.data, table, parts["features"] if whole else ())
    if whole:
        subject = ask(config, dataset, _module(model, output, encode), progress or Silent())
    else:
        subject = _black_box(config, dataset, model, X)
    return _finished(subject, config, date, progress or Silent())


def _finished(
    subject: Subject, config: AuditConfig, date: str | None, progress: Progress
) -> AuditResult:
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    stated = config.report.date or date or started.date().isoformat()
    done = audit(subject, config, date=stated, progress=progress)
    seconds = (datetime.now(UTC) - started).total_seconds()
    return AuditResult(evidence=done.evidence, files=done.files, started=started, seconds=seconds)


def _table(X: Any, y: Any, sensitive: Any, weight: Any) -> tuple[Table, dict[str, Any]]:
    features = _frame(X, "x")
    groups = _frame(sensitive, "sensitive")
    frame = features.copy()
    for column in groups.columns:
        _add(frame, column, groups[column].to_numpy(), "sensitive_features")
    target = _free(TARGET, frame)
    _add(frame, target, _values(y), "y")
    parts = {"features": tuple(features), "sensitive": list(groups), "target": target}
    if weight is not None:
        parts["weight"] = _free(WEIGHT, frame)
        _add(frame, parts["weight"], _values(weight), "sample_weight")
    return Table(frame=frame.reset_index(drop=True), source=MEMORY), parts


def _frame(data: Any, stem: str) -> pd.DataFrame:
    if isinstance(data, pd.Series) or hasattr(data, "to_frame"):
        return from_frame(data.to_frame(name=str(getattr(data, "name", None) or stem)), stem).frame
    if hasattr(data, "detach") or isinstance(data, np.ndarray | list | tuple):
        values = _values(data)
        if values.ndim > MATRIX:
            raise DataError(
                f"expected a table, came an array of shape {values.shape}",
                "flatten it, or audit its scores with a callable",
            )
        columns = [stem] if values.ndim == 1 else [f"{stem}{i}" for i in range(values.shape[1])]
        return from_frame(
            pd.DataFrame(values.reshape(len(values), -1), columns=columns), stem
        ).frame
    return from_frame(data, stem).frame


def _values(data: Any) -> NDArray[Any]:
    tensor = data.detach().cpu() if hasattr(data, "detach") else data
    return np.asarray(tensor)


def _add(frame: pd.DataFrame, name: Any, values: NDArray[Any], part: str) -> None:
    if len(values) != len(frame):
        raise DataError(
            f"{part}: expected {len(frame):,} values, one for each row of X, came {len(values):,}"
        )
    added = pd.Series(values, index=frame.index)
    if name in frame.columns and not frame[name].equals(added):
        raise DataError(
            f"{part}: {name!r} is also a column of X, with different values", "rename one of them"
        )
    frame[name] = added


def _free(name: str, frame: pd.DataFrame) -> str:
    while name in frame.columns:
        name += "_"
    return name


def _config(
    parts: dict[str, Any], positive: Any, name: str, settings: dict[str, Any]
) -> AuditConfig:
    target = {"column": parts["target"]}
    if positive is not None:
        target["positive"] = positive
    data = {
        "source": MEMORY,
        "target": target,
        "sensitive": parts["sensitive"],
        "sample_weight": parts.get("weight"),
        **settings.get("data", {}),
    }
    return config_from({"name": name, **settings, "data": data}, "settings")


def _subject_settings(model: Any, output: Output | None) -> dict[str, Any]:
    if output is None:
        return {"predictions": {"score": "score"}}
    kind = type(model)
    return {"model": {"factory": f"{kind.__module__}:{kind.__qualname__}", "output": output}}


def _module(model: nn.Module, output: Output | None, encode: Any) -> Any:
    from audit.models.factory import from_module

    if output is None:
        raise ModelError(
            "expected output= beside a module, came none",
            "say what it answers with: logit, logits, probability or probabilities",
        )
    return from_module(model, output=output, encode=encode)


def _black_box(config: AuditConfig, dataset: Dataset, model: Any, X: Any) -> Subject:
    found = _answers(config, model, X, dataset.row_ids)
    record = ModelRecord(
        name=NAME,
        kind="black box",
        architecture=f"{type(model).__name__}, asked for its answers only",
        threshold=found.threshold,
        threshold_source=threshold_source(config) if found.score is not None else "the model's own",
        notes=found.notes,
    )
    return Subject(dataset=dataset, predictions=found, record=record)


def _answers(config: AuditConfig, model: Any, X: Any, kept: NDArray[np.int64]) -> Predictions:
    if hasattr(model, "predict_proba"):
        values = _column(_called(model.predict_proba, X), model, config)
    elif hasattr(model, "predict"):
        return from_labels(_decided(_called(model.predict, X), config)[kept], name="predict")
    elif callable(model):
        values = _column(_called(model, X), model, config)
    else:
        raise ModelError(
            f"expected an nn.Module, an estimator or a callable, came {type(model).__name__}"
        )
    return from_scores(values[kept], config.metrics.threshold, name="score")


def _called(ask_model: Callable[[Any], Any], X: Any) -> NDArray[Any]:
    try:
        return _values(ask_model(X))
    except Exception as error:
        raise ModelError(
            f"the model failed on X: {type(error).__name__}: {error}",
            "X is passed to it as it was given",
        ) from error


def _column(values: NDArray[Any], model: Any, config: AuditConfig) -> NDArray[Any]:
    if values.ndim == 1:
        return values
    if values.ndim != MATRIX or values.shape[1] not in (1, CLASSES):
        raise ModelError(
            f"expected scores of shape (n,) or (n, 2), came {values.shape}",
            "this version audits two classes",
        )
    classes = [str(item) for item in getattr(model, "classes_", [])]
    wanted = [str(item) for item in config.data.target.positive or ()]
    place = next((classes.index(item) for item in wanted if item in classes), -1)
    return values[:, place]


def _decided(values: NDArray[Any], config: AuditConfig) -> NDArray[Any]:
    wanted = {str(item) for item in config.data.target.positive or ()}
    if not wanted:
        return values
    return np.array([str(value) in wanted for value in values.tolist()], dtype=np.float64)

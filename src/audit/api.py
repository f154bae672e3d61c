"""Auditing a model that is in memory, in the conventions of scikit-learn and fairlearn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.black_box import ask_black_box
from audit.config import AuditConfig, config_from
from audit.data.arrays import array, column, columns
from audit.data.loading import build_dataset
from audit.data.table import Table, from_frame
from audit.errors import AuditError, ConfigError, DataError
from audit.mitigation.checking import check
from audit.models.records import Output
from audit.pipeline import audit
from audit.progress import Progress, Silent
from audit.result import AuditResult
from audit.subject.loading import Subject, ask

if TYPE_CHECKING:
    from torch import nn

    from audit.models.model import TorchModel

TARGET, WEIGHT = "target", "sample_weight"
MEMORY = "memory"
MATRIX = 2


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
    model : nn.Module, skorch or scikit-learn estimator, or callable
        A module is audited with explanations and ledgers of its weights, and so are the module of a
        fitted skorch classifier, on the columns of `X` in their order, and an MLP or linear
        classifier of scikit-learn, alone or at the end of a Pipeline, which becomes a network with
        its own preprocessing. Any other estimator is asked for ``predict_proba``, else ``predict``;
        a callable takes `X` and returns scores of shape (n,) or probabilities of shape (n, 2). Both
        are black boxes: metrics, and explanations by changing columns where `X` is a pandas frame
        or a numpy array and scores are probabilities. Of two columns the one of the positive label
        is taken, by ``classes_``; where there are no classes, the second.
    X : dataframe of any library, array of shape (n, features), or mapping of columns
        Columns of an array are called as the estimator knows them, else x0, x1, ...
    y : array-like, shape (n,) or (n, 1)
        Labels, 0 and 1, or any two values with `positive`.
    sensitive_features : array-like, Series, dataframe or mapping of columns
        As in fairlearn: one attribute or several. Missing values are the group ``unknown``; in a
        list that holds both, True and 1 are one category.
    sample_weight : array-like, shape (n,), optional
    output : {"logit", "logits", "probability", "probabilities"}
        What a module answers with; needed for a module, known of an estimator (from the loss, of
        one of skorch).
    encode : callable, optional
        From a frame of rows of `X` to a tensor, or named tensors, or those with a map from tensor
        columns to columns of `X`. Without it the columns of `X`, which must be numbers, go in
        order.
    positive : optional
        The positive label, or several, where labels are not 0 and 1; 1, 1.0 and "1" are the same.
    name : str
    settings : mapping, optional
        Sections of audit.yaml: metrics, explain, report, statements, seed; and of data:
        intersections alone.
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
    from audit.models.in_memory import network_in

    given = _settings(settings)
    features = _features(X, model)
    table, parts = _table(features, y, sensitive_features, sample_weight)
    names = tuple(map(str, features))
    found = network_in(model, names, output=output, encode=encode)
    answers = None if isinstance(found, str) else found.output
    config = _config(parts, positive, name, {**given, **_subject_settings(model, answers)})
    check(config.mitigate, config)
    if isinstance(found, str):
        dataset = build_dataset(config.data, table, ())
        subject = ask_black_box(config, dataset, model, X, table, reason=found)
    else:
        subject = _asked(config, table, found, names, progress or Silent())
    return _finished(subject, config, date, progress or Silent())


def _asked(
    config: AuditConfig,
    table: Table,
    network: TorchModel,
    features: tuple[str, ...],
    progress: Progress,
) -> Subject:
    """Ask a network about the columns of X that it takes."""
    from audit.models.class_order import in_class_order

    needed = network.features or features
    dataset = build_dataset(config.data, table, needed)
    return ask(config, dataset, in_class_order(network, config.data.target), progress)


def _finished(
    subject: Subject, config: AuditConfig, date: str | None, progress: Progress
) -> AuditResult:
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    stated = config.report.date or date or started.date().isoformat()
    done = audit(subject, config, date=stated, progress=progress)
    seconds = (datetime.now(UTC) - started).total_seconds()
    return AuditResult(evidence=done.evidence, files=done.files, started=started, seconds=seconds)


def _features(X: Any, model: Any) -> pd.DataFrame:
    from audit.models.in_memory import names_in

    frame = _frame(X, "x")
    nameless = isinstance(X, np.ndarray | list | tuple) or hasattr(X, "detach")
    names = names_in(model, len(frame.columns)) if nameless else None
    return frame if names is None else frame.set_axis(list(names), axis="columns")


def _table(
    features: pd.DataFrame, y: Any, sensitive: Any, weight: Any
) -> tuple[Table, dict[str, Any]]:
    groups = dict(columns(sensitive))
    frame = features.copy()
    for group, values in groups.items():
        _add(frame, group, values, "sensitive_features")
    target = _free(TARGET, frame)
    _add(frame, target, y, "y")
    parts: dict[str, Any] = {
        "sensitive": list(groups),
        "target": target,
    }
    if weight is not None:
        parts["weight"] = _free(WEIGHT, frame)
        _add(frame, parts["weight"], weight, "sample_weight")
    return Table(frame=frame.reset_index(drop=True), source=MEMORY), parts


def _frame(data: Any, stem: str) -> pd.DataFrame:
    if isinstance(data, pd.Series) or hasattr(data, "to_frame"):
        return from_frame(data.to_frame(name=str(getattr(data, "name", None) or stem)), stem).frame
    if hasattr(data, "detach") or isinstance(data, np.ndarray | list | tuple):
        return _array_frame(_array(data, "X", DataError), stem)
    try:
        return from_frame(data, stem).frame
    except ValueError as error:
        raise DataError(f"X: expected columns of one length, came {error}") from error


def _array_frame(values: NDArray[Any], stem: str) -> pd.DataFrame:
    if values.ndim > MATRIX:
        raise DataError(
            f"expected a table, came an array of shape {values.shape}",
            "flatten it, or audit its scores with a callable",
        )
    names = [stem] if values.ndim == 1 else [f"{stem}{i}" for i in range(values.shape[1])]
    return from_frame(pd.DataFrame(values.reshape(len(values), -1), columns=names), stem).frame


def _array(data: Any, part: str, error: type[AuditError]) -> NDArray[Any]:
    try:
        return array(data)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise error(f"{part}: expected an array, came {problem}") from problem


def _add(frame: pd.DataFrame, name: str, values: Any, part: str) -> None:
    given = column(values, part)
    if len(given) != len(frame):
        raise DataError(
            f"{part}: expected {len(frame):,} values, one for each row of X, came {len(given):,}"
        )
    added = _series(given, frame.index)
    if name not in frame.columns:
        frame[name] = added
    elif not _same(frame[name], added):
        raise DataError(
            f"{part}: {name!r} is also a column of X, with different values", "rename one of them"
        )


def _series(values: NDArray[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    series = pd.Series(values, index=index)
    if series.dtype != np.dtype(object):
        return series
    # One kind of missing value, so that whole numbers with gaps are still numbers.
    return series.where(series.notna(), None).infer_objects()


def _same(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    missing = one.isna() & other.isna()
    equal = one.astype(object).to_numpy() == other.astype(object).to_numpy()
    return bool((missing | equal).all())


def _free(name: str, frame: pd.DataFrame) -> str:
    while name in frame.columns:
        name += "_"
    return name


def _config(
    parts: dict[str, Any], positive: Any, name: str, settings: dict[str, Any]
) -> AuditConfig:
    target = {"column": parts["target"]}
    if positive is not None:
        target["positive"] = _plain(positive)
    data = {
        "source": MEMORY,
        "target": target,
        "sensitive": parts["sensitive"],
        "sample_weight": parts.get("weight"),
        **settings.get("data", {}),
    }
    return config_from({"name": name, **settings, "data": data}, "settings")


def _plain(positive: Any) -> Any:
    # The configuration holds Python's own numbers and texts, labels often come as numpy's.
    if isinstance(positive, list | tuple):
        return [_plain(item) for item in positive]
    return positive.tolist() if isinstance(positive, np.ndarray | np.generic) else positive


def _settings(settings: Any) -> dict[str, Any]:
    given = _keys({} if settings is None else settings, "settings")
    if "data" not in given:
        return given
    other = [key for key in _keys(given["data"], "settings: data") if key != "intersections"]
    if other:
        raise ConfigError(
            f"settings: data: expected intersections alone, came {other[0]!r}",
            "the other parts of data are the arguments of audit_model",
        )
    return given


def _keys(values: Any, part: str) -> dict[str, Any]:
    if not isinstance(values, Mapping) or not all(isinstance(key, str) for key in values):
        raise ConfigError(f"{part}: expected a mapping of keys and values, came {values!r}")
    return dict(values)


def _subject_settings(model: Any, output: Output | None) -> dict[str, Any]:
    if output is None:
        return {"predictions": {"score": "score"}}
    kind = type(model)
    return {"model": {"factory": f"{kind.__module__}:{kind.__qualname__}", "output": output}}

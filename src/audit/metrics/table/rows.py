"""Rows as users hold them, of any library, counted into a cell table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import column, columns
from audit.data.columns import category_text
from audit.errors import MetricError
from audit.metrics.inputs import binary, categories, weights
from audit.metrics.table.binning import BUCKETS, Scale
from audit.metrics.table.cells import BINARY, CellTable
from audit.metrics.table.coded import CodedAttribute
from audit.metrics.table.counting import numbers

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def count_rows(
    y_true: Any,  # noqa: ANN401 - an array of any library
    y_pred: Any = None,  # noqa: ANN401 - an array of any library
    *,
    sensitive_features: Any = None,  # noqa: ANN401 - arrays or frames of any library
    y_score: Any = None,  # noqa: ANN401 - an array of any library
    threshold: float | None = None,
    sample_weight: Any = None,  # noqa: ANN401 - an array of any library
    person: Any = None,  # noqa: ANN401 - an array of any library
    classes: Sequence[str] | None = BINARY,
    scale: Scale = Scale(),  # noqa: B008 - frozen
    buckets: int = BUCKETS,
) -> CellTable:
    """Count rows given as arrays, tensors on any device, lists, Series or frames.

    Parameters
    ----------
    y_true : array-like of shape (rows,)
        Labels; numbers where `classes` is None.
    y_pred : array-like of shape (rows,), optional
        Predictions in the form of `y_true`. Without them, they are ``y_score >= threshold``.
    sensitive_features : mapping of str to array, frame, Series or array, optional
        A missing value makes the row's group ``unknown``. None counts everyone together.
    y_score : array-like of shape (rows,), optional
        Scores of label 1.
    threshold : float, optional
    sample_weight : array-like of shape (rows,), optional
    person : array-like of shape (rows,), optional
        Ids, where people have several rows.
    classes : sequence of str or None
        Names of the labels; 0 and 1 read the same however they are stored. None for numbers,
        whose errors are summed.
    scale : Scale
        What the scores are.
    buckets : int
        Of people.

    Raises
    ------
    MetricError
        If lengths differ, a label, prediction, score or weight is not what it should be, or
        neither predictions nor scores with a threshold are given.
    """
    attributes = attributes_of(sensitive_features)
    row_weights = None if sample_weight is None else weights(sample_weight)
    if classes is None:
        _refuse_scores(y_score, threshold)
        target, answer = real(y_true, "y_true"), real(_given(y_pred), "y_pred")
        _require_rows(attributes, y_true=target, y_pred=answer, sample_weight=row_weights)
        return CellTable.of_errors(
            attributes, target, answer, weights=row_weights, person=person, buckets=buckets
        )
    label = labels(y_true, classes, "y_true")
    score = None if y_score is None else real(y_score, "y_score")
    prediction = _prediction(y_pred, score, threshold, classes)
    _require_rows(
        attributes, y_true=label, y_pred=prediction, y_score=score, sample_weight=row_weights
    )
    return CellTable.from_arrays(
        attributes,
        label,
        prediction,
        weights=row_weights,
        score=score,
        scale=scale,
        person=person,
        classes=classes,
        buckets=buckets,
    )


def attributes_of(features: Any) -> tuple[CodedAttribute, ...]:  # noqa: ANN401 - arrays or frames
    """Turn sensitive features into named codes; none of them into no attributes."""
    return tuple((name, *categories(values, name)) for name, values in named(features))


def named(features: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - arrays or frames
    """Name the columns of sensitive features; there may be none."""
    if features is None or (isinstance(features, Mapping) and not features):
        return []
    return columns(features, error=MetricError)


def declared_orders(features: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - arrays or frames
    """Return all categories of each ordered categorical, in its own order."""
    import narwhals as nw

    found = {}
    for name, values in named(features):
        native = nw.from_native(values, pass_through=True, allow_series=True)
        if isinstance(native, nw.Series) and isinstance(native.dtype, nw.Enum):
            found[name] = tuple(category_text(value) for value in native.dtype.categories)
    return found


def labels(values: Any, classes: Sequence[str], name: str) -> NDArray[Any]:  # noqa: ANN401 - array-like
    """Turn labels into positions in `classes`.

    Raises
    ------
    MetricError
        If a label is missing or is none of the classes, naming its row.
    """
    if tuple(classes) == BINARY:
        return binary(values, name)
    require_classes(classes)
    known, codes = categories(values, name)
    place = {text: position for position, text in enumerate(classes)}
    found = np.array([place.get(text, -1) for text in known], dtype=np.int64)[codes]
    bad = np.flatnonzero(found < 0)
    if len(bad):
        row = int(bad[0])
        raise MetricError(
            f"expected {name} of the classes {list(classes)}, came {known[codes[row]]!r} "
            f"in row {row}",
            "name every class, or drop such rows",
        )
    return found


def real(values: Any, name: str) -> Floats:  # noqa: ANN401 - any array-like
    """Turn scores or targets into float64, NaN where missing.

    Raises
    ------
    MetricError
        If a value is no number.
    """
    array = column(values, name, MetricError)
    if array.dtype == np.dtype(object):
        import pandas as pd

        array = array.copy()
        array[pd.isna(array)] = np.nan
    return numbers(array, name)


def decided(score: Floats, threshold: float) -> NDArray[np.int8]:
    """Predict 1 where the score is at least the threshold.

    Raises
    ------
    MetricError
        If a row has no score.
    """
    missing = np.flatnonzero(np.isnan(score))
    if len(missing):
        raise MetricError(
            f"expected a score in each row to compare with the threshold, came none in row "
            f"{int(missing[0])} ({len(missing)} rows)",
            "drop such rows, or give predictions",
        )
    return (score >= threshold).astype(np.int8)


def require_classes(classes: Sequence[str]) -> None:
    """Refuse class names that are not different texts."""
    names = list(classes)
    if isinstance(classes, str) or not all(isinstance(name, str) for name in names):
        raise MetricError(f"expected names of classes as texts, came {classes!r}")
    if len(set(names)) < len(names) or not names:
        raise MetricError(f"expected classes of different names, came {names}")


def require_threshold(threshold: object) -> float:
    """Refuse a threshold that is no number."""
    plain = isinstance(threshold, int | float | np.integer | np.floating)
    if not plain or isinstance(threshold, bool) or threshold != threshold:  # noqa: PLR0124 - NaN
        raise MetricError(f"expected a threshold as a number, came {threshold!r}")
    return float(threshold)  # type: ignore[arg-type]  # checked above


def _prediction(
    y_pred: Any,  # noqa: ANN401 - an array of any library
    score: Floats | None,
    threshold: float | None,
    classes: Sequence[str],
) -> NDArray[Any]:
    if y_pred is not None:
        return labels(y_pred, classes, "y_pred")
    if score is None or threshold is None:
        raise MetricError("expected y_pred, or y_score with a threshold", "give one of the two")
    if tuple(classes) != BINARY and len(classes) != 2:  # noqa: PLR2004 - binary
        raise MetricError(f"expected y_pred where there are {len(classes)} classes")
    return decided(score, require_threshold(threshold))


def _given(y_pred: Any) -> Any:  # noqa: ANN401 - an array of any library
    if y_pred is None:
        raise MetricError("expected y_pred, the predicted numbers, came none")
    return y_pred


def _refuse_scores(y_score: object, threshold: object) -> None:
    if y_score is not None or threshold is not None:
        raise MetricError(
            "expected no y_score and no threshold where classes is None", "give y_pred alone"
        )


def _require_rows(attributes: Sequence[CodedAttribute], **given: NDArray[Any] | None) -> None:
    lengths = {name: len(values) for name, values in given.items() if values is not None}
    lengths |= {
        f"sensitive feature {name!r}": len(np.asarray(codes)) for name, _, codes in attributes
    }
    if len(set(lengths.values())) > 1:
        came = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise MetricError(f"expected columns of one length, came rows: {came}")

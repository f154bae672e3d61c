"""The cell table of what an engine grouped: keys read as everywhere else, equal ones added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import column
from audit.errors import MetricError
from audit.metrics.inputs import categories, factorise
from audit.metrics.table.backends.roles import Roles
from audit.metrics.table.backends.texts import key_values
from audit.metrics.table.binning import bins, bucket_names
from audit.metrics.table.cells import BINARY, BUCKET, NO_CLASSES, Attribute, CellTable
from audit.metrics.table.counting import distinct
from audit.metrics.table.histogram import ScoreHistogram
from audit.metrics.table.moments import COUNTS, SUMS, ErrorSums
from audit.metrics.table.rows import labels

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CLEAR = 100.0
"""Added to the number of a pair of bins: beyond any score that lies on an edge."""
MISSING, NO_ID = -1, -2
"""Buckets of a person that is missing, and of one that is neither text nor whole number."""


def table(found: Any, roles: Roles) -> CellTable:  # noqa: ANN401 - of narwhals
    """Make a table of counts grouped by attributes, label, prediction and bin."""
    classes = BINARY if roles.classes is None else tuple(roles.classes)
    n = _whole(found, "n")
    label = _labels(found, "label", roles.label, roles)
    prediction = (
        _decided(found, n, roles)
        if roles.prediction is None
        else _labels(found, "prediction", roles.prediction, roles)
    )
    attributes, groups, position = _groups(found, roles)
    w, w2 = _weights(found, n, roles)
    shape, cell = (len(groups), len(classes), len(classes)), (position, label, prediction)
    return CellTable(
        attributes=attributes,
        codes=groups,
        n=_added(n, cell, shape),
        w=_added(w, cell, shape),
        w2=_added(w2, cell, shape),
        weighted=roles.weight is not None,
        classes=classes,
        scores=None if roles.score is None else _histogram(found, roles, position, label),
        buckets=0 if roles.person is None else roles.buckets,
    )


def errors_table(found: Any, roles: Roles, centre: float) -> CellTable:  # noqa: ANN401 - of narwhals
    """Make a table of the errors of a regression, grouped by attributes."""
    bad = int(_whole(found, "bad_number").sum())
    if bad:
        raise MetricError(
            f"expected columns {roles.label!r} and {roles.prediction!r} of finite numbers, came "
            f"others in {bad} rows",
            "drop such rows, or correct them",
        )
    attributes, groups, position = _groups(found, roles)
    n = _whole(found, "n")
    w, w2 = _weights(found, n, roles)
    own: dict[str, NDArray[Any]] = {"n": n, "w": w, "w2": w2}
    own |= {name: _whole(found, name) for name in ("over", "under")}
    own |= {name: _real(found, name) for name in SUMS if name not in own}
    sums: Any = {name: _added(own[name], (position,), (len(groups),)) for name in (*COUNTS, *SUMS)}
    errors = ErrorSums(**sums, centre=centre)
    return CellTable(
        attributes=attributes,
        codes=groups,
        n=errors.n[:, None, None],
        w=errors.w[:, None, None],
        w2=errors.w2[:, None, None],
        weighted=roles.weight is not None,
        classes=NO_CLASSES,
        errors=errors,
        buckets=0 if roles.person is None else roles.buckets,
    )


def _groups(found: Any, roles: Roles) -> tuple[tuple[Attribute, ...], Ints, Ints]:  # noqa: ANN401 - of narwhals
    """Read the attributes' keys; keys of one text (1, 1.0, "1") become one category."""
    coded = [
        (name, *categories(key_values(found[f"a{place}"], roles), name))
        for place, name in enumerate(roles.sensitive)
    ]
    if roles.person is not None:
        buckets = _whole(found, "bucket")
        _require_persons(buckets, _whole(found, "n"), roles.person)
        coded.append((BUCKET, bucket_names(roles.buckets), buckets))
    attributes = tuple(Attribute(name=name, categories=known) for name, known, _ in coded)
    sizes = [len(attribute.categories) for attribute in attributes]
    groups, position = distinct([codes for _, _, codes in coded], sizes, len(found))
    return attributes, groups, position


def _labels(found: Any, key: str, name: str, roles: Roles) -> Ints:  # noqa: ANN401 - of narwhals
    """Turn the labels that occur into positions in the classes, each looked at once."""
    classes = roles.classes or BINARY
    codes, uniques = factorise(column(key_values(found[key], roles), name, MetricError))
    rows = np.bincount(codes + 1, weights=_real(found, "n"), minlength=len(uniques) + 1)
    if rows[0]:
        raise MetricError(
            f"column {name!r} ({key}): expected one of {list(classes)} in each row, came nothing "
            f"in {int(rows[0])} rows",
            "drop such rows",
        )
    places = [
        _label(value, int(n), name, key, classes)
        for value, n in zip(uniques, rows[1:], strict=True)
    ]
    return np.array(places, dtype=np.int64)[codes]


def _label(value: Any, rows: int, name: str, key: str, classes: Sequence[str]) -> int:  # noqa: ANN401 - any label
    try:
        return int(labels([value], classes, name)[0])
    except MetricError as error:
        raise MetricError(
            f"column {name!r} ({key}): expected one of {list(classes)}, came "
            f"{getattr(value, 'item', lambda: value)()!r} in {rows} "
            f"{'row' if rows == 1 else 'rows'}",
            error.hint,
        ) from error


def _decided(found: Any, n: Ints, roles: Roles) -> Ints:  # noqa: ANN401 - of narwhals
    decided = _whole(found, "prediction")
    missing = int(n[decided < 0].sum())
    if missing:
        raise MetricError(
            f"column {roles.score!r} (score): expected a score in each row to compare with the "
            f"threshold, came none in {missing} rows",
            "drop such rows, or name a column of predictions",
        )
    return decided


def _weights(found: Any, n: Ints, roles: Roles) -> tuple[Floats, Floats]:  # noqa: ANN401 - of narwhals
    if roles.weight is None:
        return n.astype(np.float64), n.astype(np.float64)
    bad = int(_whole(found, "bad_weight").sum())
    if bad:
        raise MetricError(
            f"column {roles.weight!r} (weight): expected finite numbers of 0 or more, came others "
            f"in {bad} rows",
            "drop such rows, or correct them",
        )
    return _real(found, "w"), _real(found, "w2")


def _histogram(found: Any, roles: Roles, position: Ints, label: Ints) -> ScoreHistogram:  # noqa: ANN401 - of narwhals
    n = _whole(found, "n")
    w, w2 = _weights(found, n, roles)
    low, high = _real(found, "low"), _real(found, "high")
    binned = _real(found, "bin") != CLEAR
    ranked, even, _ = bins(np.where(binned, low, np.nan), roles.scale)
    low[~binned] = high[~binned] = np.nan
    entries = ScoreHistogram(
        scale=roles.scale,
        group=position,
        label=label,
        ranked=ranked,
        even=even,
        n=n,
        w=w,
        w2=w2,
        total=_real(found, "total"),
        square=_real(found, "square"),
        low=low,
        high=high,
    )
    groups = int(position.max()) + 1 if len(position) else 0
    return entries.regroup(np.arange(groups))


def _require_persons(buckets: Ints, n: Ints, name: str) -> None:
    for mark, came in ((MISSING, "no id"), (NO_ID, "other values")):
        rows = int(n[buckets == mark].sum())
        if rows:
            raise MetricError(
                f"column {name!r} (person): expected texts or whole numbers, came {came} in "
                f"{rows} rows",
                "drop such rows, or give each an id of its own",
            )


def _added(values: NDArray[Any], places: tuple[Ints, ...], shape: tuple[int, ...]) -> NDArray[Any]:
    total = np.zeros(shape, dtype=values.dtype)
    np.add.at(total, places, values)
    return total


def _whole(found: Any, name: str) -> Ints:  # noqa: ANN401 - of narwhals
    return np.asarray(found[name].to_numpy()).astype(np.int64)


def _real(found: Any, name: str) -> Floats:  # noqa: ANN401 - of narwhals
    return np.array(found[name].to_numpy(), dtype=np.float64)

"""Rows as codes, checked, and their counts by group, label and prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.table.binning import Scale, bucket_names, buckets_of
from audit.metrics.table.counting import (
    add_to,
    chunks,
    integers,
    numbers,
    require_range,
    require_weights,
)
from audit.metrics.table.histogram import ScoreHistogram

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Position = Callable[[slice], Ints]
BUCKET = "(bucket)"
PEOPLE = 2  # buckets, at least
CodedAttribute = tuple[str, tuple[str, ...], ArrayLike]


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A sensitive attribute and its categories in order."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Coded:
    """The attributes of rows, with the bucket of the row's person as the last, and weights.

    Attributes
    ----------
    attributes : tuple of Attribute
    codes : tuple of ndarray, each of shape (rows,)
    weights : ndarray of float64 or None
    buckets : int
        0 where rows have no person.
    """

    attributes: tuple[Attribute, ...]
    codes: tuple[NDArray[Any], ...]
    weights: Floats | None
    buckets: int

    @classmethod
    def read(
        cls,
        attributes: Sequence[CodedAttribute],
        weights: ArrayLike | None,
        person: Any,  # noqa: ANN401 - ids of any kind
        buckets: int,
    ) -> Coded:
        """Check codes and weights, and find the buckets of people."""
        found = [
            (name, tuple(categories), integers(codes, f"codes of {name!r}"))
            for name, categories, codes in attributes
        ]
        require_names([name for name, _, _ in found])
        if person is not None:
            require_buckets(buckets)
            found.append((BUCKET, bucket_names(buckets), person_buckets(person, buckets)))
        for name, categories, codes in found:
            require_range(codes, len(categories), f"codes of {name!r}")
        row_weights = None if weights is None else numbers(weights, "weights")
        if row_weights is not None:
            require_weights(row_weights)
        return cls(
            attributes=tuple(Attribute(name=name, categories=known) for name, known, _ in found),
            codes=tuple(codes for _, _, codes in found),
            weights=row_weights,
            buckets=0 if person is None else buckets,
        )

    @property
    def sizes(self) -> list[int]:
        """How many categories each attribute has."""
        return [len(attribute.categories) for attribute in self.attributes]


def person_buckets(person: Any, buckets: int) -> Ints:  # noqa: ANN401 - ids of any kind
    """Find the bucket of each row's person; every distinct id is hashed once.

    Raises
    ------
    MetricError
        If an id is missing, or is neither text nor a whole number.
    """
    import pandas as pd

    from audit.data.arrays import column

    codes, uniques = pd.factorize(column(person, "person", MetricError), use_na_sentinel=True)
    if (codes < 0).any():
        raise MetricError(
            f"expected a person in each row, came none in row {int(np.flatnonzero(codes < 0)[0])}",
            "drop such rows, or give each an id of its own",
        )
    return buckets_of([person_text(value) for value in uniques], buckets)[codes]


def person_text(value: Any) -> str:  # noqa: ANN401 - an id of any kind
    """Write an id, so that 1, 1.0 and "1" are one person.

    Raises
    ------
    MetricError
        If it is neither text nor a whole number.
    """
    from audit.data.columns import category_text

    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    if whole and abs(float(value)) >= 2.0**63:
        raise MetricError(f"expected persons as texts or whole numbers, came {value!r}")
    if not whole and not isinstance(value, str | bool | np.bool_ | int | np.integer):
        raise MetricError(
            f"expected persons as texts or whole numbers, came {value!r} ({type(value).__name__})",
            "turn the ids into texts",
        )
    return category_text(value)


def cells(
    rows: tuple[Position, NDArray[Any], NDArray[Any]],
    size: tuple[int, int],
    weights: Floats | None,
) -> tuple[Ints, Floats, Floats]:
    """Count rows by group, label and prediction; narrow codes are widened a chunk at a time.

    Parameters
    ----------
    rows : position, label and prediction of each row
    size : number of groups and of classes
    weights : ndarray of float64, optional
    """
    (position, label, prediction), (groups, classes) = rows, size
    length, shape = groups * classes * classes, (groups, classes, classes)
    n, w, w2 = np.zeros(length, dtype=np.int64), np.zeros(length), np.zeros(length)
    for part in chunks(len(label)):
        cell = (position(part) * classes + label[part]) * classes + prediction[part]
        add_to(n, cell)
        if weights is not None:
            add_to(w, cell, weights[part])
            add_to(w2, cell, weights[part] ** 2)
    if weights is None:
        w, w2 = n.astype(np.float64), n.astype(np.float64)
    return n.reshape(shape), w.reshape(shape), w2.reshape(shape)


def histogram(
    scale: Scale,
    rows: tuple[Position, NDArray[Any]],
    score: Floats | None,
    weights: Floats | None,
) -> ScoreHistogram | None:
    """Count scores in bins, where there are any; `rows` are the position and label of each."""
    if score is None:
        return None
    position, label = rows
    place = position(slice(0, len(label)))
    return ScoreHistogram.from_arrays(scale, place, label.astype(np.int64), score, weights)


def unite(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    """Append what is new; the unknown group stays last."""
    every = tuple(dict.fromkeys((*one, *two)))
    known = tuple(category for category in every if category != UNKNOWN)
    return (*known, UNKNOWN) if UNKNOWN in every else known


def require_names(names: Sequence[str]) -> None:
    """Refuse two attributes of one name, and the name of the bucket."""
    if len(set(names)) < len(names):
        raise MetricError(f"expected sensitive features of different names, came {list(names)}")
    if BUCKET in names:
        raise MetricError(
            f"the name {BUCKET!r} is taken by the buckets of people", "rename the feature"
        )


def require_buckets(buckets: int) -> None:
    """Refuse fewer buckets than a jackknife needs."""
    if isinstance(buckets, bool) or not isinstance(buckets, int) or buckets < PEOPLE:
        raise MetricError(f"expected {PEOPLE} buckets or more, came {buckets!r}")


def require_one_length(columns: Sequence[NDArray[Any] | None]) -> None:
    """Refuse columns of different lengths."""
    lengths = [len(column) for column in columns if column is not None]
    if len(set(lengths)) > 1:
        raise MetricError(
            f"expected codes, label, prediction, weights and scores of one length, came {lengths}"
        )


def require_two(classes: Sequence[str], score: object) -> None:
    """Refuse scores where they would not be those of label 1 against label 0."""
    if score is not None and len(classes) != 2:  # noqa: PLR2004 - binary
        raise MetricError(
            f"expected two classes where there are scores, came {len(classes)}",
            "give one class against the rest, with the score of that class",
        )

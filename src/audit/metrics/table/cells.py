"""The cell table: counts per group, label and prediction, from which every rate follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.table.binning import BUCKETS, Scale
from audit.metrics.table.coded import (
    BUCKET,
    Attribute,
    Coded,
    CodedAttribute,
    cells,
    histogram,
    require_one_length,
    require_two,
    unite,
)
from audit.metrics.table.counting import (
    distinct,
    integers,
    numbered,
    numbers,
    require_finite,
    require_range,
)
from audit.metrics.table.histogram import ScoreHistogram
from audit.metrics.table.moments import ErrorSums
from audit.metrics.table.regrouping import occurring, recode, regrouped, require_alike

__all__ = ["BINARY", "BUCKET", "NO_CLASSES", "Attribute", "CellTable", "CodedAttribute", "Scale"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BINARY = ("0", "1")
NO_CLASSES = ("",)


@dataclass(frozen=True, kw_only=True, eq=False)
class CellTable:
    """Counts of rows per group, label and prediction.

    Attributes
    ----------
    attributes : tuple of Attribute
    codes : ndarray of int64, shape (groups, attributes)
        One row for each combination of categories that occurs, in rising order.
    n : ndarray of int64, shape (groups, classes, classes)
        Rows, by label and prediction.
    w, w2 : ndarray of float64, shape (groups, classes, classes)
        Sums of weights and of squared weights; equal to `n` where rows have no weights.
    weighted : bool
        Whether any row came with a weight.
    classes : tuple of str
        Names of the labels in the order of `n`; a single empty one where rows have no classes
        (regression), so that ``n.sum(axis=(1, 2))`` are always the rows of each group.
    scores : ScoreHistogram or None
    errors : ErrorSums or None
    buckets : int
        Where above 0, the last attribute is the bucket of the row's person (see `BUCKET`), one of
        so many; values are those of the table rolled up without it.
    """

    attributes: tuple[Attribute, ...]
    codes: Ints
    n: Ints
    w: Floats
    w2: Floats
    weighted: bool = False
    classes: tuple[str, ...] = BINARY
    scores: ScoreHistogram | None = None
    errors: ErrorSums | None = None
    buckets: int = 0

    @classmethod
    def from_codes(
        cls,
        attributes: Sequence[CodedAttribute],
        label: ArrayLike,
        prediction: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> CellTable:
        """Count rows of binary labels; see `from_arrays`."""
        return cls.from_arrays(attributes, label, prediction, weights=weights)

    @classmethod
    def from_arrays(
        cls,
        attributes: Sequence[CodedAttribute],
        label: ArrayLike,
        prediction: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        score: ArrayLike | None = None,
        scale: Scale = Scale(),  # noqa: B008 - frozen
        person: Any = None,  # noqa: ANN401 - ids of any kind
        classes: Sequence[str] = BINARY,
        buckets: int = BUCKETS,
    ) -> CellTable:
        """Count rows in one pass, 131,072 of them at a time.

        Parameters
        ----------
        attributes : sequence of (name, categories, codes)
            `codes` has shape (rows,) and holds positions in `categories`.
        label, prediction : array of whole numbers, shape (rows,)
            Positions in `classes`: 0 or 1 unless others are named.
        weights : array of numbers >= 0, shape (rows,), optional
        score : array of numbers, shape (rows,), optional
            Of label 1; one that is not finite is counted without a bin.
        scale : Scale
            What the scores are: probabilities unless said otherwise.
        person : array of ids, shape (rows,), optional
            Who each row is about, where people have several: texts or whole numbers.
        classes : sequence of str
            Names of the labels.
        buckets : int
            Buckets of people, 2 or more.

        Raises
        ------
        MetricError
            If lengths differ, a code has no category, a label or prediction has no class, a
            weight is negative or not finite, an id is missing, or scores come with other than
            two classes.
        """
        columns = Coded.read(attributes, weights, person, buckets)
        shared = [integers(label, "label"), integers(prediction, "prediction")]
        scores = None if score is None else numbers(score, "score")
        require_one_length([*columns.codes, *shared, columns.weights, scores])
        for values, name in zip(shared, ("label", "prediction"), strict=True):
            require_range(values, len(classes), name)
        require_two(classes, scores)
        groups, position = numbered(columns.codes, columns.sizes, len(shared[0]))
        rows = (position, shared[0], shared[1])
        n, w, w2 = cells(rows, (len(groups), len(classes)), columns.weights)
        return occurring(
            cls(
                attributes=columns.attributes,
                codes=groups,
                n=n,
                w=w,
                w2=w2,
                weighted=columns.weights is not None,
                classes=tuple(classes),
                scores=histogram(scale, (position, shared[0]), scores, columns.weights),
                buckets=columns.buckets,
            )
        )

    @classmethod
    def of_errors(
        cls,
        attributes: Sequence[CodedAttribute],
        target: ArrayLike,
        prediction: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        person: Any = None,  # noqa: ANN401 - ids of any kind
        buckets: int = BUCKETS,
    ) -> CellTable:
        """Sum the errors of a regression in one pass, 131,072 rows at a time.

        Parameters
        ----------
        attributes : sequence of (name, categories, codes)
        target, prediction : array of finite numbers, shape (rows,)
        weights, person, buckets
            As in `from_arrays`.

        Raises
        ------
        MetricError
            If lengths differ, a code has no category, a number is missing or not finite, a weight
            is negative or not finite, or an id is missing.
        """
        columns = Coded.read(attributes, weights, person, buckets)
        pair = [numbers(target, "target"), numbers(prediction, "prediction")]
        require_one_length([*columns.codes, *pair, columns.weights])
        for values, name in zip(pair, ("target", "prediction"), strict=True):
            require_finite(values, name)
        rows = len(pair[0])
        groups, position = numbered(columns.codes, columns.sizes, rows)
        sums = ErrorSums.from_arrays(
            position(slice(0, rows)), pair[0], pair[1], columns.weights, groups=len(groups)
        )
        return occurring(
            cls(
                attributes=columns.attributes,
                codes=groups,
                n=sums.n[:, None, None],
                w=sums.w[:, None, None],
                w2=sums.w2[:, None, None],
                weighted=columns.weights is not None,
                classes=NO_CLASSES,
                errors=sums,
                buckets=columns.buckets,
            )
        )

    def __add__(self, other: CellTable) -> CellTable:
        """Add the counts of two tables of the same attributes; categories are united.

        Raises
        ------
        MetricError
            If attributes, classes, buckets or what was counted differ.
        """
        require_alike(self, other)
        pairs = list(zip(self.attributes, other.attributes, strict=True))
        united = tuple(
            Attribute(name=one.name, categories=unite(one.categories, two.categories))
            for one, two in pairs
        )
        codes = np.concatenate([recode(table, united) for table in (self, other)])
        sizes = [len(attribute.categories) for attribute in united]
        groups, position = distinct(list(codes.T), sizes, len(codes))
        here, there = position[: len(self.codes)], position[len(self.codes) :]
        one, two = (
            regrouped(replace(table, attributes=united), groups, place)
            for table, place in ((self, here), (other, there))
        )
        return replace(
            one, n=one.n + two.n, w=one.w + two.w, w2=one.w2 + two.w2,
            weighted=self.weighted or other.weighted,
            scores=None if one.scores is None or two.scores is None else one.scores + two.scores,
            errors=None if one.errors is None or two.errors is None else one.errors + two.errors,
        )  # fmt: skip

    def update(self, *columns: Any, **more: Any) -> CellTable:  # noqa: ANN401 - those of the makers
        """Add rows, given as to `from_arrays`, or to `of_errors` where the table has errors."""
        if self.buckets:
            more.setdefault("buckets", self.buckets)
        if self.errors is not None:
            return self + type(self).of_errors(*columns, **more)
        more.setdefault("classes", self.classes)
        if self.scores is not None:
            more.setdefault("scale", self.scores.scale)
        return self + type(self).from_arrays(*columns, **more)

    def rollup(self, attributes: Sequence[str]) -> CellTable:
        """Sum over all attributes but the named ones; an empty sequence gives everyone.

        Raises
        ------
        MetricError
            If the table has no attribute of that name.
        """
        names = [attribute.name for attribute in self.attributes]
        for name in attributes:
            if name not in names:
                raise MetricError.unknown("sensitive attribute", name, names)
        positions = [names.index(name) for name in attributes]
        kept = tuple(self.attributes[position] for position in positions)
        codes = self.codes[:, positions]
        sizes = [len(attribute.categories) for attribute in kept]
        groups, position = distinct(list(codes.T), sizes, len(codes))
        buckets = self.buckets if BUCKET in attributes else 0
        return regrouped(replace(self, attributes=kept, buckets=buckets), groups, position)

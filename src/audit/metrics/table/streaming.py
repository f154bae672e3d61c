"""Counting batch by batch: an accumulator for loops, loaders and workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.inputs import categories
from audit.metrics.table.binning import BUCKETS, Scale
from audit.metrics.table.cells import BINARY, BUCKET, Attribute, CellTable
from audit.metrics.table.regrouping import reordered, require_alike
from audit.metrics.table.rows import count_rows, declared_orders, require_classes

PENDING = 1 << 16  # entries of batches that wait to be added up


class CellCounter:
    """Count batches of rows as they come; the result is that of one pass over all of them.

    Its calls are those of torchmetrics: `update` in the loop, `compute` after it, `reset` before
    the next; `merge` (or ``+``) adds what another worker counted. Counts are equal to those of
    one pass, sums of weights and scores equal but for rounding (1e-12). The state is the table,
    so it does not grow with the rows.

    Parameters
    ----------
    classes : sequence of str or None
        Names of the labels, 0 and 1 unless others are named; None for a regression.
    threshold : float, optional
        Predictions are ``y_score >= threshold`` where none are given.
    scale : Scale
        What the scores are: probabilities unless said otherwise.
    buckets : int
        Of people, where `update` is given a person.

    Examples
    --------
    >>> from audit.metrics.table.streaming import CellCounter
    >>> counter = CellCounter(threshold=0.5)
    >>> counter.update([1, 0], y_score=[0.8, 0.6], sensitive_features={"sex": ["F", "M"]})
    >>> counter.update([1], y_score=[0.1], sensitive_features={"sex": ["F"]})
    >>> counter.compute().n.sum(axis=(1, 2)).tolist()
    [2, 1]
    """

    def __init__(
        self,
        *,
        classes: Sequence[str] | None = BINARY,
        threshold: float | None = None,
        scale: Scale = Scale(),  # noqa: B008 - frozen
        buckets: int = BUCKETS,
    ) -> None:
        if classes is not None:
            require_classes(classes)
        self.classes = None if classes is None else tuple(classes)
        self.threshold = threshold
        self.scale = scale
        self.buckets = buckets
        self.reset()

    def reset(self) -> None:
        """Forget all rows."""
        self._table: CellTable | None = None
        self._pending: list[CellTable] = []
        self._declared: dict[str, tuple[str, ...]] = {}

    def update(
        self,
        y_true: Any,  # noqa: ANN401 - an array of any library
        y_pred: Any = None,  # noqa: ANN401 - an array of any library
        *,
        sensitive_features: Any = None,  # noqa: ANN401 - arrays or frames of any library
        y_score: Any = None,  # noqa: ANN401 - an array of any library
        sample_weight: Any = None,  # noqa: ANN401 - an array of any library
        person: Any = None,  # noqa: ANN401 - an array of any library
    ) -> None:
        """Count a batch; nothing changes where it is refused.

        Parameters
        ----------
        y_true, y_pred, sensitive_features, y_score, sample_weight, person
            As `audit.metrics.table.rows.count_rows` takes them: numpy arrays, tensors on any device
            (their gradients are left alone), lists, Series, frames. Every batch has the same
            attributes, and scores and persons where the first one has.

        Raises
        ------
        MetricError
            As `count_rows`, or if the batch has other parts than those before.
        """
        table = count_rows(
            y_true,
            y_pred,
            sensitive_features=sensitive_features,
            y_score=y_score,
            threshold=self.threshold,
            sample_weight=sample_weight,
            person=person,
            classes=self.classes,
            scale=self.scale,
            buckets=self.buckets,
        )
        self._add(table, declared_orders(sensitive_features))

    def compute(self) -> CellTable:
        """Return the table of all rows so far; categories in the order that one pass gives.

        Raises
        ------
        MetricError
            If there was no batch yet.
        """
        self._settle()
        if self._table is None:
            raise MetricError("expected rows to count, came none", "call update first")
        return reordered(self._table, tuple(map(self._ordered, self._table.attributes)))

    def merge(self, other: CellCounter) -> None:
        """Add what another counter counted, as `update` would have.

        Raises
        ------
        MetricError
            If the two count different things.
        """
        if other.classes != self.classes or other.scale != self.scale:
            raise MetricError(
                f"expected a counter of {self.classes} and {self.scale}, came one of "
                f"{other.classes} and {other.scale}"
            )
        other._settle()  # so that a counter may also be merged with itself
        if other._table is not None:
            self._add(other._table, dict(other._declared))

    def __add__(self, other: CellCounter) -> CellCounter:
        """Return a counter of the rows of both."""
        both = CellCounter(
            classes=self.classes, threshold=self.threshold, scale=self.scale, buckets=self.buckets
        )
        both.merge(self)
        both.merge(other)
        return both

    def _add(self, table: CellTable, declared: Mapping[str, tuple[str, ...]]) -> None:
        first = self._table if self._table is not None else next(iter(self._pending), None)
        if first is not None:
            require_alike(first, table)
        self._pending.append(table)
        self._declared.update(declared)
        if sum(map(_size, self._pending)) > max(PENDING, _size(self._table)):
            self._settle()

    def _settle(self) -> None:
        parts = [*([] if self._table is None else [self._table]), *self._pending]
        self._table, self._pending = _summed(parts) if parts else None, []

    def _ordered(self, attribute: Attribute) -> Attribute:
        if attribute.name == BUCKET:
            return attribute
        known, _ = categories(np.array(attribute.categories, dtype=object), attribute.name)
        declared = self._declared.get(attribute.name, ())
        first = tuple(name for name in declared if name in known and name != UNKNOWN)
        rest = tuple(name for name in known if name not in first)
        return Attribute(name=attribute.name, categories=(*first, *rest))


def _summed(parts: list[CellTable]) -> CellTable:
    """Add tables two by two, so that small ones are not added to a large one one by one."""
    while len(parts) > 1:
        pairs = [parts[place : place + 2] for place in range(0, len(parts), 2)]
        parts = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]  # noqa: PLR2004 - a pair
    return parts[0]


def _size(table: CellTable | None) -> int:
    if table is None:
        return 0
    return table.n.size + (0 if table.scores is None else len(table.scores.n))

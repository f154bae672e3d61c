"""Metrics of rows for every group of a table: rankings, neighbours, intervals, one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.estimates import GroupEstimates, of_measurement
from audit.metrics.groups import Grouping, Reference, groupings
from audit.metrics.measurement import Measurement
from audit.metrics.measures.row_metric import EachRow, RowMetric, Rows
from audit.metrics.table.cells import CellTable
from audit.metrics.table.counting import integers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class RowMetrics:
    """Metrics of rows, and the rows that they are computed from.

    Attributes
    ----------
    metrics : tuple of RowMetric
    codes : mapping of str to array of int, shape (rows,)
        The category of each row by attribute, as it was counted into the table.
    columns : mapping of str to array
        What `Rows` takes besides its groups: ``y_true``, ``y_pred``, ``score``, ...
    own : mapping of str to mapping
        Columns that one metric, by its name, is given instead.
    """

    metrics: tuple[RowMetric, ...]
    codes: Mapping[str, ArrayLike]
    columns: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def estimated(
        self, table: CellTable, reference: Reference, intersections: int, minimum_group: int
    ) -> Iterator[tuple[OfRows, Grouping, GroupEstimates]]:
        """Measure each metric for everyone, and for each attribute and intersection of a table.

        Parameters
        ----------
        table : CellTable
            Counted from the same rows.
        reference, intersections, minimum_group
            As in `audit.metrics.disparity.measure`.

        Raises
        ------
        MetricError
            If rows lack what a metric needs, or a row's group is not in the table.
        """
        bound = [OfRows.of(metric, self) for metric in self.metrics]
        for grouping in groupings(table, intersections, reference):
            for metric in bound:
                yield metric, grouping, metric.estimate(grouping, minimum_group)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def positions(self, grouping: Grouping) -> Ints:
        """Find the place of each row's group, shape (rows,)."""
        names, known = grouping.attributes, grouping.table.codes
        sizes = [len(attribute.categories) for attribute in grouping.table.attributes]
        columns = [integers(self.codes[name], f"codes of {name!r}") for name in names]
        keys = _mixed(columns, sizes, len(self))
        order = np.argsort(wanted := _mixed(list(known.T), sizes, len(known)), kind="stable")
        place = np.minimum(np.searchsorted(wanted[order], keys), len(known) - 1)
        found: Ints = order[place].astype(np.int64)
        strange = np.flatnonzero(wanted[found] != keys)
        if len(strange):
            raise MetricError(
                f"expected rows of the groups that were counted, came another in row "
                f"{int(strange[0])}",
                "count the table from the same rows",
            )
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class OfRows:
    """A metric with the rows that it is computed from.

    Attributes
    ----------
    metric : RowMetric
    rows : RowMetrics
    each : ndarray of float64, shape (rows,), or None
        What it says of each row, where that does not depend on the groups.
    """

    metric: RowMetric
    rows: RowMetrics
    each: Floats | None

    @classmethod
    def of(cls, metric: RowMetric, rows: RowMetrics) -> OfRows:
        """Join the two, and compute once what does not depend on the groups."""
        bound = cls(metric=metric, rows=rows, each=None)
        if not isinstance(metric, EachRow):
            return bound
        whole = bound._rows(np.zeros(len(rows), dtype=np.int64), 1)
        return replace(bound, each=metric.each_row(whole))

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self.metric.name

    def estimate(self, grouping: Grouping, minimum_group: int) -> GroupEstimates:
        """Compute the metric for every group."""
        position = self.rows.positions(grouping)
        measured = self._measured(self._rows(position, len(grouping.table.codes)))
        return of_measurement(self.metric, measured, grouping, minimum_group)

    def rest(self, grouping: Grouping) -> GroupEstimates:
        """Compute the metric over everyone but each group."""
        position = self.rows.positions(grouping)
        found = [
            self._measured(self._rows((position != place).astype(np.int64), 2))
            for place in range(len(grouping.table.codes))
        ]
        return of_measurement(self.metric, _seconds(found), grouping, 0)

    def _rows(self, position: Ints, groups: int) -> Rows:
        given = {**self.rows.columns, **self.rows.own.get(self.metric.name, {})}
        return Rows(group=position, groups=groups, **given)

    def _measured(self, rows: Rows) -> Measurement:
        if isinstance(self.metric, EachRow) and self.each is not None:
            return self.metric.of_each(self.each, rows)
        return self.metric.measure_rows(rows)


def _seconds(found: Sequence[Measurement]) -> Measurement:
    """Put the second groups of several measurements together."""

    def of(values: Sequence[Any]) -> Floats:
        return np.array([value[1] for value in values], dtype=np.float64)

    def limits(z: ArrayLike) -> tuple[Floats, Floats]:
        wanted = np.broadcast_to(np.asarray(z, dtype=np.float64), (len(found),))
        both = [
            one.limits(quantile)
            for one, quantile in zip(found, wanted.tolist(), strict=True)
            if one.limits is not None
        ]
        return of([low for low, _ in both]), of([high for _, high in both])

    limited = all(one.limits is not None for one in found)
    shares = [one.denominator for one in found if one.denominator is not None and limited]
    return Measurement(
        values=of([one.values for one in found]),
        reasons=tuple(one.reasons[1] for one in found),
        size=of([one.size for one in found]),
        limits=limits if limited else None,
        method=found[0].method if found else "",
        denominator=of(shares) if len(shares) == len(found) else None,
    )


def _mixed(columns: Sequence[NDArray[Any]], sizes: Sequence[int], rows: int) -> Ints:
    mixed = np.zeros(rows, dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        mixed = mixed * size + column
    return mixed

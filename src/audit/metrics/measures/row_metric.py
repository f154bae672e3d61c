"""Metrics that need the rows themselves, not counts of them: rankings, neighbours, one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement, effective_size
from audit.metrics.measures.by_person import over_persons
from audit.metrics.measures.undefined import NO_ROWS, NO_WEIGHT, reasons
from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.means import welch_limits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows with the group of each; what is not given a metric cannot ask for.

    Attributes
    ----------
    group : ndarray of int64, shape (rows,)
        Position of the row's group, from 0.
    groups : int
        How many groups there are; some may have no rows.
    y_true, y_pred : ndarray, shape (rows,), optional
        Labels or targets (in a ranking, the relevance), and predictions.
    score : ndarray of float64, shape (rows,), optional
        What rows are ranked by, highest first.
    weights : ndarray of float64, shape (rows,), optional
        0 or more.
    query : ndarray, shape (rows,), optional
        Which list a row is ranked in; one list where not given.
    person : ndarray, shape (rows,), optional
        Whose row it is, where people have several.
    features : ndarray of float64, shape (rows, features), optional
        What neighbours are near by.

    Raises
    ------
    MetricError
        If lengths differ, a group is out of range, or a weight is negative or not finite.
    """

    group: Ints
    groups: int
    y_true: NDArray[Any] | None = None
    y_pred: NDArray[Any] | None = None
    score: Floats | None = None
    weights: Floats | None = None
    query: NDArray[Any] | None = None
    person: NDArray[Any] | None = None
    features: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("y_true", "y_pred", "score", "weights", "query", "person", "features"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.group):
                raise MetricError(
                    f"expected {name} of {len(self.group)} rows, as there are groups, "
                    f"came {len(values)}"
                )
        if len(self.group) and not 0 <= self.group.min() <= self.group.max() < self.groups:
            raise MetricError(
                f"expected groups from 0 to {self.groups - 1}, came {self.group.min()} to "
                f"{self.group.max()}"
            )
        if self.weights is not None:
            _require_weights(self.weights)

    @property
    def weight(self) -> Floats:
        """Weights of the rows, 1 where they have none."""
        return np.ones(len(self.group)) if self.weights is None else self.weights

    def need(self, name: str, metric: str) -> NDArray[Any]:
        """Return what a metric needs.

        Raises
        ------
        MetricError
            If it was not given.
        """
        values: NDArray[Any] | None = getattr(self, name)
        if values is None:
            raise MetricError(f"{metric} needs {name}, came none", f"give {name} for every row")
        return values

    def finite(self, name: str, metric: str) -> Floats:
        """Return numbers that a metric needs, all of them finite.

        Raises
        ------
        MetricError
            If they were not given, are no numbers, or one is not finite, naming its row.
        """
        return finite(self.need(name, metric), f"{metric}: {name}")

    def sums(self, values: Floats | None = None) -> Floats:
        """Add up values (1 by default) by group, shape (groups,)."""
        return np.bincount(self.group, weights=values, minlength=self.groups).astype(np.float64)


@runtime_checkable
class RowMetric(Protocol):
    """A quantity of one group that is computed from rows: see `Metric` for its attributes."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as of Metric
    @property
    def title(self) -> str: ...  # noqa: D102 - as of Metric
    @property
    def definition(self) -> str: ...  # noqa: D102 - as of Metric
    @property
    def source(self) -> str: ...  # noqa: D102 - as of Metric
    @property
    def version(self) -> str: ...  # noqa: D102 - as of Metric
    @property
    def low(self) -> float: ...  # noqa: D102 - as of Metric
    @property
    def high(self) -> float: ...  # noqa: D102 - as of Metric

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the metric for every group of `rows`."""
        ...


@runtime_checkable
class EachRow(Protocol):
    """A metric whose value of a row does not depend on the groups, so that it is computed once."""

    def each_row(self, rows: Rows) -> Floats:
        """Compute the value of each row, shape (rows,)."""
        ...

    def of_each(self, each: Floats, rows: Rows) -> Measurement:
        """Measure every group of `rows` from the values of its rows."""
        ...


def finite(values: Any, name: str) -> Floats:  # noqa: ANN401 - any array
    """Turn values into finite numbers.

    Raises
    ------
    MetricError
        If they are no numbers, or one is not finite, naming its row.
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricError(f"expected {name} of numbers, came {error}") from error
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        place = tuple(bad[0].tolist())
        raise MetricError(
            f"expected {name} of finite numbers, came {numbers[place]} in row {place[0]}",
            "leave such rows out, and say that they were",
        )
    return numbers


def share_of_rows(hit: Floats, rows: Rows) -> Measurement:
    """Measure the weighted share of each group's rows that `hit` counts, with Wilson limits.

    Where rows repeat people, limits come from leaving out whole people.

    Parameters
    ----------
    hit : ndarray of float64, shape (rows,)
        In [0, 1]; fractions where ties were divided.
    rows : Rows
    """
    weight = rows.weight
    total, denominator = rows.sums(hit * weight), rows.sums(weight)
    size = effective_size(denominator, rows.sums(weight**2))
    values = _over(total, denominator)
    x = np.where(denominator > 0, values * size, 0.0)
    measured = Measurement(
        values=values,
        reasons=missing(values, rows),
        size=size,
        limits=lambda z: wilson(x, size, z),
        method="wilson",
        numerator=total,
        denominator=denominator,
    )
    return over_persons(measured, hit, rows, 0.0, 1.0)


def mean_of_rows(
    values: Floats, rows: Rows, low: float, high: float, method: str = "welch"
) -> Measurement:
    """Measure the weighted mean of each group, with Student's limits kept in [low, high].

    Where rows repeat people, limits come from leaving out whole people.
    """
    weight = rows.weight
    denominator = rows.sums(weight)
    size = effective_size(denominator, rows.sums(weight**2))
    mean = _over(rows.sums(values * weight), denominator)
    deviation = values - np.nan_to_num(mean)[rows.group]
    square = _over(rows.sums(deviation**2 * weight), denominator)

    def limits(z: float) -> tuple[Floats, Floats]:
        below, above = welch_limits(np.zeros_like(mean), square * size, size, z)
        return np.maximum(mean + below, low), np.minimum(mean + above, high)

    measured = Measurement(
        values=mean, reasons=missing(mean, rows), size=size, limits=limits, method=method
    )
    return over_persons(measured, values, rows, low, high)


def missing(values: Floats, rows: Rows) -> tuple[str, ...]:
    """Say why groups have no value: no rows, or no weight."""
    return reasons(values, ((rows.sums() == 0, NO_ROWS),), NO_WEIGHT)


def _over(total: Floats, weight: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(total / weight, dtype=np.float64)


def _require_weights(weights: Floats) -> None:
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise MetricError(
            f"expected weights of 0 or more, came {float(weights[bad[0]])} in row {int(bad[0])}"
        )

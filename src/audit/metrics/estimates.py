"""One metric for every group of a grouping: values, intervals, and why one is missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.errors import MetricError
from audit.metrics.groups import Grouping, words
from audit.metrics.measurement import Measurement, Metric
from audit.metrics.measures.row_metric import RowMetric
from audit.metrics.repeated import jackknifed
from audit.metrics.results import Group, Interval, MetricResult, Status
from audit.metrics.statistics.significance import two_sided_z

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What every entry of one audit shares.

    Attributes
    ----------
    confidence : float
        Coverage of intervals, in (0, 1).
    minimum_group : int
        Groups with fewer rows are suppressed.
    threshold : float or None
        At which scores became predictions; part of every identifier.
    model, split : str
    """

    confidence: float = 0.95
    minimum_group: int = 30
    threshold: float | None = None
    model: str = "baseline"
    split: str = "test"

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise MetricError(f"expected a confidence between 0 and 1, came {self.confidence}")
        if self.minimum_group < 1:
            raise MetricError(f"expected a minimum_group of 1 or more, came {self.minimum_group}")

    @property
    def alpha(self) -> float:
        """Rate of false alarms: 1 less the confidence."""
        return 1 - self.confidence

    @cached_property
    def z(self) -> float:
        """Normal quantile of the intervals."""
        return two_sided_z(self.alpha)

    def metric_id(self, metric: str, version: str, group: Group) -> str:
        """Identify a metric of a group, whatever its value."""
        return stable_id("metric", metric=metric, version=version, group=group, **self._place())

    def disparity_id(self, metric: str, version: str, kind: str, **parts: object) -> str:
        """Identify a comparison, whatever its value."""
        return stable_id(
            "disparity", metric=metric, version=version, comparison=kind, **parts, **self._place()
        )

    def _place(self) -> dict[str, object]:
        return {"threshold": self.threshold, "split": self.split, "model": self.model}


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupEstimates:
    """A metric of every group, as arrays of shape (groups,).

    Attributes
    ----------
    metric, version : str
    low, high : float
        Range of the metric.
    grouping : Grouping
    n : ndarray of int64
        Rows.
    measurement : Measurement
    suppressed : ndarray of bool
        Whether a group has fewer rows than the minimum.
    minimum_group : int
    """

    metric: str
    version: str
    low: float
    high: float
    grouping: Grouping
    n: NDArray[np.int64]
    measurement: Measurement
    suppressed: NDArray[np.bool_]
    minimum_group: int

    @property
    def values(self) -> Floats:
        """The metric; NaN where undefined."""
        return self.measurement.values

    @property
    def size(self) -> Floats:
        """The (effective) rows that the value rests on."""
        return self.measurement.size

    @property
    def x(self) -> Floats:
        """Of a rate, the (effective) rows in the numerator; 0 where there is no value."""
        with np.errstate(invalid="ignore"):
            return np.where(self.size > 0, np.nan_to_num(self.values) * self.size, 0.0)

    @property
    def binomial(self) -> bool:
        """Whether the metric is a rate of independent rows, so that counts say everything."""
        return self.measurement.method == "wilson"

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Whether a group has a value that is shown."""
        shown: NDArray[np.bool_] = ~self.suppressed & ~np.isnan(self.values)
        return shown

    @cached_property
    def comparable(self) -> Places:
        """Positions of the groups that are known and have a value."""
        return np.flatnonzero(self.defined & self.grouping.known)

    def limits(self, z: float) -> tuple[Floats, Floats] | None:
        """Limits of every group at a normal quantile; None where no interval is valid."""
        return None if self.measurement.limits is None else self.measurement.limits(z)

    def status(self, place: int) -> tuple[Status, str]:
        """Say whether a group has a value, and if not, why."""
        if self.suppressed[place]:
            return "suppressed", small(int(self.n[place]), self.minimum_group)
        if np.isnan(self.values[place]):
            return "undefined", self.measurement.reasons[place]
        return "ok", ""

    def statuses(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Say of every group what `status` says of one: its status, and why it has no value."""
        undefined = ~self.suppressed & ~self.defined
        status = np.full(len(self.n), "ok", dtype=object)
        status[undefined], status[self.suppressed] = "undefined", "suppressed"
        reason = np.full(len(self.n), "", dtype=object)
        places = np.flatnonzero(undefined)
        reason[places] = [self.measurement.reasons[place] for place in places.tolist()]
        sizes, which = np.unique(self.n[self.suppressed], return_inverse=True)
        said = np.array([small(n, self.minimum_group) for n in sizes.tolist()], dtype=object)
        reason[self.suppressed] = said[which]
        return status, reason

    def left_out(self) -> tuple[str, ...]:
        """Name the groups that can take part in no comparison, each with its reason."""
        known = self.grouping.known
        missing = np.setdiff1d(np.arange(len(self.n)), self.comparable)
        return tuple(
            f"{words(self.grouping.groups[place])}: "
            f"{self.status(place)[1] if known[place] else 'category not known'}"
            for place in missing.tolist()
        )


def estimate(metric: Metric, grouping: Grouping, minimum_group: int) -> GroupEstimates:
    """Compute a metric for every group; over people with repeated rows, by the jackknife."""
    measurement = metric.measure(grouping.table)
    if grouping.by_bucket is not None:
        measurement = jackknifed(metric, measurement, grouping)
    return of_measurement(metric, measurement, grouping, minimum_group)


def of_measurement(
    metric: Metric | RowMetric, measurement: Measurement, grouping: Grouping, minimum_group: int
) -> GroupEstimates:
    """Join what was measured to the groups it was measured for."""
    n = grouping.table.n.sum(axis=(1, 2))
    return GroupEstimates(
        metric=metric.name,
        version=metric.version,
        low=metric.low,
        high=metric.high,
        grouping=grouping,
        n=n,
        measurement=measurement,
        suppressed=n < minimum_group,
        minimum_group=minimum_group,
    )


def results(estimates: GroupEstimates, scope: Scope) -> tuple[MetricResult, ...]:
    """Write the estimates as entries, with their intervals."""
    limits = estimates.limits(scope.z)
    return tuple(
        entry(estimates, scope, place, _interval(estimates, scope, place, limits))
        for place in range(len(estimates.n))
    )


def _interval(
    estimates: GroupEstimates, scope: Scope, place: int, limits: tuple[Floats, Floats] | None
) -> Interval | None:
    if limits is None or np.isnan(limits[0][place]) or np.isnan(limits[1][place]):
        return None
    return interval(
        float(limits[0][place]), float(limits[1][place]), scope, estimates.measurement.method
    )


def interval(
    low: float, high: float, scope: Scope, method: str, *, simultaneous: bool = False
) -> Interval:
    """Write two limits down; an upper one that is infinite is None."""
    return Interval(
        low=low,
        high=high if np.isfinite(high) else None,
        level=scope.confidence,
        method=method,
        simultaneous=simultaneous,
    )


def entry(
    estimates: GroupEstimates, scope: Scope, place: int, interval: Interval | None
) -> MetricResult:
    """Write one group's entry; without value and interval unless its status is ok."""
    status, reason = estimates.status(place)
    group = estimates.grouping.groups[place]
    ok, shown = status == "ok", status != "suppressed"
    measured = estimates.measurement
    return MetricResult(
        id=scope.metric_id(estimates.metric, estimates.version, group),
        metric=estimates.metric,
        model=scope.model,
        split=scope.split,
        group=group,
        value=float(estimates.values[place]) if ok else None,
        numerator=_count(measured.numerator, place) if shown else None,
        denominator=_count(measured.denominator, place) if shown else None,
        n=int(estimates.n[place]),
        effective_n=float(estimates.size[place])
        if shown and estimates.grouping.table.weighted
        else None,
        interval=interval if ok else None,
        status=status,
        reason=reason,
    )


def _count(counts: Floats | None, place: int) -> float | None:
    return None if counts is None else float(counts[place])


def small(n: int, minimum_group: int) -> str:
    """Say in words that a group is too small to be shown."""
    return f"{n} {'row' if n == 1 else 'rows'}, fewer than the minimum of {minimum_group}"

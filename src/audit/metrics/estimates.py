"""One metric for every group of a grouping: values, intervals, and why one is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.errors import MetricError
from audit.metrics.groups import Grouping, words
from audit.metrics.intervals import wilson
from audit.metrics.rates import Rate
from audit.metrics.results import Group, Interval, MetricResult, Status
from audit.metrics.significance import two_sided_z

Floats = NDArray[np.float64]


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
    grouping : Grouping
    n : ndarray of int64
        Rows.
    numerator, denominator : ndarray of float64
        Rows, or sums of weights.
    x, size : ndarray of float64
        The numerator and denominator that intervals see: rows, or Kish's effective size
        (Σw)² / Σw² of the denominator and the rate's share of it.
    statuses, reasons : tuple of str
    """

    metric: str
    version: str
    grouping: Grouping
    n: NDArray[np.int64]
    numerator: Floats
    denominator: Floats
    x: Floats
    size: Floats
    statuses: tuple[Status, ...]
    reasons: tuple[str, ...]

    @property
    def values(self) -> Floats:
        """The rates; NaN where undefined."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values: Floats = self.numerator / self.denominator
        return values

    @property
    def comparable(self) -> NDArray[np.int64]:
        """Positions of the groups that are known and have a value."""
        usable = np.array([status == "ok" for status in self.statuses], dtype=np.bool_)
        return np.flatnonzero(usable & self.grouping.known)

    def left_out(self) -> tuple[str, ...]:
        """Name the groups that can take part in no comparison, each with its reason."""
        return tuple(
            f"{words(group)}: {'category not known' if not known else reason}"
            for group, known, status, reason in zip(
                self.grouping.groups, self.grouping.known, self.statuses, self.reasons, strict=True
            )
            if status != "ok" or not known
        )


def estimate(rate: Rate, grouping: Grouping, minimum_group: int) -> GroupEstimates:
    """Compute a rate for every group."""
    table = grouping.table
    numerator, denominator = _sum(table.w, rate.numerator), _sum(table.w, rate.denominator)
    size = effective_size(denominator, _sum(table.w2, rate.denominator))
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(denominator > 0, numerator / denominator * size, 0.0)
    n = table.n.sum(axis=(1, 2))
    rows = table.n[:, *_places(rate.denominator)].sum(axis=1)
    pairs = [
        _status(rate, *item, minimum_group)
        for item in zip(n.tolist(), rows.tolist(), denominator.tolist(), strict=True)
    ]
    return GroupEstimates(
        metric=rate.name,
        version=rate.version,
        grouping=grouping,
        n=n,
        numerator=numerator,
        denominator=denominator,
        x=x if table.weighted else numerator,
        size=size if table.weighted else denominator,
        statuses=tuple(status for status, _ in pairs),
        reasons=tuple(reason for _, reason in pairs),
    )


def effective_size(weights: Floats, squared: Floats) -> Floats:
    """Kish's effective number of rows, (Σw)² / Σw²; 0 where there are none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size: Floats = np.where(squared > 0, weights**2 / squared, 0.0)
    return size


def results(estimates: GroupEstimates, scope: Scope) -> tuple[MetricResult, ...]:
    """Write the estimates as entries, with Wilson intervals."""
    low, high = wilson(estimates.x, estimates.size, two_sided_z(scope.alpha))
    values = estimates.values
    return tuple(
        entry(
            estimates,
            scope,
            place,
            float(values[place]),
            Interval(
                low=float(low[place]),
                high=float(high[place]),
                level=scope.confidence,
                method="wilson",
            ),
        )
        for place in range(len(values))
    )


def entry(
    estimates: GroupEstimates, scope: Scope, place: int, value: float, interval: Interval
) -> MetricResult:
    """Write one group's entry; without value and interval unless its status is ok."""
    status = estimates.statuses[place]
    group = estimates.grouping.groups[place]
    ok, shown = status == "ok", status != "suppressed"
    return MetricResult(
        id=scope.metric_id(estimates.metric, estimates.version, group),
        metric=estimates.metric,
        model=scope.model,
        split=scope.split,
        group=group,
        value=value if ok else None,
        numerator=float(estimates.numerator[place]) if shown else None,
        denominator=float(estimates.denominator[place]) if shown else None,
        n=int(estimates.n[place]),
        effective_n=float(estimates.size[place])
        if shown and estimates.grouping.table.weighted
        else None,
        interval=interval if ok else None,
        status=status,
        reason=estimates.reasons[place],
    )


def small(n: int, minimum_group: int) -> str:
    """Say in words that a group is too small to be shown."""
    return f"{n} {'row' if n == 1 else 'rows'}, fewer than the minimum of {minimum_group}"


def _status(
    rate: Rate, n: int, rows: int, denominator: float, minimum_group: int
) -> tuple[Status, str]:
    if n < minimum_group:
        return "suppressed", small(n, minimum_group)
    if rows == 0:
        return "undefined", rate.undefined
    if denominator == 0:
        return "undefined", "all weights of the denominator are 0"
    return "ok", ""


def _places(cells: frozenset[tuple[int, int]]) -> tuple[list[int], list[int]]:
    ordered = sorted(cells)
    return [label for label, _ in ordered], [prediction for _, prediction in ordered]


def _sum(counts: Floats, cells: frozenset[tuple[int, int]]) -> Floats:
    labels, predictions = _places(cells)
    total: Floats = counts[:, labels, predictions].sum(axis=1)
    return total

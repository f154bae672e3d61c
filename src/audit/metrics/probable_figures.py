"""Rates and gaps of groups that are known by probability alone, written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.bounds_results import Bounds
from audit.metrics.estimates import Scope, interval
from audit.metrics.measurement import Measurement
from audit.metrics.measures.rates import Rate, rate
from audit.metrics.probable_bounds import ASSUMPTION, probable_bounds, proxy_values
from audit.metrics.probable_groups import (
    BIAS,
    ProbableGroups,
    decisions,
    probable_cells,
    row_weights,
)
from audit.metrics.probable_results import ProbableFigures, ProbableGap, ProbableRate
from audit.metrics.results import Group, Interval, Status
from audit.metrics.statistics.intervals import wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROWS_A_VALUE = 3  # rows to a proxy value below which the bounds say little, on average
CAUTION = (
    "there are few rows to each proxy value, so that the probabilities are taken to hold almost "
    "row by row: the bounds are narrow for that reason alone. Name the columns that the "
    "probabilities were computed from, as proxy, or coarser ones"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProbableRows:
    """Rows whose group is known by probability alone.

    Attributes
    ----------
    groups : ProbableGroups
    label, prediction : ndarray of 0 and 1, shape (rows,)
    weights : ndarray of float64, shape (rows,), or None
    person : ndarray, shape (rows,), or None
        Whose row it is, where people have several.
    proxy : ndarray of int64, shape (rows,), or None
        What the probabilities were computed from.
    """

    groups: ProbableGroups
    label: NDArray[np.generic]
    prediction: NDArray[np.generic]
    weights: Floats | None = None
    person: NDArray[np.generic] | None = None
    proxy: Ints | None = None


def probable_figures(
    rows: ProbableRows,
    names: Sequence[str],
    scope: Scope,
    *,
    columns: tuple[str, ...] = (),
    proxies: tuple[str, ...] = (),
    unknown: int = 0,
) -> ProbableFigures:
    """Estimate and bound rates of every group, and the gap of every pair.

    Parameters
    ----------
    rows : ProbableRows
    names : sequence of str
        Of rates of two classes.
    scope : Scope
        Groups expected to have fewer rows than its minimum are suppressed.
    columns, proxies, unknown
        As they stand in `ProbableFigures`.

    Notes
    -----
    The interval of an estimate is Wilson's at Kish's effective size; where people have several
    rows, at a size that is smaller by the design effect. That of a gap combines two of them by
    MOVER with the correlation of the two estimates, which share their rows: Zou, The American
    Statistician 62 (2008). Both are about what the estimates would be with more such rows.
    """
    measured = [_Measured.of(rows, rate(name), scope) for name in names]
    values = int(proxy_values(rows.groups, rows.proxy).max(initial=-1)) + 1
    return ProbableFigures(
        attribute=rows.groups.name,
        categories=tuple(rows.groups.categories),
        columns=columns,
        proxies=proxies,
        n=len(rows.groups),
        unknown=unknown,
        values=values,
        assumption=ASSUMPTION,
        bias=BIAS,
        caution=CAUTION if values * ROWS_A_VALUE > len(rows.groups) else "",
        rates=tuple(entry for item in measured for entry in item.rates()),
        gaps=tuple(entry for item in measured for entry in item.gaps()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Measured:
    """One rate of every group: estimates, limits, their correlations, and bounds."""

    metric: str
    scope: Scope
    groups: list[Group]
    expected: Floats
    found: Measurement
    size: Floats
    limits: tuple[Floats, Floats]
    correlation: Floats
    bounds: Bounds

    @classmethod
    def of(cls, rows: ProbableRows, measured: Rate, scope: Scope) -> _Measured:
        groups = rows.groups
        table = probable_cells(groups, rows.label, rows.prediction, rows.weights)
        found = measured.measure(table)
        shares = _influence(rows, measured, found.values)
        size = found.size / _design_effect(rows, shares)
        return cls(
            metric=measured.name,
            scope=scope,
            groups=[{groups.name: category} for category in groups.categories],
            expected=groups.probabilities.sum(axis=0),
            found=found,
            size=size,
            limits=wilson(np.nan_to_num(found.values) * size, size, scope.z),
            correlation=_correlation(_by_person(rows, shares)),
            bounds=probable_bounds(
                measured, groups, rows.label, rows.prediction,
                proxy=rows.proxy, weights=rows.weights,
            ),
        )  # fmt: skip

    def rates(self) -> Iterator[ProbableRate]:
        for place, bounds in enumerate(self.bounds.rates):
            status, reason = self.status(place)
            ok = status == "ok"
            yield ProbableRate(
                metric=self.metric,
                group=self.groups[place],
                expected_n=float(self.expected[place]),
                value=float(self.found.values[place]) if ok else None,
                interval=self._interval(place) if ok else None,
                effective_n=float(self.size[place]) if ok else None,
                low=bounds.low if ok else None,
                high=bounds.high if ok else None,
                status=status,
                reason=reason,
            )

    def gaps(self) -> Iterator[ProbableGap]:
        for bounds in self.bounds.gaps:
            a, b = self.groups.index(bounds.a), self.groups.index(bounds.b)
            problems = [self.status(place) for place in (a, b)]
            status, reason = next((p for p in problems if p[0] != "ok"), ("ok", ""))
            ok = status == "ok"
            yield ProbableGap(
                metric=self.metric,
                a=bounds.a,
                b=bounds.b,
                value=bounds.value if ok else None,
                interval=self._of_gap(a, b) if ok else None,
                low=bounds.low if ok else None,
                high=bounds.high if ok else None,
                status=status,
                reason=reason,
            )

    def status(self, place: int) -> tuple[Status, str]:
        if self.expected[place] < self.scope.minimum_group:
            expected = f"{self.expected[place]:.1f} rows expected"
            return "suppressed", f"{expected}, fewer than the minimum of {self.scope.minimum_group}"
        if np.isnan(self.found.values[place]):
            return "undefined", self.found.reasons[place]
        return "ok", ""

    def _interval(self, place: int) -> Interval:
        low, high = (float(limit[place]) for limit in self.limits)
        return interval(low, high, self.scope, "wilson")

    def _of_gap(self, a: int, b: int) -> Interval:
        values, (low, high) = self.found.values, self.limits
        together = float(self.correlation[a, b])
        gap = float(values[a] - values[b])
        below = _reach(values[a] - low[a], high[b] - values[b], together)
        above = _reach(high[a] - values[a], values[b] - low[b], together)
        return interval(gap - below, gap + above, self.scope, "correlated mover of wilson")


def _influence(rows: ProbableRows, measured: Rate, values: Floats) -> Floats:
    """How far each row moves the estimate of each group, shape (rows, groups)."""
    cell = decisions(rows.label, rows.prediction, len(rows.groups))
    weight = rows.groups.probabilities * row_weights(rows.weights, len(cell))[:, None]
    inside = np.array([float((c // 2, c % 2) in measured.numerator) for c in range(4)])[cell]
    counted = np.array([float((c // 2, c % 2) in measured.denominator) for c in range(4)])[cell]
    total = counted @ weight
    away = inside[:, None] - np.nan_to_num(values) * counted[:, None]
    return np.asarray(weight * away / np.where(total > 0, total, 1.0), dtype=np.float64)


def _by_person(rows: ProbableRows, shares: Floats) -> Floats:
    if rows.person is None:
        return shares
    person = np.unique(rows.person.astype(str), return_inverse=True)[1].reshape(-1)
    count = int(person.max(initial=-1)) + 1
    sums = [np.bincount(person, weights=column, minlength=count) for column in shares.T]
    return np.column_stack(sums).astype(np.float64)


def _design_effect(rows: ProbableRows, shares: Floats) -> Floats:
    """By how much the variance grows because people have several rows; 1 or more."""
    alone = (shares**2).sum(axis=0)
    together = (_by_person(rows, shares) ** 2).sum(axis=0)
    effect: Floats = np.maximum(together / np.where(alone > 0, alone, 1.0), 1.0)
    return effect


def _correlation(shares: Floats) -> Floats:
    """Correlations of the estimates of groups, shape (groups, groups); 0 where one is certain."""
    products = shares.T @ shares
    scale = np.sqrt(np.outer(np.diag(products), np.diag(products)))
    found: Floats = np.clip(products / np.where(scale > 0, scale, 1.0), -1.0, 1.0)
    return found


def _reach(one: float, other: float, correlation: float) -> float:
    return float(np.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0)))

"""Some groups of a cell table, or for each group everyone but it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement, Metric, Need
from audit.metrics.table.cells import CellTable
from audit.metrics.table.histogram import ScoreHistogram
from audit.metrics.table.moments import ErrorSums

Number = TypeVar("Number", np.int64, np.float64)
Component = TypeVar("Component", ScoreHistogram, ErrorSums)
MOST_ENTRIES = 50_000_000


def keep(table: CellTable, wanted: NDArray[np.bool_]) -> CellTable:
    """Return only the groups at which `wanted`, shape (groups,), is true."""
    place = np.cumsum(wanted) - 1
    scores, errors = table.scores, table.errors
    if scores is not None:
        inside = wanted[scores.group]
        scores = replace(_taken(scores, inside), group=place[scores.group[inside]].astype(np.int64))
    return replace(
        table,
        codes=table.codes[wanted],
        n=table.n[wanted],
        w=table.w[wanted],
        w2=table.w2[wanted],
        scores=scores,
        errors=None if errors is None else _taken(errors, wanted),
    )


def remainder(table: CellTable) -> CellTable:
    """For each group, count the rows of all the others instead.

    Raises
    ------
    MetricError
        If so many groups have scores that the result would not fit into memory.
    """
    return replace(
        table,
        n=_others(table.n),
        w=_others(table.w),
        w2=_others(table.w2),
        scores=None if table.scores is None else _scores(table.scores, len(table.codes)),
        errors=None if table.errors is None else _errors(table.errors),
    )


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """A metric of everyone but the group."""

    metric: Metric

    @property
    def name(self) -> str:
        """Name of the metric itself."""
        return self.metric.name

    @property
    def title(self) -> str:
        """Title of the metric itself."""
        return self.metric.title

    @property
    def definition(self) -> str:
        """Say what it is computed over."""
        return f"{self.metric.definition}, over everyone but the group"

    @property
    def source(self) -> str:
        """Source of the metric itself."""
        return self.metric.source

    @property
    def version(self) -> str:
        """Version of the metric itself."""
        return self.metric.version

    @property
    def needs(self) -> Need:
        """What the metric itself needs."""
        return self.metric.needs

    @property
    def low(self) -> float:
        """Lower end of its range."""
        return self.metric.low

    @property
    def high(self) -> float:
        """Upper end of its range."""
        return self.metric.high

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric over everyone but each group."""
        return self.metric.measure(remainder(table))


def _others(counts: NDArray[Number]) -> NDArray[Number]:
    rest = counts.sum(axis=0, keepdims=True) - counts
    return cast("NDArray[Number]", np.maximum(rest, 0))


def _taken(component: Component, chosen: NDArray[Any]) -> Component:
    """Return the same component with the chosen places of all its arrays."""
    values = {field.name: getattr(component, field.name) for field in fields(component)}
    arrays: dict[str, Any] = {
        name: value[chosen] for name, value in values.items() if isinstance(value, np.ndarray)
    }
    return replace(component, **arrays)


def _errors(errors: ErrorSums) -> ErrorSums:
    sums = {field.name: getattr(errors, field.name) for field in fields(errors)}
    arrays = {name: value for name, value in sums.items() if isinstance(value, np.ndarray)}
    rest: dict[str, Any] = {name: value.sum() - value for name, value in arrays.items()}
    return replace(errors, **rest)


def _scores(scores: ScoreHistogram, groups: int) -> ScoreHistogram:
    entries = len(scores.group)
    if entries * groups > MOST_ENTRIES:
        raise MetricError(
            f"{groups:,} groups with scores are too many to compare each with the rest",
            "compare with the reference, or leave out the metrics of scores",
        )
    owner = np.repeat(np.arange(groups, dtype=np.int64), entries)
    place = np.tile(np.arange(entries), groups)
    other = scores.group[place] != owner
    return replace(_taken(scores, place[other]), group=owner[other])

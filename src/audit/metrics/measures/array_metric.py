"""A metric of one's own as a function of arrays, evaluated for each group."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from audit.errors import MetricError
from audit.metrics.measurement import Limits, Measurement, effective_size
from audit.metrics.measures.row_metric import Rows
from audit.metrics.measures.undefined import NO_ROWS
from audit.metrics.statistics.bootstrap import ENOUGH, SmallSampleWarning
from audit.metrics.statistics.jackknife import Jackknife, jackknife

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BUCKETS = 50
FEWEST = 2
UNDEFINED_WARNING = "UndefinedMetricWarning"  # scikit-learn's, with which it gives 0
NOT_FINITE = "the function gives no finite number for the group"
NONE_ASKED = "none: not asked for"


@dataclass(frozen=True, kw_only=True)
class ArrayMetric:
    """A function of labels, predictions and weights, for example one of scikit-learn's.

    A group has no value where the function gives none that is finite, fails on it, or warns that
    the metric is undefined (as scikit-learn does when it gives 0).

    Attributes
    ----------
    name, title : str
        What code and what readers call it; the title is made of the name unless it is given.
    function : callable
        ``function(y_true, y_pred, sample_weight)`` to one number; `sample_weight` is None where
        rows have none. `y_pred` may hold scores.
    interval : {"jackknife", "bootstrap", "none"}
        Delete-bucket jackknife (50 evaluations a group; not for medians and other quantiles), or
        percentile bootstrap (`replicates` evaluations a group; only for 1,000 rows or more, and it
        warns below). Rows of one person stay together in both.
    definition, source, version : str
    low, high : float
        Range.
    better : {"higher", "lower", "neither"}
    replicates, seed : int

    Raises
    ------
    MetricError
        If the name is empty, the function cannot be called, or an option is none.
    """

    name: str
    function: Callable[..., Any]
    title: str = ""
    definition: str = "a function of labels and predictions"
    source: str = "one's own"
    interval: Literal["jackknife", "bootstrap", "none"] = "jackknife"
    low: float = -np.inf
    high: float = np.inf
    better: Literal["higher", "lower", "neither"] = "neither"
    version: str = "1"
    replicates: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise MetricError(f"expected a metric with a name, came {self.name!r}")
        if not callable(self.function):
            raise MetricError(f"metric {self.name!r}: expected a function, came {self.function!r}")
        if self.interval not in ("jackknife", "bootstrap", "none"):
            raise MetricError(
                f"metric {self.name!r}: expected interval 'jackknife', 'bootstrap' or 'none', "
                f"came {self.interval!r}"
            )
        if not self.low < self.high or self.replicates < FEWEST:
            raise MetricError(
                f"metric {self.name!r}: expected low below high and 2 replicates or more, came "
                f"{self.low}, {self.high} and {self.replicates}"
            )
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " ").capitalize())

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the metric for every group.

        Raises
        ------
        MetricError
            If rows have no labels or predictions, or the function fails on every group.
        """
        rows.need("y_true", self.name), rows.need("y_pred", self.name)
        parts = _by_group(rows.group, rows.groups)
        found = [self._value(rows, part) for part in parts]
        failed = [reason for _, reason in found if reason.startswith(FAILED)]
        if failed and len(failed) == sum(len(part) > 0 for part in parts):
            raise MetricError(
                f"metric {self.name!r}: {failed[0]}",
                "it is called as function(y_true, y_pred, sample_weight) with the rows of a group",
            )
        limits, method = self._limits(rows, parts, np.array([value for value, _ in found]))
        return Measurement(
            values=np.array([value for value, _ in found], dtype=np.float64),
            reasons=tuple(reason for _, reason in found),
            size=effective_size(rows.sums(rows.weight), rows.sums(rows.weight**2)),
            limits=limits,
            method=method,
        )

    def _value(self, rows: Rows, part: Ints) -> tuple[float, str]:
        """Evaluate the function on some rows; NaN and a reason where it has no value."""
        if not len(part):
            return np.nan, NO_ROWS
        weights = None if rows.weights is None else rows.weights[part]
        arguments = (rows.need("y_true", "")[part], rows.need("y_pred", "")[part], weights)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                value = float(self.function(*arguments))
            except Exception as error:
                return np.nan, f"{FAILED}: {type(error).__name__}: {error}"
        for warning in heard:
            if warning.category.__name__ == UNDEFINED_WARNING:
                return np.nan, str(warning.message)
        return (value, "") if np.isfinite(value) else (np.nan, NOT_FINITE)

    def _limits(self, rows: Rows, parts: list[Ints], values: Floats) -> tuple[Limits | None, str]:
        if self.interval == "none":
            return None, NONE_ASKED
        if self.interval == "bootstrap":
            return self._bootstrap(rows, parts), "percentile-bootstrap"

        @cache
        def every() -> list[Jackknife]:
            return [self._jackknife(rows, *pair) for pair in zip(parts, values, strict=True)]

        def limits(z: float) -> tuple[Floats, Floats]:
            wanted = np.broadcast_to(np.asarray(z, dtype=np.float64), (len(parts),))
            both = [one.limits(quantile) for one, quantile in zip(every(), wanted, strict=True)]
            low, high = np.array(both, dtype=np.float64).reshape(-1, 2).T
            return np.maximum(low, self.low), np.minimum(high, self.high)

        return limits, "delete-bucket-jackknife"

    def _jackknife(self, rows: Rows, part: Ints, value: float) -> Jackknife:
        bucket = self._buckets(rows, part)
        left = [
            self._value(rows, part[bucket != one])[0]
            for one in range(int(bucket.max(initial=-1)) + 1)
        ]
        usable = len(left) >= FEWEST and np.isfinite(value)
        return jackknife(np.array(value), np.array(left if usable else [np.nan, np.nan]))

    def _buckets(self, rows: Rows, part: Ints) -> Ints:
        """Deal the units of a group (persons, or rows) to at most 50 buckets of equal size."""
        unit = _units(rows, part)
        count = int(unit.max(initial=-1)) + 1
        dealt = np.random.default_rng(self.seed).permutation(count) % BUCKETS
        return np.asarray(dealt[unit], dtype=np.int64)

    def _bootstrap(self, rows: Rows, parts: list[Ints]) -> Limits:
        @cache
        def drawn() -> list[Floats]:
            return [self._resampled(rows, part) for part in parts]

        def limits(z: float) -> tuple[Floats, Floats]:
            wanted = np.broadcast_to(np.asarray(z, dtype=np.float64), (len(parts),))
            both = [
                np.quantile(values, [ndtr(-quantile), ndtr(quantile)])
                for values, quantile in zip(drawn(), wanted, strict=True)
            ]
            low, high = np.array(both, dtype=np.float64).reshape(-1, 2).T
            return low, high

        return limits

    def _resampled(self, rows: Rows, part: Ints) -> Floats:
        unit = _units(rows, part)
        count = int(unit.max(initial=-1)) + 1
        if count < FEWEST:
            return np.full(FEWEST, np.nan)
        if count < ENOUGH:
            warnings.warn(
                f"metric {self.name!r}: the bootstrap covers too little on {count:,} rows or "
                f"persons; {ENOUGH:,} or more are advised",
                SmallSampleWarning,
                stacklevel=2,
            )
        rng = np.random.default_rng(self.seed)
        found = np.empty(self.replicates)
        for place in range(self.replicates):
            times = np.bincount(rng.integers(0, count, count), minlength=count)
            found[place] = self._value(rows, np.repeat(part, times[unit]))[0]
        return found


FAILED = "its function failed"


def _by_group(group: Ints, groups: int) -> list[Ints]:
    """Positions of the rows of each group."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.searchsorted(group[order], np.arange(1, groups)))


def _units(rows: Rows, part: Ints) -> Ints:
    """Number the persons among some rows; every row is its own where no person is given."""
    if rows.person is None:
        return np.arange(len(part))
    return np.unique(rows.person[part], return_inverse=True)[1].astype(np.int64)

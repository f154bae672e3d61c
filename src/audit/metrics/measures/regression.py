"""Metrics of a regression, as a table: each follows from the sums of errors of a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Limits, Measurement, Need, effective_size
from audit.metrics.measures.undefined import NO_ROWS, NO_WEIGHT, reasons
from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.means import (
    ROUNDING,
    mean_variance,
    skewed_limits,
    t_quantile,
    welch_limits,
)
from audit.metrics.table.cells import CellTable
from audit.metrics.table.moments import ErrorSums

Floats = NDArray[np.float64]
Sum = Callable[[ErrorSums], Floats]
Estimate = tuple[Floats, Limits | None, str]
"""Values of the groups, their limits, and the method of these."""
Compute = Callable[[ErrorSums, Floats], Estimate]
"""From the sums and the effective rows of each group."""

EQUAL_TARGETS = "targets of the group are all equal"
MORE_ROWS = 10  # simulated: coverage at 10 rows rises from .84 to .93 for Laplace errors
NOT_KEPT = "none: the sums that are kept do not give its error"


@dataclass(frozen=True, kw_only=True)
class ErrorMetric:
    """A quantity of the errors (prediction less target) of a group.

    Undefined where a group has no rows or no weight; R² also where its targets are all equal.
    Limits are missing where a group has one row, or where all of its values are equal, since
    their spread is then not known.

    Attributes
    ----------
    name, title, definition, source, version : str
    compute : callable
        From `ErrorSums` and the effective rows to values, limits and the method.
    low, high : float
        Range, in units of the target (squared for a squared error).
    better : {"higher", "lower", "neither"}
    """

    name: str
    title: str
    definition: str
    source: str
    compute: Compute
    low: float = -np.inf
    high: float = np.inf
    better: Literal["higher", "lower", "neither"] = "lower"
    version: str = "1"
    needs: ClassVar[Need] = "errors"

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric for every group.

        Raises
        ------
        MetricError
            If the table holds no sums of errors.
        """
        sums = table.errors
        if sums is None:
            raise MetricError(
                f"{self.name} needs numeric targets and predictions, came a table of classes",
                'say task="regression", or count the rows with CellTable.of_errors',
            )
        size = effective_size(sums.w, sums.w2)
        values, limits, method = self.compute(sums, size)
        values = np.where(size > 0, values, np.nan)
        cases = ((sums.n == 0, NO_ROWS), (sums.w == 0, NO_WEIGHT))
        return Measurement(
            values=values,
            reasons=reasons(values, cases, EQUAL_TARGETS),
            size=size,
            limits=limits,
            method=method,
        )


def _share(total: Floats, weight: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(total / weight, dtype=np.float64)


def mean_of(total: Sum, square: Sum, method: str = "welch", low: float = -np.inf) -> Compute:
    """Make a mean with Student's limits from its sum and its sum of squares, kept in range."""

    def compute(sums: ErrorSums, size: Floats) -> Estimate:
        mean, mean_square = _share(total(sums), sums.w), _share(square(sums), sums.w)

        def limits(z: ArrayLike) -> tuple[Floats, Floats]:
            below, above = welch_limits(mean * size, mean_square * size, size, z)
            return np.maximum(below, low), above

        return mean, limits, method

    return compute


def positive_mean_of(total: Sum, square: Sum, assumed: float, *, root: bool = False) -> Compute:
    """Make a mean of values above 0 (or its root) with limits that are Student's on the log scale.

    In few rows the large errors that make the spread are often missing. So it is never taken as
    smaller than together with ten more rows of relative variance `assumed`.
    """

    def scale(values: Floats) -> Floats:
        return np.sqrt(values) if root else values

    def compute(sums: ErrorSums, size: Floats) -> Estimate:
        mean, mean_square = _share(total(sums), sums.w), _share(square(sums), sums.w)

        def limits(z: ArrayLike) -> tuple[Floats, Floats]:
            _, variance = mean_variance(mean * size, mean_square * size, size)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                relative = variance * (size - 1) / mean**2
                more = (size * relative + MORE_ROWS * assumed) / (size + MORE_ROWS)
                error = np.sqrt(np.maximum(relative, more) / (size - 1))
                factor = np.exp(t_quantile(size - 1, z) * error)
                return scale(mean / factor), scale(mean * factor)

        return scale(mean), limits, "log-delta"

    return compute


def share_of(weight: Sum) -> Compute:
    """Make a share of rows with Wilson's limits."""

    def compute(sums: ErrorSums, size: Floats) -> Estimate:
        value = _share(weight(sums), sums.w)
        x = np.where(size > 0, value * size, 0.0)
        return value, lambda z: wilson(x, size, z), "wilson"

    return compute


def _r2(sums: ErrorSums, size: Floats) -> Estimate:
    mean_square = _share(sums.y2, sums.w)
    spread = mean_square - _share(sums.y, sums.w) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = 1 - _share(sums.e2, sums.w) / spread
        known = spread > ROUNDING * mean_square
    return np.where(known, explained, np.nan), None, NOT_KEPT


def _one_sided(sign: int) -> Compute:
    """Make E[max(±e, 0)] = (E|e| ± E e) / 2.

    How e² divides between the sides is not kept, but the other side's part is at least its squared
    mean over its share of rows (Cauchy and Schwarz): the limits use the most that is left.
    """

    def total(sums: ErrorSums) -> Floats:
        return np.maximum((sums.size + sign * sums.e) / 2, 0.0)

    def square(sums: ErrorSums) -> Floats:
        other = np.maximum((sums.size - sign * sums.e) / 2, 0.0)
        weight = sums.w_under if sign > 0 else sums.w_over
        with np.errstate(divide="ignore", invalid="ignore"):
            least = np.where(weight > 0, other**2 / weight, 0.0)
        return np.maximum(sums.e2 - least, 0.0)

    return mean_of(total, square, "welch-conservative", 0.0)


def _hall(sums: ErrorSums, size: Floats) -> Estimate:
    """Mean of the predictions, with limits that follow their skewness."""
    mean, mean_square, mean_cube = (_share(power, sums.w) for power in (sums.p, sums.p2, sums.p3))
    powers = (mean * size, mean_square * size, mean_cube * size)
    return mean, lambda z: skewed_limits(*powers, size, z), "hall"


def _centred(inner: Compute) -> Compute:
    """Make a mean of what was summed less `centre`."""

    def compute(sums: ErrorSums, size: Floats) -> Estimate:
        value, limits, method = inner(sums, size)

        def shifted(z: float) -> tuple[Floats, Floats]:
            assert limits is not None  # noqa: S101 - a mean has limits
            low, high = limits(z)
            return low + sums.centre, high + sums.centre

        return value + sums.centre, shifted, method

    return compute


_SKLEARN = "sklearn.metrics"
_FAIRLEARN = "fairlearn.metrics"
_BGL = "group loss of Agarwal, Dudík and Wu, Fair Regression (ICML 2019)"
_MEAN_SQUARE = positive_mean_of(lambda s: s.e2, lambda s: s.e4, 4.0)
_ROOT = positive_mean_of(lambda s: s.e2, lambda s: s.e4, 4.0, root=True)
_TARGET: tuple[str, float, float] = ("neither", -np.inf, np.inf)
_LOSS: tuple[str, float, float] = ("lower", 0.0, np.inf)

_TABLE: tuple[tuple[str, str, str, str, Compute, str, float, float], ...] = (
    ("mean_error", "Mean error", "mean of prediction less target",
     "bias; Calders et al., Controlling Attribute Effect in Linear Regression (2013)",
     mean_of(lambda s: s.e, lambda s: s.e2), *_TARGET),
    ("mean_absolute_error", "Mean absolute error", "mean size of prediction less target",
     f"{_SKLEARN}.mean_absolute_error; {_BGL}",
     positive_mean_of(lambda s: s.size, lambda s: s.e2, 1.0), *_LOSS),
    ("mean_squared_error", "Mean squared error", "mean square of prediction less target",
     f"{_SKLEARN}.mean_squared_error; {_BGL}", _MEAN_SQUARE, *_LOSS),
    ("root_mean_squared_error", "Root mean squared error", "root of the mean squared error",
     f"{_SKLEARN}.root_mean_squared_error", _ROOT, *_LOSS),
    ("r2", "R²", "1 less the mean squared error over the variance of the group's targets",
     f"{_SKLEARN}.r2_score", _r2, "higher", -np.inf, 1.0),
    ("over_prediction_rate", "Over-prediction rate", "rows predicted above their target among all",
     "Calders et al., Controlling Attribute Effect in Linear Regression (2013)",
     share_of(lambda s: s.w_over), "neither", 0.0, 1.0),
    ("under_prediction_rate", "Under-prediction rate",
     "rows predicted below their target among all",
     "Calders et al., Controlling Attribute Effect in Linear Regression (2013)",
     share_of(lambda s: s.w_under), "neither", 0.0, 1.0),
    ("mean_over_prediction", "Mean over-prediction",
     "mean of how far predictions lie above their target, 0 where below",
     "positive part of the error; Calders et al. (2013)", _one_sided(1), *_LOSS),
    ("mean_under_prediction", "Mean under-prediction",
     "mean of how far predictions lie below their target, 0 where above",
     "negative part of the error; Calders et al. (2013)", _one_sided(-1), *_LOSS),
    ("mean_target", "Mean target", "mean of the targets", "base rate of a regression",
     _centred(mean_of(lambda s: s.y, lambda s: s.y2)), *_TARGET),
    ("mean_prediction", "Mean prediction", "mean of the predictions",
     f"{_FAIRLEARN}.mean_prediction",
     _centred(_hall), *_TARGET),
)  # fmt: skip

REGRESSION: dict[str, ErrorMetric] = {
    name: ErrorMetric(
        name=name,
        title=title,
        definition=definition,
        source=source,
        compute=compute,
        better=better,  # type: ignore[arg-type] # one of the three, as the table says
        low=low,
        high=high,
    )
    for name, title, definition, source, compute, better, low, high in _TABLE
}
"""The metrics of a regression by name."""


def __getattr__(name: str) -> ErrorMetric:
    """Let ``audit.metrics.measures.regression:mean_error`` name a metric."""
    if name not in REGRESSION:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return REGRESSION[name]


def worst_group(measurement: Measurement, better: str) -> int | None:
    """Find the group with the worst value of a metric, whether by chance or not.

    Parameters
    ----------
    measurement : Measurement
    better : {"higher", "lower", "neither"}
        ``neither``: the value farthest from 0, as for a mean error.

    Returns
    -------
    int or None
        Its position, the first of several; None where no group has a value.
    """
    values = measurement.values
    if np.isnan(values).all():
        return None
    if better == "higher":
        return int(np.nanargmin(values))
    return int(np.nanargmax(np.abs(values) if better == "neither" else values))

"""Whether prediction intervals hold as many targets of each group as they promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement
from audit.metrics.measures.row_metric import Rows, mean_of_rows, share_of_rows

Floats = NDArray[np.float64]
PAIR = 2
_ROMANO = "Romano, Barber, Sabatti and Candès, With Malice Toward None (2020)"


@dataclass(frozen=True, kw_only=True)
class IntervalCoverage:
    """Share of targets inside their prediction interval, ends included.

    The interval of a row is the two columns of `y_pred`: its lower and its upper end, which may be
    infinite. Compare it with the coverage that the intervals promise. Range [0, 1]; undefined where
    a group has no rows.
    """

    name: ClassVar[str] = "interval_coverage"
    title: ClassVar[str] = "Interval coverage"
    definition: ClassVar[str] = "rows whose target lies in their prediction interval, among all"
    source: ClassVar[str] = _ROMANO
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["neither"]] = "neither"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the share for every group, with Wilson limits.

        Raises
        ------
        MetricError
            If targets are not finite, or an interval is none, naming its row.
        """
        target = rows.finite("y_true", self.name)
        lower, upper = _intervals(rows, self.name)
        inside = (lower <= target) & (target <= upper)
        return share_of_rows(inside.astype(np.float64), rows)


@dataclass(frozen=True, kw_only=True)
class IntervalWidth:
    """Mean width of the prediction intervals, in units of the target.

    Equal coverage can be bought with wider intervals for one group: read the two together.
    Undefined where a group has no rows.
    """

    name: ClassVar[str] = "interval_width"
    title: ClassVar[str] = "Interval width"
    definition: ClassVar[str] = "mean of the upper less the lower end of prediction intervals"
    source: ClassVar[str] = _ROMANO
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = np.inf
    better: ClassVar[Literal["lower"]] = "lower"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the mean for every group, with Student's limits.

        Raises
        ------
        MetricError
            If an interval is none or infinite, naming its row.
        """
        rows.finite("y_pred", self.name)
        lower, upper = _intervals(rows, self.name)
        return mean_of_rows(upper - lower, rows, self.low, self.high)


def _intervals(rows: Rows, metric: str) -> tuple[Floats, Floats]:
    given = rows.need("y_pred", metric)
    try:
        ends = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetricError(f"{metric}: expected intervals of numbers, came {error}") from error
    if ends.ndim != PAIR or ends.shape[1] != PAIR:
        raise MetricError(
            f"{metric}: expected y_pred of shape (rows, 2), came shape {ends.shape}",
            "give the lower and the upper end of the interval of every row",
        )
    wrong = np.flatnonzero(~(ends[:, 0] <= ends[:, 1]))
    if len(wrong):
        raise MetricError(
            f"{metric}: expected a lower end that is at most the upper one, "
            f"came {ends[wrong[0]].tolist()} in row {int(wrong[0])}"
        )
    return ends[:, 0], ends[:, 1]

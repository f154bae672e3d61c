"""The change of each group's mean or error between two models that predict numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import small
from audit.metrics.results import Status
from audit.metrics.statistics.means import welch_limits

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Rows with two predictions each.

    Attributes
    ----------
    target, before, after : ndarray of float64, shape (rows,)
    weights : ndarray of float64, shape (rows,), or None
    """

    target: Floats
    before: Floats
    after: Floats
    weights: Floats | None


@dataclass(frozen=True, kw_only=True)
class PairedMean:
    """A mean that is compared, or the root of one.

    Attributes
    ----------
    of : callable
        From predictions and targets to the number of each row.
    root : bool
    """

    of: Callable[[Floats, Floats], Floats]
    root: bool = False


MEANS: Mapping[str, PairedMean] = {
    "mean_prediction": PairedMean(of=lambda said, target: said),
    "mean_error": PairedMean(of=lambda said, target: said - target),
    "mean_absolute_error": PairedMean(of=lambda said, target: np.abs(said - target)),
    "root_mean_squared_error": PairedMean(of=lambda said, target: (said - target) ** 2, root=True),
}
"""What of a regression is compared, in the unit of the target."""


@dataclass(frozen=True, kw_only=True)
class MeanChange:
    """One mean of one group before and after.

    Attributes
    ----------
    before, after : float
        NaN unless `status` is ``ok``; weighted where rows are.
    total, square, size : float
        Sums over the rows of what each adds to the change, and of its square; with weights, for
        Kish's effective size.
    n : int
        Rows of the group.
    """

    before: float
    after: float
    total: float
    square: float
    size: float
    n: int
    status: Status
    reason: str
    gained: int = 0
    lost: int = 0
    method: str = "paired t"
    gap_method: str = "tukey-mover of paired t"

    @property
    def value(self) -> float:
        """After less before, in the unit of the target."""
        return self.after - self.before

    def limits(self, z: float) -> tuple[float, float]:
        """Return Student's limits of the change; NaN where the rows' changes are all alike."""
        low, high = welch_limits(self.total, self.square, self.size, z)
        middle = self.total / self.size if self.size > 0 else np.nan
        return float(low) - middle + self.value, float(high) - middle + self.value


def mean_change(
    predicted: Predicted, mean: PairedMean, members: Flags, minimum_group: int
) -> MeanChange:
    """Measure how the rows of one group change.

    Parameters
    ----------
    predicted : Predicted
    mean : PairedMean
    members : ndarray of bool, shape (rows,)
        The group.
    minimum_group : int
        Groups with fewer rows are suppressed.

    Notes
    -----
    The interval of a root is that of its linear part (delta method): a row of squared error s adds
    s / (2 root) to it.
    """
    target, n = predicted.target[members], int(members.sum())
    before, after = (mean.of(said[members], target) for said in (predicted.before, predicted.after))
    weights = np.ones(n) if predicted.weights is None else predicted.weights[members]
    whole, squares = float(weights.sum()), float((weights**2).sum())
    status, reason = _status(n, whole, minimum_group)
    if status != "ok":
        return MeanChange(
            before=np.nan, after=np.nan, total=0.0, square=0.0, size=0.0, n=n,
            status=status, reason=reason,
        )  # fmt: skip
    first, second = (_value(values, weights, whole, mean) for values in (before, after))
    added = _slope(second, mean) * after - _slope(first, mean) * before
    scale = whole / squares
    return MeanChange(
        before=first,
        after=second,
        total=float(weights @ added) * scale,
        square=float(weights @ added**2) * scale,
        size=whole * scale,
        n=n,
        status=status,
        reason=reason,
    )


def _value(values: Floats, weights: Floats, whole: float, mean: PairedMean) -> float:
    found = float(weights @ values) / whole
    return float(np.sqrt(found)) if mean.root else found


def _slope(value: float, mean: PairedMean) -> float:
    """How a root moves with its mean square; not known where it is 0."""
    if not mean.root:
        return 1.0
    return 1 / (2 * value) if value > 0 else float("nan")


def _status(n: int, whole: float, minimum_group: int) -> tuple[Status, str]:
    if n < minimum_group:
        return "suppressed", small(n, minimum_group)
    if n == 0:
        return "undefined", "no rows"
    return ("undefined", "all weights are 0") if whole == 0 else ("ok", "")

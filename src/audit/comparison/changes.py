"""The change of each group's rate between two models that decide about the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import small
from audit.metrics.results import Status
from audit.metrics.statistics.intervals import tango

Flags = NDArray[np.bool_]
Labels = NDArray[np.int8] | NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class PairedRate:
    """A rate that is compared: of which rows, and what counts as 1.

    Attributes
    ----------
    rows : callable
        From labels to the rows that the rate is over.
    outcome : callable
        From labels and decisions to 0 and 1 for each row.
    undefined : str
        Why a group has no value, in words.
    """

    rows: Callable[[Labels], Flags]
    outcome: Callable[[Labels, Labels], Flags]
    undefined: str


def _everyone(label: Labels) -> Flags:
    return np.ones(len(label), dtype=np.bool_)


def _selected(label: Labels, decision: Labels) -> Flags:
    selected: Flags = decision == 1
    return selected


PAIRED: Mapping[str, PairedRate] = {
    "accuracy": PairedRate(
        rows=_everyone, outcome=lambda label, decision: decision == label, undefined="no rows"
    ),
    "selection_rate": PairedRate(rows=_everyone, outcome=_selected, undefined="no rows"),
    "true_positive_rate": PairedRate(
        rows=lambda label: label == 1, outcome=_selected, undefined="group has no positive labels"
    ),
    "false_positive_rate": PairedRate(
        rows=lambda label: label == 0, outcome=_selected, undefined="group has no negative labels"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Rows with two decisions each.

    Attributes
    ----------
    label, before, after : ndarray of int, shape (rows,)
    weights : ndarray of float64, shape (rows,), or None
    """

    label: Labels
    before: Labels
    after: Labels
    weights: NDArray[np.float64] | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One rate of one group before and after.

    Attributes
    ----------
    before, after : float
        NaN unless `status` is ``ok``; weighted where rows are.
    up, down, size : float
        Rows that go from 0 to 1, from 1 to 0, and all; with weights, their shares of Kish's
        effective size.
    n : int
        Rows of the group.
    gained, lost : int
        Rows, unweighted.
    """

    before: float
    after: float
    up: float
    down: float
    size: float
    n: int
    gained: int
    lost: int
    status: Status
    reason: str
    method: str = "tango"
    gap_method: str = "tukey-tango-mover"

    @property
    def value(self) -> float:
        """After less before, in [-1, 1]."""
        return self.after - self.before

    def limits(self, z: float) -> tuple[float, float]:
        """Return Tango's limits of the change at a normal quantile."""
        low, high = tango(self.up, self.down, self.size, z)
        return float(low), float(high)


def change(decided: Decided, rate: PairedRate, members: Flags, minimum_group: int) -> Change:
    """Count how the rows of one group change.

    Parameters
    ----------
    decided : Decided
    rate : PairedRate
    members : ndarray of bool, shape (rows,)
        The group.
    minimum_group : int
        Groups with fewer rows are suppressed.
    """
    own = members & rate.rows(decided.label)
    before, after = (
        rate.outcome(decided.label, decision)[own] for decision in (decided.before, decided.after)
    )
    weights = np.ones(len(before)) if decided.weights is None else decided.weights[own]
    total, squares = float(weights.sum()), float((weights**2).sum())
    status, reason = _status(rate, int(members.sum()), int(own.sum()), total, minimum_group)
    up, down = after & ~before, before & ~after
    scale = total / squares if squares > 0 else 0.0
    return Change(
        before=float(weights @ before) / total if status == "ok" else np.nan,
        after=float(weights @ after) / total if status == "ok" else np.nan,
        up=float(weights @ up) * scale,
        down=float(weights @ down) * scale,
        size=total * scale,
        n=int(members.sum()),
        gained=int(up.sum()),
        lost=int(down.sum()),
        status=status,
        reason=reason,
    )


def _status(
    rate: PairedRate, n: int, rows: int, total: float, minimum_group: int
) -> tuple[Status, str]:
    if n < minimum_group:
        return "suppressed", small(n, minimum_group)
    if rows == 0:
        return "undefined", rate.undefined
    if total == 0:
        return "undefined", "all weights of the denominator are 0"
    return "ok", ""

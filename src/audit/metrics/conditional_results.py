"""What is said about groups that were compared within strata of control features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Group, Interval


@dataclass(frozen=True, kw_only=True)
class StratumResult:
    """One stratum of a conditional comparison.

    Attributes
    ----------
    levels : dict
        Control feature to category.
    n : int
        Rows of everyone in it.
    value : float or None
        Of the stratum alone; None where it says nothing.
    reason : str
        Why it says nothing, and so is left out of the summary.
    """

    levels: Group
    n: int
    value: float | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ConditionalDisparity:
    """Conditional demographic disparity of one group.

    Attributes
    ----------
    group : dict
        Attribute to category.
    controls : tuple of str
    value : float or None
        Mean over strata, by rows, of the group's share of the rejected less its share of the
        selected; in [-1, 1], above 0 where the group is rejected more than others alike.
    unconditional : float or None
        The same without strata.
    interval : Interval or None
    n : int
        Rows of the strata that the value rests on.
    left_out : int
        Rows of strata without a rejected or without a selected row.
    strata : tuple of StratumResult
    status : {"ok", "undefined"}
    reason : str
    """

    group: Group
    controls: tuple[str, ...]
    value: float | None
    unconditional: float | None
    interval: Interval | None
    n: int
    left_out: int
    strata: tuple[StratumResult, ...]
    status: Literal["ok", "undefined"] = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class StratifiedComparison:
    """A rate of two groups compared within strata, summed up by Mantel and Haenszel.

    Attributes
    ----------
    metric : str
    a, b : dict
        Attribute to category.
    controls : tuple of str
    difference : float or None
        Common difference of the rates, `a` less `b`, in [-1, 1].
    ratio : float or None
        Common ratio, `a` over `b`; None also where it would divide by 0.
    crude : float or None
        Difference without strata; where it has another sign, the strata explain the gap away or
        hide one (Simpson's paradox).
    difference_interval, ratio_interval : Interval or None
        Sato's, and Greenland and Robins'.
    p_value : float or None
        Of no association in any stratum (Cochran, Mantel and Haenszel, without correction for
        continuity).
    n : int
        Rows of both groups that the comparison rests on.
    strata : tuple of StratumResult
        Differences of each; look whether they agree before trusting one number.
    status : {"ok", "undefined"}
    reason : str
    """

    metric: str
    a: Group
    b: Group
    controls: tuple[str, ...]
    difference: float | None
    ratio: float | None
    crude: float | None
    difference_interval: Interval | None
    ratio_interval: Interval | None
    p_value: float | None
    n: int
    strata: tuple[StratumResult, ...]
    status: Literal["ok", "undefined"] = "ok"
    reason: str = ""

"""What is said of groups that are known by probability alone: estimates, and what could be."""

from __future__ import annotations

from dataclasses import dataclass

from audit.metrics.results import Group, Interval, Status


@dataclass(frozen=True, kw_only=True)
class ProbableRate:
    """A rate of one group.

    Attributes
    ----------
    metric : str
    group : dict
        Attribute to category.
    expected_n : float
        Sum of the probabilities of being in the group, over rows.
    value : float or None
        Weighted estimate: every row counts with its probability.
    interval : Interval or None
        Of the estimate; the chance of sampling alone is in it, not that groups are not known.
    effective_n : float or None
        Independent rows of known group that would say as much.
    low, high : float or None
        The least and the most the rate can be in these rows, whoever belongs to the group.
    status : {"ok", "undefined", "suppressed"}
        Suppressed where fewer rows than the minimum are expected.
    reason : str
    """

    metric: str
    group: Group
    expected_n: float
    value: float | None = None
    interval: Interval | None = None
    effective_n: float | None = None
    low: float | None = None
    high: float | None = None
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProbableGap:
    """A rate of one group less that of another; fields as in `ProbableRate`.

    No p-value is given: a difference of the estimates need not be one of the groups.
    """

    metric: str
    a: Group
    b: Group
    value: float | None = None
    interval: Interval | None = None
    low: float | None = None
    high: float | None = None
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProbableFigures:
    """Everything measured of one attribute that is known by probability alone.

    Attributes
    ----------
    attribute : str
    categories, columns : tuple of str
        Each category, and the column of its probability.
    proxies : tuple of str
        Columns that the probabilities were computed from, where they are named.
    n : int
        Rows with probabilities.
    unknown : int
        Rows without, which are left out.
    values : int
        Different proxy values (or probabilities). Where they are nearly as many as rows, each
        probability is taken to hold for its very row, and the bounds are narrow for that alone.
    assumption : str
        What must be true for the bounds to hold.
    bias : str
        When the estimates are off, and in which direction.
    caution : str
        Why the bounds may be narrower than they should; empty where there is nothing to say.
    rates : tuple of ProbableRate
    gaps : tuple of ProbableGap
        Of every pair, `a` named before `b` in the configuration.
    """

    attribute: str
    categories: tuple[str, ...]
    columns: tuple[str, ...]
    proxies: tuple[str, ...]
    n: int
    unknown: int
    values: int
    assumption: str
    bias: str
    caution: str
    rates: tuple[ProbableRate, ...]
    gaps: tuple[ProbableGap, ...]

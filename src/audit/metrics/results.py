"""What a metric says: values with intervals, differences between groups, and why one is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "undefined", "suppressed"]
Selection = Literal["reference", "worst_pair", "highest", "rest", "overall"]
Correcting = Literal["holm", "benjamini-hochberg"]
Group = dict[str, str]
"""Attribute to category; empty for everyone."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A confidence interval.

    Attributes
    ----------
    low, high : float or None
        The limits; `high` is None where there is no upper limit (a ratio over a rate of 0).
    level : float
        Nominal coverage, in (0, 1). For a simultaneous interval, of the whole family together.
    method : str
        For example ``wilson``, ``newcombe``, ``mover-r``, ``tukey-newcombe``, ``logit-delong``.
    simultaneous : bool
        Whether all intervals of the family hold at once with probability `level`.
    """

    low: float
    high: float | None
    level: float
    method: str
    simultaneous: bool = False


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """One metric for one group.

    Attributes
    ----------
    id : str
        Stable: depends on metric, its definition's version, group, threshold, split and model.
    metric, model, split : str
        Names; `model` is the role, ``baseline`` for the audited network.
    group : dict
        Attribute to category, empty for everyone.
    value : float or None
        None unless `status` is ``ok``.
    numerator, denominator : float or None
        Of a rate: counts of rows, or sums of weights where rows are weighted. None when suppressed.
    n : int
        Rows of the group in the split, always stated.
    effective_n : float or None
        Kish's effective size of the denominator where rows are weighted, else None.
    interval : Interval or None
    status : {"ok", "undefined", "suppressed"}
    reason : str
        Empty when `status` is ``ok``, else why there is no value.
    """

    id: str
    metric: str
    model: str
    split: str
    group: Group
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    effective_n: float | None = None
    interval: Interval | None = None
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Family:
    """The comparisons among which p-values were adjusted together.

    Attributes
    ----------
    name : str
    size : int
        How many could be tested.
    method : {"holm", "benjamini-hochberg"}
        Holm bounds the chance of any false alarm, Benjamini and Hochberg the share of them.
    """

    name: str
    size: int
    method: Correcting = "holm"


@dataclass(frozen=True, kw_only=True)
class Disparity:
    """A metric compared between two groups: `a` less `b`, or `a` over `b`.

    Attributes
    ----------
    kind : {"difference", "ratio"}
    attributes : tuple of str
        One for a sensitive attribute, several for an intersection.
    a, b : dict
        The two groups, attribute to category. For ``worst_pair`` a has the higher value in a
        difference and the lower one in a ratio, so that the ratio is at most 1; for ``reference`` b
        is the reference group. Both empty where no two groups could be compared.
    a_metric, b_metric : str
        Identifiers of the two entries of ``metrics`` that are compared (everyone's entry where
        no two groups could be).
    selection : {"reference", "worst_pair", "highest", "rest", "overall"}
        ``highest``: b is the group with the highest rate. ``rest``: b is everyone else of the same
        attributes, ``overall``: everyone; then `b` is empty.
    value : float or None
    interval : Interval or None
        Of a worst pair: of the largest gap (or smallest ratio) over all pairs, simultaneous over
        them and over the family; a gap's lower limit is 0 where no pair is established.
    p_value, p_adjusted : float or None
        Of the hypothesis of no difference (of a worst pair: between any two groups); adjusted over
        `family`. A ratio repeats those of its difference and is not counted again.
    family : Family or None
    minimum_detectable : float or None
        The smallest difference that this comparison finds with 80 % power at its adjusted level;
        for a worst pair, the largest such over the pairs compared.
    pairs : int
        How many pairs of groups the pair was chosen from; 1 for a reference comparison.
    status, reason
        As in `MetricResult`.
    """

    id: str
    metric: str
    model: str
    split: str
    kind: Literal["difference", "ratio"]
    attributes: tuple[str, ...]
    a: Group
    b: Group
    a_metric: str
    b_metric: str
    selection: Selection
    value: float | None
    interval: Interval | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    family: Family | None = None
    minimum_detectable: float | None = None
    pairs: int = 1
    status: Status = "ok"
    reason: str = ""
    left_out: tuple[str, ...] = field(default=())
    """Of a worst pair: groups that could not take part, in words, with the reason."""
    test: str = ""
    """Of the p-value, where it is not the inverted interval: ``pooled z``, ``Fisher exact``, or
    ``homogeneity`` (chi-squared over all the groups, for the worst pair of three or more)."""
    range_p: float | None = None
    """Of a worst pair: the p-value that turns `interval` round, beside that of the test."""
    shrunken: float | None = None
    """Of a worst pair of rates: the largest gap after shrinkage of the rates towards the pooled one
    (constrained empirical Bayes); the plain value overstates a maximum over many small groups."""
    equivalence_p: float | None = None
    """Of a difference of rates, where a tolerance was given: the p-value of the claim that it lies
    within the tolerance (of a worst pair: that all pairs do), by two one-sided tests, unadjusted.
    """
    established: tuple[Group, Group] | None = None
    """Of a worst pair's difference whose interval excludes 0: the pair that sets its lower limit,
    higher value first, where that is another pair than `a` and `b`. The gap between these two is at
    least `interval.low`, while that between `a` and `b` may be chance."""

"""What is said where groups are not known for sure: between which values a figure must lie."""

from __future__ import annotations

from dataclasses import dataclass

from audit.metrics.results import Group


@dataclass(frozen=True, kw_only=True)
class RateBounds:
    """A rate of one group, whoever the rows of unknown group belong to.

    Attributes
    ----------
    metric : str
    group : dict
        Attribute to category.
    value : float or None
        From the rows whose group is known (or from probabilities); None where there are none.
    low, high : float or None
        The least and the most it can be; None where the group can have no row that counts.
    n : int
        Rows whose group is known; 0 where groups are known by probability alone.
    placeable : int
        Rows that may or may not belong to the group.
    sharp : bool
        Whether each bound is reached by some way of placing the rows.
    assumption : str
        What must be true for the bounds to hold, in words.
    """

    metric: str
    group: Group
    value: float | None
    low: float | None
    high: float | None
    n: int
    placeable: int
    sharp: bool
    assumption: str


@dataclass(frozen=True, kw_only=True)
class GapBounds:
    """A difference of a rate between two groups, whoever the rows of unknown group belong to.

    Attributes
    ----------
    metric : str
    a, b : dict
        Attribute to category.
    value : float or None
        `a` less `b` from the rows whose group is known; None where either has no value.
    low, high : float or None
        The least and the most it can be; None where a group can have no row that counts.
    sharp : bool
    assumption : str
    """

    metric: str
    a: Group
    b: Group
    value: float | None
    low: float | None
    high: float | None
    sharp: bool
    assumption: str


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds of a metric for every group, and for every pair of groups."""

    rates: tuple[RateBounds, ...]
    gaps: tuple[GapBounds, ...]

    @property
    def widest(self) -> GapBounds | None:
        """The pair whose gap could be largest, whichever way; None where no pair has bounds."""
        known = [gap for gap in self.gaps if gap.low is not None and gap.high is not None]
        return max(known, key=lambda gap: max(gap.high or 0.0, -(gap.low or 0.0)), default=None)

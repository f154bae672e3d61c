"""Which groups an audit could assess: cells of attributes with their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Group

CellStatus = Literal["enough", "too_small", "mixed", "empty", "unknown"]


@dataclass(frozen=True, kw_only=True)
class CoverageCell:
    """One group, or several pooled ones, of an intersection.

    Attributes
    ----------
    group : dict
        Attribute to category; ``(other)`` for categories that are pooled.
    n : int
        Rows.
    groups : int
        Groups that occur in the cell: 1, or of a pooled cell any number, or 0 where it is empty.
    status : {"enough", "too_small", "mixed", "empty", "unknown"}
        ``mixed``: of the groups pooled in the cell some have enough rows and some have not.
        ``unknown``: the category of at least one attribute is not known.
    """

    group: Group
    n: int
    groups: int
    status: CellStatus


@dataclass(frozen=True, kw_only=True)
class CoverageMap:
    """How much of an intersection is large enough to be assessed.

    Attributes
    ----------
    attributes : tuple of str
    categories : tuple of tuple of str
        Of each attribute: those shown, with ``(other)`` and ``unknown`` last where there are any.
    pooled : tuple of int
        Of each attribute: how many categories are pooled in ``(other)``.
    minimum_group : int
        Rows that are enough.
    cells : tuple of CoverageCell
        Every combination of `categories`, the last attribute running fastest.
    rows, assessed_rows, too_small_rows, unknown_rows : int
        All rows, and those in groups of each status; pooled groups count each for itself.
    enough, too_small, empty : int
        Groups of known categories, pooled ones included: with enough rows, with fewer, with none.
    assessed_share : float or None
        `assessed_rows` over `rows`, in [0, 1]; None without rows.
    reason : str
        What is pooled, in words; empty where nothing is.
    """

    attributes: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    pooled: tuple[int, ...]
    minimum_group: int
    cells: tuple[CoverageCell, ...]
    rows: int
    assessed_rows: int
    too_small_rows: int
    unknown_rows: int
    enough: int
    too_small: int
    empty: int
    assessed_share: float | None
    reason: str = ""

"""Rows of unknown group: what rates and gaps could be, wherever these rows were placed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.bounds_results import Bounds, GapBounds, RateBounds
from audit.metrics.conditional import require_two_classes
from audit.metrics.measures.rates import Rate
from audit.metrics.results import Group
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
PAIRED = 200
ASSUMPTION = "every row of unknown group belongs to one of the groups shown; nothing else"


def unknown_bounds(table: CellTable, rate: Rate) -> Bounds:
    """Bound a rate of every known group, and the gap of every pair, over all placements.

    Where the group of a row is not known, it may be any that agrees with what is known of the row.
    A rate is highest when all such rows that are in its numerator belong to the group and no other
    does; a gap is largest when these belong to the one group, and the others that count to the
    other. Both can be so at once, hence the bounds are sharp.

    Parameters
    ----------
    table : CellTable
        Of two classes; rolled up to the attributes of interest.
    rate : Rate

    Returns
    -------
    Bounds
        Of the groups without ``unknown``; pairs in the order of the groups.

    Raises
    ------
    MetricError
        If the table does not count two classes, or has more than 200 known groups, whose pairs
        would be too many.

    Notes
    -----
    Manski, Partial Identification of Probability Distributions (2003), chapter 1.
    """
    require_two_classes(table)
    groups = _names(table)
    known = [place for place, group in enumerate(groups) if UNKNOWN not in group.values()]
    if len(known) > PAIRED:
        raise MetricError(
            f"expected at most {PAIRED} groups to bound the gaps of, came {len(known)}",
            "roll the table up to fewer attributes",
        )
    inside, outside = _weights(table, rate)
    may = _compatible(table, known)
    ranges = [
        _Range(float(inside[k]), float(outside[k]), float(inside[m].sum()), float(outside[m].sum()))
        for k, m in zip(known, may, strict=True)
    ]
    rows = table.n.sum(axis=(1, 2))
    rates = tuple(
        found.written(rate.name, groups[k], int(rows[k]), int(rows[m].sum()))
        for found, k, m in zip(ranges, known, may, strict=True)
    )
    gaps = tuple(
        _gap(rate.name, (groups[known[i]], groups[known[j]]), ranges[i], ranges[j])
        for i, j in combinations(range(len(known)), 2)
    )
    return Bounds(rates=rates, gaps=gaps)


class _Range:
    """Sums of weights in and out of the numerator: of the group, and of rows it may have."""

    def __init__(self, inside: float, outside: float, more_in: float, more_out: float) -> None:
        self.value = _over(inside, inside + outside)
        self.high = _over(inside + more_in, inside + more_in + outside)
        self.low = _over(inside, inside + outside + more_out)
        if self.value is None:  # any one row may be the group's only one
            self.high = 1.0 if more_in > 0 else (0.0 if more_out > 0 else None)
            self.low = 0.0 if more_out > 0 else (1.0 if more_in > 0 else None)

    def written(self, metric: str, group: Group, n: int, placeable: int) -> RateBounds:
        return RateBounds(
            metric=metric,
            group=group,
            value=self.value,
            low=self.low,
            high=self.high,
            n=n,
            placeable=placeable,
            sharp=True,
            assumption=ASSUMPTION,
        )


def _gap(metric: str, pair: tuple[Group, Group], a: _Range, b: _Range) -> GapBounds:
    return GapBounds(
        metric=metric,
        a=pair[0],
        b=pair[1],
        value=less(a.value, b.value),
        low=less(a.low, b.high),
        high=less(a.high, b.low),
        sharp=a.value is not None and b.value is not None,
        assumption=ASSUMPTION,
    )


def less(one: float | None, other: float | None) -> float | None:
    """Subtract; None where either is not known."""
    return None if one is None or other is None else one - other


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _weights(table: CellTable, rate: Rate) -> tuple[Floats, Floats]:
    """Weights of each group in the numerator, and in the rest of the denominator."""
    return tuple(  # type: ignore[return-value] # two of them
        sum((table.w[:, label, said] for label, said in sorted(cells)), np.zeros(len(table.w)))
        for cells in (rate.numerator, rate.denominator - rate.numerator)
    )


def _names(table: CellTable) -> list[Group]:
    return [
        {a.name: a.categories[code] for a, code in zip(table.attributes, row, strict=True)}
        for row in table.codes.tolist()
    ]


def _compatible(table: CellTable, known: list[int]) -> list[NDArray[np.int64]]:
    """Find for each known group the groups with an unknown category whose rows may be its."""
    missing = np.array(
        [
            table.codes[:, place] == attribute.categories.index(UNKNOWN)
            if UNKNOWN in attribute.categories
            else np.zeros(len(table.codes), dtype=np.bool_)
            for place, attribute in enumerate(table.attributes)
        ],
        dtype=np.bool_,
    ).reshape(len(table.attributes), -1)
    partly = missing.any(axis=0)
    return [
        np.flatnonzero(partly & ((table.codes == table.codes[k]).T | missing).all(axis=0))
        for k in known
    ]

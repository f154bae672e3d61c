"""What rates and gaps could be where groups are known by probability alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.bounds_results import Bounds, GapBounds, RateBounds
from audit.metrics.measures.rates import Rate
from audit.metrics.probable_groups import ProbableGroups, decisions, row_weights
from audit.metrics.unknown_groups import less

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Range = tuple[float | None, float | None, float | None]
DIGITS = 9  # to which two rows have the same probabilities
ASSUMPTION = (
    "among rows of one proxy value, the groups have exactly the shares that the probabilities say; "
    "nothing about how members of each are decided"
)


def probable_bounds(
    rate: Rate,
    groups: ProbableGroups,
    label: ArrayLike,
    prediction: ArrayLike,
    *,
    proxy: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Bounds:
    """Bound a rate of every group and the gap of every pair, however members are decided.

    Within rows of one proxy value, a share p of which belongs to the group, between
    ``max(0, p + q - 1)`` and ``min(p, q)`` are members *and* in the numerator, where a share q is
    in the numerator (Fréchet). The bounds take the extreme within every proxy value.

    Parameters
    ----------
    rate : Rate
    groups : ProbableGroups
    label, prediction : array of 0 and 1, shape (rows,)
    proxy : array, shape (rows,), optional
        What the probabilities were computed from, for example surname and postcode as one text.
        Rows with equal probabilities where it is not given. Where each row has a value of its
        own, the probabilities are taken to hold for that very row, and the bounds are narrow for
        that reason alone.
    weights : array of float, shape (rows,), optional

    Returns
    -------
    Bounds
        Sharp: some placement of groups reaches each. `value` is the weighted estimate.

    Raises
    ------
    MetricError
        If lengths differ, or a label or prediction is not 0 or 1.

    Notes
    -----
    Kallus, Mao and Zhou, Management Science 68 (2022) 1959-1981.
    """
    cell, own = decisions(label, prediction, len(groups)), row_weights(weights, len(groups))
    ranges = _ranges(rate, groups, cell, own, proxy_values(groups, proxy))
    named = [{groups.name: category} for category in groups.categories]
    pairs = combinations(range(len(named)), 2)
    return Bounds(
        rates=tuple(
            RateBounds(
                metric=rate.name, group=group, value=value, low=low, high=high, n=0,
                placeable=len(groups), sharp=True, assumption=ASSUMPTION,
            )
            for group, (low, high, value) in zip(named, ranges, strict=True)
        ),
        gaps=tuple(_gap(rate.name, named, ranges, *pair) for pair in pairs),
    )  # fmt: skip


def _ranges(
    rate: Rate, groups: ProbableGroups, cell: Ints, own: Floats, place: Ints
) -> list[Range]:
    """Return the least, the most and the weighted estimate of each group's rate."""
    inside = own * _counted(rate.numerator)[cell]
    outside = own * _counted(rate.denominator - rate.numerator)[cell]
    sums = [_by(place, weights) for weights in (inside, outside, own)]
    found: list[Range] = []
    for chance in groups.probabilities.T:
        low, high = _range(_by(place, own * chance), *sums)
        value = _over(float(inside @ chance), float((inside + outside) @ chance))
        found.append((low, high, value))
    return found


def _range(
    members: Floats, inside: Floats, outside: Floats, whole: Floats
) -> tuple[float | None, float | None]:
    """Return the least and the most of a rate, from sums of weights by proxy value.

    For the most, members fill the numerator first, then rows that do not count, then the rest of
    the denominator; for the least, the other way round.
    """
    other = np.maximum(whole - inside - outside, 0.0)
    most, forced_out = np.minimum(members, inside), np.maximum(members - inside - other, 0.0)
    most_out, forced_in = np.minimum(members, outside), np.maximum(members - outside - other, 0.0)
    high = _over(float(most.sum()), float((most + forced_out).sum()))
    low = _over(float(forced_in.sum()), float((forced_in + most_out).sum()))
    low = high if low is None else low
    return low, low if high is None else high


def _gap(
    metric: str, named: list[dict[str, str]], ranges: list[Range], a: int, b: int
) -> GapBounds:
    return GapBounds(
        metric=metric,
        a=named[a],
        b=named[b],
        value=less(ranges[a][2], ranges[b][2]),
        low=less(ranges[a][0], ranges[b][1]),
        high=less(ranges[a][1], ranges[b][0]),
        sharp=True,
        assumption=ASSUMPTION,
    )


def proxy_values(groups: ProbableGroups, proxy: ArrayLike | None) -> Ints:
    """Number the proxy values of rows: their equal probabilities where none are given.

    Raises
    ------
    MetricError
        If there are not as many as rows.
    """
    if proxy is None:
        found = np.unique(groups.probabilities.round(DIGITS), axis=0, return_inverse=True)[1]
    else:
        values = np.asarray(proxy)
        if values.shape != (len(groups),):
            raise MetricError(f"expected proxy of shape ({len(groups)},), came {values.shape}")
        found = np.unique(values, return_inverse=True)[1]
    return np.asarray(found.ravel(), dtype=np.int64)


def _counted(cells: frozenset[tuple[int, int]]) -> Floats:
    return np.array([float((cell // 2, cell % 2) in cells) for cell in range(4)])


def _by(place: Ints, weights: Floats) -> Floats:
    return np.bincount(place, weights=weights).astype(np.float64)


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None

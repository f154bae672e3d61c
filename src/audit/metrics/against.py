"""Each group against the rest, and against everyone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import GroupEstimates, Scope, estimate, interval
from audit.metrics.families import METHODS
from audit.metrics.groups import Grouping, words
from audit.metrics.hypothesis_tests import touching_on_grid
from audit.metrics.measurement import Metric
from audit.metrics.results import Correcting, Disparity, Family, Interval, Status
from audit.metrics.row_groups import OfRows
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.statistics.significance import two_sided_p, two_sided_z
from audit.metrics.table.subsets import Remainder

Compared = Literal["rest", "overall"]
Floats = NDArray[np.float64]
FAMILIES = {"rest": "comparisons with the rest", "overall": "comparisons with everyone"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Against:
    """A metric of each group beside that of everyone but the group.

    Attributes
    ----------
    own, rest : GroupEstimates
        Of the same groups in the same order; `rest` is over the rows outside each.
    usable : ndarray of bool, shape (groups,)
        Whether the group is known and both have a value.
    p : ndarray of float64, shape (groups,)
        Of no difference; NaN where the metric has no valid interval.
    """

    own: GroupEstimates
    rest: GroupEstimates
    usable: NDArray[np.bool_]
    p: Floats


def against_rows(
    every: Sequence[tuple[Metric | OfRows, Grouping, GroupEstimates]],
    scope: Scope,
    compared: Sequence[Compared],
    correction: Correcting,
) -> Iterator[Disparity]:
    """Compare each group with everyone else, and with everyone.

    The two are one hypothesis (a group differs from everyone exactly when it differs from the
    rest), so both carry the p-value of the comparison with the rest. A rate's distance from
    everyone's is its distance from the rest, less the group's own share of everyone; the interval
    is scaled likewise. Other metrics have no interval against everyone, since everyone holds the
    group.
    """
    if not compared:
        return
    pairs = [_against(*item) for item in every if item[1].attributes]
    tested = [p for pair in pairs for p in pair.p[pair.usable].tolist() if not np.isnan(p)]
    adjusted = iter(METHODS[correction](tested))
    corrected = [
        [
            next(adjusted) if use and not np.isnan(p) else None
            for use, p in zip(*columns, strict=True)
        ]
        for columns in ((pair.usable.tolist(), pair.p.tolist()) for pair in pairs)
    ]
    for selection in compared:
        family = Family(name=FAMILIES[selection], size=len(tested), method=correction)
        for pair, p_adjusted in zip(pairs, corrected, strict=True):
            for place in np.flatnonzero(pair.own.grouping.known).tolist():
                p = p_adjusted[place]
                yield _row(pair, place, selection, p_adjusted=p, family=family, scope=scope)


def _against(metric: Metric | OfRows, grouping: Grouping, own: GroupEstimates) -> Against:
    if isinstance(metric, OfRows):
        rest = metric.rest(grouping)
    else:
        rest = estimate(Remainder(metric=metric), grouping, 0)
    known = grouping.known & ~own.suppressed
    usable = known & ~np.isnan(own.values) & ~np.isnan(rest.values)
    p = np.full(len(own.n), np.nan)
    if own.measurement.limits is not None and rest.measurement.limits is not None:
        z = touching_on_grid(
            own.values, own.measurement.limits, rest.values, rest.measurement.limits
        )
        p = np.where(np.isnan(z), np.nan, two_sided_p(z))
    return Against(own=own, rest=rest, usable=usable, p=p)


def _row(
    pair: Against,
    place: int,
    selection: Compared,
    *,
    p_adjusted: float | None,
    family: Family,
    scope: Scope,
) -> Disparity:
    own, group = pair.own, pair.own.grouping.groups[place]
    usable = bool(pair.usable[place])
    gap = float(own.values[place] - pair.rest.values[place])
    scale = _scale(pair, place) if selection == "overall" else 1.0
    status, reason = _problem(pair, place)
    identity = {"attributes": list(own.grouping.attributes), "selection": selection, "a": group}
    p = float(pair.p[place])
    return Disparity(
        id=scope.disparity_id(own.metric, own.version, "difference", **identity),
        metric=own.metric,
        model=scope.model,
        split=scope.split,
        kind="difference",
        attributes=own.grouping.attributes,
        a=group,
        b={},
        a_metric=scope.metric_id(own.metric, own.version, group),
        b_metric=scope.metric_id(own.metric, own.version, {}),
        selection=selection,
        value=gap * scale if usable and scale is not None else None,
        interval=_interval(pair, place, scale, scope) if usable else None,
        p_value=p if usable and not np.isnan(p) else None,
        p_adjusted=p_adjusted if usable else None,
        family=family,
        status=status if scale is not None or status != "ok" else "undefined",
        reason=reason or ("" if scale is not None else NOT_A_SHARE),
    )


NOT_A_SHARE = "the metric of everyone is not an average over groups; compare with the rest"


def _scale(pair: Against, place: int) -> float | None:
    """Share of everyone's denominator that lies outside the group; None if there is no such."""
    own, rest = pair.own.measurement.denominator, pair.rest.measurement.denominator
    if own is None or rest is None:
        return None
    return float(rest[place] / (own[place] + rest[place]))


def _interval(pair: Against, place: int, scale: float | None, scope: Scope) -> Interval | None:
    z = two_sided_z(scope.alpha)
    own, rest = pair.own.limits(z), pair.rest.limits(z)
    if own is None or rest is None or scale is None:
        return None
    low, high = mover_difference(
        pair.own.values[place],
        (own[0][place], own[1][place]),
        pair.rest.values[place],
        (rest[0][place], rest[1][place]),
    )
    if np.isnan(low) or np.isnan(high):
        return None
    method = "newcombe" if pair.own.binomial else f"mover of {pair.own.measurement.method}"
    return interval(float(low) * scale, float(high) * scale, scope, method)


def _problem(pair: Against, place: int) -> tuple[Status, str]:
    status, reason = pair.own.status(place)
    if status == "ok" and np.isnan(pair.rest.values[place]):
        return "undefined", f"everyone else: {pair.rest.measurement.reasons[place]}"
    name = words(pair.own.grouping.groups[place])
    return status, f"{name}: {reason}" if reason else ""

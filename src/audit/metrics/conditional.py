"""Disparities given control features: conditional demographic disparity, and stratified rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.conditional_results import (
    ConditionalDisparity,
    StratifiedComparison,
    StratumResult,
)
from audit.metrics.groups import words
from audit.metrics.measurement import effective_size
from audit.metrics.measures.rates import RATES, Rate
from audit.metrics.results import Group, Interval
from audit.metrics.statistics.intervals import newcombe
from audit.metrics.statistics.mantel_haenszel import Summary, mantel_haenszel
from audit.metrics.statistics.significance import two_sided_z
from audit.metrics.strata import Stratum, strata
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
NO_REJECTED = "no row of the stratum is rejected"
NO_SELECTED = "no row of the stratum is selected"
NONE_LEFT = "no stratum has both selected and rejected rows"
NO_STRATUM = "no stratum has rows of both groups"


def conditional_demographic_disparity(
    table: CellTable,
    group: Group,
    controls: Sequence[str],
    *,
    confidence: float = 0.95,
) -> ConditionalDisparity:
    """Measure whether a group is rejected more than others who are alike in the control features.

    In each stratum: the group's share of the rejected rows less its share of the selected ones;
    summed over strata with their rows as weights.

    Parameters
    ----------
    table : CellTable
        Of two classes, with the control features among its attributes.
    group : dict
        Attribute to category.
    controls : sequence of str
    confidence : float
        Of the interval: Newcombe's of each stratum, combined by MOVER.

    Returns
    -------
    ConditionalDisparity
        Undefined where no stratum has both selected and rejected rows; such strata are left out,
        and their rows counted.

    Raises
    ------
    MetricError
        If an attribute or category is not known, or the table does not count two classes.

    Notes
    -----
    Wachter, Mittelstadt and Russell, Computer Law & Security Review 41 (2021); CDDPL of Amazon
    SageMaker Clarify.
    """
    parts = [_Shares(stratum, group) for stratum in strata(table, controls)]
    kept = [part for part in parts if not part.reason]
    z = two_sided_z(1 - confidence)
    value, low, high = _combined(kept, z)
    return ConditionalDisparity(
        group=dict(group),
        controls=tuple(controls),
        value=value,
        unconditional=_Shares(Stratum(levels={}, table=table), group).value,
        interval=None
        if low is None or high is None
        else Interval(low=low, high=high, level=confidence, method="mover-newcombe"),
        n=sum(part.n for part in kept),
        left_out=sum(part.n for part in parts if part.reason),
        strata=tuple(part.result for part in parts),
        status="ok" if kept else "undefined",
        reason="" if kept else NONE_LEFT,
    )


class _Shares:
    """The group's share of the rejected and of the selected rows of one stratum."""

    def __init__(self, stratum: Stratum, group: Group) -> None:
        table = stratum.table
        require_two_classes(table)
        mine = of_group(table, group)
        decided, squared = table.w.sum(axis=1), table.w2.sum(axis=1)
        total = decided.sum(axis=0)
        self.levels, self.n = stratum.levels, int(table.n.sum())
        self.weight = float(total.sum())
        self.reason = "" if total.all() else NO_REJECTED if not total[0] else NO_SELECTED
        self.size = effective_size(total, squared.sum(axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            self.share = decided[mine].sum(axis=0) / total

    @property
    def value(self) -> float | None:
        """The difference, None without selected or without rejected rows."""
        return None if self.reason else float(self.share[0] - self.share[1])

    @property
    def result(self) -> StratumResult:
        """What is said about the stratum."""
        return StratumResult(levels=self.levels, n=self.n, value=self.value, reason=self.reason)

    def limits(self, z: float) -> tuple[float, float]:
        """Newcombe's limits: among rejected and selected rows, membership is a rate each."""
        x = self.share * self.size
        low, high = newcombe(x[0], self.size[0], x[1], self.size[1], z)
        return float(low), float(high)


def _combined(kept: Sequence[_Shares], z: float) -> tuple[float | None, float | None, float | None]:
    """Weigh the strata; distances to limits add up in squares (MOVER)."""
    whole = sum(part.weight for part in kept)
    if not kept or whole <= 0:
        return None, None, None
    share = np.array([part.weight / whole for part in kept])
    values = np.array([float(part.share[0] - part.share[1]) for part in kept])
    low, high = np.array([part.limits(z) for part in kept]).T
    value = float(share @ values)
    below = float(np.sqrt((share**2 * (values - low) ** 2).sum()))
    above = float(np.sqrt((share**2 * (high - values) ** 2).sum()))
    return value, max(value - below, -1.0), min(value + above, 1.0)


def stratified_comparison(
    table: CellTable,
    rate: Rate | str,
    a: Group,
    b: Group,
    controls: Sequence[str],
    *,
    confidence: float = 0.95,
) -> StratifiedComparison:
    """Compare a rate of two groups within strata and sum the strata up by Mantel and Haenszel.

    Weighted rows enter with Kish's effective size of each group in each stratum.

    Parameters
    ----------
    table : CellTable
        Of two classes, with the control features among its attributes.
    rate : Rate or str
    a, b : dict
        Attribute to category.
    controls : sequence of str
    confidence : float

    Returns
    -------
    StratifiedComparison
        Undefined where no stratum has rows of both groups in the denominator of the rate.

    Raises
    ------
    MetricError
        If a metric, attribute or category is not known, or the table does not count two classes.
    """
    wanted = _rate(rate)
    parts = [_pair(wanted, stratum, a, b) for stratum in strata(table, controls)]
    kept = [counts for _, counts in parts if counts is not None]
    shared: dict[str, Any] = {
        "metric": wanted.name, "a": dict(a), "b": dict(b), "controls": tuple(controls),
        "strata": tuple(result for result, _ in parts),
        "crude": _pair(wanted, Stratum(levels={}, table=table), a, b)[0].value,
    }  # fmt: skip
    if not kept:
        return StratifiedComparison(
            **shared, difference=None, ratio=None, difference_interval=None, ratio_interval=None,
            p_value=None, n=0, status="undefined", reason=NO_STRATUM,
        )  # fmt: skip
    summary = mantel_haenszel(*np.array(kept).T)
    return StratifiedComparison(
        **shared,
        **_written(summary, confidence),
        n=sum(result.n for result, counts in parts if counts is not None),
    )


def _pair(
    rate: Rate, stratum: Stratum, a: Group, b: Group
) -> tuple[StratumResult, tuple[float, float, float, float] | None]:
    """Measure both groups of a stratum: x1, n1, x2, n2, None where one has no value."""
    require_two_classes(stratum.table)
    n, counts, values = 0, [], []
    for group in (a, b):
        mine = of_group(stratum.table, group)
        n += int(stratum.table.n[mine].sum())
        x, size = _effective(rate, stratum.table, mine)
        if not size > 0:
            reason = f"{words(group)}: {rate.undefined}"
            return StratumResult(levels=stratum.levels, n=n, value=None, reason=reason), None
        counts += [x, size]
        values.append(x / size)
    result = StratumResult(levels=stratum.levels, n=n, value=float(values[0] - values[1]))
    return result, (counts[0], counts[1], counts[2], counts[3])


def _effective(rate: Rate, table: CellTable, mine: NDArray[np.bool_]) -> tuple[float, float]:
    """Positive and all (effective) rows of some groups together."""
    w, w2 = table.w[mine].sum(axis=0), table.w2[mine].sum(axis=0)
    denominator = sum(float(w[cell]) for cell in sorted(rate.denominator))
    squared = sum(float(w2[cell]) for cell in sorted(rate.denominator))
    numerator = sum(float(w[cell]) for cell in sorted(rate.numerator))
    size = float(effective_size(np.array(denominator), np.array(squared)))
    return (numerator / denominator * size if denominator > 0 else 0.0), size


def _written(summary: Summary, confidence: float) -> dict[str, Any]:
    z = two_sided_z(1 - confidence)
    low, high = summary.difference_limits(z)
    known = np.isfinite(summary.log_ratio_error)
    ratio = summary.ratio_limits(z)
    return {
        "difference": summary.difference,
        "ratio": summary.ratio if np.isfinite(summary.ratio) else None,
        "difference_interval": Interval(low=low, high=high, level=confidence, method="sato"),
        "ratio_interval": Interval(
            low=ratio[0], high=ratio[1], level=confidence, method="greenland-robins"
        )
        if known
        else None,
        "p_value": summary.p_value if np.isfinite(summary.p_value) else None,
    }


def of_group(table: CellTable, group: Group) -> NDArray[np.bool_]:
    """Tell which rows of a table belong to a group.

    Raises
    ------
    MetricError
        If an attribute or category is not known.
    """
    if not group:
        raise MetricError("expected a group as attribute to category, came none")
    mine = np.ones(len(table.codes), dtype=np.bool_)
    places = {attribute.name: place for place, attribute in enumerate(table.attributes)}
    for name, category in group.items():
        if name not in places:
            raise MetricError.unknown("sensitive attribute", name, places)
        known = table.attributes[places[name]].categories
        if category not in known:
            raise MetricError.unknown("category", category, known, where=repr(name))
        mine &= table.codes[:, places[name]] == known.index(category)
    return mine


def require_two_classes(table: CellTable) -> None:
    """Refuse a table that does not count two classes."""
    if len(table.classes) != 2:  # noqa: PLR2004 - of a decision
        raise MetricError(
            f"expected a table of two classes, came one of {len(table.classes)}",
            "compare each class against the rest with one_against_rest",
        )


def _rate(rate: Rate | str) -> Rate:
    if isinstance(rate, Rate):
        return rate
    if rate not in RATES:
        raise MetricError.unknown("rate", rate, RATES)
    return RATES[rate]

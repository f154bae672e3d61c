"""Baseline against mitigated, on the same test rows: rates, gaps, and who gains and who loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, isqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.comparison.figures import Changed, Counted, figures, flipped, judged
from audit.comparison.levelling import levelling
from audit.errors import MetricError
from audit.metrics.groups import words
from audit.metrics.results import Disparity, Group, Interval, Status
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.statistics.significance import range_z, two_sided_z
from audit.mitigation.results import ComparisonRecord, Levelling

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.predictions import Predictions

VERSION = "1"
Changes = dict[tuple[str, str | None, str | None], Changed]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What changed between two models.

    Attributes
    ----------
    records : tuple of ComparisonRecord
        Rates of everyone, of each group, then gaps.
    levelling : tuple of Levelling
        One for each attribute and each of selection rate and true positive rate.
    """

    records: tuple[ComparisonRecord, ...]
    levelling: tuple[Levelling, ...]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What every record of one comparison shares."""

    baseline: str
    mitigated: str
    split: str
    thresholds: tuple[float | None, float | None]
    confidence: float
    flipped: str

    def identify(self, **parts: object) -> str:
        """Identify a compared figure, whatever its value."""
        return stable_id(
            "comparison",
            version=VERSION,
            baseline=self.baseline,
            mitigated=self.mitigated,
            split=self.split,
            thresholds=list(self.thresholds),
            **parts,
        )


def compare(
    dataset: Dataset,
    before: Predictions,
    after: Predictions,
    *,
    pairs: Sequence[Disparity],
    mitigated: str,
    baseline: str = "baseline",
    confidence: float = 0.95,
    minimum_group: int = 30,
) -> Comparison:
    """Compare two models that decided about the same rows.

    Parameters
    ----------
    dataset : Dataset
    before, after : Predictions
        Of the same rows in the same order.
    pairs : sequence of Disparity
        Of the baseline, measured before the mitigation: the worst pair of each single attribute is
        the gap whose change is compared, for accuracy, selection rate, true and false positive
        rate (of a regression, mean prediction and errors), as far as they were measured.
    mitigated, baseline : str
        Roles of the two models.
    confidence : float
        Coverage, in (0, 1).
    minimum_group : int
        Groups with fewer rows are suppressed.

    Returns
    -------
    Comparison
        Intervals of rates are Tango's, each by itself. Intervals of gaps hold all at once: MOVER
        from Tango's limits at a quantile that covers all pairs the worst one was chosen from
        (Tukey) and all gaps compared (Bonferroni). With row weights, the shares of changed rows
        enter with Kish's effective size, which is an approximation. Of numbers, Student's limits of
        the rows' changes take the place of Tango's.

    Raises
    ------
    MetricError
        If the two models did not decide about the same rows.

    Notes
    -----
    Tango, Statistics in Medicine 17 (1998) 891-908; Zou and Donner, Statistics in Medicine 27
    (2008) 1693-1702.
    """
    rows = _shared_rows(before, after)
    roles = Roles(
        baseline=baseline,
        mitigated=mitigated,
        split=dataset.record.split,
        thresholds=(before.threshold, after.threshold),
        confidence=confidence,
        flipped=flipped(dataset.record),
    )
    counted = figures(dataset, before, after)
    changes = _changes(dataset, rows, counted, minimum_group)
    rates = tuple(_rate(key, item, roles) for key, item in changes.items())
    gaps = tuple(_gaps(_worst_pairs(pairs, counted), changes, roles))
    return Comparison(
        records=rates + gaps, levelling=levelling(rates, mitigated, judged(dataset.record))
    )


def _shared_rows(before: Predictions, after: Predictions) -> NDArray[np.int64]:
    if not np.array_equal(before.rows, after.rows):
        raise MetricError(
            f"expected decisions about the same rows in the same order, came {len(before)} and "
            f"{len(after)} that differ",
            "ask both models about the test rows",
        )
    return before.rows


def _changes(
    dataset: Dataset,
    rows: NDArray[np.int64],
    counted: Mapping[str, Counted],
    minimum_group: int,
) -> Changes:
    """Count by metric, attribute and category; neither is everyone."""
    everyone = np.ones(len(rows), dtype=np.bool_)
    found: Changes = {
        (name, None, None): count(everyone, minimum_group) for name, count in counted.items()
    }
    for attribute in dataset.sensitive:
        codes = attribute.codes[rows]
        for code, category in enumerate(attribute.categories):
            members = codes == code
            if members.any():
                for name, count in counted.items():
                    found[name, attribute.name, category] = count(members, minimum_group)
    return found


def _rate(key: tuple[str, str | None, str | None], item: Changed, roles: Roles) -> ComparisonRecord:
    metric, attribute, category = key
    group: Group = {} if attribute is None or category is None else {attribute: category}
    ok, method = item.status == "ok", f"{item.method}, unadjusted"
    flips = metric == roles.flipped and item.status != "suppressed"
    return ComparisonRecord(
        id=roles.identify(metric=metric, kind="rate", group=group),
        baseline=roles.baseline,
        mitigated=roles.mitigated,
        metric=metric,
        kind="rate",
        group=group,
        before=item.before if ok else None,
        after=item.after if ok else None,
        change=item.value if ok else None,
        interval=_interval(item.limits(two_sided_z(1 - roles.confidence)), roles, method)
        if ok
        else None,
        n=item.n,
        gained=item.gained if flips else None,
        lost=item.lost if flips else None,
        status=item.status,
        reason=item.reason,
    )


def _interval(
    limits: tuple[float, float], roles: Roles, method: str, *, simultaneous: bool = False
) -> Interval | None:
    low, high = limits
    if isnan(low + high):
        return None
    return Interval(
        low=low, high=high, level=roles.confidence, method=method, simultaneous=simultaneous
    )


def _worst_pairs(
    disparities: Sequence[Disparity], counted: Mapping[str, Counted]
) -> list[Disparity]:
    return [
        item
        for item in disparities
        if item.metric in counted
        and item.selection == "worst_pair"
        and item.kind == "difference"
        and len(item.attributes) == 1
    ]


def _gaps(pairs: list[Disparity], changes: Changes, roles: Roles) -> Iterator[ComparisonRecord]:
    problems = [_problem(pair, changes) for pair in pairs]
    family = sum(status == "ok" for status, _ in problems)
    for pair, (status, reason) in zip(pairs, problems, strict=True):
        if status == "ok":
            yield _gap(pair, changes, roles, family)
        else:
            yield _no_gap(pair, changes, roles, status, reason)


def _problem(pair: Disparity, changes: Changes) -> tuple[Status, str]:
    if not pair.a or not pair.b:
        return pair.status, pair.reason
    for group in (pair.a, pair.b):
        item = changes[_key(pair.metric, group)]
        if item.status != "ok":
            return item.status, f"{words(group)}: {item.reason}"
    return "ok", ""


def _key(metric: str, group: Group) -> tuple[str, str, str]:
    ((attribute, category),) = group.items()
    return metric, attribute, category


def _gap(pair: Disparity, changes: Changes, roles: Roles, family: int) -> ComparisonRecord:
    a, b = (changes[_key(pair.metric, group)] for group in (pair.a, pair.b))
    z = range_z((1 - roles.confidence) / family, _groups(pair.pairs))
    low, high = mover_difference(a.value, a.limits(z), b.value, b.limits(z))
    method = f"{a.gap_method}, bonferroni over {family} {'gap' if family == 1 else 'gaps'}"
    before, after = a.before - b.before, a.after - b.after
    return ComparisonRecord(
        id=_gap_id(pair, roles),
        baseline=roles.baseline,
        mitigated=roles.mitigated,
        metric=pair.metric,
        kind="gap",
        a=pair.a,
        b=pair.b,
        before=before,
        after=after,
        change=after - before,
        interval=_interval((float(low), float(high)), roles, method, simultaneous=True),
        n=a.n + b.n,
    )


def _groups(pairs: int) -> int:
    """Return how many groups have so many pairs."""
    return (1 + isqrt(1 + 8 * max(pairs, 1))) // 2


def _gap_id(pair: Disparity, roles: Roles) -> str:
    return roles.identify(metric=pair.metric, kind="gap", attributes=list(pair.attributes))


def _no_gap(
    pair: Disparity, changes: Changes, roles: Roles, status: Status, reason: str
) -> ComparisonRecord:
    known = [changes[_key(pair.metric, group)].n for group in (pair.a, pair.b) if group]
    return ComparisonRecord(
        id=_gap_id(pair, roles),
        baseline=roles.baseline,
        mitigated=roles.mitigated,
        metric=pair.metric,
        kind="gap",
        a=pair.a,
        b=pair.b,
        before=None,
        after=None,
        change=None,
        n=sum(known),
        status=status,
        reason=reason,
    )

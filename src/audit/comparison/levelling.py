"""Levelling down: a group's rate falls and no group's rises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from audit.metrics.results import Group
from audit.mitigation.results import ComparisonRecord, Levelling

JUDGED = ("selection_rate", "true_positive_rate")


def levelling(
    rates: Iterable[ComparisonRecord], mitigated: str, judged: Sequence[str] = JUDGED
) -> tuple[Levelling, ...]:
    """Judge each attribute by the intervals of its groups' changes.

    Parameters
    ----------
    rates : iterable of ComparisonRecord
        Changes of rates by group.
    mitigated : str
    judged : sequence of str
        Rates of which more is better for those concerned.

    Returns
    -------
    tuple of Levelling
        For each of these rates and each attribute. A rate falls or
        rises where the interval of its change, which is not adjusted for the number of groups,
        excludes 0. Groups without a value are not judged, and named.

    Notes
    -----
    Mittelstadt, Wachter and Russell, The unfairness of fair machine learning: levelling down and
    strict egalitarianism by default (2023).
    """
    records = [record for record in rates if record.kind == "rate" and len(record.group) == 1]
    attributes = dict.fromkeys(name for record in records for name in record.group)
    return tuple(
        _judged(
            [item for item in records if item.metric == metric and attribute in item.group],
            mitigated,
            metric,
            attribute,
        )
        for metric in judged
        for attribute in attributes
    )


def _judged(
    records: list[ComparisonRecord], mitigated: str, metric: str, attribute: str
) -> Levelling:
    falls = [item for item in records if item.interval and (item.interval.high or 0) < 0]
    rises = [item for item in records if item.interval and item.interval.low > 0]
    return Levelling(
        mitigated=mitigated,
        metric=metric,
        attribute=(attribute,),
        levelling_down=bool(falls) and not rises,
        text="; ".join(_text(records, falls, rises)),
    )


def _text(
    records: list[ComparisonRecord],
    falls: list[ComparisonRecord],
    rises: list[ComparisonRecord],
) -> Iterator[str]:
    if not any(item.status == "ok" for item in records):
        yield "no group's rate could be compared"
    else:
        yield f"falls for {_named(falls)}" if falls else "no group's rate is shown to fall"
        yield f"rises for {_named(rises)}" if rises else "no group's rate is shown to rise"
    left = [item for item in records if item.status != "ok"]
    if left:
        yield "not judged: " + ", ".join(f"{_name(item.group)} ({item.reason})" for item in left)


def _named(records: list[ComparisonRecord]) -> str:
    return ", ".join(f"{_name(item.group)} by {_points(item.change)}" for item in records)


def _points(change: float | None) -> str:
    return f"{100 * abs(change or 0):.1f} pp"


def _name(group: Group) -> str:
    return ", ".join(f"{name} = {category}" for name, category in group.items())

"""Two audits of the same rows, joined figure by figure; from their evidence alone.

Nothing here needs more than the standard library: a report may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Literal, Protocol, TypeVar

from audit.comparison.unpaired import Judged, figure, judge
from audit.data.records import DataRecord
from audit.errors import EvidenceError
from audit.metrics.headline import parts_of
from audit.metrics.results import Disparity, Group, Interval, MetricResult

Outcome = Literal["new", "resolved", "worse", "better", "changed", "unchanged", "not comparable"]
Item = TypeVar("Item", bound=MetricResult | Disparity)

NOTE = (
    "Two audit.json files hold no decisions row by row, so intervals of changes treat the two "
    "audits as independent. Where the two models agree more often than by chance this is "
    "conservative: a change that is there may be told as unchanged. For paired intervals, carry "
    "out the mitigation within one audit."
)
DIRECTIONS: Mapping[str, int] = {
    "accuracy": 1,
    "true_positive_rate": 1,
    "true_negative_rate": 1,
    "precision": 1,
    "negative_predictive_value": 1,
    "false_positive_rate": -1,
    "false_negative_rate": -1,
    "multiclass_accuracy": 1,
    "r2": 1,
    "mean_absolute_error": -1,
    "mean_squared_error": -1,
    "root_mean_squared_error": -1,
}
"""Metrics for which more is better (1) or worse (-1), whoever is concerned."""
OF_CLASSES = ("macro_", "worst_class_")


class Audited(Protocol):
    """What is needed of the evidence of an audit."""

    @property
    def data(self) -> DataRecord:
        """The audited data."""
        ...

    @property
    def metrics(self) -> tuple[MetricResult, ...]:
        """Metrics by group."""
        ...

    @property
    def disparities(self) -> tuple[Disparity, ...]:
        """Comparisons of groups."""
        ...


@dataclass(frozen=True, kw_only=True)
class JoinedRow:
    """One figure of two audits.

    Attributes
    ----------
    id : str
        The identifier that both audits give it.
    subject : {"metric", "disparity"}
    metric, model : str
    kind : {"rate", "difference", "ratio"}
    group, a, b : dict
        `group` of a metric; `a` and `b` of a disparity, as in the second audit where it has it. A
        worst pair may be another pair in each audit.
    before, after : float or None
        The figure in the first and in the second audit.
    change : float or None
        For a metric, `after` less `before`. For a difference, of its size (without sign); for a
        ratio, of the smaller over the larger rate.
    interval : Interval or None
        Of `change`; unpaired.
    outcome : str
        ``new`` and ``resolved``: a disparity that is established in one audit only, and whose
        change is established too. ``worse`` and ``better``: established in both or in none.
        ``changed``: a metric of which neither direction is better. ``unchanged``: no change is
        shown. ``not comparable``: see `reason`.
    reason : str
    """

    id: str
    subject: Literal["metric", "disparity"]
    metric: str
    model: str
    kind: Literal["rate", "difference", "ratio"]
    group: Group
    a: Group
    b: Group
    before: float | None
    after: float | None
    change: float | None
    interval: Interval | None
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Two audits joined.

    Attributes
    ----------
    rows : tuple of JoinedRow
        Disparities, then metrics, in the order of the first audit, then what only the second has.
    note : str
        What the intervals can and cannot show.
    """

    rows: tuple[JoinedRow, ...]
    note: str = NOTE


def join(first: Audited, second: Audited) -> Joined:
    """Join two audits of the same rows on the identifiers of their figures.

    Parameters
    ----------
    first, second : Evidence
        The audit from before, and the one from after.

    Returns
    -------
    Joined

    Raises
    ------
    EvidenceError
        If the two did not audit the same rows.
    """
    _require_same_rows(first.data, second.data)
    disparities = starmap(_disparity_row, _united(first.disparities, second.disparities))
    metrics = starmap(_metric_row, _united(first.metrics, second.metrics))
    return Joined(rows=(*disparities, *metrics))


def _require_same_rows(one: DataRecord, two: DataRecord) -> None:
    facts: tuple[tuple[str, Callable[[DataRecord], object]], ...] = (
        ("data (sha256)", lambda data: data.sha256[:12]),
        ("target", lambda data: data.target),
        ("audited split", lambda data: data.split),
        ("split", lambda data: data.split_source),
        ("rows of each split", lambda data: dict(sorted(data.splits.items()))),
    )
    for name, fact in facts:
        if fact(one) != fact(two):
            raise EvidenceError(
                f"expected two audits of the same rows, came another {name}: "
                f"{fact(one)} and {fact(two)}",
                "audit both models with the same data and split",
            )


def _united(
    first: Sequence[Item], second: Sequence[Item]
) -> Iterator[tuple[Item | None, Item | None]]:
    one = {item.id: item for item in first}
    two = {item.id: item for item in second}
    for key in dict.fromkeys((*one, *two)):
        yield one.get(key), two.get(key)


def _disparity_row(one: Disparity | None, two: Disparity | None) -> JoinedRow:
    shown = _either(two, one)
    before, after = (figure(item, shown.kind) for item in (one, two))
    judged = judge(before, after)
    return JoinedRow(
        id=shown.id,
        subject="disparity",
        metric=shown.metric,
        model=shown.model,
        kind=shown.kind,
        group={},
        a=shown.a,
        b=shown.b,
        before=one.value if one else None,
        after=two.value if two else None,
        change=judged.change,
        interval=judged.interval,
        outcome=_disparity_outcome(one, two, judged, 1 if shown.kind == "ratio" else -1),
        reason=judged.reason or _remark(one, two, judged),
    )


def _metric_row(one: MetricResult | None, two: MetricResult | None) -> JoinedRow:
    shown = _either(two, one)
    judged = judge(figure(one, "rate"), figure(two, "rate"))
    way = _direction(shown.metric) * judged.sign
    outcome: Outcome = "better" if way > 0 else "worse" if way < 0 else "changed"
    return JoinedRow(
        id=shown.id,
        subject="metric",
        metric=shown.metric,
        model=shown.model,
        kind="rate",
        group=shown.group,
        a={},
        b={},
        before=one.value if one else None,
        after=two.value if two else None,
        change=judged.change,
        interval=judged.interval,
        outcome="not comparable" if judged.reason else outcome if judged.sign else "unchanged",
        reason=judged.reason,
    )


def _direction(metric: str) -> int:
    """Tell whether more is better; of one class as of the rate, whichever class it is."""
    name, _ = parts_of(metric)
    for summary in OF_CLASSES:
        name = name.removeprefix(summary)
    return DIRECTIONS.get(name, 0)


def _either(first: Item | None, second: Item | None) -> Item:
    found = first or second
    if found is None:
        raise EvidenceError("expected a figure in one of the two audits, came none")
    return found


def _disparity_outcome(
    one: Disparity | None, two: Disparity | None, judged: Judged, good: int
) -> Outcome:
    if judged.reason:
        return "not comparable"
    if not judged.sign:
        return "unchanged"
    if judged.sign == good:
        return "resolved" if _established(one) and not _established(two) else "better"
    return "new" if _established(two) and not _established(one) else "worse"


def _remark(one: Disparity | None, two: Disparity | None, judged: Judged) -> str:
    remarks = []
    if not judged.sign and _established(one) != _established(two):
        place = "first" if _established(one) else "second"
        remarks.append(f"established in the {place} audit only, but its change is not shown")
    if one and two and (one.a, one.b) != (two.a, two.b):
        remarks.append("the worst pair is another one in each audit")
    return "; ".join(remarks)


def _established(item: Disparity | None) -> bool:
    """Say whether the interval excludes equality."""
    if item is None or item.interval is None:
        return False
    equal = 1.0 if item.kind == "ratio" else 0.0
    high = item.interval.high
    return item.interval.low > equal or (high is not None and high < equal)

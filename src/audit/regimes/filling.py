"""Filling a regime from the evidence: by identifier, so that no figure is typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.data.records import DataRecord
from audit.metrics.headline import RATES, headline, in_task
from audit.metrics.results import Disparity, MetricResult
from audit.regimes.catalogue import HumanPart, Quantity, Regime
from audit.regimes.results import RegimeEntry, RegimeItem, RegimeRecord

SELECTED = RATES["demographic_parity"]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a regime is filled from."""

    metrics: tuple[MetricResult, ...]
    disparities: tuple[Disparity, ...]
    data: DataRecord
    statements: Mapping[str, str | None]
    scores: bool
    model: str = "baseline"


def fill(regime: Regime, sources: Sources) -> RegimeRecord:
    """Fill what can be filled; say NOT PROVIDED, not applicable or undefined for the rest."""
    return RegimeRecord(
        id=regime.id,
        title=regime.title,
        citation=regime.citation,
        version=regime.version,
        as_of=regime.as_of,
        verification=regime.verification,
        source=regime.source,
        applies=regime.applies,
        caution=regime.caution,
        items=(
            *(_measured(item, sources) for item in regime.quantities),
            *(_human(item, sources) for item in regime.human),
        ),
    )


def _measured(item: Quantity, sources: Sources) -> RegimeItem:
    if item.needs == "scores" and not sources.scores:
        return RegimeItem(
            key=item.key,
            text=item.text,
            status="not applicable",
            reason="the model gives labels, no scores",
        )
    if SELECTED in (item.metric, item.ratio) and sources.data.task == "regression":
        return RegimeItem(
            key=item.key,
            text=item.text,
            status="not applicable",
            reason="the model predicts numbers, and selects nobody",
        )
    entries = _entries(item, sources)
    return RegimeItem(
        key=item.key,
        text=_text(item, sources.data),
        status="filled" if entries else "undefined",
        entries=entries,
        reason="" if entries else "no two groups of an attribute can be compared",
    )


def _text(item: Quantity, data: DataRecord) -> str:
    """Say what is asked for; of several classes also which one counts as selected."""
    if data.task == "multiclass" and SELECTED in (item.metric, item.ratio):
        return f"{item.text} (selected: predicted as {data.focus!r})"
    return item.text


def _measure(name: str | None, data: DataRecord) -> str | None:
    return in_task(name, data) if name == SELECTED else name


def _entries(item: Quantity, sources: Sources) -> tuple[RegimeEntry, ...]:
    if item.unknown:
        shown = headline(sources.data)["demographic_parity"]
        return tuple(
            RegimeEntry(ref=m.id)
            for m in sources.metrics
            if m.metric == shown and len(m.group) == 1 and "unknown" in m.group.values()
        )
    if item.metric is not None:
        wanted = _measure(item.metric, sources.data)
        return tuple(
            RegimeEntry(ref=m.id)
            for m in sources.metrics
            if m.metric == wanted and m.model == sources.model and m.group
        )
    compared = _measure(item.ratio, sources.data)
    return tuple(
        RegimeEntry(ref=d.id, note=_note(item, d))
        for d in sources.disparities
        if d.metric == compared and d.selection == "highest" and d.model == sources.model
    )


def _note(item: Quantity, disparity: Disparity) -> str:
    if disparity.status != "ok":
        return disparity.reason
    if item.bound is None or disparity.value is None or disparity.value >= item.bound:
        return ""
    return item.below


def _human(item: HumanPart, sources: Sources) -> RegimeItem:
    said = sources.statements.get(item.key)
    return RegimeItem(
        key=item.key,
        text=item.text,
        status="filled" if said else "not provided",
        statement=said,
        reason="" if said else "only a human can say this",
    )

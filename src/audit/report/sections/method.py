"""Method, multiplicity and power: definitions, the printed rule, every metric computed."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document, Phrase, Shown
from audit.report.naming import metric_definition, metric_name
from audit.report.tables import Column, Table, columns, name, number, words

KEY = "method"
TITLE = "Method, multiplicity and power"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    rule: Shown
    facts: tuple[tuple[str, Phrase], ...]
    families: Table | None
    metrics: Table


def summarise(document: Document) -> View:
    """Collect how things were computed."""
    return View(
        rule=document.text("/verdict/rule"),
        facts=_facts(document),
        families=_families(document),
        metrics=_metrics(document),
    )


def _facts(document: Document) -> tuple[tuple[str, Phrase], ...]:
    facts: tuple[tuple[str, Phrase], ...] = (
        ("Confidence", (document.show("/settings/confidence", "percent0"),)),
        ("Tolerance", (document.show("/settings/tolerance", "size1"),)),
        ("Minimum group", (document.show("/settings/minimum_group", "integer"), " rows")),
        ("Seed", (document.show("/settings/seed", "setting"),)),
        ("Intervals", _intervals(document)),
    )
    if document.evidence.verdict.missable is None:
        return facts
    least = document.show("/verdict/missable", "size1")
    power = ("gaps smaller than ", least, " could have been missed by a headline comparison")
    return (*facts, ("Power", power))


def _intervals(document: Document) -> Phrase:
    seen: dict[str, Shown] = {}
    for kind in ("metrics", "disparities"):
        for place, entry in enumerate(getattr(document.evidence, kind)):
            if entry.interval is not None and entry.interval.method not in seen:
                shown = document.text(f"/{kind}/{place}/interval/method")
                seen[entry.interval.method] = shown
    parts: list[str | Shown] = []
    for shown in seen.values():
        parts += [", ", shown] if parts else [shown]
    return tuple(parts) or ("none were computed",)


def _families(document: Document) -> Table | None:
    seen: dict[str, str] = {}
    for place, entry in enumerate(document.evidence.disparities):
        if entry.family is not None:
            seen.setdefault(entry.family.name, f"/disparities/{place}/family")
    rows = tuple(
        (
            name((document.text(f"{place}/name"),)),
            number((document.show(f"{place}/size", "integer"),)),
            words((document.text(f"{place}/method"),)),
        )
        for place in seen.values()
    )
    heads = columns("Family", "Comparisons (k)", Column(("Correction",), "text"))
    caption = ("Families: the comparisons whose p-values were adjusted together.",)
    return Table("t-families", caption, heads, rows) if rows else None


def _metrics(document: Document) -> Table:
    seen: dict[str, str] = {}
    for kind in ("metrics", "disparities"):
        for place, entry in enumerate(getattr(document.evidence, kind)):
            seen.setdefault(entry.metric, f"/{kind}/{place}/metric")
    rows = tuple(
        (
            name((document.show(place, "metric"),)),
            words((metric_definition(metric) or "a metric of the user's own",)),
            words((metric_name(metric).formula or "—",)),
            words((metric_name(metric).undefined or "—",)),
        )
        for metric, place in seen.items()
    )
    heads = (
        Column(("Metric",), "name"),
        Column(("What it is",), "text"),
        Column(("Formula",), "text"),
        Column(("Undefined for",), "text"),
    )
    return Table("t-metrics", ("Every metric computed.",), heads, rows)

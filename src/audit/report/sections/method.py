"""Method, multiplicity and power: definitions, the printed rule, every metric computed."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document, Phrase, Shown
from audit.report.ledgers import accounts
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
    notes: tuple[str, ...]


LEDGERS = (
    "A carrier ledger integrates the gradient of the score from the mean activations of a cut to "
    "those of each row, and sums it by group: the parts add up to the score gap, and what the "
    "quadrature missed is the residual. The bias ledger turns hidden biases off in the stated "
    "gauge. Causal checks replace what an entry carries by its mean, on rows kept aside."
)
MITIGATIONS = (
    "A mitigation is fitted and tuned on other rows than those it is judged on. Both models decide "
    "about the same test rows, and intervals are of the paired change. Levelling down is flagged "
    "where a group's rate falls and no group's rises."
)


def summarise(document: Document) -> View:
    """Collect how things were computed."""
    return View(
        rule=document.text("/verdict/rule"),
        facts=_facts(document),
        families=_families(document),
        metrics=_metrics(document),
        notes=(
            *((LEDGERS,) if accounts(document) else ()),
            *((MITIGATIONS,) if document.evidence.mitigations else ()),
        ),
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

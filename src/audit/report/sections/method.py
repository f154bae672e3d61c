"""Method, multiplicity and power: definitions, the printed rule, every metric computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.metrics.results import Disparity
from audit.report.document import Document, Phrase, Shown
from audit.report.ledgers import accounts
from audit.report.naming import metric_definition, metric_name
from audit.report.tables import Cell, Column, Table, columns, name, number, words
from audit.report.units import Task
from audit.report.wording import tolerance_words

KEY = "method"
TITLE = "Method, multiplicity and power"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    rule: Shown
    facts: tuple[tuple[str, Phrase], ...]
    families: Table | None
    power: Table | None
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


SEARCH = (
    "The search for subgroups chooses on one part of the rows and confirms on the other, or "
    "compares with shuffled outcomes, so that its p-values account for the choice. A shrunken "
    "difference is drawn towards zero by how much the differences of all subgroups looked at "
    "scatter."
)
CURVES = (
    "Curves over the threshold and bins of the score are descriptions: the bars are intervals of "
    "one bin each, and a gap read off a curve at its highest point holds the chance of having been "
    "chosen there."
)


OF_TASK: Mapping[Task, tuple[str, ...]] = {
    "binary": (),
    "multiclass": (
        "Of several classes, each rate is that of one class against all others; a mean over "
        "classes and the worst class stand beside it. Scores, explanations, ledgers and "
        "mitigations are about the class in focus: its score is its probability, and a decision "
        "for it is that it has the highest one.",
    ),
    "regression": (
        "The network answers with a number, so nothing is decided and no threshold is looked at. "
        "Groups are compared by their mean prediction, mean error and mean absolute error, in "
        "units of the target. A gap in mean predictions takes the place of demographic parity; "
        "equal opportunity and false positives have no meaning here.",
    ),
}
"""What is measured of a task other than one of two classes."""


def summarise(document: Document) -> View:
    """Collect how things were computed."""
    return View(
        rule=document.text("/verdict/rule"),
        facts=_facts(document),
        families=_families(document),
        power=_power(document),
        metrics=_metrics(document),
        notes=(
            *OF_TASK[document.task],
            *((CURVES,) if document.evidence.curves.sweeps else ()),
            *((SEARCH,) if document.evidence.subgroups else ()),
            *((LEDGERS,) if accounts(document) else ()),
            *((MITIGATIONS,) if document.evidence.mitigations else ()),
        ),
    )


def _facts(document: Document) -> tuple[tuple[str, Phrase], ...]:
    facts: tuple[tuple[str, Phrase], ...] = (
        ("Confidence", (document.show("/settings/confidence", "percent0"),)),
        ("Tolerance", tolerance_words(document)),
        ("Minimum group", (document.show("/settings/minimum_group", "integer"), " rows")),
        ("Seed", (document.show("/settings/seed", "setting"),)),
        ("Intervals", _intervals(document)),
    )
    if document.evidence.verdict.missable is None:
        return facts
    least = document.show("/verdict/missable", document.gaps.size)
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


def _power(document: Document) -> Table | None:
    """Lay out, for each worst pair, how sure it is and what it could have found."""
    heads = columns(
        "Metric",
        Column(("Attributes",), "text"),
        Column(("Interval of each group",), "text"),
        Column(("Interval of the gap",), "text"),
        Column(("Level",)),
        Column(("Holds",), "text"),
        Column(("Family",), "text"),
        Column(("k",), note="comparisons"),
        Column(("Pairs",)),
        Column(("Smallest detectable gap",)),
    )
    rows = tuple(
        _power_row(document, place, entry)
        for place, entry in document.disparities
        if entry.selection == "worst_pair" and entry.kind == "difference"
    )
    caption = ("How sure each largest gap is, and the smallest gap that would have been found.",)
    return Table("t-power", caption, heads, rows) if rows else None


def _power_row(document: Document, place: str, entry: Disparity) -> tuple[Cell, ...]:
    own, gap = document.places.get(entry.a_metric), entry.interval
    together = "all at once" if gap is not None and gap.simultaneous else "each for itself"
    detectable: Phrase = ("—",)
    if entry.minimum_detectable is not None:
        form = document.forms(entry.metric).size
        detectable = (document.show(f"{place}/minimum_detectable", form),)
    family = entry.family is not None
    return (
        name((document.show(f"{place}/metric", "metric"),)),
        words((document.show(f"{place}/attributes", "setting"),)),
        words(_method(document, own)),
        words(_method(document, place)),
        number(_of(document, place, "interval/level", "percent0", there=gap is not None)),
        words((together,) if gap is not None else ("—",)),
        words(_of(document, place, "family/name", "text", there=family)),
        number(_of(document, place, "family/size", "integer", there=family)),
        number((document.show(f"{place}/pairs", "integer"),)),
        number(detectable),
    )


def _of(document: Document, place: str, field: str, form: str, *, there: bool) -> Phrase:
    return (document.show(f"{place}/{field}", form),) if there else ("—",)


def _method(document: Document, place: str | None) -> Phrase:
    if place is None or document.at(place)["interval"] is None:
        return ("none",)
    return (document.text(f"{place}/interval/method"),)


def _metrics(document: Document) -> Table:
    seen: dict[str, str] = {}
    for kind in ("metrics", "disparities"):
        for place, entry in enumerate(getattr(document.evidence, kind)):
            seen.setdefault(entry.metric, f"/{kind}/{place}/metric")
    rows = tuple(_metric(document, metric, place) for metric, place in seen.items())
    heads = (
        Column(("Metric",), "name"),
        Column(("What it is",), "text"),
        Column(("Formula",), "text"),
        Column(("Undefined for",), "text"),
        *((Column(("Source",), "text"),) if document.definitions else ()),
    )
    return Table("t-metrics", ("Every metric computed.",), heads, rows)


def _metric(document: Document, metric: str, place: str) -> tuple[Cell, ...]:
    told = metric_name(metric)
    at = document.definitions.get(metric)
    what: Phrase = (metric_definition(metric) or "a metric of the user's own",)
    if at is not None:
        what = (document.text(f"{at}/definition"),)
    source: Phrase = ("—",) if at is None else (document.text(f"{at}/source"),)
    return (
        name((document.show(place, "metric"),)),
        words(what),
        words((told.formula or "—",)),
        words((told.undefined or "—",)),
        *((words(source),) if document.definitions else ()),
    )

"""First screen: what was found, how sure one can be, and what was not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from audit.metrics.results import Disparity
from audit.report.comparisons import pairs, rows_line
from audit.report.document import Document, Phrase, Shown, joined
from audit.report.first_screen import best_mitigation, through
from audit.report.units import Task
from audit.report.wording import adjusted_p, headline, missable, standing, tone

KEY = "verdict"
TITLE = "Verdict"
NAMED = 3
UNDIVIDED: Mapping[Task, str] = {
    "multiclass": "none: the class with the highest score is predicted",
    "regression": "none: a number is predicted",
}
"""What is said of a threshold where the task has none."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One of the two rates that are compared."""

    group: Shown
    value: Phrase
    limits: Phrase
    n: Phrase


@dataclass(frozen=True, kw_only=True)
class Lead:
    """The largest disparity."""

    metric: Shown
    a: Rate
    b: Rate
    difference: Phrase
    ratio: Phrase
    ratio_of: str
    basis: Phrase


@dataclass(frozen=True, kw_only=True)
class View:
    """What the first screen says."""

    word: Shown
    tone: str
    sentence: Shown
    lead: Lead | None
    facts: tuple[tuple[str, Phrase], ...]
    fingerprints: tuple[tuple[str, Phrase], ...]


def summarise(document: Document) -> View:
    """Collect the first screen."""
    return View(
        word=document.text("/verdict/word"),
        tone=tone(document.evidence.verdict),
        sentence=document.text("/verdict/sentence"),
        lead=_lead(document),
        facts=tuple(fact for fact in _facts(document) if fact[1]),
        fingerprints=_fingerprints(document),
    )


def _lead(document: Document) -> Lead | None:
    entry = headline(document)
    if entry is None:
        return None
    place = document.places[entry.id]
    pair = pairs(document, partial(_alike, entry))[0]
    forms = document.forms(entry.metric)
    ratio = () if pair.ratio is None else _estimate(document, pair.ratio, "ratio3", "ratio3")
    return Lead(
        metric=document.show(f"{place}/metric", "metric"),
        a=_rate(document, f"{place}/a", entry.a_metric),
        b=_rate(document, f"{place}/b", entry.b_metric),
        difference=_estimate(document, place, forms.change, forms.change_limits),
        ratio=ratio,
        ratio_of="second over first" if pair.turned else "first over second",
        basis=_basis(document, place, entry, ratio=bool(ratio)),
    )


def _alike(entry: Disparity, other: Disparity) -> bool:
    names = ("metric", "model", "split", "selection")
    same = all(getattr(entry, name) == getattr(other, name) for name in names)
    return same and {entry.a_metric, entry.b_metric} == {other.a_metric, other.b_metric}


def _rate(document: Document, group: str, metric_id: str) -> Rate:
    place = document.places[metric_id]
    forms = document.forms(document.at(place)["metric"])
    return Rate(
        group=document.group(group),
        value=document.value(place, forms.value),
        limits=document.interval(place, forms.limits),
        n=rows_line(document, place),
    )


def _estimate(document: Document, place: str, form: str, limits: str) -> Phrase:
    interval = document.interval(place, limits)
    return (
        (*document.value(place, form), " ", *interval) if interval else document.value(place, form)
    )


def _basis(document: Document, place: str, entry: Disparity, *, ratio: bool) -> Phrase:
    said: Phrase = ()
    several = ("s of difference and ratio",) if ratio else (" of the difference",)
    if entry.interval is not None:
        kind = "simultaneous" if entry.interval.simultaneous else "pointwise"
        said = (document.show(f"{place}/interval/level", "percent0"), f" {kind} interval", *several)
    if entry.family is not None:
        said = (*said, ", k = ", document.show(f"{place}/family/size", "integer"), " comparisons")
    if entry.p_adjusted is not None:
        said = (*said, ", adjusted p ", *adjusted_p(document, place))
    return said


def _facts(document: Document) -> tuple[tuple[str, Phrase], ...]:
    return (
        ("Class in focus", _focus(document)),
        ("How sure", _sure(document)),
        ("Goes through", through(document)),
        ("Best mitigation", best_mitigation(document)),
        ("Not assessed", _left_out(document)),
        ("Threshold", _threshold(document)),
    )


def _focus(document: Document) -> Phrase:
    """Name the class that explanations are about; empty where there are not several."""
    return (*document.focus, " against all other classes") if document.focus else ()


def _sure(document: Document) -> Phrase:
    if document.evidence.verdict.word == "Disparity found":
        return standing(document)
    return joined(filter(None, (standing(document), missable(document))), "; ")


def _left_out(document: Document) -> Phrase:
    subjects = document.evidence.not_assessed
    if not subjects:
        return ("nothing is recorded as left out",)
    named: list[Phrase] = [
        (document.text(f"/not_assessed/{number}/subject"),)
        for number in range(min(NAMED, len(subjects)))
    ]
    return (*joined(named, "; "), "; and more") if len(subjects) > NAMED else joined(named, "; ")


def _threshold(document: Document) -> Phrase:
    source = document.text("/model/threshold_source")
    if document.task in UNDIVIDED:
        return (UNDIVIDED[document.task],)
    if document.evidence.model.threshold is None:
        return ("labels were given, no threshold; ", source)
    return ("score ≥ ", document.show("/model/threshold", "setting"), "; ", source)


def _fingerprints(document: Document) -> tuple[tuple[str, Phrase], ...]:
    model: Phrase = ("no weights",)
    if document.evidence.model.sha256 is not None:
        model = (document.show("/model/sha256", "sha12"),)
    return (
        ("Model", model),
        ("Data", (document.show("/data/sha256", "sha12"),)),
        ("Date", (document.text("/date"),)),
        ("Version", (document.text("/tool/name"), " ", document.text("/tool/version"))),
    )

"""What the first screen says about drivers and mitigation."""

from __future__ import annotations

from audit.report.document import Document, Phrase, joined
from audit.report.ledgers import Placed, leading_units
from audit.report.mitigation_tables import change_line
from audit.report.mitigations import Mitigated, best, everyone, mitigated
from audit.report.wording import (
    ASSOCIATION,
    gap_explanation,
    headline,
    leading_features,
)

NAMED = 2


def through(document: Document) -> Phrase:
    """Say through which features and units the gap goes, and what an intervention confirmed."""
    units = leading_units(document)
    features = _features(document)
    if units is None:
        return (*features, f". {ASSOCIATION}") if features else NOTHING
    lead: Phrase = (*features, ". ") if features else ()
    return (*lead, *_units(document, units), *_confirmation(document, units))


NOTHING: Phrase = ("not assessed: no explanation of the gap",)


def best_mitigation(document: Document) -> Phrase:
    """Say what the mitigation that narrows the leading gap most changes, and what it costs."""
    made = mitigated(document)
    if not made:
        return ()
    item = best(document)
    if item is None or item.lead is None:
        ran = any(entry.record.status == "ok" for entry in made)
        return ("none narrows the leading gap",) if ran else ("none could be run",)
    flags = _flags(document, item)
    return (
        *(document.text(f"{item.place}/name"), ": "),
        *_gap(document, item),
        *(f", {item.quality} ", *change_line(document, item.accuracy)),
        *_people(document, item),
        *flags,
    )


def _features(document: Document) -> Phrase:
    explanation = gap_explanation(document)
    if explanation is None or not explanation.values:
        return ()
    features = leading_features(document, explanation)
    if explanation.total is None:
        return features
    spoken, place = document.spoken, document.places[explanation.id]
    total = document.show(f"{place}/total", spoken.scores.change)
    return (*features, f", of a {spoken.gap} of ", total)


def _units(document: Document, item: Placed) -> Phrase:
    named = item.carriers[:NAMED]
    parts = [(document.text(f"{item.entry(n)}/name"), *_amount(document, item, n)) for n in named]
    head = "Units " if len(named) > 1 else "Unit "
    more = " and more" if len(item.carriers) > NAMED else ""
    offsets = ", others offset it" if item.offsets else ""
    return (head, *joined(parts, " and " if not more else ", "), more, offsets)


def _amount(document: Document, item: Placed, number: int) -> Phrase:
    place = item.entry(number)
    if item.ledger.entries[number].share is None:
        return (" ", document.show(f"{place}/value", item.value_format))
    return (" ", document.show(f"{place}/share", "percent0"))


def _confirmation(document: Document, item: Placed) -> Phrase:
    check, step = item.ledger.verification, item.leading_step
    if check is None or step is None:
        return (f". {ASSOCIATION}",)
    if check.confirmed is not True:
        word = "did not confirm" if check.confirmed is False else "could not test"
        return (f"; ablation {word} this. All of it is association, not cause.",)
    place, made = step
    if made.left is None:
        return ("; ablation on other rows confirms this. Features: association, not cause.",)
    left = document.show(f"{place}/left", "percent0")
    which = "them" if made.k == len(item.carriers) else "the largest"
    return (
        *(f"; intervention: ablating {which} on other rows leaves ", left),
        ". Features: association, not cause.",
    )


def _gap(document: Document, item: Mitigated) -> Phrase:
    change, lead = item.lead, headline(document)
    if change is None:
        return ()
    metric: Phrase = ()
    if lead is None or lead.metric != change.record.metric:
        metric = (document.show(f"{change.place}/metric", "metric"), " ")
    forms = document.forms(change.record.metric)
    before = document.show(f"{change.place}/before", forms.change)
    after = document.show(f"{change.place}/after", forms.change)
    limits = document.interval(change.place, forms.change_limits)
    shown: Phrase = (" (change ", *limits, ")") if limits else ()
    return (*metric, "gap ", before, " → ", after, *shown)


def _people(document: Document, item: Mitigated) -> Phrase:
    change = everyone(item)
    if change is None:
        return ()
    gained = document.show(f"{change.place}/gained", "integer")
    lost = document.show(f"{change.place}/lost", "integer")
    return ("; ", gained, " gain, ", lost, f" lose {document.spoken.outcome}")


def _flags(document: Document, item: Mitigated) -> Phrase:
    said: Phrase = ()
    if item.record.needs_sensitive_at_prediction:
        said = ("; ⚠ decides with the sensitive attribute",)
    down = [place for place, entry in item.levelling if entry.levelling_down]
    if not down:
        return said
    attribute = document.show(f"{down[0]}/attribute", "setting")
    return (*said, "; ⚠ levelling down by ", attribute)

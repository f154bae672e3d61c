"""Sentences that the report makes out of evidence. No verdicts: those stand in the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from audit.explainers.results import Explanation
from audit.findings import Verdict
from audit.metrics.results import Disparity
from audit.report.document import Document, Phrase, joined, plain
from audit.report.figures.forest import Line
from audit.report.figures.rates import Panel

NOT_PROVIDED = "NOT PROVIDED"
ASSOCIATION = "This is association, not cause: no intervention was run."
LEDGER_ASSOCIATION = (
    "Carriers are where a gap passes, not where it came from. The causal check is the only "
    "intervention here; what it does not confirm stays an association."
)
LEADING = 3


def standing(document: Document) -> Phrase:
    """Say how many comparisons were made and how many stand."""
    if not document.evidence.verdict.compared:
        return ("no headline comparison could be made",)
    stand = document.show("/verdict/standing", "integer")
    made = document.show("/verdict/compared", "integer")
    return (stand, " of ", made, " headline comparisons stand after correction")


def missable(document: Document) -> Phrase:
    """Say how small a gap could have been missed; empty where that is not known."""
    if document.evidence.verdict.missable is None:
        return ()
    gap = document.show("/verdict/missable", document.gaps.size)
    return ("gaps smaller than ", gap, " could have been missed")


def tolerance_words(document: Document) -> Phrase:
    """Say which gap matters; of a regression also where its amount comes from."""
    shown = document.show(document.tolerance, document.gaps.size)
    if document.tolerance == "/settings/tolerance":
        return (shown,)
    if document.at("/settings/scale/stated"):
        return (shown, ", in units of the target, as stated")
    share = document.show("/settings/tolerance", "significant3")
    spread = document.show("/settings/scale/spread", document.gaps.value)
    return (shown, ", in units of the target: ", share, " of its standard deviation of ", spread)


def gap_explanation(document: Document) -> Explanation | None:
    """Return the gap decomposition to lead with: that of the headline pair, else the first."""
    gaps = [entry for _, entry in document.explanations if entry.level == "gap"]
    lead = headline(document)
    same = [
        entry
        for entry in gaps
        if lead and {_key(entry.a), _key(entry.b)} == {_key(lead.a), _key(lead.b)}
    ]
    return next(iter(same or gaps), None)


def headline(document: Document) -> Disparity | None:
    """Return the disparity that leads."""
    place = document.places.get(document.evidence.verdict.headline or "")
    return None if place is None else document.evidence.disparities[int(place.rsplit("/", 1)[1])]


def leading_features(document: Document, explanation: Explanation) -> Phrase:
    """Name the features through which most of a score gap goes, with their parts."""
    place, form = document.places[explanation.id], document.spoken.scores.change
    parts = [
        (
            document.text(f"{place}/values/{number}/feature"),
            " ",
            document.show(f"{place}/values/{number}/value", form),
        )
        for number in range(min(LEADING, len(explanation.values)))
    ]
    return joined(parts)


def adjusted_p(document: Document, place: str) -> Phrase:
    """Write the adjusted p of a disparity as it follows the letter: ``= 0.021`` or ``< 0.001``."""
    shown = document.show(f"{place}/p_adjusted", "p")
    return (shown,) if shown.text.startswith("<") else ("= ", shown)


def forest_alt(lines: Sequence[Line]) -> str:
    """Say what the forest plot finds."""
    stand = [line for line in lines if line.stands]
    if not stand:
        return "Forest plot. None of the differences drawn stands after correction."
    largest = max(stand, key=lambda line: (line.worst, abs(line.value)))
    some = "Every difference drawn stands" if len(stand) == len(lines) else "Some differences stand"
    return (
        f"Forest plot. {some} after correction; the largest of these: "
        f"{largest.heading}, {largest.a} against {largest.b}, {largest.text} {largest.limits}."
    )


def rates_alt(panels: Sequence[Panel], what: str = "Rates") -> str:
    """Say which groups have the highest and the lowest rate."""
    said = []
    for panel in panels:
        known = [(dot.value, dot) for dot in panel.dots if dot.value is not None]
        if not known:
            said.append(f"{panel.title}: no group has a rate")
            continue
        high = max(known, key=lambda pair: pair[0])[1]
        low = min(known, key=lambda pair: pair[0])[1]
        said.append(
            f"{panel.title}: highest {high.label} {high.text}, lowest {low.label} {low.text}"
        )
    return f"{what} by group with intervals. " + "; ".join(said) + "."


def steps_alt(document: Document, explanation: Explanation) -> str:
    """Say through which features the gap goes."""
    place = document.places[explanation.id]
    a, b = document.group(f"{place}/a").text, document.group(f"{place}/b").text
    total = ""
    if explanation.total is not None:
        total = f" of {document.show(f'{place}/total', document.spoken.scores.change).text}"
    features = plain(leading_features(document, explanation))
    return f"The {document.spoken.gap}{total} between {a} and {b} goes mostly through: {features}."


def curves_alt(document: Document) -> str:
    """Say how the losses ended."""
    training = document.evidence.training
    if training is None or not training.epochs:
        return "No epochs were recorded."
    last = len(training.epochs) - 1
    end = document.show(f"/training/epochs/{last}/train_loss", "fixed3").text
    kept = document.show("/training/best_epoch", "integer").text
    said = f"Training loss ends at {end}"
    if training.epochs[last].validation_loss is not None:
        checked = document.show(f"/training/epochs/{last}/validation_loss", "fixed3").text
        said += f", validation loss at {checked}"
    if training.epochs[last].validation_gap is not None:
        form = document.spoken.scores.size
        gap = document.show(f"/training/epochs/{last}/validation_gap", form).text
        said += f", the largest gap between groups of the validation rows at {gap}"
    return f"{said}; the weights of epoch {kept} were kept."


def tone(verdict: Verdict) -> str:
    """Return the name of the verdict's mark: a shape and a colour."""
    marks = {
        "Disparity found": "found",
        "No disparity detected": "none",
        "Too little data": "little",
        "Not assessed": "not",
    }
    return marks[verdict.word]


def _key(group: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(group.items()))

"""Mitigations as the report reads them: their comparisons, the gap that leads, the best one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audit.mitigation.results import ComparisonRecord, Levelling, MitigationRecord
from audit.report.document import Document
from audit.report.wording import headline

QUALITY: Mapping[str, tuple[str, str]] = {
    "accuracy": ("accuracy", "accuracy"),
    "multiclass_accuracy": ("accuracy", "accuracy"),
    "mean_absolute_error": ("mean absolute error", "MAE"),
}
"""Metrics by which it is told how well a network does over everyone: in words, and in short."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One figure before and after, and the JSON pointer to it."""

    place: str
    record: ComparisonRecord

    @property
    def narrowing(self) -> float:
        """By how much the gap comes nearer to 0; only to choose by, never printed."""
        return abs(self.record.before or 0.0) - abs(self.record.after or 0.0)


@dataclass(frozen=True, kw_only=True)
class Mitigated:
    """One mitigation with everything that was compared for it.

    Attributes
    ----------
    place : str
        Pointer to its record.
    lead : Change or None
        The change of the leading gap, the same gap for every mitigation.
    accuracy : Change or None
        Of everyone; of a regression, the mean absolute error.
    """

    place: str
    record: MitigationRecord
    changes: tuple[Change, ...]
    levelling: tuple[tuple[str, Levelling], ...]
    lead: Change | None
    accuracy: Change | None

    @property
    def number(self) -> str:
        """Its number in the evidence."""
        return self.place.rsplit("/", 1)[1]

    @property
    def quality(self) -> str:
        """What the accuracy of everyone is called."""
        return QUALITY["accuracy" if self.accuracy is None else self.accuracy.record.metric][0]

    @property
    def short_quality(self) -> str:
        """What it is called where room is scarce."""
        return QUALITY["accuracy" if self.accuracy is None else self.accuracy.record.metric][1]

    @property
    def gaps(self) -> tuple[Change, ...]:
        """Changes of gaps."""
        return tuple(item for item in self.changes if item.record.kind == "gap")

    @property
    def rates(self) -> tuple[Change, ...]:
        """Changes of rates by group."""
        return tuple(item for item in self.changes if item.record.kind == "rate")

    @property
    def flips(self) -> tuple[Change, ...]:
        """Groups for which it is known who gains and who loses a positive outcome."""
        return tuple(item for item in self.rates if item.record.gained is not None)

    @property
    def levels_down(self) -> bool:
        """Whether a group falls while none rises."""
        return any(entry.levelling_down for _, entry in self.levelling)


def mitigated(document: Document) -> tuple[Mitigated, ...]:
    """Return every mitigation with its comparisons, in the order of the evidence."""
    key = _leading_gap(document)
    return tuple(
        _mitigated(document, f"/mitigations/{number}", record, key)
        for number, record in enumerate(document.evidence.mitigations)
    )


def best(document: Document) -> Mitigated | None:
    """Return the mitigation that narrows the leading gap most; None where none narrows it."""
    made = [
        (item.lead.narrowing, item)
        for item in mitigated(document)
        if item.record.status == "ok" and item.lead is not None and item.lead.record.status == "ok"
    ]
    if not made:
        return None
    narrowing, item = max(made, key=lambda pair: pair[0])
    return item if narrowing > 0 else None


def everyone(item: Mitigated) -> Change | None:
    """Return who of everyone gains and who loses a positive outcome."""
    return next((change for change in item.flips if not change.record.group), None)


Key = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


def _mitigated(
    document: Document, place: str, record: MitigationRecord, key: Key | None
) -> Mitigated:
    changes = tuple(_changes(document, record.name))
    levelling = tuple(
        (f"/levelling/{number}", entry)
        for number, entry in enumerate(document.evidence.levelling)
        if entry.mitigated == record.name
    )
    overall = [c for c in changes if c.record.kind == "rate" and not c.record.group]
    gaps = [c for c in changes if c.record.kind == "gap"]
    return Mitigated(
        place=place,
        record=record,
        changes=changes,
        levelling=levelling,
        lead=next((c for c in gaps if key is not None and _key(c.record) == key), None),
        accuracy=next((c for c in overall if c.record.metric in QUALITY), None),
    )


def _changes(document: Document, name: str) -> Iterator[Change]:
    for number, record in enumerate(document.evidence.comparisons):
        if record.mitigated == name:
            yield Change(place=f"/comparisons/{number}", record=record)


def _leading_gap(document: Document) -> Key | None:
    """Choose one gap for all mitigations: that of the headline, else of the first metric."""
    gaps = [c for c in document.evidence.comparisons if c.kind == "gap" and c.status == "ok"]
    lead, usual = headline(document), document.leading[0]

    def rank(record: ComparisonRecord) -> tuple[bool, bool]:
        same = lead is not None and {_side(record.a), _side(record.b)} == {
            _side(lead.a),
            _side(lead.b),
        }
        metric = lead.metric if lead is not None else usual
        return (not (same and record.metric == metric), record.metric != usual)

    return _key(min(gaps, key=rank)) if gaps else None


def _key(record: ComparisonRecord) -> Key:
    return (record.metric, _side(record.a), _side(record.b))


def _side(group: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(group.items()))

"""Curves as the report reads them: those of one attribute, with their JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.data.records import UNKNOWN
from audit.metrics.curve_results import CalibrationCurve, SweepLine, ThresholdSweep
from audit.metrics.headline import parts_of
from audit.metrics.results import Group, MetricResult
from audit.report.document import Document

LARGE = "calibration_in_the_large"


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One calibration curve and the JSON pointer to it."""

    place: str
    curve: CalibrationCurve

    @property
    def drawn(self) -> bool:
        """Whether there is something to draw: a known group with a bin that is large enough."""
        some = any(item.status == "ok" for item in self.curve.bins)
        return self.curve.status == "ok" and some and known(self.curve.group)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """The sweep of one attribute and the JSON pointer to it."""

    place: str
    sweep: ThresholdSweep

    def lines(self, metric: str) -> Iterator[tuple[str, SweepLine]]:
        """Yield pointer and line of each known group of one metric that has values."""
        for number, line in enumerate(self.sweep.lines):
            if line.metric == metric and line.values and known(line.group):
                yield f"{self.place}/lines/{number}", line

    def gap(self, metric: str) -> tuple[str, tuple[float, ...]] | None:
        """Return pointer and values of the gap in one metric; None where there is none."""
        for number, gap in enumerate(self.sweep.gaps):
            if gap.metric == metric and gap.values:
                return f"{self.place}/gaps/{number}/values", gap.values
        return None

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the rates that were followed."""
        return tuple(dict.fromkeys(line.metric for line in self.sweep.lines))


def known(group: Group) -> bool:
    """Whether no category of a group is unknown."""
    return UNKNOWN not in group.values()


def sweep_of(document: Document, attribute: str) -> Swept | None:
    """Return the threshold sweep of an attribute."""
    name = document.evidence.model.name
    for number, sweep in enumerate(document.evidence.curves.sweeps):
        if sweep.attribute == attribute and sweep.model == name:
            return Swept(place=f"/curves/sweeps/{number}", sweep=sweep)
    return None


def calibration_of(document: Document, attribute: str | None) -> tuple[Placed, ...]:
    """Return the curves of an attribute's groups, or of everyone; one kind of bins."""
    wanted = set() if attribute is None else {attribute}
    name = document.evidence.model.name
    found = [
        Placed(place=f"/curves/calibration/{number}", curve=curve)
        for number, curve in enumerate(document.evidence.curves.calibration)
        if set(curve.group) == wanted and curve.model == name
    ]
    strategy = found[0].curve.strategy if found else None
    return tuple(item for item in found if item.curve.strategy == strategy)


def overstatement(document: Document, group: Group) -> tuple[str, MetricResult] | None:
    """Return pointer and entry of how far the scores of a group lie above its outcomes."""
    for place, entry in document.metrics:
        large = parts_of(entry.metric)[0] == LARGE
        if large and entry.group == group and entry.value is not None:
            return place, entry
    return None

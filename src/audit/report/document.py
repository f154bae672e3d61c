"""The evidence as the report reads it: every value by its JSON pointer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audit.evidence import Evidence, from_json, to_json
from audit.explainers.results import Explanation
from audit.metrics.headline import OF_NUMBERS, headline
from audit.metrics.results import Disparity, MetricResult
from audit.report.naming import HEADLINE, kind_of
from audit.report.numbers import group_name, visible
from audit.report.shown import WRITE, Phrase, Shown, joined, plain
from audit.report.units import FORMS, SPOKEN, Forms, Spoken, Task

__all__ = ["Document", "Phrase", "Shown", "Values", "escape", "joined", "plain", "unescape"]


@dataclass(frozen=True)
class Values:
    """JSON as a page reads it.

    Attributes
    ----------
    values : dict
    content : bytes
        The same, canonical.
    attributes : tuple of str
        Sensitive attributes in the order of the evidence.
    """

    values: dict[str, Any]
    content: bytes
    attributes: tuple[str, ...]

    def at(self, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value at a JSON pointer."""
        value: Any = self.values
        for step in pointer.split("/")[1:]:
            value = value[int(step)] if isinstance(value, list) else value[unescape(step)]
        return value

    def show(self, pointer: str, form: str) -> Shown:
        """Write the value at a JSON pointer in the format of that name."""
        value = self.at(pointer)
        key = value if isinstance(value, int | float) else str(value)
        return Shown(WRITE[form](value), pointer, form, key)

    def text(self, pointer: str) -> Shown:
        """Show text as it is."""
        return self.show(pointer, "text")

    def group(self, pointer: str) -> Shown:
        """Show the group at a JSON pointer by name."""
        name = group_name(self.at(pointer), self.attributes)
        return Shown(name, pointer, "group", name)

    def name_of(self, group: Mapping[str, str]) -> str:
        """Name a group, for places that hold no markup."""
        return group_name(group, self.attributes)

    def key(self, pointer: str) -> Shown:
        """Show the last name of a JSON pointer."""
        name = unescape(pointer.rsplit("/", 1)[1])
        return Shown(visible(name), pointer, "key", name)

    def path(self, pointer: str) -> Shown:
        """Show a JSON pointer below the configuration as a dotted path."""
        steps = [unescape(step) for step in pointer.split("/")[3:]]
        return Shown(visible(".".join(steps)), pointer, "path", ".".join(steps))

    def interval(self, pointer: str, form: str) -> Phrase:
        """Show the interval of an entry as ``[low, high]``; empty where there is none."""
        return self.between(f"{pointer}/interval", form)

    def between(self, place: str, form: str) -> Phrase:
        """Show the interval at a JSON pointer; empty where there is none."""
        step = place.rsplit("/", 1)
        interval = self.at(step[0]).get(step[1])
        if interval is None:
            return ()
        high = interval["high"]
        upper = "no upper limit" if high is None else self.show(f"{place}/high", form)
        return ("[", self.show(f"{place}/low", form), ", ", upper, "]")


@dataclass(frozen=True)
class Document(Values):
    """Evidence, its JSON, and where each entry stands.

    Attributes
    ----------
    evidence : Evidence
        Read back from its own JSON, so that equal evidence gives equal bytes.
    places : dict
        Identifier of a metric, disparity or explanation to its JSON pointer.
    """

    evidence: Evidence
    places: Mapping[str, str]

    @cached_property
    def metrics(self) -> tuple[tuple[str, MetricResult], ...]:
        """Pointer and entry of each metric of the audited model; mitigated ones stand elsewhere."""
        return self._audited("metrics")

    @cached_property
    def disparities(self) -> tuple[tuple[str, Disparity], ...]:
        """Pointer and entry of each disparity of the audited model."""
        return self._audited("disparities")

    @cached_property
    def explanations(self) -> tuple[tuple[str, Explanation], ...]:
        """Pointer and entry of each explanation of the audited model."""
        return self._audited("explanations")

    @cached_property
    def definitions(self) -> Mapping[str, str]:
        """Pointer to the definition of each metric that the evidence defines."""
        entries = self.values.get("definitions", [])
        return {entry["name"]: f"/definitions/{place}" for place, entry in enumerate(entries)}

    @cached_property
    def _counted(self) -> frozenset[str]:
        return frozenset(e.metric for e in self.evidence.metrics if e.denominator is not None)

    @property
    def task(self) -> Task:
        """What the network decides."""
        return self.evidence.data.task

    @property
    def spoken(self) -> Spoken:
        """Words and units of that."""
        return SPOKEN[self.task]

    @cached_property
    def headline(self) -> tuple[str, ...]:
        """Metrics that the verdict rests on; of two classes, the same whatever was computed."""
        if self.task == "binary":
            return HEADLINE
        families = ((entry.metric, entry.family) for _, entry in self.disparities)
        named = (metric for metric, family in families if family and family.name == "headline")
        return tuple(dict.fromkeys(named))

    @property
    def leading(self) -> tuple[str, ...]:
        """Those of them that figures show first: of several classes, of the one in focus."""
        if self.task == "regression":
            return OF_NUMBERS
        return HEADLINE if self.task == "binary" else tuple(headline(self.evidence.data).values())

    @property
    def focus(self) -> Phrase:
        """The class in focus; empty where there are not several."""
        return () if self.evidence.data.focus is None else (self.text("/data/focus"),)

    def forms(self, metric: str) -> Forms:
        """Return how values of a metric are written: shares in percent, others in their own way."""
        kind = kind_of(metric, counted=metric in self._counted)
        if self.task == "regression" and (kind == "number" or metric == "imprint"):
            return FORMS["target"]
        return FORMS[kind]

    @property
    def tolerance(self) -> str:
        """Pointer to the gap that matters: of a regression, in the unit of the target."""
        scaled = self.evidence.settings.scale is not None
        return "/settings/scale/tolerance" if scaled else "/settings/tolerance"

    @property
    def gaps(self) -> Forms:
        """How headline gaps, their tolerance and what could be missed of them are written."""
        return self.forms(self.headline[0]) if self.headline else self.spoken.scores

    def _audited(self, kind: str) -> tuple[tuple[str, Any], ...]:
        entries = getattr(self.evidence, kind)
        name = self.evidence.model.name
        return tuple((f"/{kind}/{n}", e) for n, e in enumerate(entries) if e.model == name)

    @classmethod
    def of(cls, evidence: Evidence) -> Document:
        """Read evidence through its JSON."""
        content = to_json(evidence)
        values = json.loads(content)
        places = {
            entry["id"]: f"/{kind}/{number}"
            for kind in ("metrics", "disparities", "explanations")
            for number, entry in enumerate(values[kind])
        }
        evidence = from_json(content)
        return cls(values, content, _attributes(evidence), evidence, places)

    def attribute_of(self, name: str) -> Shown:
        """Show the name of a sensitive attribute, from the first group that has it."""
        groups = self.values["data"]["groups"]
        for place, entry in enumerate(groups):
            if name in entry["group"]:
                return self.key(f"/data/groups/{place}/group/{escape(name)}")
        for place, entry in enumerate(self.values["metrics"]):
            if name in entry["group"]:
                return self.key(f"/metrics/{place}/group/{escape(name)}")
        raise KeyError(name)

    def too_few(self, pointer: str) -> Phrase:
        """Say that a group has too few rows; the pointer leads to how many."""
        least = self.show("/settings/minimum_group", "integer")
        rows = self.show(pointer, "integer")
        return ("suppressed: ", rows, " rows, under the minimum of ", least)

    def value(self, pointer: str, form: str) -> Phrase:
        """Show the value of an entry, or why it has none."""
        entry = self.at(pointer)
        if entry["status"] == "ok" and entry["value"] is not None:
            return (self.show(f"{pointer}/value", form),)
        if entry["status"] == "suppressed" and "n" in entry:
            return self.too_few(f"{pointer}/n")
        return (self.show(f"{pointer}/status", "text"), ": ", self.text(f"{pointer}/reason"))


def escape(name: str) -> str:
    """Escape one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str:
    """Undo `escape`."""
    return step.replace("~1", "/").replace("~0", "~")


def _attributes(evidence: Evidence) -> tuple[str, ...]:
    singles = [next(iter(entry.group)) for entry in evidence.data.groups if len(entry.group) == 1]
    return tuple(dict.fromkeys(singles))

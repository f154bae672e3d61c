"""Classes: rates of each class against the rest, by group, and how labels are mistaken."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.class_tables import Classed, class_figure, class_rates, class_table
from audit.report.document import Document, Phrase, Shown
from audit.report.figures.canvas import Picture
from audit.report.group_tables import crossings
from audit.report.tables import Table

KEY = "classes"
TITLE = "Classes"
FIRST = "true_positive_rate"


@dataclass(frozen=True, kw_only=True)
class Block:
    """One attribute."""

    name: Shown
    figure: Picture | None
    tables: tuple[Table, ...]


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    focus: Phrase
    some: bool
    """Whether only some of the classes were looked at one by one."""
    blocks: tuple[Block, ...]


def summarise(document: Document) -> View | None:
    """Collect the rates of single classes; None where there are not several classes."""
    if document.task != "multiclass":
        return None
    singles = [crossing[0] for crossing in crossings(document) if len(crossing) == 1]
    found = [(attribute, class_rates(document, attribute)) for attribute in singles]
    blocks = tuple(
        _block(document, attribute, rates, number)
        for number, (attribute, rates) in enumerate(found)
        if rates
    )
    if not blocks:
        return None
    told = {of for _, rates in found for rate in rates for of in rate.classes}
    some = len(told) < len(document.evidence.data.classes)
    return View(focus=document.focus, some=some, blocks=blocks)


def _block(document: Document, attribute: str, rates: tuple[Classed, ...], number: int) -> Block:
    ordered = sorted(rates, key=lambda item: item.rate != FIRST)
    anchors = [f"t-classes-{number}-{place}" for place in range(len(ordered))]
    return Block(
        name=document.attribute_of(attribute),
        figure=class_figure(document, ordered[0], attribute, number, anchors[0]),
        tables=tuple(
            class_table(document, item, attribute, anchor)
            for item, anchor in zip(ordered, anchors, strict=True)
        ),
    )

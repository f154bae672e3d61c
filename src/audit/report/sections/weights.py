"""Inside the network: which weights and biases carry a gap, and whether ablation confirms it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from audit.report.document import Document, Phrase
from audit.report.figures.ablation import STYLES, Curve, draw_ablation
from audit.report.figures.canvas import Picture, picture
from audit.report.ledger_tables import account_table, check_table, checks_table, entry_table
from audit.report.ledger_words import (
    PLAIN,
    check_alt,
    check_subject,
    check_words,
    problems,
    refused,
    said,
)
from audit.report.ledgers import MEANS, Account, Placed, accounts
from audit.report.networks import network_picture
from audit.report.tables import Table
from audit.report.wording import LEDGER_ASSOCIATION

KEY = "weights"
TITLE = "Inside the network"
DRAWN = 3


@dataclass(frozen=True, kw_only=True)
class Part:
    """One gap, accounted for."""

    title: Phrase
    drawn: bool
    sentences: tuple[Phrase, ...]
    problems: tuple[Phrase, ...]
    figure: Picture | None
    facts: tuple[tuple[str, Phrase], ...]
    check: Phrase
    check_figure: Picture | None
    tables: tuple[Table, ...]


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    plain: str
    association: str
    refused: tuple[Phrase, ...]
    parts: tuple[Part, ...]


def summarise(document: Document) -> View:
    """Collect the ledgers; where there are none, the section says so."""
    made = accounts(document)
    return View(
        plain=PLAIN,
        association=LEDGER_ASSOCIATION,
        refused=refused(document),
        parts=tuple(_part(document, a, n, drawn=a in _drawn(made)) for n, a in enumerate(made)),
    )


def _drawn(made: tuple[Account, ...]) -> tuple[Account, ...]:
    """Choose the accounts that get pictures: the first, and those with carriers."""
    telling = [a for a in made[1:] if a.lead is not None and a.lead.carriers]
    return (*made[:1], *telling)[:DRAWN]


def _part(document: Document, account: Account, number: int, *, drawn: bool) -> Part:
    shown = account.lead if account.lead in account.checked else None
    shown = shown or next(iter(account.checked), None)
    return Part(
        title=_title(document, account),
        drawn=drawn,
        sentences=said(document, account),
        problems=problems(document, account),
        figure=network_picture(document, account, number) if drawn else None,
        check=_check(document, shown) if shown else (),
        check_figure=_figure(document, shown) if shown and drawn else None,
        facts=_facts(document, account),
        tables=tuple(_tables(document, account, number, shown, drawn=drawn)),
    )


def _tables(
    document: Document, account: Account, number: int, shown: Placed | None, *, drawn: bool
) -> Iterator[Table]:
    if account.checked:
        yield checks_table(document, account.checked, f"t-checks-{number}")
    if shown is not None:
        yield check_table(document, shown)
    yield account_table(document, account.all, f"t-account-{number}")
    for item in account.all:
        if item.ledger.entries:
            yield entry_table(document, item, drawn=drawn)


def _title(document: Document, account: Account) -> Phrase:
    place = account.all[0].place
    link = account.all[0].ledger.link
    gap = document.show(f"{place}/gap", "gap")
    a, b = document.group(f"{place}/a"), document.group(f"{place}/b")
    scale: Phrase = ()
    if link not in MEANS:
        scale = (" (", document.show(f"{place}/link", "words"), ")")
    return (gap, *scale, ": ", a, " less ", b)


def _facts(document: Document, account: Account) -> tuple[tuple[str, Phrase], ...]:
    first = account.all[0].place
    facts: list[tuple[str, Phrase]] = [
        ("Score", (document.show(f"{first}/link", account.all[0].link_format),)),
        ("Compared with", (document.text(f"{first}/baseline"),)),
    ]
    tests = {item.ledger.level: item for item in account.all if item.ledger.test}
    facts += [
        (f"Test of {'biases' if level == 'bias' else level + 's'}", _test(document, item))
        for level, item in tests.items()
    ]
    if account.biases:
        facts += _bias_facts(document, account.biases[0])
    return tuple(fact for fact in facts if any(str(getattr(p, "text", p)) for p in fact[1]))


def _test(document: Document, item: Placed) -> Phrase:
    return (document.text(f"{item.place}/test"),)


def _bias_facts(document: Document, item: Placed) -> list[tuple[str, Phrase]]:
    facts: list[tuple[str, Phrase]] = [("Gauge of biases", (document.text(f"{item.place}/gauge"),))]
    for key, label in (
        ("accuracy_with_biases", f"{item.quality} with biases"),
        ("accuracy_without_biases", f"{item.quality} without biases"),
    ):
        if document.at(f"{item.place}/{key}") is not None:
            facts.append((label, (document.show(f"{item.place}/{key}", item.quality_format),)))
    return facts


def _check(document: Document, item: Placed) -> Phrase:
    return (*check_subject(document, item), *check_words(document, item))


def _figure(document: Document, item: Placed) -> Picture | None:
    check = item.ledger.verification
    if check is None or not check.steps:
        return None
    curves = tuple(
        Curve(
            chosen_by=chosen_by,
            label=_label(document, item, chosen_by),
            points=[(step.k, step.gap) for step in check.steps if step.chosen_by == chosen_by],
        )
        for chosen_by in STYLES
        if any(step.chosen_by == chosen_by for step in check.steps)
    )
    limits = (check.interval.low, check.interval.high)
    return picture(
        partial(draw_ablation, curves, check.gap, limits, item.axis),
        anchor=f"f-check-{item.number}",
        alt=check_alt(document, item),
        caption=(
            *(
                "Gap left when entries of ",
                document.text(f"{item.place}/cut"),
                " are ablated, by how ",
            ),
            "they were chosen. Shaded: interval of the gap before.",
        ),
        table=f"t-check-{item.number}",
    )


def _label(document: Document, item: Placed, chosen_by: str) -> str:
    steps = item.ledger.verification.steps if item.ledger.verification else ()
    number = next(n for n, step in enumerate(steps) if step.chosen_by == chosen_by)
    return document.show(f"{item.place}/verification/steps/{number}/chosen_by", "choice").text

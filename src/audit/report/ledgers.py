"""Weight ledgers as the report reads them: one account for each gap, link and pair of groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.report.document import Document
from audit.report.units import FORMS, Axis, Forms
from audit.report.wording import headline
from audit.weights.results import AblationStep, Ledger, Link

INPUT = "input"
SCALES: dict[Link, Forms] = {
    "probability": FORMS["share"],
    "decision": FORMS["share"],
    "log_odds": FORMS["score"],
    "value": FORMS["target"],
}
"""Link to how a value under it is written."""
MEANS: tuple[Link, ...] = ("probability", "value")
"""Links under which a gap is that of mean scores, or of mean predictions."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A ledger and the JSON pointer to it."""

    place: str
    ledger: Ledger

    @property
    def number(self) -> str:
        """Its number in the evidence."""
        return self.place.rsplit("/", 1)[1]

    @property
    def value_format(self) -> str:
        """How a value under its link is written."""
        return SCALES[self.ledger.link].part

    @property
    def limit_format(self) -> str:
        """How a limit of an interval is written."""
        return SCALES[self.ledger.link].part_limits

    @property
    def residual_format(self) -> str:
        """How a residual is written: it is far smaller than a value."""
        return SCALES[self.ledger.link].fine

    @property
    def link_format(self) -> str:
        """How the link is named."""
        return "link" if self.ledger.link == "value" else "words"

    @property
    def axis(self) -> Axis:
        """What stands beside the ticks of a figure."""
        return SCALES[self.ledger.link].axis

    @property
    def quality_format(self) -> str:
        """How it is written how well the network does."""
        return "fixed3" if self._explains_variance else "percent1"

    @property
    def quality(self) -> str:
        """What that is called: an accuracy, or R² of a network that answers with numbers."""
        return "R²" if self._explains_variance else "Accuracy"

    @property
    def _explains_variance(self) -> bool:
        check = self.ledger.verification
        return "r2" in (self.ledger.measure, check.measure if check else "")

    @property
    def offsets(self) -> tuple[int, ...]:
        """Which of its entries work against the gap, by the test."""
        entries = self.ledger.entries
        return tuple(n for n, entry in enumerate(entries) if entry.status == "offset")

    @property
    def carriers(self) -> tuple[int, ...]:
        """Which of its entries carry the gap, by the test."""
        entries = self.ledger.entries
        return tuple(n for n, entry in enumerate(entries) if entry.status == "carrier")

    def entry(self, number: int) -> str:
        """Return the pointer to an entry."""
        return f"{self.place}/entries/{number}"

    def step(self, chosen_by: str, k: int) -> tuple[str, AblationStep] | None:
        """Return the ablation of `k` entries chosen in this way, if it was made."""
        check = self.ledger.verification
        for number, step in enumerate(check.steps if check else ()):
            if step.chosen_by == chosen_by and step.k == k:
                return f"{self.place}/verification/steps/{number}", step
        return None

    @property
    def leading_step(self) -> tuple[str, AblationStep] | None:
        """The ablation to speak of: of as many entries as there are carriers, else the nearest."""
        check = self.ledger.verification
        sizes = [step.k for step in check.steps if step.chosen_by == "ledger"] if check else []
        if not sizes:
            return None
        wanted = max(1, len(self.carriers))
        return self.step("ledger", min(sizes, key=lambda k: (abs(k - wanted), k)))


@dataclass(frozen=True, kw_only=True)
class Account:
    """Everything that was said about one gap under one link."""

    units: tuple[Placed, ...]
    weights: tuple[Placed, ...]
    biases: tuple[Placed, ...]

    @property
    def all(self) -> tuple[Placed, ...]:
        """Every ledger of the account: units, weights, biases."""
        return (*self.units, *self.weights, *self.biases)

    @property
    def checked(self) -> tuple[Placed, ...]:
        """The ledgers with a causal check."""
        return tuple(item for item in self.all if item.ledger.verification is not None)

    @property
    def lead(self) -> Placed | None:
        """The unit ledger to speak of: at a hidden layer, checked if one was, with carriers."""
        known = [item for item in self.units if item.ledger.status == "ok"]
        hidden = [item for item in known if item.ledger.cut != INPUT] or known
        order = sorted(hidden, key=lambda item: (not item.carriers, not item.ledger.verification))
        return order[0] if order else None


def placed(document: Document) -> Iterator[Placed]:
    """Give every ledger with its place."""
    for number, ledger in enumerate(document.evidence.weights.ledgers):
        yield Placed(place=f"/weights/ledgers/{number}", ledger=ledger)


def accounts(document: Document) -> tuple[Account, ...]:
    """Group the ledgers of the audited network; those under the probability link come first."""
    found: dict[tuple[object, ...], list[Placed]] = {}
    for item in placed(document):
        ledger = item.ledger
        own = ledger.model == document.evidence.model.name and ledger.kind != "change"
        if own and ledger.status != "not applicable":
            groups = (tuple(sorted(side.items())) for side in (ledger.a, ledger.b))
            found.setdefault((ledger.gap, ledger.link, *groups), []).append(item)
    made = sorted(found.values(), key=lambda items: items[0].ledger.link == "log_odds")
    return tuple(_account(items) for items in made)


def refusals(document: Document) -> tuple[Placed, ...]:
    """Return the ledgers of the audited network that could not be made."""
    return tuple(
        item
        for item in placed(document)
        if item.ledger.status == "not applicable"
        and item.ledger.model == document.evidence.model.name
    )


def leading_units(document: Document) -> Placed | None:
    """Return the ledger whose units the first screen names: sound, with carriers, or None."""
    lead = headline(document)
    pair = None if lead is None else [lead.a, lead.b]
    fit: list[tuple[bool, int, Placed]] = []
    for account in accounts(document):
        item = account.lead
        if item is None or not item.carriers:
            continue
        ledger = item.ledger
        if ledger.gap == "demographic_parity" and ledger.link in MEANS:
            same = pair is not None and ledger.a in pair and ledger.b in pair
            fit.append((not same, len(fit), item))
    return min(fit, key=lambda choice: choice[:2])[2] if fit else None


def _account(items: list[Placed]) -> Account:
    def of(kind: str, level: str) -> tuple[Placed, ...]:
        return tuple(i for i in items if i.ledger.kind == kind and i.ledger.level == level)

    biases = tuple(item for item in items if item.ledger.kind == "bias")
    return Account(units=of("carrier", "unit"), weights=of("carrier", "weight"), biases=biases)

"""What the ledgers of one audit share, and the parts that each of them is put together from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.weights.results import EntryStatus, GapName, Ledger, LedgerEntry, LedgerStatus, Link
from audit.weights.samples import CONDITIONS, Case, Named
from audit.weights.statistics import Difference, difference, tells_from_zero

LISTED = 40
UNTESTED = 16  # weights and biases carry no test of their own; the largest tell enough
UNTOLD = 8  # of a gap that cannot be told from 0
Kind = Literal["carrier", "bias", "change"]
Level = Literal["unit", "weight", "bias", "layer"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What every ledger of one call shares.

    Attributes
    ----------
    role, split : str
    confidence, threshold : float
    seed, permutations : int
    reference : str
        Of changes: the model that another one is compared with.
    link : {"probability", "value"}
        Under which scores are accounted for, where nothing else is said.
    unaccounted : str
        What of the network lies before the layers that are accounted for.
    """

    role: str
    split: str
    confidence: float
    threshold: float
    seed: int
    permutations: int
    reference: str = ""
    link: Link = "probability"
    unaccounted: str = ""

    def identity(
        self, case: Named, kind: Kind, *, cut: str, level: Level, link: Link | None = None
    ) -> dict[str, Any]:
        """Return the fields that say which ledger it is."""
        fields: dict[str, Any] = {
            "kind": kind,
            "model": self.role,
            "split": self.split,
            "gap": case.gap,
            "link": link or self.link,
            "a": case.a,
            "b": case.b,
            "cut": cut,
            "level": level,
        }
        against = {"reference": self.reference} if self.reference else {}
        own = stable_id("ledger", **fields, **against)
        return {"id": own, **fields, "unaccounted": self.unaccounted}

    def missing(self, identity: Mapping[str, Any], status: LedgerStatus, reason: str) -> Ledger:
        """Return a ledger without entries, which says why."""
        return Ledger(**identity, status=status, reason=reason)

    def total(self, scores: Floats, case: Case) -> dict[str, Any]:
        """Return the gap of some scores with its interval."""
        found = difference(scores, case.attribution)
        return {
            "total": float(found.value[0]),
            "interval": found.intervals(self.confidence)[0],
            "rows": int(case.attribution.counts.sum()),
        }


def judged(
    total: float, explained: float, residuals: Floats | None, case: Case, allowed: float
) -> dict[str, Any]:
    """Return residuals, and whether they are small enough.

    Parameters
    ----------
    total, explained : float
        The gap, and the sum of what accounts for it.
    residuals : ndarray of float64, shape (rows,), or None
        Of each row; None where they are not known one by one.
    allowed : float
    """
    residual = total - explained
    absolute = None
    if residuals is not None:
        absolute = float(np.abs(case.attribution.signed()) @ np.abs(residuals))
    fields = {"residual": residual, "absolute_residual": absolute, "allowed": allowed}
    if abs(residual) <= allowed:
        return fields
    reason = f"the entries miss the gap by {residual:.2g}; up to {allowed:.2g} would be allowed"
    return {**fields, "status": "not converged", "reason": reason}


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is said about each entry, by its place among all entries.

    Attributes
    ----------
    p_adjusted : ndarray of float64 or None
        None where entries are not tested.
    told : ndarray of bool or None
        Which entries are told from chance; None where they are not tested.
    confirmed : callable
        From a place to whether ablation confirmed it; None where that was not tried.
    column : callable
        From a place to the user's column that a weight reads, or nothing.
    """

    p_adjusted: Floats | None = None
    told: NDArray[np.bool_] | None = None
    confirmed: Callable[[int], bool | None] = lambda _: None
    column: Callable[[int], str] = lambda _: ""


def largest(values: Floats, most: int = LISTED) -> NDArray[np.int64]:
    """Return the places of the largest absolute values, largest first; ties by place."""
    return np.argsort(-np.abs(values), kind="stable")[:most]


def listing(
    found: Difference | Floats,
    name: Callable[[int], str],
    *,
    total: Mapping[str, Any],
    confidence: float,
    findings: Findings | None = None,
    shares: bool = True,
) -> dict[str, Any]:
    """Return the largest entries with intervals and shares, and the sum of the others.

    Shares are of the total; there are none where its interval includes 0. Plain values have no
    intervals.
    """
    said = findings or Findings()
    values = found.value if isinstance(found, Difference) else found
    told = tells_from_zero(total["interval"])
    most = UNTESTED if said.told is None else LISTED
    places = largest(values, most if told else UNTOLD)
    intervals = (
        found.take(places).intervals(confidence)
        if isinstance(found, Difference)
        else [None] * len(places)
    )
    shared = shares and told
    entries = tuple(
        LedgerEntry(
            name=name(int(place)),
            value=float(values[place]),
            share=float(values[place]) / total["total"] if shared else None,
            interval=interval,
            p_adjusted=None if said.p_adjusted is None else float(said.p_adjusted[place]),
            status=(
                "not tested"
                if said.told is None
                else entry_status(float(values[place]), total, told=bool(said.told[place]))
            ),
            confirmed=said.confirmed(int(place)),
            column=said.column(int(place)),
        )
        for place, interval in zip(places, intervals, strict=True)
    )
    return {
        "entries": entries,
        "listed": len(entries),
        "entries_total": len(values),
        "rest": float(np.delete(values, places).sum()),
    }


def entry_status(value: float, total: Mapping[str, Any], *, told: bool) -> EntryStatus:
    """Return what a tested entry is; without a gap to work against, every one is a carrier."""
    if not told:
        return "not distinguishable"
    against = tells_from_zero(total["interval"]) and value * total["total"] < 0
    return "offset" if against else "carrier"


def about(gap: GapName) -> str:
    """Return in words which rows a gap is about, or nothing where it is about all."""
    label = CONDITIONS[gap]
    return "" if label is None else f" whose true label is {'positive' if label else 'negative'}"

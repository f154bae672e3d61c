"""The carrier ledgers of one gap at one cut: unit by unit, weight by weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.weights.ablation import Bench, Candidates, effect_confirmed, verify
from audit.weights.carrier import Account, allowed_residual
from audit.weights.chain import Chain
from audit.weights.frame import Findings, Frame, entry_status, judged, largest, listing
from audit.weights.results import Ledger
from audit.weights.samples import Case, generator
from audit.weights.statistics import Difference, difference, max_t

SIZES = {"unit": (1, 2, 5), "weight": (1, 2, 5, 10, 20)}
TRIED = 10
TESTS = {
    "unit": (
        "studentised permutation of the groups, largest over the units of the cut (max-T); where "
        "amounts are both skewed and much more spread in one group, false alarms are more frequent "
        "than stated"
    ),
    "weight": "not tested; intervals are Welch's, each by itself",
}
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class View:
    """One gap seen at one cut.

    Attributes
    ----------
    frame : Frame
    case : Case
    account : Account
        Of the attribution rows of the case.
    bench : Bench
        The verification rows.
    gradient : ndarray of float64, shape (next units, units)
        |w · gradient of the gap| on the attribution rows.
    regrouped : ndarray of bool, shape (permutations, rows)
    baseline : str
    decision_gap : float or None
    """

    frame: Frame
    case: Case
    account: Account
    bench: Bench
    gradient: Floats
    regrouped: NDArray[np.bool_]
    baseline: str
    decision_gap: float | None

    @property
    def name(self) -> str:
        """Return the name of the cut."""
        return self.bench.chain.cuts[self.bench.cut]

    def common(self, explained: float) -> dict[str, Any]:
        """Return the fields that do not depend on the entries, given their sum."""
        total = self.frame.total(self.account.scores, self.case)
        allowed = allowed_residual(difference(self.account.scores, self.case.attribution))
        residuals = self.account.residuals()
        return {
            **total,
            **judged(total["total"], explained, residuals, self.case, allowed),
            "decision_gap": self.decision_gap,
            "steps": self.account.steps,
            "baseline": self.baseline,
        }


@dataclass(frozen=True, kw_only=True)
class Units:
    """The units of a cut; at the input, the user's columns.

    Attributes
    ----------
    names : tuple of str
    members : ndarray of float64, shape (positions, units), or None
        1 where a position of the tensor belongs to the unit; None where each is one.
    """

    names: tuple[str, ...]
    members: Floats | None = None

    def fold(self, values: Floats) -> Floats:
        """Sum over the positions of each unit, along the last dimension."""
        return values if self.members is None else values @ self.members

    def positions(self, places: Places) -> NDArray[np.bool_]:
        """Tell which positions belong to some of the units."""
        if self.members is None:
            chosen = np.zeros(len(self.names), dtype=bool)
            chosen[places] = True
            return chosen
        return np.asarray(self.members[:, places].any(axis=1))


def units_of(chain: Chain, cut: int) -> Units:
    """Return the units of a cut."""
    if cut:
        name, width = chain.cuts[cut], chain.layers[cut].weight.shape[1]
        return Units(names=tuple(f"{name}[{h}]" for h in range(width)))
    names = tuple(dict.fromkeys(chain.columns))
    if len(names) == len(chain.columns):
        return Units(names=names)
    places = {name: place for place, name in enumerate(names)}
    members = np.zeros((len(chain.columns), len(names)))
    members[np.arange(len(members)), [places[column] for column in chain.columns]] = 1
    return Units(names=names, members=members)


def unit_ledger(view: View) -> Ledger:
    """Account for a gap unit by unit."""
    units, sample = units_of(view.bench.chain, view.bench.cut), view.case.attribution
    values = units.fold(view.account.units())
    found = difference(values, sample)
    p_adjusted = max_t(values, sample, view.regrouped)
    told = p_adjusted <= 1 - view.frame.confidence
    total = view.frame.total(view.account.scores, view.case)
    carriers = [
        entry_status(value, total, told=bool(yes)) == "carrier"
        for value, yes in zip(found.value, told, strict=True)
    ]
    weight = view.account.weight

    def mask(places: Places) -> Tensor:
        chosen = torch.from_numpy(units.positions(places)).to(view.bench.fed.device)
        return chosen.expand(weight.shape)

    def confirmed(place: int) -> bool | None:
        if not told[place]:
            return None
        return effect_confirmed(view.bench, mask(np.array([place])), float(found.value[place]))

    candidates = Candidates(
        name=lambda place: units.names[place],
        mask=mask,
        values=found.value,
        magnitude=units.fold(np.abs(weight).sum(axis=0)),
        gradient=units.fold(view.gradient.sum(axis=0)),
        carriers=sum(carriers),
    )
    findings = Findings(p_adjusted=p_adjusted, told=told, confirmed=confirmed)
    return _ledger(view, "unit", found, candidates, findings)


def weight_ledger(view: View) -> Ledger:
    """Account for a gap weight by weight of the layer that the cut feeds."""
    layer, weight = view.bench.chain.layers[view.bench.cut].name, view.account.weight
    width = weight.shape[1]
    found = view.account.weight_differences(view.case.attribution)
    tried = set(largest(found.value, TRIED).tolist())

    def mask(places: Places) -> Tensor:
        chosen = np.zeros(weight.size, dtype=bool)
        chosen[places] = True
        return torch.from_numpy(chosen.reshape(weight.shape)).to(view.bench.fed.device)

    def confirmed(place: int) -> bool | None:
        if place not in tried:
            return None
        return effect_confirmed(view.bench, mask(np.array([place])), float(found.value[place]))

    candidates = Candidates(
        name=lambda place: f"{layer}[{place // width},{place % width}]",
        mask=mask,
        values=found.value,
        magnitude=np.abs(weight).ravel(),
        gradient=view.gradient.ravel(),
        carriers=None,
    )
    findings = Findings(confirmed=confirmed, column=_column(view, width))
    return _ledger(view, "weight", found, candidates, findings)


def _column(view: View, width: int) -> Callable[[int], str]:
    if view.bench.cut:
        return lambda _: ""
    return lambda place: view.bench.chain.columns[place % width]


def _ledger(
    view: View,
    level: Literal["unit", "weight"],
    found: Difference,
    candidates: Candidates,
    findings: Findings,
) -> Ledger:
    common = view.common(float(found.value.sum()))
    identity = view.frame.identity(
        view.case, "carrier", cut=view.name, level=level, link=view.bench.link
    )
    # The same network draws the same controls in every file format, whatever its layers are called.
    which = (view.frame.role, view.case.key, view.bench.cut, level, view.bench.link)
    draws = generator(view.frame.seed, "controls", *which)
    return Ledger(
        **identity,
        **common,
        **listing(
            found,
            candidates.name,
            total=common,
            confidence=view.frame.confidence,
            findings=findings,
        ),
        verification=verify(view.bench, candidates, SIZES[level], draws),
        test=TESTS[level],
    )

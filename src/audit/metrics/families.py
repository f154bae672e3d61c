"""Families of comparisons: p-values adjusted together, and what each comparison can find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audit.metrics.comparisons import Claim
from audit.metrics.estimates import Scope
from audit.metrics.hypothesis_tests import simultaneous
from audit.metrics.results import Correcting, Family
from audit.metrics.statistics.multiplicity import benjamini_hochberg, holm
from audit.metrics.statistics.power import detectable_difference
from audit.metrics.statistics.significance import minimum_detectable, two_sided_z

METHODS: Mapping[Correcting, Callable[[Sequence[float]], Sequence[float]]] = {
    "holm": holm,
    "benjamini-hochberg": benjamini_hochberg,
}


@dataclass(frozen=True, kw_only=True)
class Correction:
    """The family of a claim, and its p-value adjusted over that family."""

    family: Family
    p_adjusted: float | None


def corrections(
    claims: Sequence[Claim], name: str, method: Correcting = "holm"
) -> tuple[Correction, ...]:
    """Adjust the p-values of the claims that could be tested, as one family."""
    tested = [claim.p for claim in claims if claim.p is not None]
    family = Family(name=name, size=len(tested), method=method)
    adjusted = iter(METHODS[method](tested))
    return tuple(
        Correction(family=family, p_adjusted=None if claim.p is None else float(next(adjusted)))
        for claim in claims
    )


def critical_z(claim: Claim, correction: Correction, scope: Scope) -> float:
    """Quantile that a comparison must exceed at Holm's first step."""
    alpha = scope.alpha / max(correction.family.size, 1)
    if claim.selection == "worst_pair":
        return simultaneous(claim.estimates, claim.among).z(alpha, len(claim.among))
    return two_sided_z(alpha)


def detectable_gaps(
    claims: Sequence[Claim], corrected: Sequence[Correction], scope: Scope
) -> list[float | None]:
    """Smallest gap that each claim's two smallest groups would show; None where none was tested."""
    gaps: list[float | None] = [None] * len(claims)
    tested = [place for place, claim in enumerate(claims) if claim.p is not None]
    rates = [place for place in tested if claims[place].estimates.binomial]
    if rates:
        columns = np.array([_power_inputs(claims[p], corrected[p], scope) for p in rates]).T
        for place, gap in zip(rates, minimum_detectable(*columns).tolist(), strict=True):
            gaps[place] = gap
    for place in set(tested) - set(rates):
        gaps[place] = _from_errors(claims[place], corrected[place], scope)
    return gaps


def _power_inputs(
    claim: Claim, correction: Correction, scope: Scope
) -> tuple[float, float, float, float, float]:
    x, size = claim.estimates.x[claim.among], claim.estimates.size[claim.among]
    smallest, second = np.sort(size)[:2].tolist()
    z = critical_z(claim, correction, scope)
    return float(x.sum()), float(size.sum()), smallest, second, z


def _from_errors(claim: Claim, correction: Correction, scope: Scope) -> float | None:
    """Find the gap from the two widest intervals, at the quantile to exceed."""
    limits = claim.estimates.limits(1.0)
    if limits is None:
        return None
    half = (limits[1][claim.among] - limits[0][claim.among]) / 2
    first, second = np.sort(half)[-2:].tolist()
    z = critical_z(claim, correction, scope)
    return float(detectable_difference(first, second, z))

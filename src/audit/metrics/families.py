"""Families of comparisons: p-values adjusted together, and what each comparison can find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audit.metrics.comparisons import Claim
from audit.metrics.estimates import Scope
from audit.metrics.results import Family
from audit.metrics.significance import holm, minimum_detectable, range_z, two_sided_z


@dataclass(frozen=True, kw_only=True)
class Correction:
    """The family of a claim, and its p-value adjusted over that family."""

    family: Family
    p_adjusted: float | None


def corrections(claims: Sequence[Claim], name: str) -> tuple[Correction, ...]:
    """Adjust the p-values of the claims that could be tested, as one family."""
    tested = [claim.p for claim in claims if claim.p is not None]
    family = Family(name=name, size=len(tested))
    adjusted = iter(holm(tested))
    return tuple(
        Correction(family=family, p_adjusted=None if claim.p is None else next(adjusted))
        for claim in claims
    )


def critical_z(claim: Claim, correction: Correction, scope: Scope) -> float:
    """Quantile that a comparison must exceed at Holm's first step."""
    alpha = scope.alpha / correction.family.size
    if claim.selection == "worst_pair":
        return range_z(alpha, len(claim.among))
    return two_sided_z(alpha)


def detectable_gaps(
    claims: Sequence[Claim], corrected: Sequence[Correction], scope: Scope
) -> list[float]:
    """Smallest gap that each claim's two smallest groups would show; NaN where none was tested."""
    made = [place for place, claim in enumerate(claims) if claim.status == "ok"]
    gaps = np.full(len(claims), np.nan)
    if made:
        columns = np.array([_power_inputs(claims[p], corrected[p], scope) for p in made]).T
        gaps[made] = minimum_detectable(*columns)
    return gaps.tolist()


def _power_inputs(
    claim: Claim, correction: Correction, scope: Scope
) -> tuple[float, float, float, float, float]:
    x, size = claim.estimates.x[claim.among], claim.estimates.size[claim.among]
    smallest, second = np.sort(size)[:2].tolist()
    z = critical_z(claim, correction, scope)
    return float(x.sum()), float(size.sum()), smallest, second, z

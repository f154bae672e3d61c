"""Which groups are compared: each with the reference, and the worst pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import GroupEstimates
from audit.metrics.groups import words
from audit.metrics.hypothesis_tests import PairTest, WorstTest, worst_pair_test
from audit.metrics.results import Status

Places = NDArray[np.int64]
Chosen = Literal["reference", "worst_pair"]

TOO_FEW = "fewer than two groups can be compared"


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """One hypothesis of no difference between two groups.

    Attributes
    ----------
    estimates : GroupEstimates
    selection : {"reference", "worst_pair"}
    a, b : int or None
        Positions of the groups; for a worst pair `a` has the higher value. None where no pair can
        be compared.
    among : ndarray of int64
        Positions of the groups that the pair was chosen from; for a reference comparison, both.
    p : float or None
        None unless `status` is ``ok``, and where the metric has no valid test.
    test : WorstTest or None
        Of a worst pair: what `p` comes from, and what stands beside it.
    """

    estimates: GroupEstimates
    selection: Chosen
    a: int | None
    b: int | None
    among: Places
    p: float | None
    status: Status = "ok"
    reason: str = ""
    test: WorstTest | None = None

    @property
    def pairs(self) -> int:
        """How many pairs the pair was chosen from."""
        if self.selection == "reference":
            return 1
        return len(self.among) * (len(self.among) - 1) // 2


def reference_claims(estimates: GroupEstimates, test: PairTest | None) -> Iterator[Claim]:
    """Compare every other known group with the reference group.

    `test` gives the p-values of pairs of groups that have a value, from their positions; None
    where the metric has no valid test.
    """
    reference = estimates.grouping.reference
    if reference is None:
        return
    tested = estimates.comparable[estimates.comparable != reference]
    if reference not in estimates.comparable or test is None:
        tested = tested[:0]
    p_values: dict[int, float] = {}
    if test is not None and len(tested):
        found = test(tested, np.full_like(tested, reference))
        known = zip(tested.tolist(), found.tolist(), strict=True)
        p_values = {place: p for place, p in known if not np.isnan(p)}
    for place in np.flatnonzero(estimates.grouping.known).tolist():
        if place != reference:
            yield _reference_claim(estimates, place, reference, p_values.get(place))


def _reference_claim(estimates: GroupEstimates, a: int, b: int, p: float | None) -> Claim:
    status, reason = _first_problem(estimates, a, b)
    return Claim(
        estimates=estimates,
        selection="reference",
        a=a,
        b=b,
        among=np.array([a, b]),
        p=p,
        status=status,
        reason=reason,
    )


def worst_pair_claim(estimates: GroupEstimates) -> Claim:
    """Find the two groups with the largest difference.

    The pair is the one with the highest and the lowest value among the groups that are known and
    have one; the p-value is that of the hypothesis that no two of them differ. The largest gap and
    the best established one may be of different pairs (a tiny group can lie far off by chance); the
    hypothesis, the p-value and the interval of the largest gap are about all pairs together.
    """
    among = estimates.comparable
    if len(among) < 2:  # noqa: PLR2004 - a pair
        return no_pair(estimates, among)
    a, b = extremes(estimates, among)
    test = worst_pair_test(estimates, among)
    return Claim(
        estimates=estimates,
        selection="worst_pair",
        a=a,
        b=b,
        among=among,
        p=test.p if test else None,
        test=test,
    )


def extremes(estimates: GroupEstimates, among: Places) -> tuple[int, int]:
    """Return the groups of highest and lowest value; ties go to the larger, then by name."""
    values = estimates.values[among]
    highest = _first(estimates, among[values == values.max()])
    others = among[among != highest]
    values = estimates.values[others]
    return highest, _first(estimates, others[values == values.min()])


def _first(estimates: GroupEstimates, tied: Places) -> int:
    sizes = estimates.size[tied]
    largest = tied[sizes == sizes.max()].tolist()
    groups = estimates.grouping.groups
    return int(min(largest, key=lambda place: tuple(groups[place].values())))


def no_pair(estimates: GroupEstimates, among: Places) -> Claim:
    """Claim nothing, and say why no two groups can be compared."""
    hidden = bool((estimates.suppressed & estimates.grouping.known).any())
    return Claim(
        estimates=estimates,
        selection="worst_pair",
        a=None,
        b=None,
        among=among,
        p=None,
        status="suppressed" if hidden else "undefined",
        reason=TOO_FEW,
    )


def _first_problem(estimates: GroupEstimates, a: int, b: int) -> tuple[Status, str]:
    found = ((place, *estimates.status(place)) for place in (a, b))
    problems: list[tuple[Status, str]] = [
        (status, f"{words(estimates.grouping.groups[place])}: {reason}")
        for place, status, reason in found
        if status != "ok"
    ]
    problems.sort(key=lambda problem: problem[0] != "suppressed")
    return problems[0] if problems else ("ok", "")

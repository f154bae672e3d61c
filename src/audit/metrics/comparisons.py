"""Which groups are compared: each with the reference, and the worst pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import GroupEstimates
from audit.metrics.groups import words
from audit.metrics.results import Selection, Status
from audit.metrics.significance import largest_z, newcombe_z, range_p, two_sided_p

Places = NDArray[np.int64]
Test = Callable[[Places, Places], NDArray[np.float64]]

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
        None unless `status` is ``ok``.
    """

    estimates: GroupEstimates
    selection: Selection
    a: int | None
    b: int | None
    among: Places
    p: float | None
    status: Status = "ok"
    reason: str = ""

    @property
    def pairs(self) -> int:
        """How many pairs the pair was chosen from."""
        if self.selection == "reference":
            return 1
        return len(self.among) * (len(self.among) - 1) // 2


def reference_claims(estimates: GroupEstimates, test: Test) -> Iterator[Claim]:
    """Compare every other known group with the reference group.

    `test` gives the p-values of pairs of groups that have a value, from their positions.
    """
    reference = estimates.grouping.reference
    if reference is None:
        return
    tested = estimates.comparable[estimates.comparable != reference]
    if reference not in estimates.comparable:
        tested = tested[:0]
    p_values = dict(
        zip(tested.tolist(), test(tested, np.full_like(tested, reference)).tolist(), strict=True)
    )
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


def newcombe_test(estimates: GroupEstimates) -> Test:
    """Test two rates by inverting Newcombe's interval of their difference."""
    x, size = estimates.x, estimates.size

    def test(a: Places, b: Places) -> NDArray[np.float64]:
        return two_sided_p(newcombe_z(x[a], size[a], x[b], size[b]))

    return test


def worst_pair_claim(estimates: GroupEstimates) -> Claim:
    """Find the two groups with the largest difference.

    The pair is the one with the highest and the lowest value among the groups that are known and
    have one; the p-value is that of the largest quantile over *all* their pairs, since the
    hypothesis is that no two of them differ. The largest gap and the best established one may be of
    different pairs (a tiny group can lie far off by chance); the hypothesis, the p-value and the
    interval of the largest gap are about all pairs together, so that they cannot contradict each
    other.
    """
    among = estimates.comparable
    if len(among) < 2:  # noqa: PLR2004 - a pair
        return no_pair(estimates, among)
    a, b = extremes(estimates, among)
    z = largest_z(estimates.x[among], estimates.size[among])
    return Claim(
        estimates=estimates,
        selection="worst_pair",
        a=a,
        b=b,
        among=among,
        p=range_p(z, len(among)),
    )


def extremes(estimates: GroupEstimates, among: Places) -> tuple[int, int]:
    """Return the groups of highest and lowest value; ties go to the larger, then by name."""
    values = estimates.values

    def tie(place: int) -> tuple[float, tuple[str, ...]]:
        return -estimates.size[place], tuple(estimates.grouping.groups[place].values())

    places = among.tolist()
    highest = min(places, key=lambda place: (-values[place], tie(place)))
    others = [place for place in places if place != highest]
    return highest, min(others, key=lambda place: (values[place], tie(place)))


def no_pair(estimates: GroupEstimates, among: Places) -> Claim:
    """Claim nothing, and say why no two groups can be compared."""
    statuses = [
        status
        for status, known in zip(estimates.statuses, estimates.grouping.known, strict=True)
        if known
    ]
    return Claim(
        estimates=estimates,
        selection="worst_pair",
        a=None,
        b=None,
        among=among,
        p=None,
        status="suppressed" if "suppressed" in statuses else "undefined",
        reason=TOO_FEW,
    )


def _first_problem(estimates: GroupEstimates, a: int, b: int) -> tuple[Status, str]:
    problems = [
        (estimates.statuses[place], f"{words(estimates.grouping.groups[place])}: {reason}")
        for place, reason in ((a, estimates.reasons[a]), (b, estimates.reasons[b]))
        if estimates.statuses[place] != "ok"
    ]
    suppressed = [problem for problem in problems if problem[0] == "suppressed"]
    return (*suppressed, *problems, ("ok", ""))[0]

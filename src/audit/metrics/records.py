"""Claims as entries: which groups, identifiers, status and reason."""

from __future__ import annotations

from typing import Literal

from audit.metrics.comparisons import Claim
from audit.metrics.estimates import Scope
from audit.metrics.families import Correction
from audit.metrics.results import Disparity, Interval, Status


def record(
    claim: Claim,
    correction: Correction,
    scope: Scope,
    *,
    kind: Literal["difference", "ratio"],
    value: float | None,
    interval: Interval | None = None,
    minimum_detectable: float | None = None,
    equivalence_p: float | None = None,
    problem: str = "",
    established: tuple[int, int] | None = None,
) -> Disparity:
    """Write one claim as an entry; `problem` says why a value is undefined where the claim is not.

    The ratio of a worst pair is that of the lower value over the higher one.
    """
    estimates = claim.estimates
    flipped = kind == "ratio" and claim.selection == "worst_pair"
    a, b = (claim.b, claim.a) if flipped else (claim.a, claim.b)
    ok = claim.status == "ok" and not problem
    status: Status = claim.status if claim.status != "ok" or ok else "undefined"
    groups = estimates.grouping.groups
    return Disparity(
        id=_identify(claim, scope, kind),
        metric=estimates.metric,
        model=scope.model,
        split=scope.split,
        kind=kind,
        attributes=estimates.grouping.attributes,
        a={} if a is None else groups[a],
        b={} if b is None else groups[b],
        a_metric=scope.metric_id(
            estimates.metric, estimates.version, {} if a is None else groups[a]
        ),
        b_metric=scope.metric_id(
            estimates.metric, estimates.version, {} if b is None else groups[b]
        ),
        selection=claim.selection,
        value=value if ok else None,
        interval=interval if ok else None,
        p_value=claim.p if ok else None,
        p_adjusted=correction.p_adjusted if ok else None,
        family=correction.family,
        minimum_detectable=minimum_detectable if ok else None,
        pairs=claim.pairs,
        test=claim.test.name if claim.test and ok else "",
        range_p=claim.test.range_p if claim.test and ok else None,
        shrunken=claim.test.shrunken if claim.test and ok and kind == "difference" else None,
        equivalence_p=equivalence_p if ok else None,
        status=status,
        reason=claim.reason or problem,
        left_out=estimates.left_out() if claim.selection == "worst_pair" else (),
        established=None
        if established is None or not ok
        else (groups[established[0]], groups[established[1]]),
    )


def _identify(claim: Claim, scope: Scope, kind: str) -> str:
    """Identify a worst pair by its attributes only: the pair may be another one next time."""
    estimates = claim.estimates
    parts: dict[str, object] = {
        "attributes": list(estimates.grouping.attributes),
        "selection": claim.selection,
    }
    if claim.selection == "reference" and claim.a is not None and claim.b is not None:
        parts |= {
            key: estimates.grouping.groups[place] for key, place in (("a", claim.a), ("b", claim.b))
        }
    return scope.disparity_id(estimates.metric, estimates.version, kind, **parts)

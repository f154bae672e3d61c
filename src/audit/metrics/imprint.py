"""The imprint: how much wider the gap in the predictions is than the gap in the labels.

For a group, the change from labels to predictions is its selection rate less its base rate on the
same rows: (false positives - false negatives) / rows. The imprint of two groups is the difference
of their changes, which is the gap of their selection rates less the gap of their base rates. At 0
the network hands the gap in the labels on as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audit.metrics.comparisons import Claim, extremes, no_pair, reference_claims
from audit.metrics.definition_results import MetricDefinition
from audit.metrics.disparity import Measured
from audit.metrics.estimates import GroupEstimates, Scope, estimate, results
from audit.metrics.families import Correction, corrections
from audit.metrics.groups import Grouping, Reference, groupings
from audit.metrics.mean_imprint import (
    IMPRINT,
    MEAN_DEFINITION,
    VERSION,
    MeanChanges,
    mean_changes,
)
from audit.metrics.measurement import Measurement, effective_size
from audit.metrics.measures.rates import FN, FP, RATES
from audit.metrics.records import record
from audit.metrics.results import Disparity, Interval
from audit.metrics.statistics.intervals import tango, tango_low
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.statistics.significance import range_p, range_z, two_sided_p, two_sided_z
from audit.metrics.statistics.touching import touching_z
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

DEFINITION = MetricDefinition(
    name=IMPRINT,
    title="Imprint",
    definition="selection rate less base rate of the same rows; of two groups, how much wider the "
    "gap in predictions is than in labels",
    source="weight-audit; intervals: Tango, Statistics in Medicine 17 (1998) 891-908",
    version=VERSION,
    low=-1.0,
    high=1.0,
)
FAMILY = "imprint"
REFERENCE_FAMILY = "imprint, reference comparisons"


@dataclass(frozen=True, kw_only=True, eq=False)
class Changes:
    """The change from labels to predictions of every group, and how many rows changed.

    Attributes
    ----------
    estimates : GroupEstimates
        Its values are the changes, in [-1, 1].
    gained, lost : ndarray of float64, shape (groups,)
        False positives and false negatives: rows, or their share of the effective size.
    choosing : GroupEstimates
        By which the worst pair is chosen: the selection rates.
    """

    estimates: GroupEstimates
    gained: Floats
    lost: Floats
    choosing: GroupEstimates

    def method(self, *, chosen: bool) -> str:
        """Name the interval of a difference; `chosen` where it covers every pair."""
        return "tukey-tango-mover" if chosen else "tango-mover"

    def limits(self, places: Places, z: Floats | float) -> tuple[Floats, Floats]:
        """Tango's limits of the changes at some positions."""
        size = self.estimates.size[places]
        return tango(self.gained[places], self.lost[places], size, z)

    def difference_limits(self, a: Places, b: Places, z: Floats | float) -> tuple[Floats, Floats]:
        """Limits of the changes at `a` less those at `b`."""
        values = self.estimates.values
        return mover_difference(values[a], self.limits(a, z), values[b], self.limits(b, z))

    def touching(self, a: Places, b: Places) -> Floats:
        """Quantiles at which the intervals of the differences touch 0."""
        values = self.estimates.values
        swap = values[a] < values[b]
        upper, lower = np.where(swap, b, a), np.where(swap, a, b)
        # The upper limit of the lower change is the lower limit of its opposite, negated: one call.
        gains = np.stack([self.gained[upper], self.lost[lower]])
        losses = np.stack([self.lost[upper], self.gained[lower]])
        sizes = self.estimates.size[np.stack([upper, lower])]
        centres = np.stack([values[upper], -values[lower]])

        def reach(z: Floats) -> Floats:
            below = centres - tango_low(gains, losses, sizes, z)
            return np.asarray(np.hypot(below[0], below[1]))

        return touching_z(values[upper] - values[lower], reach)

    def test(self, a: Places, b: Places) -> Floats:
        """p-values of the hypotheses of equal changes, by turning the intervals round."""
        return two_sided_p(self.touching(a, b))


Changed = Changes | MeanChanges


def imprint(
    table: CellTable,
    *,
    reference: Reference = "largest",
    confidence: float = 0.95,
    minimum_group: int = 30,
    threshold: float | None = None,
    model: str = "baseline",
    split: str = "test",
    of: str = "",
) -> Measured:
    """Measure, for each attribute, how much wider the gap in predictions is than in labels.

    Parameters
    ----------
    table : CellTable
        Of two classes, or of the errors of a regression.
    reference, confidence, minimum_group, threshold, model, split
        As in `audit.metrics.disparity.measure`.
    of : str
        Of several classes, the one that the table counts as positive.

    Returns
    -------
    Measured
        ``metrics``: the change of everyone and of each group (metric ``imprint``), with Tango's
        interval. ``disparities``: for each attribute the pair that is the worst pair of the
        selection rate (family ``imprint``), and each group against the reference (family
        ``imprint, reference comparisons``), kind ``difference``, in [-2, 2]. Positive: the
        predictions favour `a` over `b` by more than the labels do.

    Raises
    ------
    MetricError
        If `reference` names an unknown attribute or category.

    Notes
    -----
    Tango's score limits of the two paired changes, combined by MOVER; the p-value turns that
    interval round. The worst pair was chosen by looking, so its quantile covers all pairs
    (Tukey) and the family (Bonferroni). With row weights, the shares of changed rows enter with
    Kish's effective size, which is an approximation. No smallest detectable imprint is given.
    """
    scope = Scope(
        confidence=confidence,
        minimum_group=minimum_group,
        threshold=threshold,
        model=model,
        split=split,
    )
    every = list(groupings(table, 1, reference))
    measured = [_changed(grouping, minimum_group) for grouping in every]
    worst = [(_worst_pair(item), item) for item in measured[1:]]
    against = [
        (claim, item)
        for item in measured[1:]
        for claim in reference_claims(item.estimates, item.test)
    ]
    return Measured(
        metrics=tuple(result for item in measured for result in results(item.estimates, scope)),
        disparities=(
            *_disparities(worst, FAMILY, scope),
            *_disparities(against, REFERENCE_FAMILY, scope),
        ),
        definitions=(MEAN_DEFINITION if table.errors is not None else _definition(of),),
    )


def _changed(grouping: Grouping, minimum_group: int) -> Changed:
    make = changes if grouping.table.errors is None else mean_changes
    return make(grouping, minimum_group)


def _definition(of: str) -> MetricDefinition:
    if not of:
        return DEFINITION
    told = f"{DEFINITION.definition}, where {of!r} is positive and every other class is negative"
    return replace(DEFINITION, definition=told)


def changes(grouping: Grouping, minimum_group: int) -> Changes:
    """Compute the change from labels to predictions of every group."""
    table = grouping.table
    rows = estimate(RATES["selection_rate"], grouping, minimum_group)
    gained, lost = table.w[:, *FP], table.w[:, *FN]
    weight = table.w.sum(axis=(1, 2))
    size = effective_size(weight, table.w2.sum(axis=(1, 2)))
    total = gained - lost
    with np.errstate(divide="ignore", invalid="ignore"):
        values, scale = total / weight, np.where(weight > 0, size / weight, 0.0)
    scale = scale if table.weighted else np.ones_like(scale)
    gained, lost = gained * scale, lost * scale
    measured = Measurement(
        values=values,
        reasons=rows.measurement.reasons,
        size=rows.size,
        limits=lambda z: tango(gained, lost, rows.size, z),
        method="tango",
        numerator=total,
        denominator=rows.measurement.denominator,
    )
    estimates = replace(
        rows, metric=IMPRINT, version=VERSION, low=-1.0, high=1.0, measurement=measured
    )
    return Changes(estimates=estimates, gained=gained, lost=lost, choosing=rows)


def _worst_pair(item: Changed) -> Claim:
    """Claim the pair whose selection rates, or mean predictions, lie farthest apart."""
    among = item.estimates.comparable
    if len(among) < 2:  # noqa: PLR2004 - a pair
        return no_pair(item.estimates, among)
    a, b = extremes(item.choosing, among)
    quantile = float(item.touching(np.array(a), np.array(b)))
    return Claim(
        estimates=item.estimates,
        selection="worst_pair",
        a=a,
        b=b,
        among=among,
        p=None if np.isnan(quantile) else range_p(quantile, len(among)),
    )


def _disparities(
    claims: list[tuple[Claim, Changed]], name: str, scope: Scope
) -> Iterator[Disparity]:
    corrected = corrections([claim for claim, _ in claims], name)
    for (claim, item), correction in zip(claims, corrected, strict=True):
        yield _disparity(claim, item, correction, scope)


def _disparity(claim: Claim, item: Changed, correction: Correction, scope: Scope) -> Disparity:
    if claim.a is None or claim.b is None or claim.status != "ok":
        return record(claim, correction, scope, kind="difference", value=None)
    chosen = claim.selection == "worst_pair"
    each = scope.alpha / max(correction.family.size, 1)
    z = range_z(each, len(claim.among)) if chosen else two_sided_z(scope.alpha)
    low, high = item.difference_limits(np.array(claim.a), np.array(claim.b), z)
    values = item.estimates.values
    return record(
        claim,
        correction,
        scope,
        kind="difference",
        value=float(values[claim.a] - values[claim.b]),
        interval=None
        if np.isnan(low + high)
        else Interval(
            low=float(low),
            high=float(high),
            level=scope.confidence,
            method=item.method(chosen=chosen),
            simultaneous=chosen,
        ),
    )

"""Metrics by group and every comparison between groups, with corrected tests and intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from audit.metrics.against import Compared, against_rows
from audit.metrics.catalogue import metrics as find_metrics
from audit.metrics.comparisons import Claim, reference_claims, worst_pair_claim
from audit.metrics.definition_results import MetricDefinition
from audit.metrics.definitions import definitions
from audit.metrics.estimates import GroupEstimates, Scope, estimate, results
from audit.metrics.families import Correction, corrections, detectable_gaps
from audit.metrics.gaps import reference_rows, worst_pair_rows
from audit.metrics.groups import Grouping, Reference, groupings
from audit.metrics.hypothesis_tests import pair_test
from audit.metrics.measurement import Metric
from audit.metrics.measures.rates import HEADLINE
from audit.metrics.measures.row_metric import RowMetric
from audit.metrics.results import Correcting, Disparity, MetricResult
from audit.metrics.row_groups import OfRows, RowMetrics
from audit.metrics.table.cells import CellTable

HEADLINE_FAMILY = "headline"
OTHER_FAMILY = "other worst pairs"
REFERENCE_FAMILY = "reference comparisons"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured: metrics by group, and comparisons between groups."""

    metrics: tuple[MetricResult, ...]
    disparities: tuple[Disparity, ...]
    definitions: tuple[MetricDefinition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """How groups are compared.

    Attributes
    ----------
    compared : tuple of {"rest", "overall"}
        With whom each group is compared besides the reference.
    correction : {"holm", "benjamini-hochberg"}
    tolerance : float or None
        A gap of rates that does not matter; gives the p-value of equivalence.
    headline : tuple of str
        Metrics whose worst pairs are the family ``headline``.
    within : mapping of str to float
        Tolerances of metrics that are no rates, each in the unit of its metric.
    """

    compared: tuple[Compared, ...] = ()
    correction: Correcting = "holm"
    tolerance: float | None = None
    headline: tuple[str, ...] = HEADLINE
    within: Mapping[str, float] = field(default_factory=dict)

    def tolerance_of(self, estimates: GroupEstimates) -> float | None:
        """Return the gap of a metric that does not matter, None where none was stated."""
        stated = self.tolerance if estimates.binomial else None
        return self.within.get(estimates.metric, stated)


PLAIN = Comparing()


def measure(
    table: CellTable,
    *,
    names: str | Sequence[str | Metric] = "default",
    reference: Reference = "largest",
    confidence: float = 0.95,
    minimum_group: int = 30,
    intersections: int = 2,
    threshold: float | None = None,
    model: str = "baseline",
    split: str = "test",
    comparing: Comparing = PLAIN,
    of_rows: RowMetrics | None = None,
    scored: CellTable | None = None,
) -> Measured:
    """Measure metrics by group and compare the groups; the headline metrics are always among them.

    Parameters
    ----------
    table : CellTable
    names : "default" or sequence of str or Metric
    reference : "largest" or mapping of attribute to category
        The group others are compared with. For an intersection, the largest group that has the
        named categories.
    confidence : float
        Coverage of intervals, in (0, 1).
    minimum_group : int
        Groups with fewer rows are suppressed.
    intersections : int
        How many attributes are crossed at most; 1 for none.
    threshold : float or None
        At which scores became predictions; only named in the identifiers.
    model, split : str
    comparing : Comparing
    of_rows : RowMetrics, optional
        Metrics that need the rows themselves; they take part in the same families.
    scored : CellTable, optional
        The same rows by one class against the rest, with its scores, where `table` counts several
        classes: what needs scores is measured from it.

    Returns
    -------
    Measured
        Metrics of everyone first, then of each attribute and intersection. Disparities in the
        order of their families.

    Raises
    ------
    MetricError
        If a metric, an attribute or a category is not known.

    Notes
    -----
    Three families, each corrected by Holm's method: the worst pairs of the headline metrics
    (``headline``), those of the other metrics (``other worst pairs``), and every group against
    the reference (``reference comparisons``). The size of a family is the number of comparisons
    that could be made. A ratio is the same hypothesis as its difference: it carries the same
    p-values, and is not counted again.

    The p-value of a worst pair is that of the hypothesis that no two groups differ: for two groups
    the interval turned round, for three or more the chi-squared test of homogeneity, which finds
    more. The interval is that of the largest gap (or smallest ratio) over all pairs, at a level
    shared over the family by Bonferroni; turned round it gives `range_p`. So a family may find
    groups that differ where no single pair is established.
    """
    named = "default" if names == "default" else (*comparing.headline, *_sequence(names))
    wanted = find_metrics(named)
    scope = Scope(
        confidence=confidence,
        minimum_group=minimum_group,
        threshold=threshold,
        model=model,
        split=split,
    )
    return measure_metrics(
        table,
        wanted,
        scope=scope,
        reference=reference,
        intersections=intersections,
        comparing=comparing,
        of_rows=of_rows,
        scored=scored,
    )


def measure_metrics(
    table: CellTable,
    wanted: Sequence[Metric],
    *,
    scope: Scope,
    reference: Reference,
    intersections: int,
    comparing: Comparing = PLAIN,
    of_rows: RowMetrics | None = None,
    scored: CellTable | None = None,
) -> Measured:
    """Measure exactly the given metrics, as `measure` does."""
    of_scores = [item for item in wanted if scored is not None and item.needs == "scores"]
    plain = [item for item in wanted if item not in of_scores]
    every: tuple[Estimated, ...] = estimated(table, plain, scope, reference, intersections)
    if scored is not None:
        every = (*every, *estimated(scored, of_scores, scope, reference, intersections))
    defined: tuple[Metric | RowMetric, ...] = tuple(wanted)
    if of_rows is not None:
        more = of_rows.estimated(table, reference, intersections, scope.minimum_group)
        every, defined = (*every, *more), (*defined, *of_rows.metrics)
    return Measured(
        metrics=tuple(entry for _, _, item in every for entry in results(item, scope)),
        disparities=tuple(compare(every, scope, comparing)),
        definitions=definitions(defined),
    )


Estimated = tuple[Metric | OfRows, Grouping, GroupEstimates]


def estimated(
    table: CellTable,
    wanted: Sequence[Metric],
    scope: Scope,
    reference: Reference,
    intersections: int,
) -> tuple[Estimated, ...]:
    """Estimate each metric for everyone, and for each attribute and intersection."""
    return tuple(
        (metric, grouping, estimate(metric, grouping, scope.minimum_group))
        for grouping in groupings(table, intersections, reference)
        for metric in wanted
    )


def compare(
    every: Sequence[Estimated], scope: Scope, comparing: Comparing = PLAIN
) -> Iterator[Disparity]:
    """Compare the groups: worst pairs, each against the reference, and what else was asked for."""
    compared = [item for item in every if item[1].attributes]
    worst = [worst_pair_claim(item) for _, _, item in compared]
    headline = [claim for claim in worst if claim.estimates.metric in comparing.headline]
    other = [claim for claim in worst if claim.estimates.metric not in comparing.headline]
    against = [
        claim for _, _, item in compared for claim in reference_claims(item, pair_test(item))
    ]
    for name, claims in (
        (HEADLINE_FAMILY, headline),
        (OTHER_FAMILY, other),
        (REFERENCE_FAMILY, against),
    ):
        yield from _family(claims, name, scope, comparing)
    yield from against_rows(every, scope, comparing.compared, comparing.correction)


def _family(
    claims: Sequence[Claim], name: str, scope: Scope, comparing: Comparing
) -> Iterator[Disparity]:
    corrected = corrections(claims, name, comparing.correction)
    gaps = detectable_gaps(claims, corrected, scope)
    for claim, correction, gap in zip(claims, corrected, gaps, strict=True):
        yield from _rows(claim, correction, scope, gap, comparing)


def _rows(
    claim: Claim, correction: Correction, scope: Scope, gap: float | None, comparing: Comparing
) -> Iterator[Disparity]:
    write = worst_pair_rows if claim.selection == "worst_pair" else reference_rows
    return write(claim, correction, scope, gap, comparing.tolerance_of(claim.estimates))


def _sequence(names: str | Sequence[str | Metric]) -> Sequence[str | Metric]:
    return (names,) if isinstance(names, str) else names

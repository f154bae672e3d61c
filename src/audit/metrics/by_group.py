"""group_metrics: metrics by group with intervals, from arrays and frames, as in fairlearn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from audit.errors import MetricError
from audit.metrics.against import FAMILIES, Compared
from audit.metrics.catalogue import metrics as find_metrics
from audit.metrics.disparity import Comparing, estimated
from audit.metrics.estimates import Scope
from audit.metrics.families import METHODS
from audit.metrics.group_result import GroupMetrics
from audit.metrics.groups import Reference, attribute_names
from audit.metrics.intake import USUAL, Counted, Task, count_rows, task_of, usual
from audit.metrics.measurement import Metric
from audit.metrics.measures.row_metric import RowMetric
from audit.metrics.results import Correcting
from audit.metrics.table.cells import CellTable


def group_metrics(
    y_true: Any,
    y_pred: Any = None,
    *,
    sensitive_features: Any,
    y_score: Any = None,
    threshold: float | None = None,
    control_features: Any = None,
    sample_weight: Any = None,
    person: Any = None,
    task: Task = "binary",
    metrics: str | Metric | Sequence[str | Metric] = "default",
    confidence: float = 0.95,
    minimum_group: int = 30,
    reference: Reference = "largest",
    intersections: int = 2,
    compared: Compared | Sequence[Compared] = (),
    correction: Correcting = "holm",
    tolerance: float | None = None,
) -> GroupMetrics:
    """Measure metrics by group, and compare the groups.

    Parameters
    ----------
    y_true : array-like of shape (rows,)
        Labels, 0 or 1 (True, 1, 1.0 and "1" are the same); of a multiclass task any categories, of
        a regression numbers.
    y_pred : array-like of shape (rows,), optional
        Predictions, coded like `y_true`. May be left out where `y_score` and `threshold` say them.
    sensitive_features : array-like, Series, frame, or mapping of name to array
        One attribute for each column, of pandas, polars, pyarrow, or as arrays. A missing value
        makes the row's group ``unknown``, which is measured and takes part in no comparison. In a
        list that holds both, True and 1 are one category.
    y_score : array-like of shape (rows,), optional
        Scores: probabilities, or other numbers, higher for the positive class. Rows with a score
        that is not finite take part in no metric of scores.
    threshold : float, optional
        Without `y_pred`: positive is score >= threshold.
    control_features : array-like, Series, frame, or mapping of name to array, optional
        Groups are compared within each combination of these only.
    sample_weight : array-like of shape (rows,), optional
        Weights of 0 or more.
    person : array-like of shape (rows,), optional
        Who each row is about; intervals then allow for repeated rows of one person.
    task : {"binary", "multiclass", "regression"}
    metrics : "default", str, Metric, or sequence of them
        Names (``audit list metrics``), ``package.module:name`` for one of one's own.
    confidence : float
        Coverage of intervals, in (0, 1).
    minimum_group : int
        Groups with fewer rows are suppressed; 1 shows all.
    reference : "largest" or mapping of attribute to category
        The group that others are compared with.
    intersections : int
        How many attributes are crossed at most; 1 for none.
    compared : sequence of {"rest", "overall"}
        With whom each group is compared besides the reference.
    correction : {"holm", "benjamini-hochberg"}
        How p-values are adjusted over a family of comparisons.
    tolerance : float, optional
        A gap of rates that does not matter: gives each comparison the p-value of equivalence.

    Returns
    -------
    GroupMetrics

    Raises
    ------
    MetricError
        If lengths differ, there are no rows, a label is missing or not of the task, a weight is
        negative or not finite, a metric, attribute or category is not known, a metric needs
        scores that were not given, or an option is out of its range.

    Examples
    --------
    >>> from audit.metrics import group_metrics
    >>> result = group_metrics(
    ...     [1, 0, 1, 1], [1, 0, 0, 1], sensitive_features={"sex": ["F", "F", "M", "M"]},
    ...     metrics="selection_rate", minimum_group=1,
    ... )
    >>> result.by_group["selection_rate"].to_dict()
    {'F': 0.5, 'M': 0.5}
    """
    _require_options(confidence, minimum_group, intersections, task)
    comparing = _comparing(reference, compared, correction, tolerance)
    scope = Scope(confidence=confidence, minimum_group=minimum_group, threshold=threshold)
    items = _items(metrics)
    counted = count_rows(
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        y_score=y_score,
        threshold=threshold,
        control_features=control_features,
        sample_weight=sample_weight,
        person=person,
        task=task,
    )
    return _measured(
        counted,
        items,
        scope,
        comparing,
        reference=reference,
        intersections=intersections,
    )


def group_metrics_of(
    table: CellTable,
    *,
    metrics: str | Metric | Sequence[str | Metric] = "default",
    confidence: float = 0.95,
    minimum_group: int = 30,
    reference: Reference = "largest",
    intersections: int = 2,
    compared: Compared | Sequence[Compared] = (),
    correction: Correcting = "holm",
    tolerance: float | None = None,
) -> GroupMetrics:
    """Measure metrics by group of rows that are counted already.

    Parameters
    ----------
    table : CellTable
        For example of `CellCounter.compute`, `cells_from_frame` or `cells_from_file`.
    metrics, confidence, minimum_group, reference, intersections, compared, correction, tolerance
        As in `group_metrics`.

    Returns
    -------
    GroupMetrics

    Raises
    ------
    MetricError
        If the table holds no row or lacks what a metric needs, a metric, attribute or category is
        not known, or an option is out of its range.

    Examples
    --------
    >>> from audit.metrics import CellCounter, group_metrics_of
    >>> counter = CellCounter(threshold=0.5)
    >>> for sex, score in (("F", 0.8), ("M", 0.3)):
    ...     counter.update([1], y_score=[score], sensitive_features={"sex": [sex]})
    >>> found = group_metrics_of(counter.compute(), metrics="selection_rate", minimum_group=1)
    >>> found.by_group["selection_rate"].to_dict()
    {'F': 1.0, 'M': 0.0}
    """
    _require_options(confidence, minimum_group, intersections, "binary")
    comparing = _comparing(reference, compared, correction, tolerance)
    if not table.n.sum():
        raise MetricError("expected at least one row, came none")
    return _measured(
        Counted(table=table, controls=(), whole=table),
        _items(metrics),
        Scope(confidence=confidence, minimum_group=minimum_group),
        comparing,
        reference=reference,
        intersections=intersections,
    )


def _measured(
    counted: Counted,
    items: str | tuple[Any, ...],
    scope: Scope,
    comparing: Comparing,
    *,
    reference: Reference,
    intersections: int,
) -> GroupMetrics:
    table = counted.table
    wanted = find_metrics(
        usual(task_of(table), scored=table.scores is not None) if items == "default" else items
    )
    if not wanted:
        raise MetricError("expected at least one metric, came none", 'say metrics="default"')
    return GroupMetrics(
        names=tuple(metric.name for metric in wanted),
        attributes=tuple(attribute_names(table)),
        controls=counted.controls,
        scope=scope,
        comparing=comparing,
        strata=tuple(
            (stratum, estimated(part, wanted, scope, reference, intersections))
            for stratum, part in counted.strata()
        ),
    )


def _items(metrics: Any) -> str | tuple[Any, ...]:
    if isinstance(metrics, str):
        return metrics if metrics == "default" else (metrics,)
    items = tuple(metrics) if isinstance(metrics, Iterable) else (metrics,)
    for item in items:
        if not isinstance(item, str | Metric | RowMetric):
            raise MetricError(
                f"expected metrics by name or as Rate, came {item!r}",
                "build one with audit.metrics.Rate(...) or CountMetric(...)",
            )
    return items


def _require_options(confidence: Any, minimum_group: Any, intersections: Any, task: Any) -> None:
    if not isinstance(confidence, Real):
        raise MetricError(f"expected a confidence between 0 and 1, came {confidence!r}")
    for name, value in (("minimum_group", minimum_group), ("intersections", intersections)):
        if not isinstance(value, Integral) or value < 1:
            raise MetricError(f"expected {name} as a whole number of 1 or more, came {value!r}")
    if task not in USUAL:
        raise MetricError.unknown("task", str(task), USUAL)


def _comparing(reference: Any, compared: Any, correction: Any, tolerance: Any) -> Comparing:
    """Check how groups are to be compared."""
    if not isinstance(reference, str | Mapping):
        raise MetricError(
            f"expected reference 'largest' or a mapping of attribute to category, came "
            f"{reference!r}"
        )
    names = (compared,) if isinstance(compared, str) else tuple(compared)
    for name in names:
        if name not in FAMILIES:
            raise MetricError.unknown("comparison", str(name), FAMILIES)
    if correction not in METHODS:
        raise MetricError.unknown("correction", str(correction), METHODS)
    if tolerance is not None and not (isinstance(tolerance, Real) and 0 < float(tolerance) < 1):
        raise MetricError(f"expected a tolerance between 0 and 1, came {tolerance!r}")
    within = None if tolerance is None else float(tolerance)
    return Comparing(compared=names, correction=correction, tolerance=within)

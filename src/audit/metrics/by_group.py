"""group_metrics: rates by group with intervals, from arrays and frames, as in fairlearn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

from audit.errors import MetricError
from audit.metrics.cells import CellTable, CodedAttribute
from audit.metrics.disparity import measure_rates
from audit.metrics.estimates import Scope
from audit.metrics.frames import attribute_words, metrics_frame
from audit.metrics.groups import Reference
from audit.metrics.inputs import binary, sensitive, weights
from audit.metrics.rates import Rate, rates
from audit.metrics.results import Disparity, Group, MetricResult

if TYPE_CHECKING:
    import pandas as pd

ALL = "(all)"


def group_metrics(
    y_true: Any,  # noqa: ANN401 - an array or Series of any library
    y_pred: Any,  # noqa: ANN401 - an array or Series of any library
    *,
    sensitive_features: Any,  # noqa: ANN401 - arrays, Series or frames of any library
    sample_weight: Any = None,  # noqa: ANN401 - an array or Series of any library
    metrics: str | Sequence[str | Rate] = "default",
    confidence: float = 0.95,
    minimum_group: int = 30,
    reference: Reference = "largest",
    intersections: int = 2,
) -> GroupMetrics:
    """Measure rates by group, and compare the groups.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (rows,)
        Labels and predictions, 0 or 1 (True, 1, 1.0 and "1" are the same).
    sensitive_features : array-like, Series, frame, or mapping of name to array
        One attribute for each column, of pandas, polars, pyarrow, or as arrays. A missing value
        makes the row's group ``unknown``, which is measured and takes part in no comparison. In a
        list that holds both, True and 1 are one category.
    sample_weight : array-like of shape (rows,), optional
        Weights of 0 or more.
    metrics : "default", str, or sequence of str or Rate
        Names of rates, ``package.module:name`` for one of one's own.
    confidence : float
        Coverage of intervals, in (0, 1).
    minimum_group : int
        Groups with fewer rows are suppressed; 1 shows all.
    reference : "largest" or mapping of attribute to category
        The group that others are compared with.
    intersections : int
        How many attributes are crossed at most; 1 for none.

    Returns
    -------
    GroupMetrics

    Raises
    ------
    MetricError
        If lengths differ, there are no rows, a label is missing or not 0 or 1, a weight is
        negative or not finite, a metric, attribute or category is not known, or an option is out
        of its range.

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
    _require_numbers(confidence, minimum_group, intersections)
    scope = Scope(confidence=confidence, minimum_group=minimum_group)
    wanted = _wanted(metrics)
    _require_mapping(reference)
    label, prediction = binary(y_true, "y_true"), binary(y_pred, "y_pred")
    attributes = sensitive(sensitive_features)
    row_weights = None if sample_weight is None else weights(sample_weight)
    _require_rows(
        {"y_true": label, "y_pred": prediction, **_named(attributes), "sample_weight": row_weights}
    )
    measured = measure_rates(
        CellTable.from_codes(attributes, label, prediction, row_weights),
        wanted,
        scope=scope,
        reference=reference,
        intersections=intersections,
    )
    return GroupMetrics(
        names=tuple(rate.name for rate in wanted),
        attributes=tuple(name for name, _, _ in attributes),
        metrics=measured.metrics,
        disparities=measured.disparities,
    )


@dataclass(frozen=True, kw_only=True)
class GroupMetrics:
    """Rates by group, and the comparisons between groups.

    Attributes
    ----------
    names : tuple of str
        Metrics, in the order asked for.
    attributes : tuple of str
        Sensitive attributes.
    metrics : tuple of MetricResult
        Every metric of everyone and of every group, with intervals and reasons.
    disparities : tuple of Disparity
        Every comparison.
    """

    names: tuple[str, ...]
    attributes: tuple[str, ...]
    metrics: tuple[MetricResult, ...]
    disparities: tuple[Disparity, ...]

    @cached_property
    def overall(self) -> pd.Series[float]:
        """Each metric for everyone; NaN where it has no value."""
        import pandas as pd

        values = {result.metric: result.value for result in self.metrics if not result.group}
        return pd.Series(values, index=list(self.names), dtype="float64", name="overall")

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Each metric (columns) of each group (rows); NaN where `status` is not ok.

        With several attributes the index has one level for each, and ``(all)`` stands where a
        group is not split by that attribute.
        """
        return self._table(lambda result: result.value).astype("float64")

    @cached_property
    def status(self) -> pd.DataFrame:
        """In the shape of `by_group`: ``ok``, or the status and reason of a missing value."""
        return self._table(_status)

    @cached_property
    def counts(self) -> pd.Series[int]:
        """Rows of each group, in the order of `by_group`."""
        return self._table(lambda result: result.n)[self.names[0]].astype("int64").rename("n")

    def difference(self, metric: str | None = None) -> pd.DataFrame:
        """Largest difference between groups, for each attribute and intersection.

        Parameters
        ----------
        metric : str, optional
            Only this metric.

        Returns
        -------
        pandas.DataFrame
            Attributes by metrics, in [0, 1]; NaN where fewer than two groups can be compared.

        Raises
        ------
        MetricError
            If the metric was not measured.
        """
        return self._worst_pairs("difference", metric)

    def ratio(self, metric: str | None = None) -> pd.DataFrame:
        """Smallest ratio between groups, lower over higher; else as `difference`."""
        return self._worst_pairs("ratio", metric)

    def to_frame(self) -> pd.DataFrame:
        """One row for each metric of each group, with interval, counts, status and reason."""
        return metrics_frame(self.metrics)

    def _repr_html_(self) -> str:
        table = self._table(_cell)
        table.insert(0, "n", self.counts)
        return table.to_html()

    def _table(self, content: Any) -> pd.DataFrame:  # noqa: ANN401 - of a result, to a cell
        import pandas as pd

        rows: dict[tuple[str, ...], dict[str, Any]] = {}
        for result in self.metrics:
            if result.group:
                rows.setdefault(self._key(result.group), {})[result.metric] = content(result)
        index: pd.Index[Any] = (
            pd.Index([key[0] for key in rows], name=self.attributes[0])
            if len(self.attributes) == 1
            else pd.MultiIndex.from_tuples(list(rows), names=list(self.attributes))
        )
        return pd.DataFrame(list(rows.values()), index=index, columns=list(self.names))

    def _key(self, group: Group) -> tuple[str, ...]:
        return tuple(group.get(name, ALL) for name in self.attributes)

    def _worst_pairs(
        self, kind: Literal["difference", "ratio"], metric: str | None
    ) -> pd.DataFrame:
        import pandas as pd

        if metric is not None and metric not in self.names:
            raise MetricError.unknown("metric", metric, self.names)
        columns = list(self.names) if metric is None else [metric]
        found: dict[str, dict[str, float | None]] = {}
        for item in self.disparities:
            if item.kind == kind and item.selection == "worst_pair":
                found.setdefault(attribute_words(item.attributes), {})[item.metric] = item.value
        frame = pd.DataFrame.from_dict(found, orient="index")
        return frame.reindex(columns=columns).astype("float64")


def _status(result: MetricResult) -> str:
    return "ok" if result.status == "ok" else f"{result.status}: {result.reason}"


def _cell(result: MetricResult) -> str:
    if result.value is None or result.interval is None or result.interval.high is None:
        return _status(result)
    return f"{result.value:.3f} [{result.interval.low:.3f}, {result.interval.high:.3f}]"


def _wanted(metrics: Any) -> tuple[Rate, ...]:  # noqa: ANN401 - checked here
    items = metrics if isinstance(metrics, str) else _items(metrics)
    found = rates(items)
    if not found:
        raise MetricError("expected at least one metric, came none", 'say metrics="default"')
    return found


def _items(metrics: Any) -> tuple[str | Rate, ...]:  # noqa: ANN401 - checked here
    if isinstance(metrics, Rate):
        return (metrics,)
    items = tuple(metrics) if isinstance(metrics, Iterable) else (metrics,)
    for item in items:
        if not isinstance(item, str | Rate):
            raise MetricError(
                f"expected metrics by name or as Rate, came {item!r}",
                "build one with audit.metrics.Rate(...)",
            )
    return items


def _require_numbers(confidence: Any, minimum_group: Any, intersections: Any) -> None:  # noqa: ANN401 - checked here
    if not isinstance(confidence, Real):
        raise MetricError(f"expected a confidence between 0 and 1, came {confidence!r}")
    for name, value in (("minimum_group", minimum_group), ("intersections", intersections)):
        if not isinstance(value, Integral) or value < 1:
            raise MetricError(f"expected {name} as a whole number of 1 or more, came {value!r}")


def _require_mapping(reference: Any) -> None:  # noqa: ANN401 - checked here
    if not isinstance(reference, str | Mapping):
        raise MetricError(
            f"expected reference 'largest' or a mapping of attribute to category, came "
            f"{reference!r}"
        )


def _named(attributes: tuple[CodedAttribute, ...]) -> dict[str, Any]:
    return {f"sensitive feature {name!r}": codes for name, _, codes in attributes}


def _require_rows(columns: dict[str, Any]) -> None:
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        came = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise MetricError(f"expected columns of one length, came rows: {came}")
    if not lengths["y_true"]:
        raise MetricError("expected at least one row, came none")

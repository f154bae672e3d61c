"""What group_metrics gives: tables of values, differences and ratios, and the entries behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.disparity import Comparing, Estimated, compare
from audit.metrics.estimates import GroupEstimates, Scope, results
from audit.metrics.extremes import DIFFERENCES, HIGHEST, LOWEST, RATIOS, Formula, Method, extreme
from audit.metrics.frames import attribute_words, disparities_frame, estimates_frame
from audit.metrics.results import Disparity, Group, MetricResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ALL = "(all)"
Stratum = tuple[Group, tuple[Estimated, ...]]
CRITERIA: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("demographic_parity", ("selection_rate",)),
    ("equal_opportunity", ("true_positive_rate",)),
    ("equalized_odds", ("true_positive_rate", "false_positive_rate")),
    ("predictive_parity", ("precision",)),
)
"""Criteria of fairness, and the metrics that must be equal between groups."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupMetrics:
    """Metrics by group, and the comparisons between groups.

    Tables hold NaN where a value is missing; `status` says why. Entries with intervals, tests and
    reasons are made when they are asked for.

    Attributes
    ----------
    names : tuple of str
        Metrics, in the order asked for.
    attributes, controls : tuple of str
        Sensitive attributes, and control features.
    scope : Scope
        Confidence, minimum size of a group and threshold.
    comparing : Comparing
        How groups are compared.
    strata : tuple of (Group, estimates)
        For each combination of control features, every metric of every grouping; without control
        features one, of everyone.
    """

    names: tuple[str, ...]
    attributes: tuple[str, ...]
    controls: tuple[str, ...]
    scope: Scope
    comparing: Comparing
    strata: tuple[Stratum, ...]

    @cached_property
    def overall(self) -> pd.Series[float] | pd.DataFrame:
        """Each metric for everyone; with control features, one row for each combination."""
        import pandas as pd

        rows = [
            {m.name: float(_shown(item)[0]) for m, group, item in every if not group.attributes}
            for _, every in self.strata
        ]
        if not self.controls:
            return pd.Series(rows[0], index=list(self.names), dtype="float64", name="overall")
        levels = [self._levels(stratum) for stratum, _ in self.strata]
        index = _index([*zip(*levels, strict=True)], self.controls)
        return pd.DataFrame(rows, index=index, columns=list(self.names), dtype="float64")

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Each metric (columns) of each group (rows).

        With several attributes the index has one level for each, and ``(all)`` stands where a
        group is not split by that attribute. Control features come first.
        """
        table: pd.DataFrame = self._table(_shown).astype("float64")
        return table

    @cached_property
    def status(self) -> pd.DataFrame:
        """In the shape of `by_group`: ``ok``, or the status and reason of a missing value."""
        table: pd.DataFrame = self._table(_statuses)
        return table

    @cached_property
    def counts(self) -> pd.Series[int]:
        """Rows of each group, in the order of `by_group`."""
        first = self._table(lambda item: item.n)[self.names[0]]
        rows: pd.Series[int] = first.astype("int64").rename("n")
        return rows

    @cached_property
    def metrics(self) -> tuple[MetricResult, ...]:
        """Every metric of everyone and of every group, with intervals and reasons.

        With control features, the entries of one combination after the other.
        """
        return tuple(
            entry
            for _, every in self.strata
            for _, _, item in every
            for entry in results(item, self.scope)
        )

    @cached_property
    def disparities(self) -> tuple[Disparity, ...]:
        """Every comparison, with corrected tests and intervals.

        With control features, the comparisons within one combination after the other; each
        combination has families of its own.
        """
        return tuple(
            entry
            for _, every in self.strata
            for entry in compare(every, self.scope, self.comparing)
        )

    def difference(
        self, metric: str | None = None, *, method: Method = "between_groups"
    ) -> pd.DataFrame:
        """Largest difference for each attribute and intersection, as fairlearn defines it.

        Parameters
        ----------
        metric : str, optional
            Only this metric.
        method : {"between_groups", "to_overall", "to_reference"}
            Highest less lowest value; or the largest absolute difference to everyone's value, or
            to that of the reference group.

        Returns
        -------
        pandas.DataFrame
            Attributes by metrics, 0 or more; NaN where fewer than two groups can be compared.
            A largest difference of many small groups is mostly chance: `disparities` has its
            interval and its test.

        Raises
        ------
        MetricError
            If the metric was not measured, or the method is not known.
        """
        return self._extremes(metric, method, DIFFERENCES)

    def ratio(
        self, metric: str | None = None, *, method: Method = "between_groups"
    ) -> pd.DataFrame:
        """Smallest ratio, lower over higher value; else as `difference`.

        NaN for metrics that can be negative, and where the higher value is 0.
        """
        return self._extremes(metric, method, RATIOS)

    def group_max(self) -> pd.DataFrame:
        """Highest value of each metric over the groups of each attribute and intersection."""
        return self._extremes(None, "between_groups", HIGHEST)

    def group_min(self) -> pd.DataFrame:
        """Lowest value of each metric over the groups of each attribute and intersection."""
        return self._extremes(None, "between_groups", LOWEST)

    def criteria(self) -> pd.DataFrame:
        """Differences and ratios under the names of the criteria that they test.

        Returns
        -------
        pandas.DataFrame
            Attributes by ``demographic_parity_difference``, ``..._ratio``, and so on, for the
            criteria whose metrics were measured. Of equalized odds, the worse of its two.
        """
        import pandas as pd

        gaps, ratios = self.difference(), self.ratio()
        columns: dict[str, pd.Series[float]] = {}
        for name, needed in CRITERIA:
            if set(needed) <= set(self.names):
                wanted = list(needed)
                columns[f"{name}_difference"] = gaps[wanted].max(axis=1, skipna=False)
                columns[f"{name}_ratio"] = ratios[wanted].min(axis=1, skipna=False)
        return pd.DataFrame(columns, index=gaps.index)

    def to_frame(self) -> pd.DataFrame:
        """One row for each metric of each group, with interval, counts, status and reason."""
        return estimates_frame(
            ((stratum, (item for _, _, item in every)) for stratum, every in self.strata),
            self.scope,
        )

    def disparities_to_frame(self) -> pd.DataFrame:
        """One row for each comparison, with interval, p-values, family, status and reason."""
        return disparities_frame(self.disparities)

    def plot(self, metrics: str | Sequence[str] | None = None) -> Figure:
        """Draw each group's value with its interval, one panel for each metric.

        Parameters
        ----------
        metrics : str or sequence of str, optional
            By default all, at most nine.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MetricError
            If a metric was not measured.
        """
        from audit.metrics.plotting import plot_groups

        chosen = [metrics] if isinstance(metrics, str) else list(metrics or self.names)
        for name in chosen:
            self._require(name)
        return plot_groups(self.to_frame(), chosen)

    def _repr_html_(self) -> str:
        table = self._table(lambda item: _cells(item, self.scope))
        table.insert(0, "n", self.counts)
        return str(table.to_html())

    def _table(self, content: Callable[[GroupEstimates], Sequence[Any] | NDArray[Any]]) -> Any:  # noqa: ANN401 - a frame
        import pandas as pd

        parts = []
        for stratum, every in self.strata:
            columns: dict[tuple[str, ...], dict[str, Any]] = {}
            for metric, grouping, item in every:
                if grouping.attributes:
                    columns.setdefault(grouping.attributes, {})[metric.name] = (item, content(item))
            for cells in columns.values():
                item = next(iter(cells.values()))[0]
                index = _index(self._rows(stratum, item), (*self.controls, *self.attributes))
                parts.append(pd.DataFrame({k: v for k, (_, v) in cells.items()}, index=index))
        return pd.concat(parts)[list(self.names)]

    def _rows(self, stratum: Group, item: GroupEstimates) -> list[NDArray[Any]]:
        table = item.grouping.table
        named = {part.name: place for place, part in enumerate(table.attributes)}
        levels: list[NDArray[Any]] = [
            np.full(len(item.n), stratum[name], dtype=object) for name in self.controls
        ]
        for name in self.attributes:
            if name in named:
                categories = table.attributes[named[name]].categories
                levels.append(np.array(categories, dtype=object)[table.codes[:, named[name]]])
            else:
                levels.append(np.full(len(item.n), ALL, dtype=object))
        return levels

    def _levels(self, stratum: Group) -> list[str]:
        return [stratum[name] for name in self.controls]

    def _extremes(
        self, metric: str | None, method: str, formulas: Mapping[str, Formula]
    ) -> pd.DataFrame:
        import pandas as pd

        if method not in formulas:
            raise MetricError.unknown("method", str(method), formulas)
        names = list(self.names) if metric is None else [self._require(metric)]
        found: dict[tuple[str, ...], dict[str, float]] = {}
        for stratum, every in self.strata:
            everyone = {m.name: float(_shown(i)[0]) for m, g, i in every if not g.attributes}
            for m, grouping, item in every:
                if grouping.attributes and m.name in names:
                    key = (*self._levels(stratum), attribute_words(grouping.attributes))
                    value = extreme(item, everyone[m.name], method, formulas)
                    found.setdefault(key, {})[m.name] = value
        index = _index([*zip(*found, strict=True)], (*self.controls, None))
        return pd.DataFrame(list(found.values()), index=index, columns=names, dtype="float64")

    def _require(self, metric: str) -> str:
        if metric not in self.names:
            raise MetricError.unknown("metric", metric, self.names)
        return metric


def _index(levels: Sequence[Any], names: Sequence[str | None]) -> Any:  # noqa: ANN401 - an index
    import pandas as pd

    if len(names) == 1:
        return pd.Index(levels[0], name=names[0])
    return pd.MultiIndex.from_arrays([*levels], names=[*names])


def _shown(item: GroupEstimates) -> NDArray[np.float64]:
    return np.where(item.suppressed, np.nan, item.values)


def _statuses(item: GroupEstimates) -> NDArray[np.object_]:
    found, reason = item.statuses()
    missing = ~item.defined
    found[missing] = found[missing] + ": " + reason[missing]
    return found


def _cells(item: GroupEstimates, scope: Scope) -> list[str]:
    return [
        f"{entry.value:.3f} [{entry.interval.low:.3f}, {entry.interval.high:.3f}]"
        if entry.interval is not None and entry.interval.high is not None
        else f"{entry.value:.3f}"
        if entry.value is not None
        else f"{entry.status}: {entry.reason}"
        for entry in results(item, scope)
    ]

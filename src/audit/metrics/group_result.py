"""What group_metrics gives: tables of values, differences and ratios, and the entries behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from audit.errors import MetricError
from audit.metrics.catalogue import ALIASES
from audit.metrics.disparity import Comparing, compare
from audit.metrics.estimates import Scope, results
from audit.metrics.extremes import DIFFERENCES, HIGHEST, LOWEST, RATIOS, Formula, Method, extreme
from audit.metrics.frames import attribute_words, disparities_frame, estimates_frame
from audit.metrics.group_frames import (
    Content,
    Stratum,
    groups_frame,
    index_of,
    intervals_text,
    shown,
    statuses,
)
from audit.metrics.results import Disparity, Group, MetricResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST_COMPARED = 100_000  # groups of all metrics; each comparison is an entry with its own tests
MOST_DRAWN = 200  # groups in a notebook
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
            {m.name: float(shown(item)[0]) for m, group, item in every if not group.attributes}
            for _, every in self.strata
        ]
        if not self.controls:
            return pd.Series(rows[0], index=list(self.names), dtype="float64", name="overall")
        levels = [self._levels(stratum) for stratum, _ in self.strata]
        index = index_of([*zip(*levels, strict=True)], self.controls)
        return pd.DataFrame(rows, index=index, columns=list(self.names), dtype="float64")

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Each metric (columns) of each group (rows).

        With several attributes the index has one level for each, and ``(all)`` stands where a
        group is not split by that attribute. Control features come first.
        """
        table: pd.DataFrame = self._table(shown).astype("float64")
        return table

    @cached_property
    def status(self) -> pd.DataFrame:
        """In the shape of `by_group`: ``ok``, or the status and reason of a missing value."""
        table: pd.DataFrame = self._table(statuses)
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

        With control features, the entries of one combination after the other. `to_frame` says the
        same without making an object of each, for very many groups.
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

        Raises
        ------
        MetricError
            If there are more than 100,000 groups to be compared, which takes minutes.
        """
        _require_comparable(self.strata, 1 + len(self.comparing.compared))
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

        wanted = [metrics] if isinstance(metrics, str) else list(metrics or self.names)
        chosen = [self._require(name) for name in wanted]
        return plot_groups(self.to_frame(), chosen)

    def _repr_html_(self) -> str:
        if len(self.by_group) > MOST_DRAWN:
            return str(self.by_group.to_html(max_rows=MOST_DRAWN))
        table = self._table(lambda item: intervals_text(item, self.scope))
        table.insert(0, "n", self.counts)
        return str(table.to_html())

    def _table(self, content: Content) -> Any:  # noqa: ANN401 - a frame
        return groups_frame(self.strata, (self.controls, self.attributes), self.names, content)

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
            everyone = {m.name: float(shown(i)[0]) for m, g, i in every if not g.attributes}
            for m, grouping, item in every:
                if grouping.attributes and m.name in names:
                    key = (*self._levels(stratum), attribute_words(grouping.attributes))
                    value = extreme(item, everyone[m.name], method, formulas)
                    found.setdefault(key, {})[m.name] = value
        index = index_of([*zip(*found, strict=True)], (*self.controls, None))
        return pd.DataFrame(list(found.values()), index=index, columns=names, dtype="float64")

    def _require(self, metric: str) -> str:
        name = ALIASES.get(metric, metric)
        if name not in self.names:
            raise MetricError.unknown("metric", metric, self.names)
        return name


def _require_comparable(strata: Sequence[Stratum], times: int) -> None:
    """Refuse to write more comparisons than anyone could read or wait for."""
    came = times * sum(
        len(item.comparable)
        for _, every in strata
        for _, grouping, item in every
        if grouping.attributes
    )
    if came > MOST_COMPARED:
        raise MetricError(
            f"expected at most {MOST_COMPARED:,} groups to compare, over all metrics and "
            f"attributes, came {came:,}",
            "raise minimum_group, or ask for fewer metrics or intersections; by_group, to_frame() "
            "and difference() take any number",
        )

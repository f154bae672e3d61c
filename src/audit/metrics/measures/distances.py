"""How far apart the scores of two groups lie: Wasserstein, Kolmogorov–Smirnov, ABROCA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import kstwo

from audit.errors import MetricError
from audit.metrics.measurement import Need
from audit.metrics.measures.ranking import kolmogorov_reach
from audit.metrics.measures.roc import Roc, area_between
from audit.metrics.measures.scored import ScoredRows
from audit.metrics.measures.side_by_side import SharedCells
from audit.metrics.measures.straying import cumulative_reach, roc_reach
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
PairValue = tuple[float, tuple[float, float] | None, str]
"""A value with its limits, and why there is none; the value is NaN where there is none."""
Distance = Callable[[ScoredRows, ScoredRows], float]
Reach = Callable[[ScoredRows, ScoredRows, float], float]


@dataclass(frozen=True, kw_only=True)
class PairMetric:
    """A distance between the scores of two groups: 0 or more, the same in both orders.

    Attributes
    ----------
    name, title, definition, source, version
        As in `Metric`.
    distance : callable
        From the scored rows of two groups, each a table of one group, to the value.
    reach : callable
        How far the value lies from the true one at most, at a normal quantile.
    method : str
        Of `reach`.
    labels : bool
        Whether both groups need rows of both labels.
    low, high : float
        Range; for probabilities a Wasserstein distance is at most 1 too.
    hidden : callable or None
        What binning can have hidden of the value at most, added to the upper limit.
    """

    name: str
    title: str
    definition: str
    source: str
    distance: Distance
    reach: Reach
    method: str
    labels: bool
    high: float
    low: float = 0.0
    hidden: Distance | None = None
    version: str = "1"
    needs: Need = "scores"

    def measure_pair(
        self, table: CellTable, a: int, b: int, *, confidence: float = 0.95
    ) -> PairValue:
        """Compare the groups at positions `a` and `b` of a table.

        Returns
        -------
        value : float
            NaN where undefined: a group without scored rows, or without a label that is needed.
        limits : tuple of float or None
        reason : str
            Empty where there is a value.

        Raises
        ------
        MetricError
            If the table was counted without scores, has no such group, or `confidence` is not
            between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise MetricError(f"expected a confidence between 0 and 1, came {confidence}")
        pair = scored_pair(table, a, b)
        reason = _missing(table, pair, (a, b), labels=self.labels)
        if reason:
            return nan, None, reason
        value = self.distance(*pair)
        first, second = sorted(pair, key=lambda rows: (rows.size[0], rows.score.sum()))
        reach = self.reach(first, second, float(-ndtri((1 - confidence) / 2)))
        hidden = self.hidden(*pair) if self.hidden is not None else 0.0
        return value, (max(value - reach, self.low), min(value + reach + hidden, self.high)), ""


def wasserstein(one: ScoredRows, two: ScoredRows) -> float:
    """Area between the two distribution functions; entries are atoms at their mean score."""
    score = np.concatenate([one.score, two.score])
    mass = np.concatenate([one.entries.w / one.weight[0], -two.entries.w / two.weight[0]])
    order = np.argsort(score, kind="stable")
    apart = np.abs(np.cumsum(mass[order]))[:-1]
    return float((apart * np.diff(score[order])).sum())


def ks_distance(one: ScoredRows, two: ScoredRows) -> float:
    """Largest gap between the two distribution functions, wherever the order of rows is known."""
    return SharedCells.of(one, two).farthest()[0]


def ks_hidden(one: ScoredRows, two: ScoredRows) -> float:
    """What the order of rows within one cell could add to `ks_distance` at most."""
    return SharedCells.of(one, two).farthest()[1]


def ks_bound(table: CellTable, a: int, b: int) -> float:
    """Largest error that binning can have made in the KS distance of two groups.

    The distance of the scores before binning lies from the value to the value plus this. It is at
    most the share of a group's rows that lie in one cell: 0.0088 logits, or 1/5040 of the range;
    scores beyond ±18 logits share a cell.

    Raises
    ------
    MetricError
        If the table was counted without scores, or has no such group.
    """
    pair = scored_pair(table, a, b)
    return ks_hidden(*pair) if all(rows.weight[0] > 0 for rows in pair) else nan


def ks_p_value(table: CellTable, a: int, b: int) -> float | None:
    """Test whether two groups have one distribution of scores.

    Returns
    -------
    float or None
        Two-sided p-value of the asymptotic two-sample test; conservative where scores are tied.
        None where a group has no scored row. Rows with weights count by their effective number.

    Raises
    ------
    MetricError
        If the table was counted without scores, or has no such group.

    Notes
    -----
    As `scipy.stats.ks_2samp` with ``method="asymp"``.
    """
    one, two = scored_pair(table, a, b)
    if one.weight[0] <= 0 or two.weight[0] <= 0:
        return None
    size = one.size[0] * two.size[0] / (one.size[0] + two.size[0])
    return float(np.clip(kstwo.sf(ks_distance(one, two), max(np.round(size), 1.0)), 0, 1))


def abroca(one: ScoredRows, two: ScoredRows) -> float:
    """Area between the ROC curves of two groups."""
    return area_between(Roc.of(one), Roc.of(two))


def _kolmogorov(one: ScoredRows, two: ScoredRows, z: float) -> float:
    return float(kolmogorov_reach(one.size, two.size, z)[0])


def scored_pair(table: CellTable, a: int, b: int) -> tuple[ScoredRows, ScoredRows]:
    """Read the scores of two groups of a table, or refuse positions that it does not have."""
    for position in (a, b):
        if not 0 <= position < len(table.codes):
            raise MetricError(
                f"expected the position of a group from 0 to {len(table.codes) - 1}, "
                f"came {position}"
            )
    return ScoredRows.of_group(table, a), ScoredRows.of_group(table, b)


def _missing(
    table: CellTable, pair: tuple[ScoredRows, ScoredRows], places: tuple[int, int], *, labels: bool
) -> str:
    for rows, place in zip(pair, places, strict=True):
        reason = str(rows.missing(labels=labels)[0])
        if reason:
            named = zip(table.attributes, table.codes[place].tolist(), strict=True)
            group = ", ".join(f"{item.name}={item.categories[code]}" for item, code in named)
            return f"{group or 'everyone'}: {reason}"
    return ""


_TABLE: tuple[tuple[str, str, Distance, Reach, str, bool, float, str, str], ...] = (
    ("wasserstein", "Wasserstein distance of scores", wasserstein, cumulative_reach,
     "multinomial bootstrap", False, inf,
     "area between the distribution functions of the scores: how far scores must be moved, on "
     "average, to make the two alike",
     "scipy.stats.wasserstein_distance; Jiang, Pacchiano, Stepleton, Jiang and Chiappa, UAI 2019"),
    ("ks_distance", "Kolmogorov–Smirnov distance of scores", ks_distance, _kolmogorov,
     "kolmogorov", False, 1.0,
     "largest gap between the distribution functions of the scores: the largest gap in selection "
     "rate at any threshold", "scipy.stats.ks_2samp"),
    ("abroca", "Area between ROC curves (ABROCA)", abroca, roc_reach,
     "multinomial bootstrap", True, 1.0,
     "area between the ROC curves of two groups",
     "Gardner, Brooks and Baker, LAK 2019"),
)  # fmt: skip

DISTANCES: dict[str, PairMetric] = {
    name: PairMetric(
        name=name,
        title=title,
        definition=definition,
        source=source,
        distance=distance,
        reach=reach,
        method=method,
        labels=labels,
        high=high,
        hidden=ks_hidden if distance is ks_distance else None,
    )
    for name, title, distance, reach, method, labels, high, definition, source in _TABLE
}
"""The built-in distances by name."""

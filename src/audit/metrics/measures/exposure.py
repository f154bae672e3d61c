"""Rankings by group: who is at the top, how much attention a group gets, how well it is ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement
from audit.metrics.measures.row_metric import Rows, mean_of_rows, share_of_rows
from audit.metrics.measures.undefined import NO_ROWS, reasons
from audit.metrics.statistics.means import welch_limits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NO_GAIN = "group has no row of relevance above 0 in any list"
ONE_LIST = "none: one list shows no spread between lists"
PERSONS = "none: people are in several lists, which depend on each other"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking:
    """Rows in the order of their score within their list, tied rows in blocks.

    Attributes
    ----------
    order : ndarray of int64, shape (rows,)
        Rows by list, and by falling score in it.
    place : ndarray of int64, shape (rows,)
        Place in the list, from 0, in that order.
    block : ndarray of int64, shape (rows,)
        Which block of tied rows, in that order.
    """

    order: Ints
    place: Ints
    block: Ints

    def averaged(self, values: Floats) -> Floats:
        """Give tied rows the mean of the values of their places, in the order of the rows."""
        count = np.bincount(self.block)
        mean = np.bincount(self.block, weights=values) / np.maximum(count, 1)
        found = np.empty(len(values))
        found[self.order] = mean[self.block]
        return found


def ranking(score: Floats, lists: Ints) -> Ranking:
    """Order rows by falling score within each list."""
    order = np.lexsort((-score, lists))
    listed, scored = lists[order], score[order]
    new_list = np.diff(listed, prepend=listed[:1] - 1) != 0
    new_block = new_list | (np.diff(scored, prepend=scored[:1]) != 0)
    start = np.maximum.accumulate(np.where(new_list, np.arange(len(order)), 0))
    return Ranking(order=order, place=np.arange(len(order)) - start, block=np.cumsum(new_block) - 1)


def discount(place: Ints) -> Floats:
    """Attention that a place gets: 1 / log2(1 + rank), where the first rank is 1."""
    return np.asarray(1 / np.log2(place + 2.0), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class TopK:
    """Share of a group's rows that are among the `k` with the highest score of their list.

    Rows that are tied at the border share the places that are left. Range [0, 1]; undefined where
    the group has no rows. The Wilson limits take rows as independent, which k fixed places are
    not quite: they are a little wide.

    Raises
    ------
    MetricError
        If `k` is not a whole number of 1 or more.
    """

    k: int
    title: ClassVar[str] = "Top-k rate"
    source: ClassVar[str] = "Yang and Stoyanovich, Measuring Fairness in Ranked Outputs (2017)"
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["higher"]] = "higher"

    def __post_init__(self) -> None:
        _require_k(self.k)

    @property
    def name(self) -> str:
        """As ``top_10_rate``."""
        return f"top_{self.k}_rate"

    @property
    def definition(self) -> str:
        """Say which share."""
        return f"rows among the {self.k} highest scores of their list, among all rows of the group"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the share for every group.

        Raises
        ------
        MetricError
            If rows have no score, or one that is not finite.
        """
        ranked = _ranked(rows, self.name)
        return share_of_rows(ranked.averaged((ranked.place < self.k).astype(np.float64)), rows)


@dataclass(frozen=True, kw_only=True)
class TopKShare:
    """Share of the `k` top places that a group holds; compare it with its share of the rows.

    Range [0, 1]; undefined where there are no rows at all. The shares of all groups add up to 1,
    so that they are not independent: there are no limits (those of `TopK` answer the question).
    """

    k: int
    title: ClassVar[str] = "Share of the top k"
    source: ClassVar[str] = "Yang and Stoyanovich, Measuring Fairness in Ranked Outputs (2017)"
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["neither"]] = "neither"

    def __post_init__(self) -> None:
        _require_k(self.k)

    @property
    def name(self) -> str:
        """As ``top_10_share``."""
        return f"top_{self.k}_share"

    @property
    def definition(self) -> str:
        """Say which share."""
        return f"places of the group among the first {self.k} of every list"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the share for every group.

        Raises
        ------
        MetricError
            If rows have no score, or one that is not finite.
        """
        ranked = _ranked(rows, self.name)
        held = ranked.averaged((ranked.place < self.k).astype(np.float64))
        total = rows.sums(held)
        places = np.full(rows.groups, held.sum())
        values = np.where(places > 0, total / np.maximum(places, 1), np.nan)
        return Measurement(
            values=values,
            reasons=reasons(values, (), "there are no rows"),
            size=places,
            limits=None,
            method="none: shares of the same places depend on each other",
        )


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Mean attention that a group's rows get: 1 / log2(1 + rank) in their list.

    Tied rows share the attention of their places. Range (0, 1]; undefined where the group has no
    rows. The Student limits take rows as independent.
    """

    name: ClassVar[str] = "exposure"
    title: ClassVar[str] = "Exposure"
    definition: ClassVar[str] = "mean of 1 / log2(1 + rank) over the rows of the group"
    source: ClassVar[str] = "Singh and Joachims, Fairness of Exposure in Rankings (KDD 2018)"
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["higher"]] = "higher"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the mean for every group.

        Raises
        ------
        MetricError
            If rows have no score, or one that is not finite.
        """
        ranked = _ranked(rows, self.name)
        return mean_of_rows(ranked.averaged(discount(ranked.place)), rows, self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class NDCG:
    """How well a group's own rows are ordered: discounted gain over the best there could be.

    Each list is cut to the group's rows, the relevance in `y_true` is the gain, and tied rows
    share their places. Lists in which the group has no relevance above 0 are left out. Range
    [0, 1]; undefined where none is left. The value is the mean over lists; limits are Student's
    over lists, and there are none for one list.
    """

    name: ClassVar[str] = "ndcg"
    title: ClassVar[str] = "NDCG"
    definition: ClassVar[str] = (
        "discounted gain of the group's own rows in the order of their scores, over that of their "
        "best order; mean over lists"
    )
    source: ClassVar[str] = "sklearn.metrics.ndcg_score, of each group's rows"
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["higher"]] = "higher"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the mean over lists for every group; row weights play no part.

        Raises
        ------
        MetricError
            If rows have no score or relevance, one that is not finite, or a relevance below 0.
        """
        score, gain = rows.finite("score", self.name), rows.finite("y_true", self.name)
        _require_gain(gain)
        found, lists = np.unique(_lists(rows) * rows.groups + rows.group, return_inverse=True)
        reached, best = (_gained(by, gain, lists, len(found)) for by in (score, gain))
        with np.errstate(invalid="ignore"):
            each = np.clip(np.where(best > 0, reached / best, np.nan), 0, 1)
        kept = ~np.isnan(each)
        return _mean_of_lists(each[kept], found[kept] % rows.groups, rows)


def _gained(by: Floats, gain: Floats, lists: Ints, count: int) -> Floats:
    ranked = ranking(by, lists)
    seen = ranked.averaged(discount(ranked.place))
    return np.bincount(lists, weights=seen * gain, minlength=count).astype(np.float64)


def _mean_of_lists(each: Floats, group: Ints, rows: Rows) -> Measurement:
    lists = Rows(group=group, groups=rows.groups)
    size, total, square = lists.sums(), lists.sums(each), lists.sums(each**2)
    with np.errstate(invalid="ignore"):
        values = total / size
    method = "welch" if bool((size > 1).any()) else ONE_LIST
    if rows.person is not None:
        method = PERSONS

    def limits(z: float) -> tuple[Floats, Floats]:
        low, high = welch_limits(total, square, size, z)
        return np.maximum(low, 0.0), np.minimum(high, 1.0)

    return Measurement(
        values=values,
        reasons=reasons(values, ((rows.sums() == 0, NO_ROWS),), NO_GAIN),
        size=size,
        limits=limits if method == "welch" else None,
        method=method,
    )


def _lists(rows: Rows) -> Ints:
    if rows.query is None:
        return np.zeros_like(rows.group)
    return np.unique(rows.query, return_inverse=True)[1].astype(np.int64)


def _ranked(rows: Rows, metric: str) -> Ranking:
    return ranking(rows.finite("score", metric), _lists(rows))


def _require_k(k: object) -> None:
    if not isinstance(k, int) or isinstance(k, bool) or k < 1:
        raise MetricError(f"expected k as a whole number of 1 or more, came {k!r}")


def _require_gain(gain: Floats) -> None:
    bad = np.flatnonzero(gain < 0)
    if len(bad):
        raise MetricError(
            f"ndcg: expected a relevance of 0 or more, came {gain[bad[0]]} in row {int(bad[0])}"
        )

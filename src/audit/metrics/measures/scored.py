"""The rows of a cell table that have a score: what every score metric reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Limits, Measurement, Need, effective_size
from audit.metrics.table.cells import CellTable
from audit.metrics.table.histogram import ScoreHistogram

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredRows:
    """Entries of a histogram that have a finite score and some weight, in groups.

    Attributes
    ----------
    entries : ScoreHistogram
        Only bins of finite scores with a weight above 0.
    groups : int
        How many groups the table has; some may have no entry.
    rows, unscored : ndarray of int64, shape (groups,)
        All rows, and those of them whose score is not finite.
    """

    entries: ScoreHistogram
    groups: int
    rows: Ints
    unscored: Ints

    @classmethod
    def of(cls, table: CellTable) -> ScoredRows:
        """Read the histogram of a table.

        Raises
        ------
        MetricError
            If the table was counted without scores.
        """
        found = histogram(table)
        finite = found.even >= 0
        rows, scored = (
            added(found.group[kept], found.n[kept], len(table.codes))
            for kept in (slice(None), finite)
        )
        return cls(
            entries=_only(found, finite & (found.w > 0)),
            groups=len(table.codes),
            rows=rows.astype(np.int64),
            unscored=(rows - scored).astype(np.int64),
        )

    @classmethod
    def of_group(cls, table: CellTable, position: int) -> ScoredRows:
        """Read the histogram of one group alone, as a table of that one group."""
        found = histogram(table)
        one = _only(found, found.group == position)
        only = replace(one, group=np.zeros_like(one.group))
        return cls.of(
            replace(
                table,
                codes=table.codes[[position]],
                n=table.n[[position]],
                w=table.w[[position]],
                w2=table.w2[[position]],
                scores=only,
                errors=None,
            )
        )

    @cached_property
    def score(self) -> Floats:
        """Mean score of each entry; exact where its rows have one score."""
        mean: Floats = self.entries.total / self.entries.w
        return mean if self.entries.scale.kind == "value" else np.clip(mean, 0.0, 1.0)

    @cached_property
    def positive(self) -> Mask:
        """Which entries are of label 1."""
        positive: Mask = self.entries.label == 1
        return positive

    @cached_property
    def weight(self) -> Floats:
        """Sum of weights of each group."""
        return self.sums(self.entries.w)

    @cached_property
    def size(self) -> Floats:
        """Rows of each group that have a score, or their effective number."""
        return effective_size(self.weight, self.sums(self.entries.w2))

    def sums(self, values: Floats) -> Floats:
        """Add up one number of each entry, by group."""
        return added(self.entries.group, values, self.groups)

    def mean(self, sums: Floats) -> Floats:
        """Divide sums by the weight of each group; NaN where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Floats = np.where(self.weight > 0, sums / self.weight, np.nan)
        return mean

    def of_label(self, label: int) -> tuple[Floats, Floats]:
        """Sum of weights and effective number of the rows of one label, by group."""
        kept = self.entries.label == label
        weight = self.sums(np.where(kept, self.entries.w, 0.0))
        return weight, effective_size(weight, self.sums(np.where(kept, self.entries.w2, 0.0)))

    def missing(self, *, labels: bool = False) -> NDArray[np.object_]:
        """Say in words why a group has no value; empty where it has.

        Parameters
        ----------
        labels : bool
            Whether rows of both labels are needed.
        """
        positives, negatives = (self.of_label(label)[0] for label in (1, 0))
        among = _among(self.unscored)
        causes: list[tuple[Mask, NDArray[np.object_]]] = [
            (self.rows == 0, _same("group has no rows", self.groups)),
            (self.rows == self.unscored, _same("group has no finite score", self.groups)),
            (self.weight <= 0, _same("all weights of the group are 0", self.groups)),
        ]
        if labels:
            causes += [
                (positives <= 0, _same("group has no positive labels", self.groups) + among),
                (negatives <= 0, _same("group has no negative labels", self.groups) + among),
            ]
        found = _same("", self.groups)
        for where, words in reversed(causes):
            found = np.where(where, words, found)
        return found


Measured = Callable[[ScoredRows], Measurement]


@dataclass(frozen=True, kw_only=True)
class ScoreMetric:
    """A metric of scores, from the histogram of each group; satisfies `Metric`.

    Attributes
    ----------
    name, title, definition, source, version, low, high, better
        As in `Metric`.
    measured : callable
        From the scored rows to the measurement.
    probabilities : bool
        Whether the scores must be probabilities (or logits); undefined for other numbers.
    """

    name: str
    title: str
    definition: str
    source: str
    measured: Measured
    low: float
    high: float
    better: Literal["higher", "lower", "neither"]
    probabilities: bool = True
    version: str = "1"
    needs: Need = "scores"

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric for every group of `table`.

        Rows whose score is not finite are left out; `ScoredRows.unscored` counts them.

        Raises
        ------
        MetricError
            If the table was counted without scores.
        """
        rows = ScoredRows.of(table)
        if self.probabilities and rows.entries.scale.kind == "value":
            return undefined(rows, "scores are not probabilities")
        return self.measured(rows)


def measurement(
    rows: ScoredRows,
    values: Floats,
    missing: NDArray[np.object_],
    limits: Limits | None,
    method: str,
) -> Measurement:
    """Write values with their limits; neither where a reason says why there is none."""
    known = missing == ""

    def shown(z: float) -> tuple[Floats, Floats]:
        assert limits is not None  # noqa: S101 - only called where there are limits
        low, high = limits(z)
        return np.where(known, low, np.nan), np.where(known, high, np.nan)

    return Measurement(
        values=np.where(known, values, np.nan),
        reasons=tuple(str(words) for words in missing),
        size=rows.size,
        limits=None if limits is None else shown,
        method=method,
    )


def undefined(rows: ScoredRows, reason: str) -> Measurement:
    """Give no group a value, for one reason."""
    missing = rows.missing()
    reasons = np.where(missing == "", reason, missing)
    return measurement(rows, np.full(rows.groups, np.nan), reasons, None, "none: " + reason)


def unscored(table: CellTable) -> Ints:
    """Count the rows of each group whose score is not finite, and which no score metric sees.

    Raises
    ------
    MetricError
        If the table was counted without scores.
    """
    return ScoredRows.of(table).unscored


def added(places: Ints, values: Floats | Ints, size: int) -> Floats:
    """Add up values by place, from 0 to `size` − 1."""
    return np.asarray(np.bincount(places, weights=values, minlength=size), dtype=np.float64)


def histogram(table: CellTable) -> ScoreHistogram:
    """Return the scores of a table, or refuse one without."""
    if table.scores is None:
        raise MetricError(
            "expected scores for this metric, came a cell table that was counted without",
            "give y_score, or score= where the table is made",
        )
    return table.scores


def _only(found: ScoreHistogram, kept: Mask) -> ScoreHistogram:
    arrays = {
        field.name: getattr(found, field.name)[kept]
        for field in fields(found)
        if isinstance(getattr(found, field.name), np.ndarray)
    }
    return replace(found, **arrays)


def _same(words: str, groups: int) -> NDArray[np.object_]:
    return np.full(groups, words, dtype=object)


def _among(left_out: Ints) -> NDArray[np.object_]:
    return np.array(
        [f" ({count} without a finite score left out)" if count else "" for count in left_out],
        dtype=object,
    )

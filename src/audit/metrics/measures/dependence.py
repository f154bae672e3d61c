"""Continuous attributes: how far a prediction depends on a number such as age."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.dependence_results import Dependence, Measure
from audit.metrics.measures.correlation_ratio import binned, correlation_ratio, numbers_of
from audit.metrics.results import Interval
from audit.metrics.statistics.distance_correlation import distance_correlation
from audit.metrics.statistics.significance import two_sided_z

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Statistic = Callable[[Floats, Floats], float]

PERMUTED = 2_000
"""Rows that permutations are made of, where there are more."""
BINS = 10
SPEARMAN_VARIANCE = 1.06  # of Fisher's z of a rank correlation: Fieller, Hartley and Pearson (1957)
FEWEST = 4
"""Rows below which nothing is said: Fisher's interval needs more than three."""


def dependence(
    attribute: ArrayLike,
    outcome: ArrayLike,
    *,
    names: tuple[str, str] = ("attribute", "prediction"),
    measures: Sequence[Measure] = (
        "distance_correlation",
        "correlation_ratio",
        "pearson",
        "spearman",
    ),
    permutations: int = 199,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[Dependence, ...]:
    """Measure how far an outcome depends on a continuous attribute.

    Parameters
    ----------
    attribute : array of numbers, shape (rows,)
        For example age. Rows where it is not finite are left out and counted.
    outcome : array of numbers, shape (rows,)
        Scores, predictions or 0/1 decisions; as above.
    names : tuple of str
        What the two are called.
    measures : sequence of str
        ``distance_correlation`` (0 only for independence, of any shape), ``correlation_ratio``
        (over ten bins of the attribute), ``pearson``, ``spearman``.
    permutations : int
        For p-values and the value that chance gives.
    confidence : float
        Of Fisher's interval of Pearson's and Spearman's correlation.
    seed : int
        Of permutations, and of the sample of rows they are made of.

    Returns
    -------
    tuple of Dependence
        In the order of `measures`; undefined where either is constant or has fewer than 4 rows.

    Raises
    ------
    MetricError
        If the two are of different length or no numbers, or a measure is not known.
    """
    x, y = numbers_of(attribute, names[0]), numbers_of(outcome, names[1])
    if len(x) != len(y):
        raise MetricError(
            f"expected {names[0]} and {names[1]} of one length, came {len(x)}, {len(y)}"
        )
    if not isinstance(permutations, int) or permutations < 1:
        raise MetricError(f"expected permutations of 1 or more, came {permutations!r}")
    if not 0 < confidence < 1:
        raise MetricError(f"expected a confidence between 0 and 1, came {confidence}")
    pair = _Pair.of(x, y, names)
    return tuple(_one(measure, pair, permutations, confidence, seed) for measure in measures)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pair:
    """The rows that have both numbers."""

    x: Floats
    y: Floats
    names: tuple[str, str]
    missing: int

    @classmethod
    def of(cls, x: Floats, y: Floats, names: tuple[str, str]) -> _Pair:
        known = np.isfinite(x) & np.isfinite(y)
        return cls(x=x[known], y=y[known], names=names, missing=int((~known).sum()))

    @property
    def undefined(self) -> str:
        """Why nothing can be said; empty where something can."""
        if len(self.x) < FEWEST:
            return f"{len(self.x)} rows have both, fewer than {FEWEST}"
        for values, name in zip((self.x, self.y), self.names, strict=True):
            if values.min() == values.max():
                return f"{name} is the same in all rows"
        return ""


def _one(
    measure: Measure, pair: _Pair, permutations: int, confidence: float, seed: int
) -> Dependence:
    if measure not in STATISTICS:
        raise MetricError.unknown("measure of dependence", measure, STATISTICS)
    described: dict[str, Any] = {
        "attribute": pair.names[0], "outcome": pair.names[1], "measure": measure,
        "n": len(pair.x), "missing": pair.missing, "used": min(len(pair.x), PERMUTED),
    }  # fmt: skip
    if pair.undefined:
        return Dependence(
            **described, value=None, null=None, p_value=None, permutations=0, status="undefined",
            reason=pair.undefined,
        )  # fmt: skip
    of_attribute, of_outcome, statistic = STATISTICS[measure]
    x, y = of_attribute(pair.x), of_outcome(pair.y)
    value = statistic(x, y)
    null, p_value = _permuted(statistic, x, y, permutations, seed)
    return Dependence(
        **described, value=value, null=null, p_value=p_value, permutations=permutations,
        interval=_fisher(measure, value, len(x), confidence),
    )  # fmt: skip


def _permuted(
    statistic: Statistic, x: Floats, y: Floats, permutations: int, seed: int
) -> tuple[float, float]:
    """Return the mean of the permuted statistic, and the share that is at least as far from 0."""
    rng = np.random.default_rng(seed)
    if len(x) > PERMUTED:
        sample = rng.choice(len(x), PERMUTED, replace=False)
        x, y = x[sample], y[sample]
    observed = statistic(x, y)
    drawn = np.array([statistic(x, rng.permutation(y)) for _ in range(permutations)])
    drawn = np.where(np.isnan(drawn), 0.0, drawn)
    reached = np.abs(drawn) >= abs(observed) - ROUNDING if np.isfinite(observed) else drawn >= 0
    return float(drawn.mean()), float((1 + reached.sum()) / (1 + permutations))


def _fisher(measure: Measure, value: float, n: int, confidence: float) -> Interval | None:
    """Fisher's interval of a correlation; Spearman's with a variance of its own."""
    if measure not in ("pearson", "spearman") or abs(value) >= 1:
        return None
    variance = 1.0 if measure == "pearson" else SPEARMAN_VARIANCE
    reach = two_sided_z(1 - confidence) * np.sqrt(variance / (n - 3))
    middle = np.arctanh(value)
    return Interval(
        low=float(np.tanh(middle - reach)),
        high=float(np.tanh(middle + reach)),
        level=confidence,
        method="fisher",
    )


def _pearson(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float(np.clip((x * y).sum() / scale, -1, 1)) if scale > 0 else float("nan")


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), dtype=np.float64)


def _same(values: Floats) -> Floats:
    return values


def _bins(values: Floats) -> Floats:
    return binned(values, BINS)[1].astype(np.float64)


def _ratio(x: Floats, y: Floats) -> float:
    return correlation_ratio(x.astype(np.int64), y)


ROUNDING = 1e-12  # two equal statistics may differ by the order of their sums
Prepare = Callable[[Floats], Floats]
STATISTICS: dict[str, tuple[Prepare, Prepare, Statistic]] = {
    "distance_correlation": (_same, _same, distance_correlation),
    "correlation_ratio": (_bins, _same, _ratio),
    "pearson": (_same, _same, _pearson),
    "spearman": (_ranks, _ranks, _pearson),
}
"""How the attribute and the outcome are prepared, and what is computed."""

"""Metrics that are functions of the four counts, as a table; one's own are made the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement, Need
from audit.metrics.measures.cell_functions import CellFunction, Requirement, of_cells
from audit.metrics.measures.rates import FN, FP, RATES, TP
from audit.metrics.measures.undefined import NO_VALUE
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
CLASSES = 2
PROBE: tuple[Floats, ...] = (
    np.array([8.0, 40.0, 1.0, 3.0]),
    np.array([5.0, 2.0, 7.0, 3.0]),
    np.array([4.0, 9.0, 1.0, 6.0]),
    np.array([7.0, 30.0, 2.0, 1.0]),
)
"""Counts that a function is tried on: four groups, no cell of them empty."""


@dataclass(frozen=True, kw_only=True)
class CountMetric:
    """A function of the true negatives, false positives, false negatives and true positives.

    Undefined where the function is not finite, or where what it requires is empty. Limits are
    quantiles of the function under Jeffreys' Dirichlet posterior of the four cells; weighted rows
    enter with Kish's effective size.

    Attributes
    ----------
    name, title : str
        What code and what readers call it; the title is made of the name unless it is given.
    function : callable
        ``function(tn, fp, fn, tp)`` of four arrays of shape (groups,), elementwise: write
        ``numpy.where`` instead of ``if``. It may give infinity or NaN where it has no value. It
        must not change when all four counts are multiplied by one number.
    definition, source, version : str
    undefined : str
        Why a group has no value, where `requires` does not say.
    requires : tuple of (cells, words)
        Cells that must not all be empty, and the reason where they are.
    low, high : float
        Range.
    better : {"higher", "lower", "neither"}

    Raises
    ------
    MetricError
        If the name is empty, the range is not one, or the function fails on four groups, does not
        give one finite number in range for each, mixes groups, or depends on how many rows there
        are.

    Examples
    --------
    >>> CountMetric(
    ...     name="net_benefit",
    ...     function=lambda tn, fp, fn, tp: (tp - 0.25 * fp) / (tn + fp + fn + tp),
    ... ).title
    'Net benefit'
    """

    name: str
    function: CellFunction
    title: str = ""
    definition: str = "a function of the four counts"
    source: str = "one's own"
    undefined: str = NO_VALUE
    requires: tuple[Requirement, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    better: Literal["higher", "lower", "neither"] = "neither"
    version: str = "1"
    needs: ClassVar[Need] = "decisions"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise MetricError(f"expected a metric with a name, came {self.name!r}")
        if not self.low < self.high:
            raise MetricError(
                f"metric {self.name!r}: expected low below high, came {self.low} and {self.high}"
            )
        _try(self)
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " ").capitalize())

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric for every group.

        Raises
        ------
        MetricError
            If the table does not count two classes.
        """
        if len(table.classes) != CLASSES:
            raise MetricError(
                f"{self.name} needs labels and predictions of two classes, came a table of "
                f"{len(table.classes)}",
                "name metrics of several classes, or of regression",
            )
        return of_cells(
            self.function,
            table,
            self.requires,
            within=(self.low, self.high),
            otherwise=self.undefined,
        )


def _try(metric: CountMetric) -> None:
    """Refuse a function that does not do what it must, on counts of four groups."""
    values = _called(metric, *PROBE)
    if values.shape != PROBE[0].shape:
        raise MetricError(
            f"metric {metric.name!r}: expected one number for each of 4 groups, came shape "
            f"{values.shape}",
            "compute elementwise with numpy, without sums over the groups",
        )
    if not (np.isfinite(values) & (values >= metric.low) & (values <= metric.high)).all():
        raise MetricError(
            f"metric {metric.name!r}: expected finite numbers from {metric.low} to {metric.high} "
            f"where no count is 0, came {values.tolist()}",
            "correct the function, or low and high",
        )
    alone = [_called(metric, *(cell[[place]] for cell in PROBE)) for place in range(4)]
    if not np.allclose(np.concatenate([np.atleast_1d(one) for one in alone]), values, rtol=1e-9):
        raise MetricError(
            f"metric {metric.name!r}: its value of a group depends on the other groups",
            "compute elementwise with numpy, without sums over the groups",
        )
    if not np.allclose(_called(metric, *(10 * cell for cell in PROBE)), values, rtol=1e-9):
        raise MetricError(
            f"metric {metric.name!r}: it changes when all counts are multiplied by 10",
            "divide by a number of rows: totals of large groups cannot be compared with small ones",
        )


def _called(metric: CountMetric, *cells: Floats) -> Floats:
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(metric.function(*cells), dtype=np.float64)
    except Exception as error:
        raise MetricError(
            f"metric {metric.name!r}: its function failed on arrays of counts: "
            f"{type(error).__name__}: {error}",
            "it is called as function(tn, fp, fn, tp) with arrays; write numpy.where, not if",
        ) from error


def _required(*names: str) -> tuple[Requirement, ...]:
    return tuple((RATES[name].denominator, RATES[name].undefined) for name in names)


def _f1(tn: Floats, fp: Floats, fn: Floats, tp: Floats) -> Floats:
    return 2 * tp / (2 * tp + fp + fn)


def _jaccard(tn: Floats, fp: Floats, fn: Floats, tp: Floats) -> Floats:
    return tp / (tp + fp + fn)


def _correlation(tn: Floats, fp: Floats, fn: Floats, tp: Floats) -> Floats:
    total = tn + fp + fn + tp  # shares, since the product of four counts can overflow
    tn, fp, fn, tp = tn / total, fp / total, fn / total, tp / total
    scale = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    return np.asarray(np.clip((tp * tn - fp * fn) / scale, -1, 1), dtype=np.float64)


def _kappa(tn: Floats, fp: Floats, fn: Floats, tp: Floats) -> Floats:
    return 2 * (tp * tn - fp * fn) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


_POSITIVE, _NEGATIVE = _required("true_positive_rate"), _required("true_negative_rate")
_LABELS = _POSITIVE + _NEGATIVE
_PREDICTIONS = _required("precision", "negative_predictive_value")
_ANY_POSITIVE = ((frozenset({FP, FN, TP}), "group has no positive labels or predictions"),)
_SKLEARN = "sklearn.metrics"
_POWERS = "Powers, Evaluation: from Precision, Recall and F-measure to ROC (2011)"

Row = tuple[str, str, Callable[..., Floats], tuple[Requirement, ...], str, str, float, float, str]
_TABLE: tuple[Row, ...] = (
    ("balanced_accuracy", "Balanced accuracy",
     lambda tn, fp, fn, tp: (tp / (tp + fn) + tn / (tn + fp)) / 2, _LABELS,
     "mean of true positive and true negative rate", f"{_SKLEARN}.balanced_accuracy_score",
     0.0, 1.0, "higher"),
    ("f1", "F1", _f1, _ANY_POSITIVE, "harmonic mean of precision and true positive rate",
     f"{_SKLEARN}.f1_score", 0.0, 1.0, "higher"),
    ("jaccard", "Jaccard index", _jaccard, _ANY_POSITIVE,
     "true positives among rows that are positive by label or by prediction",
     f"{_SKLEARN}.jaccard_score", 0.0, 1.0, "higher"),
    ("matthews_corrcoef", "Matthews correlation", _correlation, _LABELS + _PREDICTIONS,
     "correlation of label and prediction", f"{_SKLEARN}.matthews_corrcoef", -1.0, 1.0, "higher"),
    ("cohen_kappa", "Cohen's kappa", _kappa, (),
     "agreement of label and prediction beyond that of independent ones, over the most there "
     "could be", f"{_SKLEARN}.cohen_kappa_score", -1.0, 1.0, "higher"),
    ("informedness", "Informedness",
     lambda tn, fp, fn, tp: tp / (tp + fn) + tn / (tn + fp) - 1, _LABELS,
     "true positive rate less false positive rate (Youden's J)", _POWERS, -1.0, 1.0, "higher"),
    ("markedness", "Markedness",
     lambda tn, fp, fn, tp: tp / (tp + fp) + tn / (tn + fn) - 1, _PREDICTIONS,
     "precision less false omission rate", _POWERS, -1.0, 1.0, "higher"),
    ("average_odds", "Average odds",
     lambda tn, fp, fn, tp: (tp / (tp + fn) + fp / (tn + fp)) / 2, _LABELS,
     "mean of true and false positive rate; its difference between two groups is the average odds "
     "difference", "AIF360 average_odds_difference", 0.0, 1.0, "neither"),
    ("treatment_equality", "Treatment equality", lambda tn, fp, fn, tp: fn / fp,
     ((frozenset({FP}), "group has no false positives"),),
     "false negatives for each false positive; equal where groups are wronged in equal proportion",
     "Berk et al., Fairness in Criminal Justice Risk Assessments (2018)", 0.0, np.inf, "neither"),
)  # fmt: skip

COUNTS: dict[str, CountMetric] = {
    name: CountMetric(
        name=name,
        title=title,
        function=function,
        requires=requires,
        definition=definition,
        source=source,
        low=low,
        high=high,
        better=better,  # type: ignore[arg-type] # one of the three, as the table says
        undefined="labels and predictions of the group are all alike",
    )
    for name, title, function, requires, definition, source, low, high, better in _TABLE
}
"""The built-in functions of the four counts by name."""


def __getattr__(name: str) -> CountMetric:
    """Let ``audit.metrics.measures.counts:f1`` name a metric."""
    if name not in COUNTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return COUNTS[name]

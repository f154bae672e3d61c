"""Functions of the whole matrix of labels and predictions: means over classes, and agreement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from audit.metrics.measurement import Measurement, Need, effective_size
from audit.metrics.measures.cell_functions import Requirement, of_cells
from audit.metrics.measures.multiclass import require_classes
from audit.metrics.measures.rates import RATES, Rate
from audit.metrics.measures.undefined import NO_ROWS, NO_VALUE, NO_WEIGHT, reasons
from audit.metrics.statistics.intervals import wilson
from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
MatrixFunction = Callable[[Floats], Floats]
"""Of counts of shape (classes, classes, ...), by label and prediction."""


@dataclass(frozen=True, kw_only=True)
class MatrixMetric:
    """A function of the matrix of labels and predictions of a group.

    Limits are quantiles under Jeffreys' Dirichlet posterior of the cells.

    Attributes
    ----------
    name, title, definition, source, version, undefined : str
    function : callable
        Of counts of shape (classes, classes, ...), by label and prediction.
    macro : Rate or None
        Where given, the rate that is averaged: undefined where any class of the table has none in
        the group, since a mean over fewer classes cannot be compared with one over all.
    low, high : float
    """

    name: str
    title: str
    definition: str
    source: str
    function: MatrixFunction
    macro: Rate | None = None
    undefined: str = NO_VALUE
    low: float = 0.0
    high: float = 1.0
    better: Literal["higher", "lower", "neither"] = "higher"
    version: str = "1"
    needs: ClassVar[Need] = "classes"

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric for every group.

        Raises
        ------
        MetricError
            If the table does not count classes.
        """
        require_classes(table, self.name)
        size = len(table.classes)

        def function(*cells: Floats) -> Floats:
            matrix = np.stack(cells).reshape(size, size, *np.shape(cells[0]))
            return self.function(matrix)

        return of_cells(
            function,
            table,
            () if self.macro is None else _each_class(self.macro, table.classes),
            within=(self.low, self.high),
            otherwise=self.undefined,
        )


@dataclass(frozen=True, kw_only=True)
class ClassAccuracy:
    """The share of rows predicted as labelled, with Wilson's limits.

    Undefined where a group has no rows or no weight.
    """

    name: ClassVar[str] = "multiclass_accuracy"
    title: ClassVar[str] = "Accuracy"
    definition: ClassVar[str] = "rows predicted as labelled among all rows"
    source: ClassVar[str] = "sklearn.metrics.accuracy_score"
    version: ClassVar[str] = "1"
    needs: ClassVar[Need] = "classes"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["higher"]] = "higher"

    def measure(self, table: CellTable) -> Measurement:
        """Compute the share for every group.

        Raises
        ------
        MetricError
            If the table does not count classes.
        """
        require_classes(table, self.name)
        right, every = np.einsum("gcc->g", table.w), table.w.sum(axis=(1, 2))
        size = effective_size(every, table.w2.sum(axis=(1, 2))) if table.weighted else every
        with np.errstate(divide="ignore", invalid="ignore"):
            values = right / every
            x = np.where(every > 0, values * size, 0.0) if table.weighted else right
        cases = ((table.n.sum(axis=(1, 2)) == 0, NO_ROWS), (every == 0, NO_WEIGHT))
        return Measurement(
            values=values,
            reasons=reasons(values, cases, NO_VALUE),
            size=size,
            limits=lambda z: wilson(x, size, z),
            method="wilson",
            numerator=right,
            denominator=every,
        )


def _each_class(rate: Rate, classes: tuple[str, ...]) -> tuple[Requirement, ...]:
    """Require the denominator of the rate for each class against the rest."""
    places = range(len(classes))
    return tuple(
        (
            frozenset(
                (label, predicted)
                for label in places
                for predicted in places
                if (int(label == one), int(predicted == one)) in rate.denominator
            ),
            f"{classes[one]!r} as positive: {rate.undefined}",
        )
        for one in places
    )


def macro(rate: Rate) -> MatrixMetric:
    """Make the mean of a rate over the classes, each against the rest.

    The mean of `true_positive_rate` is scikit-learn's balanced accuracy and macro recall.
    """

    def function(matrix: Floats) -> Floats:
        hit = matrix[np.arange(len(matrix)), np.arange(len(matrix))]
        labelled, predicted, total = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum(axis=(0, 1))
        four = {
            (1, 1): hit,
            (1, 0): labelled - hit,
            (0, 1): predicted - hit,
            (0, 0): total - labelled - predicted + hit,
        }
        numerator = sum(four[cell] for cell in sorted(rate.numerator))
        denominator = sum(four[cell] for cell in sorted(rate.denominator))
        return np.asarray((numerator / denominator).mean(axis=0), dtype=np.float64)

    return MatrixMetric(
        name=f"macro_{rate.name}",
        title=f"Macro {rate.title.lower()}",
        definition=f"mean over the classes, each against the rest, of: {rate.definition}",
        source="sklearn.metrics with average='macro'",
        function=function,
        macro=rate,
        better="neither",
    )


def _kappa(matrix: Floats) -> Floats:
    shares = matrix / matrix.sum(axis=(0, 1))
    chance = (shares.sum(axis=1) * shares.sum(axis=0)).sum(axis=0)
    agreed = np.einsum("cc...->...", shares)
    return np.where(chance < 1 - EXACT, (agreed - chance) / (1 - chance), np.nan)


def _correlation(matrix: Floats) -> Floats:
    shares = matrix / matrix.sum(axis=(0, 1))
    labelled, predicted = shares.sum(axis=1), shares.sum(axis=0)
    covariance = np.einsum("cc...->...", shares) - (labelled * predicted).sum(axis=0)
    spread = (1 - (labelled**2).sum(axis=0)) * (1 - (predicted**2).sum(axis=0))
    value = covariance / np.sqrt(np.maximum(spread, 0))
    return np.where(spread > EXACT, np.clip(value, -1, 1), np.nan)


EXACT = 1e-14
_ALIKE = "all labels, or all predictions, of the group are alike"
_SKLEARN = "sklearn.metrics"

SAME_FOR_ALL = ("selection_rate", "base_rate", "accuracy")
"""Rates of which the mean over classes is the same number whatever the model, or another metric."""

_EVERY: tuple[MatrixMetric | ClassAccuracy, ...] = (
    ClassAccuracy(),
    MatrixMetric(
        name="multiclass_cohen_kappa",
        title="Cohen's kappa",
        definition="agreement of label and prediction beyond that of independent ones, over "
        "the most there could be",
        source=f"{_SKLEARN}.cohen_kappa_score",
        function=_kappa,
        undefined=_ALIKE,
        low=-1.0,
    ),
    MatrixMetric(
        name="multiclass_matthews_corrcoef",
        title="Matthews correlation",
        definition="correlation of label and prediction over classes",
        source=f"{_SKLEARN}.matthews_corrcoef; Gorodkin (2004)",
        function=_correlation,
        undefined=_ALIKE,
        low=-1.0,
    ),
    *(macro(rate) for rate in RATES.values() if rate.name not in SAME_FOR_ALL),
)
MATRIX: dict[str, MatrixMetric | ClassAccuracy] = {metric.name: metric for metric in _EVERY}
"""Functions of the whole matrix, by name."""

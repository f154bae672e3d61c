"""Metrics of the scores of one class against the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from audit.metrics.measurement import Measurement, Need
from audit.metrics.measures.scored import ScoreMetric
from audit.metrics.table.cells import CellTable


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """A metric of the scores of one class, named like ``auc[cat]``.

    Measured from a table of two classes, 1 being the class and 0 every other, with its scores.

    Attributes
    ----------
    metric : ScoreMetric
    of : str
        The class.
    """

    metric: ScoreMetric
    of: str
    needs: ClassVar[Need] = "scores"

    @property
    def name(self) -> str:
        """As ``metric[class]``."""
        return f"{self.metric.name}[{self.of}]"

    @property
    def title(self) -> str:
        """As ``Metric, class``."""
        return f"{self.metric.title}, {self.of}"

    @property
    def definition(self) -> str:
        """Say the metric's definition and which class is the positive one."""
        told = f"where {self.of!r} is positive and every other is negative"
        return f"{self.metric.definition}, {told}"

    @property
    def source(self) -> str:
        """Of the metric."""
        return self.metric.source

    @property
    def version(self) -> str:
        """Of the metric."""
        return self.metric.version

    @property
    def low(self) -> float:
        """Of the metric."""
        return self.metric.low

    @property
    def high(self) -> float:
        """Of the metric."""
        return self.metric.high

    @property
    def better(self) -> Literal["higher", "lower", "neither"]:
        """Of the metric."""
        return self.metric.better

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric for every group.

        Raises
        ------
        MetricError
            If the table was counted without scores.
        """
        return self.metric.measure(table)

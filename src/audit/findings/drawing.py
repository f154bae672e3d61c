"""What findings are drawn from, and how one is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from audit.canonical import stable_id
from audit.data.records import DataRecord
from audit.explainers.results import Explanation
from audit.findings.amounts import Amounts
from audit.findings.records import Finding, Severity
from audit.metrics.curve_results import Curves
from audit.metrics.headline import TargetScale
from audit.metrics.probable_results import ProbableFigures
from audit.metrics.results import Disparity, MetricResult
from audit.metrics.subgroups.results import SubgroupSearch
from audit.mitigation.results import ComparisonRecord, Levelling, MitigationRecord
from audit.models.records import ModelRecord
from audit.weights.results import Ledger


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that findings are drawn from."""

    metrics: tuple[MetricResult, ...]
    disparities: tuple[Disparity, ...]
    explanations: tuple[Explanation, ...]
    data: DataRecord
    model: ModelRecord
    confidence: float
    tolerance: float
    minimum_group: int
    ledgers: tuple[Ledger, ...] = ()
    mitigations: tuple[MitigationRecord, ...] = ()
    comparisons: tuple[ComparisonRecord, ...] = ()
    levelling: tuple[Levelling, ...] = ()
    curves: Curves = field(default_factory=Curves)
    subgroups: tuple[SubgroupSearch, ...] = ()
    probable: tuple[ProbableFigures, ...] = ()

    scale: TargetScale | None = None

    @property
    def rates(self) -> dict[str, MetricResult]:
        """Metrics by identifier."""
        return {metric.id: metric for metric in self.metrics}

    @cached_property
    def said(self) -> Amounts:
        """How figures are said, and the tolerance in the unit of the gaps it judges."""
        return Amounts(
            task=self.data.task,
            metrics=self.rates,
            spread=self.scale.spread if self.scale else None,
            tolerance=self.scale.tolerance if self.scale else self.tolerance,
        )


def finding(
    code: str, severity: Severity, text: str, refs: tuple[str, ...] = (), about: str = ""
) -> Finding:
    """Make a finding; its identifier depends on what it is about, not on the figures."""
    return Finding(
        id=stable_id("finding", code=code, refs=list(refs), about=about),
        code=code,
        severity=severity,
        status="note" if severity == "info" else "open",
        text=text,
        refs=refs,
    )

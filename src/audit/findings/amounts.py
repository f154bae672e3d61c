"""How the figures of an audit are said: as shares, in the unit of the target, or as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor, log10

from audit.findings.words import decimals, percent, points
from audit.metrics.headline import Kind, kind_of
from audit.metrics.results import Interval, MetricResult

DIGITS = 4
MOST_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """What is known of the figures of an audit.

    Attributes
    ----------
    task : str
    metrics : mapping of str to MetricResult
        By identifier.
    spread : float or None
        Of a regression: standard deviation of the target, in its unit.
    tolerance : float
        The gap that matters: a share, or in the unit of the target.
    """

    task: str
    metrics: Mapping[str, MetricResult] = field(default_factory=dict)
    spread: float | None = None
    tolerance: float = 0.0

    def kind(self, metric: str, entry: str = "") -> Kind:
        """Tell how a metric is said; `entry` identifies one of its values."""
        counted = self.metrics[entry].denominator if entry in self.metrics else None
        return "share" if counted is not None else kind_of(metric, self.task)

    @property
    def gap_kind(self) -> Kind:
        """How gaps that are explained and judged by the tolerance are said."""
        return "unit" if self.task == "regression" else "share"

    def value(self, value: float, kind: Kind) -> str:
        """Say a value."""
        if kind == "unit":
            return quantity(value)
        return percent(value) if kind == "share" else decimals(value)

    def gap(self, value: float, kind: Kind) -> str:
        """Say a difference; in the unit of the target also in standard deviations of it."""
        if kind != "unit":
            return points(value) if kind == "share" else decimals(value)
        if not self.spread:
            return quantity(value)
        shares = f"{round(value / self.spread, 2) + 0.0:.2f}".replace("-", "−")
        return f"{quantity(value)} ({shares} standard deviations)"

    def interval(self, interval: Interval, kind: Kind) -> str:
        """Say the interval of a difference."""

        def end(value: float) -> str:
            return quantity(value) if kind == "unit" else self.gap(value, kind)

        high = "no upper limit" if interval.high is None else end(interval.high)
        told = "simultaneous " if interval.simultaneous else ""
        return f"{told}{100 * interval.level:g}% interval {end(interval.low)} to {high}"

    @property
    def limit(self) -> str:
        """Say the tolerance."""
        return self.gap(self.tolerance, self.gap_kind)


def quantity(value: float) -> str:
    """Say a number in the unit of the target, with four significant digits."""
    if value == 0:
        return "0"
    places = DIGITS - 1 - floor(log10(abs(value)))
    if places > MOST_DECIMALS + DIGITS:
        return f"{value:.3g}".replace("-", "−")
    rounded = round(value, places) + 0.0
    return f"{rounded:,.{max(places, 0)}f}".replace("-", "−")

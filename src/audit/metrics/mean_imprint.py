"""The imprint of a regression: how far predictions move each group's mean from its targets.

For a group, the change from targets to predictions is its mean prediction less its mean target on
the same rows: its mean error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audit.metrics.definition_results import MetricDefinition
from audit.metrics.estimates import GroupEstimates, estimate
from audit.metrics.groups import Grouping
from audit.metrics.headline import MEAN
from audit.metrics.hypothesis_tests import touching_on_grid
from audit.metrics.measurement import Limits
from audit.metrics.measures.regression import REGRESSION
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.statistics.significance import two_sided_p

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
IMPRINT, VERSION = "imprint", "1"
MEAN_DEFINITION = MetricDefinition(
    name=IMPRINT,
    title="Imprint",
    definition="mean prediction less mean target of the same rows; of two groups, how much wider "
    "the gap in predictions is than in targets",
    source="weight-audit",
    version=VERSION,
    low=None,
    high=None,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanChanges:
    """The change from targets to predictions of every group.

    Attributes
    ----------
    estimates : GroupEstimates
        Its values are the changes, in the unit of the target.
    choosing : GroupEstimates
        By which the worst pair is chosen: the mean predictions.
    """

    estimates: GroupEstimates
    choosing: GroupEstimates

    def method(self, *, chosen: bool) -> str:
        """Name the interval of a difference; `chosen` where it covers every pair."""
        name = f"mover of {self.estimates.measurement.method}"
        return f"tukey-{name}" if chosen else name

    def difference_limits(self, a: Places, b: Places, z: Floats | float) -> tuple[Floats, Floats]:
        """Limits of the changes at `a` less those at `b`."""
        values, quantile = self.estimates.values, float(np.asarray(z))
        return mover_difference(
            values[a], self._limits(a)(quantile), values[b], self._limits(b)(quantile)
        )

    def touching(self, a: Places, b: Places) -> Floats:
        """Quantiles at which the intervals of the differences touch 0."""
        values = self.estimates.values
        return touching_on_grid(values[a], self._limits(a), values[b], self._limits(b))

    def test(self, a: Places, b: Places) -> Floats:
        """p-values of the hypotheses of equal changes, by turning the intervals round."""
        return two_sided_p(self.touching(a, b))

    def _limits(self, places: Places) -> Limits:
        def limits(z: float) -> tuple[Floats, Floats]:
            low, high = self.estimates.limits(z) or (self.estimates.values,) * 2
            return low[places], high[places]

        return limits


def mean_changes(grouping: Grouping, minimum_group: int) -> MeanChanges:
    """Compute the change from targets to predictions of every group."""
    errors = estimate(REGRESSION["mean_error"], grouping, minimum_group)
    return MeanChanges(
        estimates=replace(errors, metric=IMPRINT, version=VERSION),
        choosing=estimate(REGRESSION[MEAN], grouping, minimum_group),
    )

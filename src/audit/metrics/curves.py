"""Every curve of one model: threshold sweeps and calibration, by group of each attribute."""

from __future__ import annotations

from audit.metrics.curve_results import Curves
from audit.metrics.estimates import Scope
from audit.metrics.groups import attribute_names, grouping
from audit.metrics.measures.calibration_curve import calibration_curves
from audit.metrics.measures.sweep import threshold_sweep
from audit.metrics.table.cells import CellTable


def measure_curves(
    table: CellTable,
    *,
    threshold: float | None = None,
    model: str = "baseline",
    split: str = "test",
    minimum_group: int = 30,
    confidence: float = 0.95,
) -> Curves:
    """Measure the threshold sweep and the calibration curves of each attribute's groups.

    Parameters
    ----------
    table : CellTable
    threshold : float or None
        At which scores became the decisions of the table; marked in the sweeps.
    model, split : str
    minimum_group : int
        Groups with fewer rows are suppressed.
    confidence : float
        Coverage of the intervals of calibration, in (0, 1).

    Returns
    -------
    Curves
        Empty for a table that was counted without scores; without calibration where scores are not
        probabilities.

    Raises
    ------
    MetricError
        If `confidence` or `minimum_group` is out of range.
    """
    scope = Scope(
        confidence=confidence,
        minimum_group=minimum_group,
        threshold=threshold,
        model=model,
        split=split,
    )
    if table.scores is None:
        return Curves()
    single = [grouping(table, (name,), "largest") for name in attribute_names(table)]
    calibrated = [grouping(table, (), "largest"), *single]
    if table.scores.scale.kind == "value":
        calibrated = []
    return Curves(
        sweeps=tuple(threshold_sweep(groups, scope) for groups in single),
        calibration=tuple(
            curve for groups in calibrated for curve in calibration_curves(groups, scope)
        ),
    )

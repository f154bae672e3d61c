"""One number that sums up the groups of an attribute: largest difference, smallest ratio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import GroupEstimates

Floats = NDArray[np.float64]
Method = Literal["between_groups", "to_overall", "to_reference"]
Formula = Callable[[Floats, float], float]
"""From the values of the comparable groups, and the value to compare with, to one number."""
PAIR = 2


def _farthest(values: Floats, other: float) -> float:
    return float(np.abs(values - other).max())


def _smallest_ratio(values: Floats, other: float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.minimum(values, other) / np.maximum(values, other)
    return float(ratios.min())


DIFFERENCES: Mapping[str, Formula] = {
    "between_groups": lambda values, _: float(values.max() - values.min()),
    "to_overall": _farthest,
    "to_reference": _farthest,
}
RATIOS: Mapping[str, Formula] = {
    "between_groups": lambda values, _: _smallest_ratio(values.min(keepdims=True), values.max()),
    "to_overall": _smallest_ratio,
    "to_reference": _smallest_ratio,
}
HIGHEST: Mapping[str, Formula] = {"between_groups": lambda values, _: float(values.max())}
LOWEST: Mapping[str, Formula] = {"between_groups": lambda values, _: float(values.min())}


def extreme(
    item: GroupEstimates, everyone: float, method: str, formulas: Mapping[str, Formula]
) -> float:
    """Sum up the groups that can be compared.

    Returns
    -------
    float
        NaN where fewer than two groups can be compared, where what they are compared with has no
        value, and for the ratio of a metric that can be negative.
    """
    among = item.comparable
    if len(among) < PAIR or (formulas is RATIOS and item.low < 0):
        return float("nan")
    other = everyone
    if method == "to_reference":
        reference = item.grouping.reference
        other = float(item.values[reference]) if reference in among else float("nan")
    return formulas[method](item.values[among], other)

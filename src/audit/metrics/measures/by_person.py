"""Shares and means over rows that repeat people: limits by leaving out whole people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audit.metrics.measurement import Measurement
from audit.metrics.statistics.jackknife import jackknife
from audit.metrics.table.binning import BUCKETS
from audit.metrics.table.coded import person_buckets

if TYPE_CHECKING:
    from audit.metrics.measures.row_metric import Rows

Floats = NDArray[np.float64]
METHOD = "bucket-jackknife"


def over_persons(
    measured: Measurement, values: Floats, rows: Rows, low: float, high: float
) -> Measurement:
    """Give a weighted mean of `values` the limits that its people show, where rows repeat people.

    The value of each row is taken as it is: what leaving a person out does to the rank or the
    neighbours of others is not followed.

    Parameters
    ----------
    measured : Measurement
        The mean as if rows were independent; with limits ``wilson`` it is taken for a rate.
    values : ndarray of float64, shape (rows,)
    rows : Rows
    low, high : float
        Range of the metric.
    """
    if rows.person is None:
        return measured
    bucket = person_buckets(rows.person, BUCKETS)
    cell, shape = rows.group * BUCKETS + bucket, (rows.groups, BUCKETS)
    total, weight, count = (
        np.bincount(cell, weights=each, minlength=rows.groups * BUCKETS).reshape(shape).T
        for each in (values * rows.weight, rows.weight, None)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = (total.sum(axis=0) - total) / (weight.sum(axis=0) - weight)
    found = jackknife(measured.values, left_out, count > 0)
    rate = measured.method == "wilson"

    def limits(z: float) -> tuple[Floats, Floats]:
        below, above = found.rate_limits(measured.size, z) if rate else found.limits(z)
        return np.maximum(below, low), np.minimum(above, high)

    size = found.effective_size(measured.size) if rate else measured.size
    return replace(measured, limits=limits, method=METHOD, size=size)

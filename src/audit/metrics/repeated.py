"""People with repeated rows: intervals by leaving out whole people, bucket by bucket."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audit.metrics.cells import BUCKET, CellTable
from audit.metrics.groups import Grouping
from audit.metrics.intervals import wilson
from audit.metrics.jackknife import jackknife
from audit.metrics.measurement import Measurement, Metric
from audit.metrics.subsets import keep

Floats = NDArray[np.float64]
METHOD = "bucket-jackknife"
NO_METHOD = "none: the jackknife does not suit this metric, and rows repeat people"


def jackknifed(metric: Metric, measured: Measurement, grouping: Grouping) -> Measurement:
    """Give a measurement the limits that its buckets show.

    Parameters
    ----------
    metric : Metric
    measured : Measurement
        Over all rows, as if they were independent.
    grouping : Grouping
        With `by_bucket`.

    Returns
    -------
    Measurement
        Limits by the delete-bucket jackknife with Student's t, kept inside the range of the metric;
        of a rate of 0 or 1 throughout, Wilson's for as many rows as there are buckets.
        The size of a rate becomes that of as many independent rows with the same spread.
    """
    table = grouping.by_bucket
    if table is None:
        return measured
    if measured.limits is None or not measured.smooth:
        return replace(measured, limits=None, method=NO_METHOD)
    left_out, held = _without_each(metric, table, grouping.table)
    found = jackknife(measured.values, left_out, held)
    rate = measured.method == "wilson"

    def limits(z: float) -> tuple[Floats, Floats]:
        low, high = found.limits(z)
        if rate:  # all alike: no spread to be seen, but each bucket holds a person at least
            least, most = wilson(measured.values * found.buckets, found.buckets, z)
            low, high = (np.where(np.isnan(x), y, x) for x, y in ((low, least), (high, most)))
        return np.maximum(low, metric.low), np.minimum(high, metric.high)

    size = measured.size
    if rate:
        size = np.minimum(size, _independent(measured.values, found.error, size))
    return replace(measured, limits=limits, method=METHOD, size=size)


def _without_each(
    metric: Metric, table: CellTable, whole: CellTable
) -> tuple[Floats, NDArray[np.bool_]]:
    """Measure without each bucket; groups that vanish with it are undefined there."""
    names = [attribute.name for attribute in table.attributes if attribute.name != BUCKET]
    place = {tuple(code): row for row, code in enumerate(whole.codes.tolist())}
    left_out = np.full((table.buckets, len(whole.codes)), np.nan)
    held = np.zeros(left_out.shape, dtype=np.bool_)
    for bucket in range(table.buckets):
        inside = table.codes[:, -1] == bucket
        held[bucket, [place[tuple(code[:-1])] for code in table.codes[inside].tolist()]] = True
        rest = keep(table, ~inside).rollup(names)
        rows = [place[tuple(code)] for code in rest.codes.tolist()]
        left_out[bucket, rows] = metric.measure(rest).values
    return left_out, held


def _independent(values: Floats, error: Floats, size: Floats) -> Floats:
    """Rows that would show the same spread of a rate if each were another person."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = values * (1 - values) / error**2
    return np.where(np.isfinite(rows) & (error > 0), rows, size)

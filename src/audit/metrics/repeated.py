"""People with repeated rows: intervals by leaving out whole people, bucket by bucket."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audit.metrics.groups import Grouping
from audit.metrics.measurement import Measurement, Metric
from audit.metrics.statistics.jackknife import jackknife
from audit.metrics.table.cells import BUCKET, CellTable
from audit.metrics.table.subsets import keep

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
        of a rate, Wilson's for as many independent rows as would show the same spread.
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
        low, high = found.rate_limits(measured.size, z) if rate else found.limits(z)
        return np.maximum(low, metric.low), np.minimum(high, metric.high)

    size = measured.size
    if rate:
        size = found.effective_size(measured.size)
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

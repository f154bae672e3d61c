"""When two cell tables say the same: counts equal, sums to 1e-12."""

import numpy as np

from audit.metrics.table.histogram import PLACES
from audit.metrics.table.moments import COUNTS, SUMS

HISTOGRAM_SUMS = ("w", "w2", "total", "square")


def assert_same_cells(one, two, rtol=1e-12):
    assert one.attributes == two.attributes
    assert (one.weighted, one.classes, one.buckets) == (two.weighted, two.classes, two.buckets)
    np.testing.assert_array_equal(one.codes, two.codes)
    np.testing.assert_array_equal(one.n, two.n)
    np.testing.assert_allclose(one.w, two.w, rtol=rtol)
    np.testing.assert_allclose(one.w2, two.w2, rtol=rtol)
    assert (one.scores is None, one.errors is None) == (two.scores is None, two.errors is None)
    if one.scores is not None:
        assert_same_scores(one.scores, two.scores, rtol)
    if one.errors is not None:
        assert_same_errors(one.errors, two.errors, rtol)


def assert_same_scores(one, two, rtol=1e-12):
    assert one.scale == two.scale
    for name in (*PLACES, "n", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    for name in HISTOGRAM_SUMS:
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=rtol, err_msg=name)


def assert_same_errors(one, two, rtol=1e-12):
    two = two.centred(one.centre)
    for name in COUNTS:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    for name in SUMS:  # sums of signed terms cancel, so their size is that of the terms
        size = np.abs(getattr(one, {"e": "size", "y": "y2"}.get(name, name))).max(initial=1)
        np.testing.assert_allclose(
            getattr(one, name), getattr(two, name), rtol=rtol, atol=rtol * size, err_msg=name
        )

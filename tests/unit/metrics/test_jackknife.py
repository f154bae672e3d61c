import numpy as np
import pytest
from scipy.stats import t

from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.jackknife import jackknife
from oracles.spread import slow_jackknife_error

Z = 1.959963984540054


def test_the_error_is_the_published_one():
    left_out = np.random.default_rng(0).normal(0.3, 0.01, (50, 4))
    found = jackknife(np.full(4, 0.3), left_out)
    for place in range(4):
        expected = slow_jackknife_error(left_out[:, place])
        assert found.error[place] == pytest.approx(expected)
    low, high = found.limits(Z)
    np.testing.assert_allclose(high - 0.3, t.isf(0.025, 49) * found.error)
    np.testing.assert_allclose(0.3 - low, t.isf(0.025, 49) * found.error)


def test_of_a_mean_it_is_the_usual_error():
    values = np.random.default_rng(1).normal(0, 1, 30)
    left_out = (values.sum() - values) / 29
    found = jackknife(values.mean(), left_out)
    assert float(found.error) == pytest.approx(values.std(ddof=1) / np.sqrt(30))


def test_empty_buckets_are_not_counted():
    left_out = np.random.default_rng(2).normal(0.3, 0.01, (5, 1))
    padded = np.concatenate([left_out, np.full((45, 1), 0.3)])
    filled = np.arange(50)[:, None] < 5
    found = jackknife([0.3], padded, filled)
    assert found.error[0] == pytest.approx(slow_jackknife_error(left_out[:, 0]))
    assert found.buckets[0] == 5


@pytest.mark.parametrize(
    ("left_out", "filled"),
    [
        ([0.2, 0.3], [False, True]),
        ([0.2, 0.3], [False, False]),
        ([np.nan, 0.3], [True, True]),
        ([0.25, 0.25], [True, True]),
    ],
    ids=["one bucket", "none", "undefined without a bucket", "no spread"],
)
def test_a_spread_that_is_not_known_gives_no_interval(left_out, filled):
    assert np.isnan(jackknife(0.25, left_out, filled).limits(Z)).all()


def test_the_size_of_a_rate_is_the_one_with_this_error():
    found = jackknife([0.3], np.array([[0.28], [0.3], [0.32]]))
    size = found.effective_size(10_000)
    assert np.sqrt(0.3 * 0.7 / size) == pytest.approx(found.error)
    assert found.effective_size(20) == 20
    low, high = found.rate_limits(10_000, Z)
    expected = wilson(0.3 * size, size, t.isf(0.025, 2))
    np.testing.assert_allclose((low, high), expected)


def test_a_rate_of_zero_counts_buckets():
    found = jackknife([0.0], np.zeros((40, 1)))
    low, high = found.rate_limits(5000, Z)
    assert low == 0
    assert 0.05 < high < 0.15


def test_a_rate_of_unknown_spread_has_no_limits():
    found = jackknife([0.3], np.array([[np.nan], [0.3]]))
    assert np.isnan(found.rate_limits(100, Z)).all()

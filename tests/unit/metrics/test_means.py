import numpy as np
import pytest
from scipy.stats import norm, t, ttest_1samp, ttest_ind

from audit.metrics.statistics.means import mean_variance, t_quantile, welch_difference, welch_limits

Z = 1.959963984540054
RNG = np.random.default_rng(0)
ONE, TWO = RNG.normal(3, 2, 17), RNG.exponential(1, 40)


def sums(values):
    return values.sum(), (values**2).sum(), len(values)


def test_the_interval_of_a_mean_is_scipys():
    expected = ttest_1samp(ONE, 0).confidence_interval(0.95)
    np.testing.assert_allclose(welch_limits(*sums(ONE), Z), (expected.low, expected.high))


def test_the_interval_of_a_difference_is_scipys():
    expected = ttest_ind(ONE, TWO, equal_var=False).confidence_interval(0.95)
    found = welch_difference(sums(ONE), sums(TWO), Z)
    np.testing.assert_allclose(found, (expected.low, expected.high))


def test_the_variance_of_a_mean_is_numpys():
    mean, variance = mean_variance(*sums(ONE))
    assert float(mean) == pytest.approx(ONE.mean())
    assert float(variance) == pytest.approx(ONE.var(ddof=1) / 17)


@pytest.mark.parametrize("df", [1, 3, 30, 1e6])
def test_t_has_as_much_beyond_it_as_the_normal(df):
    for z in (0.0, 0.5, 2.0, 8.0, 20.0):
        assert t.sf(t_quantile(df, z), df) == pytest.approx(norm.sf(z), rel=1e-6)


def test_t_without_degrees_is_missing_and_far_out_infinite():
    assert np.isnan(t_quantile([0, -1, np.nan], 2.0)).all()
    assert t_quantile(10, 45.0) == np.inf


@pytest.mark.parametrize(
    "values",
    [np.array([]), np.array([2.0]), np.full(50, 0.1), 1e9 + np.linspace(0, 1e-3, 50)],
    ids=["none", "one", "all equal", "spread lost to rounding"],
)
def test_a_spread_that_is_not_known_gives_no_interval(values):
    mean, variance = mean_variance(*sums(values))
    assert np.isnan(variance)
    assert np.isnan(mean) == (len(values) == 0)
    assert np.isnan(welch_limits(*sums(values), Z)).all()
    assert np.isnan(welch_difference(sums(values), sums(ONE), Z)).all()


def test_equal_weights_of_any_size_change_nothing():
    weights = np.full(17, 2.5)
    size = weights.sum() ** 2 / (weights**2).sum()
    scale = size / weights.sum()
    weighted = ((weights * ONE).sum() * scale, (weights * ONE**2).sum() * scale, size)
    np.testing.assert_allclose(welch_limits(*weighted, Z), welch_limits(*sums(ONE), Z))

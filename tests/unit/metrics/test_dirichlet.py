import numpy as np
import pytest
from scipy.stats import beta, norm

from audit.metrics.statistics import dirichlet
from audit.metrics.statistics.dirichlet import RESOLVED, count_function, count_function_limits
from simulation import f1, mcc, treatment_equality

COUNTS = np.array([[10, 0, 5, 7], [5, 3, 6, 2], [40, 10, 30, 20], [400, 100, 300, 20]], float)


def precision(tn, fp, fn, tp):
    return tp / (tp + fp)


@pytest.mark.parametrize("z", [0.5, 1.0, 1.96, 2.6])
def test_the_limits_of_a_rate_are_those_of_its_beta_posterior(z):
    low, high = count_function_limits(precision, COUNTS, z)
    one, other = COUNTS[:, 3] + 0.5, COUNTS[:, 1] + 0.5
    value = precision(*COUNTS.T)
    expected = np.minimum(beta.ppf(norm.sf(z), one, other), value)
    tolerance = 0.004 if z < 2 else 0.01
    np.testing.assert_allclose(low, expected, atol=tolerance)
    expected = np.maximum(beta.isf(norm.sf(z), one, other), value)
    np.testing.assert_allclose(high, expected, atol=tolerance)


@pytest.mark.parametrize("function", [f1, mcc], ids=["f1", "mcc"])
def test_the_limits_are_those_of_many_random_draws(function):
    shares = np.random.default_rng(0).dirichlet(COUNTS[2] + 0.5, 400_000).T
    expected = np.quantile(function(*shares), [norm.sf(1.96), norm.cdf(1.96)])
    found = count_function_limits(function, COUNTS[2], 1.96)
    np.testing.assert_allclose(found, expected, atol=0.004)


def test_limits_do_not_depend_on_the_other_groups():
    together = count_function_limits(f1, COUNTS, 1.96)
    for place in range(4):
        alone = count_function_limits(f1, COUNTS[place], 1.96)
        assert (together[0][place], together[1][place]) == (float(alone[0]), float(alone[1]))


def test_a_seed_moves_them_a_little():
    one, two = (count_function_limits(f1, COUNTS, 1.96, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one, two)
    np.testing.assert_allclose(one, two, atol=0.004)


def test_limits_widen_with_the_quantile_and_stay_in_range():
    z = np.linspace(0, 9, 60)
    estimate = count_function(f1, COUNTS, within=(0, 1))
    low, high = estimate.limits(z[:, None])
    assert (np.diff(low, axis=0) <= 0).all()
    assert (np.diff(high, axis=0) >= 0).all()
    assert low.min() >= 0
    assert high.max() <= 1
    assert (low <= estimate.value).all()
    assert (estimate.value <= high).all()


def test_beyond_the_resolved_tail_the_slope_goes_on():
    estimate = count_function(f1, COUNTS[3])
    inner, edge, outer = (estimate.limits(RESOLVED + step)[1] for step in (-0.4, 0, 0.4))
    assert float(outer - edge) == pytest.approx(float(edge - inner), rel=0.35)


def test_a_function_without_a_value_has_no_limits():
    counts = np.array([[5, 0, 3, 2], [0, 0, 0, 0], [5, 1, 0, 2]], float)
    estimate = count_function(treatment_equality, counts)
    assert np.isnan(estimate.value).tolist() == [True, True, False]
    low, high = estimate.limits(1.96)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, True, False]


def test_fractional_and_whole_counts_lie_side_by_side():
    whole = count_function_limits(f1, [[10, 5, 5, 7]], 1.96)
    near = count_function_limits(f1, [[10.001, 5.001, 5.001, 7.001]], 1.96)
    np.testing.assert_allclose(whole, near, atol=1e-3)


def test_blocks_of_groups_change_nothing(monkeypatch):
    counts = np.random.default_rng(0).integers(0, 200, (9, 4))
    whole = count_function(f1, counts).limits(2.0)
    monkeypatch.setattr(dirichlet, "GROUPS_AT_ONCE", 2)
    np.testing.assert_array_equal(count_function(f1, counts).limits(2.0), whole)


def test_the_normal_cube_takes_over_without_a_step(monkeypatch):
    counts = np.array([[60.0, 70, 55, 90]])
    quick = count_function_limits(f1, counts, [1.0])
    monkeypatch.setattr(dirichlet, "NORMAL_FROM", 1e9)
    np.testing.assert_allclose(count_function_limits(f1, counts, [1.0]), quick, atol=1e-5)


def test_any_number_of_cells_and_axes():
    def share(a, b, c):
        return a / (a + b + c)

    counts = np.arange(1, 19, dtype=float).reshape(2, 3, 3)
    estimate = count_function(share, counts)
    low, high = estimate.limits(1.0)
    assert estimate.value.shape == low.shape == high.shape == (2, 3)

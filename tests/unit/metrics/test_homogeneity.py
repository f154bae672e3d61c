import numpy as np
import pytest
from scipy.stats import chi2_contingency

from audit.metrics.statistics.homogeneity import (
    permutation_moments,
    q_test,
    q_test_of_values,
    shrunken_gap,
    shrunken_rates,
    shrunken_values,
)
from oracles.spread import exact_q_moments, exact_q_p, slow_q, slow_shrunken_rates

LARGE = [(30, 80), (45, 90), (12, 60)]
SMALL = [(1, 5), (4, 6), (0, 4)]


def columns(counts):
    return np.array(counts, dtype=float).T


def test_q_is_pearsons():
    found = q_test(*columns(LARGE))
    x, n = columns(LARGE)
    expected = chi2_contingency([x, n - x], correction=False)
    assert found.statistic == pytest.approx(slow_q(LARGE))
    assert (found.statistic, found.df, found.p) == pytest.approx(
        (expected.statistic, expected.dof, expected.pvalue)
    )
    assert found.method == "chi-squared"


def test_small_counts_are_permuted():
    found = q_test(*columns(SMALL))
    assert found.method == "permutation"
    assert found.p == pytest.approx(exact_q_p(SMALL), abs=0.015)
    assert found == q_test(*columns(SMALL))


@pytest.mark.parametrize("counts", [SMALL, [(2, 3), (0, 7)], [(1, 4), (1, 4), (3, 4), (0, 2)]])
def test_the_moments_under_permutation_are_exact(counts):
    assert permutation_moments(*columns(counts)) == pytest.approx(exact_q_moments(counts))


def test_weighted_and_many_groups_use_the_moments():
    x, n = columns(SMALL)
    assert q_test(x * 0.9, n * 0.9).method == "permutation moments"
    rng = np.random.default_rng(0)
    n = rng.integers(2, 9, 100_000)
    found = q_test(rng.binomial(n, 0.1), n)
    assert found.method == "permutation moments"
    assert 0.001 < found.p < 0.999
    assert q_test(rng.binomial(n, rng.choice([0.05, 0.15], len(n))), n).p < 1e-6


@pytest.mark.parametrize("counts", [[(0, 5), (0, 9)], [(5, 5), (9, 9)], [(3, 9)]])
def test_nothing_to_compare_is_no_evidence(counts):
    found = q_test(*columns(counts))
    assert (found.statistic, found.p) == (0, 1)


def test_q_of_values_weighs_by_precision():
    values, variances = np.array([0.1, 0.2, 0.4]), np.array([0.01, 0.02, 0.01])
    centre = np.average(values, weights=1 / variances)
    found = q_test_of_values(values, variances)
    assert found.statistic == pytest.approx(sum((values - centre) ** 2 / variances))
    assert found.df == 2


@pytest.mark.parametrize("counts", [LARGE, SMALL, [(9, 30), (10, 30), (9, 31)], [(0, 9), (9, 9)]])
def test_shrunken_rates_are_the_formula(counts):
    assert shrunken_rates(*columns(counts)) == pytest.approx(slow_shrunken_rates(counts))
    assert shrunken_gap(*columns(counts)) == pytest.approx(np.ptp(slow_shrunken_rates(counts)))


def test_groups_that_spread_as_noise_does_have_no_gap():
    assert shrunken_gap([9, 10, 9], [30, 30, 30]) == 0
    assert shrunken_gap([0, 0], [30, 30]) == 0


def test_many_rows_are_hardly_shrunken():
    assert shrunken_gap([30_000, 50_000], [100_000, 100_000]) == pytest.approx(0.2, rel=0.001)


def test_shrunken_values_are_the_rates_where_errors_are_theirs():
    x, n = columns([(30, 100), (45, 100), (12, 100), (38, 100)])
    pooled = x.sum() / n.sum()
    found = shrunken_values(x / n, pooled * (1 - pooled) / n)
    assert np.ptp(found) == pytest.approx(shrunken_gap(x, n), rel=0.02)
    assert shrunken_values([1.0, 1.1], [1.0, 1.0]) == pytest.approx([1.05, 1.05])

from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from audit.metrics.statistics.profile_likelihood import profile_limits
from audit.metrics.subgroups.scores import (
    clustered_size,
    counts,
    dependence_within,
    fisher_p,
    likelihood_score,
    shrunken,
)
from oracles.subgroups import slow_clustered_size, slow_fisher, slow_profile, slow_score

TABLES = [(0, 5, 3, 9), (5, 5, 0, 9), (2, 15, 10, 2000), (40, 100, 30, 120), (0, 4, 0, 7),
          (7, 7, 9, 9), (1, 1, 0, 1), (3, 10, 30, 100)]  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_score_is_that_of_the_slow_twin(table):
    assert likelihood_score(*table) == pytest.approx(slow_score(*table), abs=1e-6)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_fishers_test_is_that_of_the_slow_twin_and_of_scipy(table):
    x1, n1, x2, n2 = table
    assert fisher_p(*table) == pytest.approx(slow_fisher(*table), rel=1e-9)
    expected = fisher_exact([[x1, n1 - x1], [x2, n2 - x2]])[1]
    assert fisher_p(*table) == pytest.approx(expected, rel=1e-6)


def test_fishers_test_of_many_rows_and_of_none_in_common_is_a_number():
    assert fisher_p(400_000, 10**6, 401_000, 10**6) == pytest.approx(
        fisher_exact([[400_000, 600_000], [401_000, 599_000]])[1], rel=1e-4
    )
    assert 0 < fisher_p(0, 10**5, 10**5, 10**5) < 1e-300


@pytest.mark.parametrize("table", [(40, 100, 30, 120), (3, 10, 30, 100), (2, 15, 10, 2000)])
def test_the_squared_score_is_the_g_statistic_of_scipy(table):
    x1, n1, x2, n2 = table
    cells = [[x1, n1 - x1], [x2, n2 - x2]]
    statistic = chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic
    assert likelihood_score(*table) ** 2 == pytest.approx(statistic)


@pytest.mark.parametrize("z", [1.0, 2.5])
@pytest.mark.parametrize("table", [(4, 20, 9, 30), (0, 10, 6, 12), (10, 10, 3, 8)], ids=str)
def test_profile_limits_are_those_of_a_grid(table, z):
    low, high = profile_limits(*table, z)
    slow_low, slow_high = slow_profile(table, z)
    step = 2 / 400  # of the grid, for each rate
    assert slow_low - 2 * step < low <= slow_low + 1e-9
    assert slow_high + 2 * step > high >= slow_high - 1e-9


def test_profile_limits_touch_zero_at_the_score():
    for x1, x2 in product(range(0, 13, 3), range(0, 20, 4)):
        score = float(likelihood_score(x1, 12, x2, 20))
        if score < 0.1:
            continue
        inner, outer = (profile_limits(x1, 12, x2, 20, score + step) for step in (-1e-4, 1e-4))
        assert not inner[0] <= 0 <= inner[1]
        assert outer[0] <= 0 <= outer[1]


def test_profile_limits_hold_the_estimate_mirror_and_stay_in_range():
    rng = np.random.default_rng(0)
    n1, n2 = rng.integers(1, 50, (2, 300))
    x1, x2 = rng.binomial(n1, rng.random(300)), rng.binomial(n2, rng.random(300))
    low, high = profile_limits(x1, n1, x2, n2, 2.2)
    assert np.all((low >= -1) & (low <= x1 / n1 - x2 / n2 + 1e-9))
    assert np.all((high <= 1) & (high >= x1 / n1 - x2 / n2 - 1e-9))
    mirrored = profile_limits(x2, n2, x1, n1, 2.2)
    np.testing.assert_allclose(low, -mirrored[1], atol=1e-12)


def test_clustered_sizes_are_those_of_the_slow_twin():
    rng = np.random.default_rng(0)
    for _ in range(30):
        persons = [rng.integers(0, 2, rng.integers(1, 6)).tolist() for _ in range(8)]
        x, d = (np.array([f(p) for p in persons], dtype=float) for f in (sum, len))
        assert clustered_size(x, d, d.sum()) == pytest.approx(slow_clustered_size(persons))


def test_persons_of_one_mind_count_once():
    x = np.array([4.0, 0, 4, 0, 0, 4, 0, 4, 4, 0])
    assert clustered_size(x, np.full(10, 4.0), 40.0) == pytest.approx(10, rel=0.12)


def test_the_dependence_within_persons_is_found():
    rng = np.random.default_rng(0)
    d = np.full(3000, 4.0)
    for share in (0.0, 0.5, 1.0):
        own = rng.random(3000) < 0.3
        same = rng.random((3000, 4)) < share**0.5
        x = np.where(same, own[:, None], rng.random((3000, 4)) < 0.3).sum(axis=1).astype(float)
        assert dependence_within(x, d, 12000.0) == pytest.approx(share, abs=0.05)
    assert dependence_within(np.array([1.0, 0, 1]), np.ones(3), 3.0) == 0.0


def test_reckoning_with_dependence_never_enlarges_the_size():
    rng = np.random.default_rng(0)
    d = rng.integers(1, 6, 20).astype(float)
    x = rng.binomial(d.astype(int), 0.4).astype(float)
    sizes = [clustered_size(x, d, d.sum(), share) for share in (0.0, 0.3, 0.7, 1.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == pytest.approx(d.sum() ** 2 / (d**2).sum())


def test_effective_counts_are_kishs():
    tally = np.array([9, 6.0, 3.0, 18.0])
    x, size = counts(tally)
    assert (size, x) == (2.0, 1.0)
    assert counts(np.zeros(4)) == (0.0, 0.0)


def test_shrinking_keeps_the_sign_and_never_enlarges():
    rng = np.random.default_rng(0)
    difference, variance = rng.normal(0, 0.2, 50), rng.uniform(0.001, 0.1, 50)
    found = shrunken(difference, variance)
    assert np.all(np.abs(found) < np.abs(difference))
    assert np.all(np.sign(found) == np.sign(difference))
    assert np.all(shrunken(np.zeros(3), np.full(3, 0.1)) == 0)
    assert shrunken(np.array([0.1]), np.array([0.0])).tolist() == [0.0]
    assert shrunken(np.empty(0), np.empty(0)).tolist() == []


def test_shrinking_recovers_the_spread():
    """True differences of spread .1 under noise of spread .1: shrunken by half."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 0.1, 4000)
    found = shrunken(truth + rng.normal(0, 0.1, 4000), np.full(4000, 0.01))
    assert np.mean((found - truth) ** 2) == pytest.approx(0.005, rel=0.1)

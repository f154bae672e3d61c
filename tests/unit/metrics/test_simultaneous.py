import numpy as np
import pytest
from scipy.stats import norm

from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.simultaneous import (
    SIDAK,
    TUKEY,
    separating_quantile,
    sidak_p,
    sidak_z,
    simultaneous_for,
)
from oracles.intervals import slow_largest_gap
from oracles.spread import slow_bounding_gap, slow_bounding_ratio

COUNTS = [(12, 40), (25, 60), (9, 100), (2, 31), (31, 31)]
X, N = np.array(COUNTS, dtype=float).T


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([30, 3000], "tukey"),
        ([100] * 50, "tukey"),
        ([100] * 200, "tukey"),
        ([*[100] * 200, 201], "sidak"),
        (np.linspace(30, 900, 51), "sidak"),
    ],
)
def test_sidak_is_for_many_uneven_groups(sizes, expected):
    assert simultaneous_for(sizes).name == expected


@pytest.mark.parametrize(
    ("sizes", "events", "expected"),
    [
        ([30, 100, 3000], [1, 3, 90], "sidak"),
        ([30, 100, 3000], [29, 97, 2910], "sidak"),
        ([30, 100, 3000], [9, 30, 900], "tukey"),
        ([30, 3000], [1, 90], "tukey"),
        ([100, 100, 120], [1, 1, 1], "tukey"),
    ],
)
def test_sidak_is_for_rare_outcomes_in_uneven_groups(sizes, events, expected):
    assert simultaneous_for(sizes, events).name == expected


def test_tukeys_limits_are_those_of_two_loops():
    gap = TUKEY.gap(X / N, *wilson(X, N, 2.5))
    assert (gap.low, min(gap.high, 1)) == pytest.approx(slow_largest_gap(COUNTS, 2.5))
    assert (gap.higher, gap.lower) == (4, 2)


@pytest.mark.parametrize("seed", range(5))
def test_sidaks_limits_are_those_of_two_loops(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(4, 60, 6)
    x = rng.binomial(n, rng.uniform(0.2, 0.8, 6)).clip(1)
    low, high = wilson(x, n, 2.0)
    gap, ratio = SIDAK.gap(x / n, low, high), SIDAK.ratio(x / n, low, high)
    least, most = slow_bounding_gap(low, high)
    assert (gap.low, gap.high) == pytest.approx((max(least, 0), most))
    least, most = slow_bounding_ratio(low, high)
    assert ratio == pytest.approx((least, min(most, 1)))


def test_the_widest_group_is_not_paired_with_itself():
    """Its own two limits lie .8 apart; no two different groups can."""
    low, high = np.array([0.1, 0.4]), np.array([0.9, 0.6])
    gap = SIDAK.gap(np.array([0.5, 0.5]), low, high)
    assert gap.high == pytest.approx(0.5)
    assert SIDAK.ratio(np.array([0.5, 0.5]), low, high)[0] == pytest.approx(0.1 / 0.6)


@pytest.mark.parametrize("groups", [1, 2, 60, 10**6])
def test_sidaks_quantile_and_p_value_are_inverse(groups):
    for alpha in (0.2, 0.05, 0.05 / 300):
        assert sidak_p(sidak_z(alpha, groups), groups) == pytest.approx(alpha, rel=1e-6)
    assert sidak_z(0.05, 1) == pytest.approx(norm.isf(0.025))
    assert sidak_p(0.0, groups) == 1
    assert 0 < sidak_p(60.0, groups) < 1e-200


@pytest.mark.parametrize("method", [TUKEY, SIDAK], ids=lambda method: method.name)
def test_the_p_value_is_below_a_level_exactly_when_the_gap_excludes_zero(method):
    rng = np.random.default_rng(2)
    found = set()
    for _ in range(60):
        n = rng.integers(10, 200, 6)
        x = rng.binomial(n, rng.uniform(0.3, 0.5, 6))
        p = method.p(method.quantile(x / n, lambda z, x=x, n=n: wilson(x, n, z)), 6)
        gap = method.gap(x / n, *wilson(x, n, method.z(0.05, 6)))
        assert (p < 0.05) == (gap.low > 0)
        found.add(gap.low > 0)
    assert found == {True, False}


def test_separating_quantiles_at_the_ends():
    assert separating_quantile([0.5, 0.5], lambda z: wilson([5, 50], [10, 100], z)) == 0
    values = np.array([0.1, 0.2])
    assert separating_quantile(values, lambda z: (values, values)) == np.inf

from itertools import permutations

import numpy as np
import pytest

from audit.metrics.statistics.intervals import mover_r, newcombe, wilson
from audit.metrics.statistics.movers import (
    best_separated,
    mover_difference,
    mover_ratio,
    pairwise_mover_difference,
    pairwise_mover_ratio,
    ratio_extremes,
    widest,
)
from oracles.intervals import slow_mover_r
from oracles.spread import slow_gap_limits

X = np.array([12.0, 25, 9, 0, 31])
N = np.array([40.0, 60, 100, 31, 31])


def limits(z):
    return wilson(X, N, z)


def test_the_ratio_of_two_rates_is_mover_r():
    rng = np.random.default_rng(0)
    n1, n2 = rng.integers(1, 200, (2, 500))
    x1, x2 = rng.integers(0, n1 + 1), rng.integers(0, n2 + 1)
    found = mover_ratio(x1 / n1, wilson(x1, n1, 1.96), x2 / n2, wilson(x2, n2, 1.96))
    np.testing.assert_allclose(found, mover_r(x1, n1, x2, n2, 1.96), rtol=1e-9)
    inner = (x1 > 0) & (x2 > 0)
    for place in np.flatnonzero(inner)[:40]:
        expected = slow_mover_r(x1[place], n1[place], x2[place], n2[place], 1.96)
        assert (found[0][place], found[1][place]) == pytest.approx(expected, rel=1e-7)


def test_a_limit_of_zero_or_less_opens_the_ratio():
    low, high = mover_ratio(
        [2.0, 0.0, 2.0, 0.0],
        ([-1.0, 0.0, 1.0, -1.0], [4.0, 1.0, 3.0, 1.0]),
        [3.0, 3.0, 3.0, 0.0],
        ([2.0, 2.0, -0.5, -1.0], [5.0, 5.0, 6.0, 1.0]),
    )
    assert low[[0, 1, 3]].tolist() == [0.0, 0.0, 0.0]
    assert high[[2, 3]].tolist() == [np.inf, np.inf]
    assert np.isfinite(high[[0, 1]]).all()


@pytest.mark.parametrize(
    ("value", "own"), [(-0.1, (-0.2, 0.3)), (np.nan, (0.1, 0.2)), (0.5, (np.nan, 0.6))]
)
def test_a_ratio_of_negative_or_missing_values_is_missing(value, own):
    assert np.isnan(mover_ratio(value, own, 1.0, (0.5, 2.0))).all()
    assert np.isnan(mover_ratio(1.0, (0.5, 2.0), value, own)).all()


def test_a_ratio_excludes_one_exactly_when_the_difference_excludes_zero():
    rng = np.random.default_rng(1)
    values = rng.gamma(2, 2, (2, 3000))
    low, high = values * rng.uniform(0.3, 1, values.shape), values * rng.uniform(1, 2, values.shape)
    first, second = (values[0], (low[0], high[0])), (values[1], (low[1], high[1]))
    below, above = mover_difference(*first, *second)
    ratio_below, ratio_above = mover_ratio(*first, *second)
    np.testing.assert_array_equal(below > 0, ratio_below > 1)
    np.testing.assert_array_equal(above < 0, ratio_above < 1)


def test_pairwise_limits_are_those_of_each_pair():
    low, high = limits(2.5)
    difference = pairwise_mover_difference(X / N, low, high)
    ratio = pairwise_mover_ratio(X / N, low, high)
    for i, j in permutations(range(5), 2):
        pair = (X[i], N[i], X[j], N[j], 2.5)
        assert (difference[0][i, j], difference[1][i, j]) == pytest.approx(newcombe(*pair))
        np.testing.assert_allclose((ratio[0][i, j], ratio[1][i, j]), mover_r(*pair), rtol=1e-9)
    for table in (*difference, *ratio):
        assert np.isnan(np.diag(table)).all()


@pytest.mark.parametrize("seed", range(6))
def test_extremes_over_pairs_are_those_of_the_table(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(5, 400, 30)
    x = rng.binomial(n, rng.choice([0.0, 0.2, 0.5, 1.0], 30))
    low, high = wilson(x, n, 3.0)
    below, above = pairwise_mover_difference(x / n, low, high)
    least, i, j = best_separated(x / n, low, high)
    assert (least, widest(x / n, low, high)) == pytest.approx((np.nanmax(below), np.nanmax(above)))
    assert (least, np.nanmax(above)) == pytest.approx(slow_gap_limits(x / n, low, high))
    assert below[i, j] == pytest.approx(least)
    ratio_below, ratio_above = pairwise_mover_ratio(x / n, low, high)
    assert ratio_extremes(x / n, low, high) == pytest.approx(
        (np.nanmin(ratio_below), np.nanmin(ratio_above))
    )

"""Weighted means and their intervals against textbook formulas and scipy."""

import numpy as np
import pytest
from scipy import stats

from audit.explainers.means import difference_intervals, mean_intervals, weighted_mean

DRAW = np.random.default_rng(0)
A, B = DRAW.normal(size=(40, 2)), DRAW.normal(0.3, 2.0, size=(25, 2))


def ones(values):
    return np.ones(len(values))


def test_equal_weights_give_students_interval():
    found = mean_intervals(weighted_mean(A, ones(A) * 3.0), 0.9)
    for column, interval in zip(A.T, found, strict=True):
        expected = stats.ttest_1samp(column, 0).confidence_interval(0.9)
        assert (interval.low, interval.high) == pytest.approx(tuple(expected))
        assert (interval.method, interval.level) == ("t", 0.9)


def test_equal_weights_give_welchs_interval():
    found = difference_intervals(weighted_mean(A, ones(A)), weighted_mean(B, ones(B)), 0.95)
    for a, b, interval in zip(A.T, B.T, found, strict=True):
        expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        assert (interval.low, interval.high) == pytest.approx(tuple(expected))
        assert interval.method == "welch"


def test_rows_of_weight_zero_do_not_move_the_mean():
    weights = np.r_[ones(A), 0.0, 0.0]
    more = np.vstack([A, [[99, 99], [-99, 99]]])
    plain, padded = weighted_mean(A, ones(A)), weighted_mean(more, weights)
    np.testing.assert_allclose(padded.value, plain.value)
    np.testing.assert_allclose(padded.variance, plain.variance, rtol=0.01)
    assert padded.freedom == pytest.approx(plain.freedom)


def test_weighted_intervals_cover_as_they_say():
    draw, hits, runs = np.random.default_rng(1), 0, 1500
    for _ in range(runs):
        values = draw.normal(1.0, 1.0, size=(60, 1))
        mean = weighted_mean(values, draw.uniform(0.2, 3.0, 60))
        interval = mean_intervals(mean, 0.95)[0]
        hits += interval.low <= 1.0 <= interval.high
    assert hits / runs == pytest.approx(0.95, abs=0.02)


def test_one_row_has_no_interval_and_a_floor_cuts():
    assert mean_intervals(weighted_mean(A[:1], np.ones(1)), 0.95) == [None, None]
    cut = mean_intervals(weighted_mean(np.abs(A[:2]), np.ones(2)), 0.99, floor=0.0)
    assert [interval.low for interval in cut] == [0.0, 0.0]


def test_no_spread_at_all_is_an_interval_of_one_point():
    same = weighted_mean(np.ones((5, 1)), np.ones(5))
    interval = difference_intervals(same, same, 0.95)[0]
    assert (interval.low, interval.high) == (0.0, 0.0)

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from audit.metrics.statistics.delong import auc, auc_limits, delong, rank_limits
from oracles.ranks import slow_auc, slow_auc_limits, slow_delong

Z = 1.959963984540054


def histograms(positives, negatives):
    """One bin for each distinct score."""
    edges = np.unique(np.concatenate([positives, negatives]))
    return tuple(
        np.bincount(np.searchsorted(edges, scores), minlength=len(edges)).astype(float)
        for scores in (positives, negatives)
    )


def scores(seed, p=40, n=60, shift=0.7, decimals=1):
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 1, p).round(decimals), rng.normal(0, 1, n).round(decimals)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_value_and_variance_are_those_of_all_pairs(seed, decimals):
    positives, negatives = scores(seed, decimals=decimals)
    found = delong(*histograms(positives, negatives))
    value, variance = slow_delong(positives, negatives)
    assert float(found.value) == pytest.approx(value)
    assert float(found.variance) == pytest.approx(variance)
    expected = slow_auc_limits(positives, negatives, Z)
    np.testing.assert_allclose(auc_limits(*histograms(positives, negatives), Z), expected)


def test_scikit_learn_agrees():
    positives, negatives = scores(9, 300, 500)
    labels = np.repeat([1, 0], [300, 500])
    expected = roc_auc_score(labels, np.concatenate([positives, negatives]))
    assert float(auc(*histograms(positives, negatives))) == pytest.approx(expected)


@pytest.mark.parametrize("bins", [5, 20, 200])
def test_the_binning_bound_holds_and_shrinks(bins):
    positives, negatives = scores(3, 200, 300, decimals=12)
    edges = np.linspace(-5, 6, bins + 1)
    found = delong(*(np.histogram(part, edges)[0] for part in (positives, negatives)))
    assert abs(float(found.value) - slow_auc(positives, negatives)) <= float(found.binning)
    assert float(found.binning) < 2 / bins


def test_groups_are_worked_on_side_by_side():
    pairs = [scores(seed, decimals=0) for seed in range(3)]
    edges = np.arange(-6, 7)
    positive, negative = (
        np.stack([np.histogram(pair[side], edges)[0] for pair in pairs]) for side in (0, 1)
    )
    low, high = auc_limits(positive, negative, [1.0, 2.0, 3.0])
    for group in range(3):
        one = auc_limits(positive[group], negative[group], group + 1.0)
        assert (low[group], high[group]) == pytest.approx((float(one[0]), float(one[1])))


def test_without_positives_or_negatives_there_is_none():
    found = delong([[0, 0, 0], [1, 2, 0]], [[1, 2, 3], [0, 0, 0]])
    assert np.isnan(found.value).all()
    assert np.isnan(found.limits(Z)).all()
    assert np.isnan(found.binning).all()


@pytest.mark.parametrize(
    ("positive", "negative"),
    [([0, 0, 9], [12, 0, 0]), ([0, 9, 0], [0, 12, 0]), ([0, 0, 1], [4, 0, 4])],
    ids=["perfect", "one bin", "one positive"],
)
def test_where_the_variance_is_unknown_the_interval_is_still_wide(positive, negative):
    found = delong(positive, negative)
    assert np.isnan(found.variance)
    low, high = found.limits(Z)
    expected = rank_limits(found.value, sum(positive), sum(negative), Z)
    assert (float(low), float(high)) == pytest.approx((float(expected[0]), float(expected[1])))
    assert low < found.value <= high
    assert high - low > 0.15


def test_rank_limits_solve_their_equation():
    value, p, n = 0.8, 20, 30
    for limit in rank_limits(value, p, n, Z):
        theta = float(limit)
        q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
        half = (p + n) / 2 - 1
        variance = (theta * (1 - theta) + half * (q1 - theta**2) + half * (q2 - theta**2)) / (p * n)
        assert abs(value - theta) == pytest.approx(Z * np.sqrt(variance), rel=1e-6)


def test_few_rows_on_the_wrong_side_widen_the_interval():
    """2 of 20 positives below some of 500 negatives: DeLong's error of it is mostly chance."""
    positives, negatives = np.linspace(2.5, 4, 20), np.linspace(-2, 3, 500)
    found = delong(*histograms(positives, negatives))
    value, variance = slow_delong(positives, negatives)
    assert 20 * (1 - value) < 5
    assert float(found.variance) > variance


def test_scaled_counts_keep_the_value_and_change_the_width():
    counts = histograms(*scores(5))
    half = delong(counts[0] / 2, counts[1] / 2)
    whole = delong(*counts)
    assert float(half.value) == pytest.approx(float(whole.value))
    assert float(half.variance) > 1.9 * float(whole.variance)

"""Limits of the mean of skewed values."""

import numpy as np
import pytest
from fairlearn.metrics import mean_prediction
from scipy import stats

from audit.metrics.measures.regression import REGRESSION
from audit.metrics.statistics.means import skewed_limits, welch_limits
from families import error_table
from oracles.tasks import slow_hall

Z = 1.959964


def powers(values, axis=-1):
    return [(values**k).sum(axis) for k in (1, 2, 3)]


@pytest.mark.parametrize("seed", range(4))
def test_limits_are_those_of_halls_cubic_turned_round(seed):
    values = np.exp(np.random.default_rng(seed).normal(size=40)) * (-1) ** seed
    low, high = skewed_limits(*powers(values), len(values), Z)
    t = stats.t.isf(stats.norm.sf(Z), len(values) - 1)
    assert (low, high) == pytest.approx(slow_hall(values.tolist(), t), rel=1e-6)


def test_without_skewness_they_are_students():
    values = np.concatenate([np.arange(20.0), -np.arange(20.0)])
    total, square, cube = powers(values)
    assert skewed_limits(total, square, cube, 40, Z) == pytest.approx(
        welch_limits(total, square, 40, Z)
    )


@pytest.mark.parametrize(
    ("draw", "truth", "least", "student"),
    [
        (lambda rng, shape: np.exp(rng.normal(size=shape)), np.exp(0.5), 0.92, 0.90),
        (lambda rng, shape: rng.exponential(size=shape), 1.0, 0.94, 0.94),
        (lambda rng, shape: rng.normal(size=shape), 0.0, 0.94, 0.96),
    ],
    ids=["log-normal", "exponential", "normal"],
)
def test_they_cover_skewed_values_where_students_do_not(draw, truth, least, student):
    values = draw(np.random.default_rng(0), (8000, 30))
    total, square, cube = powers(values)
    low, high = skewed_limits(total, square, cube, 30, Z)
    assert ((low <= truth) & (truth <= high)).mean() >= least
    low, high = welch_limits(total, square, 30, Z)
    assert ((low <= truth) & (truth <= high)).mean() <= student


def test_the_mean_lies_within_at_every_quantile_and_the_limits_only_widen():
    values = np.exp(np.random.default_rng(1).normal(size=30) * 1.5)
    ends = np.array([skewed_limits(*powers(values), 30, z) for z in np.linspace(0, 8, 60)])
    assert (ends[:, 0] <= values.mean()).all()
    assert (ends[:, 1] >= values.mean()).all()
    assert (np.diff(ends[:, 0]) <= 1e-12).all()
    assert (np.diff(ends[:, 1]) >= -1e-12).all()


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0, 2.0]])
def test_without_spread_there_are_none(values):
    found = skewed_limits(*powers(np.array(values)), len(values), Z)
    assert np.isnan(found).all()


def test_mean_prediction_agrees_with_fairlearn():
    rng = np.random.default_rng(2)
    group, target = rng.integers(0, 3, 300), rng.normal(size=300) * 1e3 + 1e5
    said, weights = target + rng.exponential(size=300) * 100, rng.uniform(0.2, 3, 300)
    found = REGRESSION["mean_prediction"].measure(
        error_table(group, target, said, groups=3, weights=weights)
    )
    for g in range(3):
        mine = group == g
        theirs = mean_prediction(target[mine], said[mine], sample_weight=weights[mine])
        assert found.values[g] == pytest.approx(theirs, rel=1e-12)
    assert found.method == "hall"


def test_equal_predictions_have_no_limits_however_targets_spread():
    rng = np.random.default_rng(3)
    table = error_table([0] * 50, rng.normal(size=50) * 1e6, np.full(50, 7.25), groups=1)
    found = REGRESSION["mean_prediction"].measure(table)
    assert found.values[0] == pytest.approx(7.25)
    assert np.isnan(found.limits(Z)).all()

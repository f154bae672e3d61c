"""Tests of many differences: agreement with a slow twin, and false alarms as stated."""

import numpy as np
import pytest

from audit.weights.statistics import difference, max_t, regroupings
from builders_weights import sample
from oracles import ledger as oracle


def test_max_t_agrees_with_the_slow_twin():
    draw = np.random.default_rng(0)
    values = draw.normal(size=(30, 4)) * (1, 2, 3, 4)
    first = np.arange(30) % 3 == 0
    values[first, 1] += 3
    people = sample(first)
    regrouped = regroupings(people, 99, np.random.default_rng(1))
    found = max_t(values, people, regrouped)
    np.testing.assert_allclose(found, oracle.max_t(values, first, regrouped))
    assert found[1] == found.min() < 0.05


KINDS = {
    "normal": lambda draw, shape: draw.normal(size=shape),
    "skewed": lambda draw, shape: draw.lognormal(sigma=1.5, size=shape),
    "sparse": lambda draw, shape: draw.normal(size=shape) * (draw.random(shape) < 0.03),
}


@pytest.mark.parametrize("kind", KINDS)
def test_false_alarms_between_random_groups_are_as_frequent_as_stated(kind):
    draw = np.random.default_rng(7)
    trials, alarms = 150, 0
    first = np.arange(400) < 20
    for _ in range(trials):
        people = sample(first)
        values = KINDS[kind](draw, (400, 12))
        found = max_t(values, people, regroupings(people, 99, draw))
        alarms += bool((found <= 0.05).any())
    assert alarms / trials <= 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


def test_the_test_finds_what_is_there_and_only_that():
    draw = np.random.default_rng(2)
    first = np.arange(600) < 60
    values = draw.normal(size=(600, 20))
    values[:, 4] += first
    found = max_t(values, sample(first), regroupings(sample(first), 499, draw))
    assert found[4] == pytest.approx(1 / 500)
    assert (np.delete(found, 4) > 0.05).all()


def test_quantities_that_never_vary_or_separate_the_groups_are_no_trouble():
    first = np.arange(40) < 10
    values = np.stack([np.zeros(40), np.full(40, 3.3), first * 2.0], axis=1)
    people = sample(first)
    found = max_t(values, people, regroupings(people, 199, np.random.default_rng(0)))
    assert found.tolist() == [1.0, 1.0, 1 / 200]


def test_welch_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    draw = np.random.default_rng(3)
    first, values = np.arange(50) < 15, draw.normal(size=50)
    found = difference(values, sample(first)).intervals(0.9)[0]
    known = stats.ttest_ind(values[first], values[~first], equal_var=False)
    assert (found.low, found.high) == pytest.approx(known.confidence_interval(0.9))

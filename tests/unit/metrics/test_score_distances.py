"""Distances between the scores of two groups, against loops and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import ks_2samp, wasserstein_distance

from audit.errors import MetricError
from audit.metrics.measures.distances import DISTANCES, ks_bound, ks_p_value
from oracles.scores import slow_abroca, slow_ks_distance, slow_wasserstein
from score_tables import score_table

SLOW = {"wasserstein": slow_wasserstein, "ks_distance": slow_ks_distance, "abroca": slow_abroca}


def drawn(sizes, seed=0, shift=0.0):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    risk = rng.beta(2, 3, len(group))
    score = np.clip(risk + shift * group * rng.random(len(group)), 0, 1)
    return group, (rng.random(len(group)) < risk).astype(int), score


@pytest.mark.parametrize("name", sorted(DISTANCES))
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_agrees_with_loops(name, weighted):
    group, label, score = drawn([60, 40], shift=0.3)
    score = score.round(2)
    weights = np.random.default_rng(1).uniform(0.2, 2, 100) if weighted else np.ones(100)
    table = score_table(group, label, score, weights)
    parts = [
        list(zip(label[own].tolist(), score[own], weights[own], strict=True))
        for own in (group == 0, group == 1)
    ]
    value, limits, reason = DISTANCES[name].measure_pair(table, 0, 1)
    assert value == pytest.approx(SLOW[name](*parts), abs=2e-4)
    assert limits[0] <= value <= limits[1]
    assert not reason


@pytest.mark.parametrize("spread", [(2, 3), (0.5, 2000), (0.02, 0.02)], ids=str)
def test_agrees_with_scipy(spread):
    rng = np.random.default_rng(3)
    one, two = rng.beta(*spread, 20_000), rng.beta(spread[0] * 1.2, spread[1], 15_000)
    group = np.repeat([0, 1], [20_000, 15_000])
    table = score_table(group, rng.integers(0, 2, 35_000), np.concatenate([one, two]))
    value = DISTANCES["wasserstein"].measure_pair(table, 0, 1)[0]
    assert value == pytest.approx(wasserstein_distance(one, two), abs=1 / 5040)
    expected = ks_2samp(one, two, method="asymp").statistic
    value = DISTANCES["ks_distance"].measure_pair(table, 0, 1)[0]
    beyond = np.mean((one < expit(-18)) | (one > expit(18)))  # these share the outermost cells
    assert value == pytest.approx(expected, abs=5e-4 if beyond < 0.1 else 4e-3)
    assert value - 1e-12 <= expected <= value + ks_bound(table, 0, 1) + 1e-12


@pytest.mark.parametrize("shape", ["spread", "rare", "saturated", "float16"])
def test_the_largest_gap_of_many_rows_is_within_5e_4(shape):
    rng = np.random.default_rng(0)
    one, two = (
        {
            "spread": lambda n, k: rng.beta(2 * k, 3, n),
            "rare": lambda n, k: rng.beta(0.5 * k, 2000, n),
            "saturated": lambda n, k: expit(rng.normal(12, 4, n) * rng.choice([-k, 1], n)),
            "float16": lambda n, k: rng.beta(0.02 * k, 0.02, n).astype(np.float16).astype(float),
        }[shape](n, k)
        for n, k in ((100_000, 1.2), (75_000, 1.0))
    )
    group = np.repeat([0, 1], [len(one), len(two)])
    table = score_table(group, group, np.concatenate([one, two]))
    value = DISTANCES["ks_distance"].measure_pair(table, 0, 1)[0]
    assert value == pytest.approx(ks_2samp(one, two, method="asymp").statistic, abs=5e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0.4, 0.402)), min_size=2, max_size=30))
def test_the_largest_gap_lies_where_it_is_said_to(rows):
    """All scores within a few cells, where binning hides most."""
    group, score = (np.array(column) for column in zip(*rows, strict=True))
    if len(set(group.tolist())) == 1:
        return
    table = score_table(group, group, score)
    value = DISTANCES["ks_distance"].measure_pair(table, 0, 1)[0]
    exact = slow_ks_distance(*[[(0, s, 1.0) for s in score[group == g]] for g in (0, 1)])
    assert value - 1e-12 <= exact <= value + ks_bound(table, 0, 1) + 1e-12


def test_few_rows_to_a_cell_leave_nothing_hidden():
    rng = np.random.default_rng(1)
    one, two = rng.beta(2, 3, 300), rng.beta(2.2, 3, 250)
    group = np.repeat([0, 1], [300, 250])
    table = score_table(group, group, np.concatenate([one, two]))
    value = DISTANCES["ks_distance"].measure_pair(table, 0, 1)[0]
    assert value == pytest.approx(ks_2samp(one, two, method="asymp").statistic, abs=1e-12)
    assert np.isnan(ks_bound(score_table([0, 1], [0, 1], [np.nan, 0.5]), 0, 1))


def test_the_p_value_is_that_of_scipy():
    group, label, score = drawn([300, 200], shift=0.15)
    expected = ks_2samp(score[group == 0], score[group == 1], method="asymp")
    found = ks_p_value(score_table(group, label, score), 0, 1)
    assert found == pytest.approx(expected.pvalue, rel=0.05)


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_the_order_of_the_two_groups_changes_nothing(name):
    table = score_table(*drawn([80, 50], shift=0.2))
    one, two = (DISTANCES[name].measure_pair(table, *pair) for pair in ((0, 1), (1, 0)))
    assert (one[0], *one[1]) == pytest.approx((two[0], *two[1]))


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_a_group_is_at_no_distance_from_its_copy(name):
    group, label, score = drawn([60, 60])
    label[60:], score[60:] = label[:60], score[:60]
    value, (low, _), _ = DISTANCES[name].measure_pair(score_table(group, label, score), 0, 1)
    assert value == pytest.approx(0, abs=1e-12)
    assert low == 0


def test_groups_without_what_is_needed_are_named():
    table = score_table(
        [0, 0, 1, 1, 2], [0, 1, 1, 1, 0], [0.1, 0.9, 0.4, 0.5, np.nan], names=["x", "y", "z"]
    )
    value, limits, reason = DISTANCES["abroca"].measure_pair(table, 0, 1)
    assert np.isnan(value)
    assert limits is None
    assert reason == "group=y: group has no negative labels"
    assert DISTANCES["wasserstein"].measure_pair(table, 0, 2)[2] == (
        "group=z: group has no finite score"
    )
    assert ks_p_value(table, 0, 2) is None
    assert DISTANCES["wasserstein"].measure_pair(table, 0, 1)[2] == ""


@pytest.mark.parametrize("position", [-1, 2])
def test_a_group_that_is_not_there_is_refused(position):
    table = score_table([0, 1], [0, 1], [0.1, 0.9])
    with pytest.raises(MetricError, match=f"from 0 to 1, came {position}"):
        DISTANCES["wasserstein"].measure_pair(table, 0, position)


def test_an_impossible_confidence_is_refused():
    with pytest.raises(MetricError, match="between 0 and 1, came 1"):
        DISTANCES["wasserstein"].measure_pair(
            score_table([0, 1], [0, 1], [0.1, 0.9]), 0, 1, confidence=1
        )


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_one_row_a_group_and_label_raises_nothing(name):
    table = score_table([0, 0, 1, 1], [0, 1, 0, 1], [0.2, 0.2, 0.0, 1.0])
    value, (low, high), _ = DISTANCES[name].measure_pair(table, 0, 1)
    assert low <= value <= high

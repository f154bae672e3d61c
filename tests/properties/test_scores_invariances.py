"""What must not change score metrics, and what must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.metrics.measures.distances import DISTANCES
from audit.metrics.measures.score_metrics import SCORES
from score_tables import score_table

FEW = settings(max_examples=20, deadline=None)
SCORE = st.one_of(
    st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5, 1e-300, 1 - 1e-16, 0.1, 0.1 + 1e-12])
)
ANY = st.floats(allow_nan=True, allow_infinity=True)
ROW = st.tuples(st.integers(0, 2), st.integers(0, 1), SCORE, st.integers(1, 4))
ROWS = st.lists(ROW, min_size=1, max_size=50)


def columns(rows):
    group, label, score, weight = zip(*rows, strict=True)
    return np.array(group), np.array(label), np.array(score), np.array(weight, dtype=float)


def everything(table):
    return {name: metric.measure(table) for name, metric in SCORES.items()}


def assert_same(one, two, *, abs_tolerance=1e-9):
    for name, found in one.items():
        assert found.reasons == two[name].reasons
        np.testing.assert_allclose(
            found.values, two[name].values, atol=abs_tolerance, rtol=1e-6, err_msg=name
        )


@given(ROWS)
@FEW
def test_a_rising_transform_keeps_the_auc(rows):
    group, label, score, _ = columns(rows)
    score = score.round(2)
    before = SCORES["auc"].measure(score_table(group, label, score)).values
    after = SCORES["auc"].measure(score_table(group, label, 0.05 + 0.9 * score**3)).values
    np.testing.assert_allclose(before, after, atol=1e-12)


@given(ROWS)
@FEW
def test_flipping_the_labels_turns_the_auc_round(rows):
    group, label, score, weight = columns(rows)
    found = SCORES["auc"].measure(score_table(group, label, score, weight)).values
    flipped = SCORES["auc"].measure(score_table(group, 1 - label, score, weight)).values
    np.testing.assert_allclose(flipped, 1 - found, atol=1e-9)


@given(ROWS, st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_changes_nothing(rows, random):
    one, two = (
        everything(score_table(*columns(part))) for part in (rows, random.sample(rows, len(rows)))
    )
    assert_same(one, two)


@given(ROWS)
@FEW
def test_an_empty_group_changes_nothing(rows):
    group, label, score, weight = columns(rows)
    one = score_table(group, label, score, weight, names=["a", "b", "c"])
    two = score_table(group + 1, label, score, weight, names=["nobody", "a", "b", "c"])
    assert_same(everything(one), everything(two))


@given(ROWS)
@FEW
def test_whole_weights_are_repeated_rows_for_values(rows):
    group, label, score, weight = columns(rows)
    times = weight.astype(int)
    repeated = score_table(*(np.repeat(item, times) for item in (group, label, score)))
    one, two = everything(score_table(group, label, score, weight)), everything(repeated)
    for results in (one, two):
        # what chance adds depends on rows, not on weights
        for name in ("ece_null", "ece_excess", "ece_equal_mass_excess"):
            del results[name]
    assert_same(one, two)


@given(ROWS, st.integers(0, 50))
@FEW
def test_merging_parts_is_one_pass(rows, cut):
    names = ["a", "b", "c"]
    parts = [score_table(*columns(part), names=names) for part in (rows[:cut], rows[cut:]) if part]
    merged = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    assert_same(everything(merged), everything(score_table(*columns(rows), names=names)))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), ANY), max_size=30))
@FEW
def test_no_score_raises_anything(rows):
    group, label, score = (np.array(item) for item in zip(*rows, strict=True)) if rows else [[]] * 3
    table = score_table(group, label, score, names=["a", "b", "c"])
    for name, found in everything(table).items():
        for value, reason in zip(found.values, found.reasons, strict=True):
            assert np.isfinite(value) != bool(reason), name
        if found.limits is not None:
            low, high = found.limits(1.96)
            assert not (low > found.values).any(), name
            assert not (high < found.values).any(), name


@given(ROWS, st.sampled_from(sorted(DISTANCES)))
@FEW
def test_distances_are_symmetric_and_not_negative(rows, name):
    table = score_table(*columns(rows))
    if len(table.codes) < 2:
        return
    one, two = (DISTANCES[name].measure_pair(table, *pair) for pair in ((0, 1), (1, 0)))
    assert bool(one[2]) == bool(two[2])
    if not one[2]:
        assert one[0] == pytest.approx(two[0], abs=1e-12)
        assert one[0] >= -1e-12
        assert one[1][0] <= one[0] + 1e-12
        assert one[0] <= one[1][1] + 1e-12

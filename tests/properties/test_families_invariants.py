"""What must not change the metrics of any family, and where undefined must never be 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.metrics.measures.class_functions import MATRIX
from audit.metrics.measures.consistency import Consistency
from audit.metrics.measures.counts import COUNTS
from audit.metrics.measures.exposure import NDCG, Exposure, TopK
from audit.metrics.measures.multiclass import ClassRate, WorstClass
from audit.metrics.measures.rates import RATES
from audit.metrics.measures.regression import REGRESSION
from audit.metrics.measures.row_metric import Rows
from audit.metrics.probable_bounds import probable_bounds
from audit.metrics.probable_groups import ProbableGroups
from audit.metrics.statistics.distance_correlation import distance_correlation
from audit.metrics.statistics.mantel_haenszel import mantel_haenszel
from audit.metrics.table.cells import Attribute, CellTable
from audit.metrics.unknown_groups import unknown_bounds
from families import class_table, error_table
from oracles.families import slow_distance_correlation, slow_exposure

FEW = settings(max_examples=25, deadline=None)
CLASSES = ("x", "y", "z")
ROW = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))
ROWS = st.lists(ROW, min_size=1, max_size=40)
NUMBER = st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 3))
ERRORS = st.lists(st.tuples(st.integers(0, 2), NUMBER, NUMBER), min_size=1, max_size=30)
OF_CLASSES = (
    *MATRIX.values(),
    *(ClassRate(rate=rate, of="y") for rate in RATES.values()),
    *(WorstClass(rate=rate) for rate in RATES.values()),
)
LIMITED = ("f1", "matthews_corrcoef", "macro_true_positive_rate", "worst_class_precision")


def of_rows(rows, weights=None):
    return class_table(*zip(*rows, strict=True), classes=CLASSES, groups=3, weights=weights)


def two(rows, weights=None):
    group, label, said = zip(*rows, strict=True)
    return class_table(group, [y % 2 for y in label], [p % 2 for p in said], groups=3,
                       weights=weights)  # fmt: skip


def measured(rows, weights=None):
    for metric in COUNTS.values():
        yield metric, metric.measure(two(rows, weights))
    for metric in OF_CLASSES:
        yield metric, metric.measure(of_rows(rows, weights))


def assert_alike(one, other, order=(0, 1, 2)):
    places = list(order)
    assert one.values == pytest.approx(other.values[places], rel=1e-9, abs=1e-9, nan_ok=True)
    assert list(one.reasons) == [other.reasons[place] for place in places]


@given(ROWS, st.permutations(range(3)))
@FEW
def test_the_order_of_groups_changes_nothing(rows, order):
    moved = [(order.index(g), y, p) for g, y, p in rows]
    for (metric, one), (_, other) in zip(measured(moved), measured(rows), strict=True):
        assert_alike(one, other, order)
        if metric.name in LIMITED:
            for limit, same in zip(one.limits(2.0), other.limits(2.0), strict=True):
                assert limit == pytest.approx(same[list(order)], nan_ok=True)


@given(ROWS)
@FEW
def test_weights_of_2_are_rows_that_came_twice(rows):
    heavy = measured(rows, np.full(len(rows), 2.0))
    for (_, one), (_, other) in zip(heavy, measured(rows * 2), strict=True):
        assert_alike(one, other)


@given(ROWS)
@FEW
def test_undefined_is_nan_with_a_reason_and_what_is_defined_lies_in_range(rows):
    for metric, found in measured(rows):
        missing = np.isnan(found.values)
        assert missing.tolist() == [bool(reason) for reason in found.reasons]
        defined = found.values[~missing]
        assert (defined >= metric.low).all()
        assert (defined <= metric.high).all()
        if metric.name in LIMITED:
            low, high = found.limits(1.96)
            assert np.isnan(low[missing]).all()
            assert (low[~missing] <= defined).all()
            assert (defined <= high[~missing]).all()


@given(ERRORS)
@FEW
def test_regression_does_not_mind_a_shift_of_both_and_weights_of_2_are_duplicates(rows):
    group, target, said = (np.array(column) for column in zip(*rows, strict=True))
    moved = error_table(group, target + 64, said + 64, groups=3)
    heavy = error_table(group, target, said, groups=3, weights=np.full(len(rows), 2.0))
    double = error_table(np.tile(group, 2), np.tile(target, 2), np.tile(said, 2), groups=3)
    plain = error_table(group, target, said, groups=3)
    for name, metric in REGRESSION.items():
        found = metric.measure(plain)
        assert np.isnan(found.values).tolist() == [bool(reason) for reason in found.reasons]
        near = {"rel": 1e-7, "abs": 1e-6, "nan_ok": True}
        assert metric.measure(heavy).values == pytest.approx(metric.measure(double).values, **near)
        if name not in ("mean_target", "mean_prediction", "r2"):
            assert metric.measure(moved).values == pytest.approx(found.values, **near)
        if found.limits is not None:
            low, high = found.limits(1.96)
            known = ~np.isnan(low)
            assert (low[known] <= found.values[known] + 1e-9).all()
            assert (found.values[known] <= high[known] + 1e-9).all()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), min_size=1, max_size=30))
@FEW
def test_exposure_is_that_of_a_loop_and_the_top_is_shared_out(rows):
    group, score = (np.array(column) for column in zip(*rows, strict=True))
    given_rows = Rows(group=group, groups=3, score=score.astype(float), y_true=score)
    each = np.array(slow_exposure(score.tolist()))
    found = Exposure().measure_rows(given_rows)
    for g in set(group.tolist()):
        assert found.values[g] == pytest.approx(each[group == g].mean())
    top = TopK(k=4).measure_rows(given_rows)
    assert np.nansum(top.numerator) == pytest.approx(min(4, len(rows)))
    # Ranked by its own relevance, every group is ranked as well as can be.
    best = NDCG().measure_rows(given_rows).values
    assert best[~np.isnan(best)] == pytest.approx(1)


@given(st.integers(6, 30), st.integers(0, 5))
@FEW
def test_alike_predictions_are_consistent(n, seed):
    features = np.random.default_rng(seed).normal(size=(n, 2))
    given_rows = Rows(group=np.zeros(n, int), groups=1, features=features, y_pred=np.full(n, 0.25))
    assert Consistency().measure_rows(given_rows).values[0] == pytest.approx(1)


@given(st.lists(st.tuples(NUMBER, st.integers(0, 3)), min_size=4, max_size=25))
@FEW
def test_distance_correlation_is_that_of_a_loop_whatever_the_units(rows):
    x, y = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    slow = slow_distance_correlation(x.tolist(), y.tolist())
    found = distance_correlation(x, y)
    if slow is None or x.min() == x.max() or y.min() == y.max():
        assert np.isnan(found)
    else:
        assert found == pytest.approx(slow, abs=1e-5)
        assert distance_correlation(-7 * x, y + 3) == pytest.approx(found, abs=1e-6)


@given(st.lists(st.tuples(*[st.integers(1, 20)] * 4), min_size=1, max_size=5))
@FEW
def test_exchanging_the_groups_turns_the_difference_round(strata):
    x1, n1, x2, n2 = (np.array(column, float) for column in zip(*strata, strict=True))
    n1, n2 = n1 + x1, n2 + x2
    one, other = mantel_haenszel(x1, n1, x2, n2), mantel_haenszel(x2, n2, x1, n1)
    assert one.difference == pytest.approx(-other.difference)
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.difference_error == pytest.approx(other.difference_error)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)


HIDDEN = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), st.booleans()),
    min_size=1,
    max_size=40,
)


def true_rate(rate, rows):
    counted = [(y, p) in rate.numerator for y, p in rows if (y, p) in rate.denominator]
    return sum(counted) / len(counted) if counted else None


def assert_within(value, bounds):
    if value is not None:
        assert bounds.low - 1e-9 <= value <= bounds.high + 1e-9


@given(HIDDEN, st.sampled_from(sorted(RATES)))
@settings(max_examples=100, deadline=None)
def test_the_truth_lies_within_the_bounds_whichever_groups_were_hidden(rows, name):
    rate = RATES[name]
    group, label, said, hidden = (np.array(column) for column in zip(*rows, strict=True))
    seen = np.where(hidden, 2, group)
    # Two rows more, so that each group is among those known.
    seen, label, said = np.append(seen, [0, 1]), np.append(label, [0, 0]), np.append(said, [0, 0])
    group = np.append(group, [0, 1])
    table = CellTable.from_codes([("group", ("a", "b", "unknown"), seen)], label, said)
    found = unknown_bounds(table, rate)
    pairs = list(zip(label.tolist(), said.tolist(), strict=True))
    true = [
        true_rate(rate, [pair for pair, g in zip(pairs, group, strict=True) if g == code])
        for code in (0, 1)
    ]
    for value, bounds in zip(true, found.rates, strict=True):
        assert_within(value, bounds)
    if None not in true:
        assert_within(true[0] - true[1], found.gaps[0])


@given(
    st.lists(
        st.tuples(*[st.integers(0, 2)] * 2, *[st.integers(0, 1)] * 2), min_size=1, max_size=40
    ),
    st.sampled_from(sorted(RATES)),
)
@settings(max_examples=100, deadline=None)
def test_the_truth_lies_within_the_bounds_of_probabilities(rows, name):
    rate = RATES[name]
    group, proxy, label, said = (np.array(column) for column in zip(*rows, strict=True))
    shares = np.array([
        [(group[proxy == z] == g).mean() if (proxy == z).any() else 0.0 for g in range(3)]
        for z in range(3)
    ])  # fmt: skip
    groups = ProbableGroups(name="g", categories=("a", "b", "c"), probabilities=shares[proxy])
    found = probable_bounds(rate, groups, label, said, proxy=proxy)
    pairs = list(zip(label.tolist(), said.tolist(), strict=True))
    true = [
        true_rate(rate, [pair for pair, g in zip(pairs, group, strict=True) if g == code])
        for code in range(3)
    ]
    for value, bounds in zip(true, found.rates, strict=True):
        assert_within(value, bounds)
    for gap in found.gaps:
        one, other = (true["abc".index(side["g"])] for side in (gap.a, gap.b))
        if one is not None and other is not None:
            assert_within(one - other, gap)


def test_an_empty_category_changes_nothing():
    rows = [(0, 0, 1), (0, 1, 1), (2, 1, 0), (2, 0, 0)]
    full = two(rows)
    kept = np.array([0, 2])
    without = CellTable(
        attributes=(Attribute(name="group", categories=("a", "c")),),
        codes=np.array([[0], [1]]), n=full.n[kept], w=full.w[kept], w2=full.w2[kept],
    )  # fmt: skip
    for metric in COUNTS.values():
        one, other = metric.measure(full), metric.measure(without)
        assert one.values[kept] == pytest.approx(other.values, nan_ok=True)
        assert one.reasons[1] == "group has no rows"
        low, same = one.limits(2.0)[0][kept], other.limits(2.0)[0]
        assert low == pytest.approx(same, nan_ok=True)

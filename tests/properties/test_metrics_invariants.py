"""What must not change the metrics, and what must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.metrics.disparity import measure
from audit.metrics.imprint import imprint
from audit.metrics.statistics.intervals import mover_r, newcombe, tango, wilson
from audit.metrics.statistics.multiplicity import holm
from audit.metrics.table.cells import CellTable

CATEGORIES = ("a", "b", "c", "unknown")
ROW = st.tuples(
    st.integers(0, 3), st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), st.integers(1, 5)
)
ROWS = st.lists(ROW, min_size=1, max_size=60)
FEW = settings(max_examples=15, deadline=None)
COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
Z = st.floats(0.1, 6)


def table(rows, categories=CATEGORIES, recode=None, weights=None):
    group, sex, label, prediction, _ = np.array(rows, dtype=np.int64).T
    codes = group if recode is None else np.array(recode)[group]
    return CellTable.from_codes(
        [("group", categories, codes), ("sex", ("f", "m"), sex)], label, prediction, weights
    )


def values(found):
    return {(m.metric, frozenset(m.group.items())): (m.value, m.n, m.status) for m in found.metrics}


def gaps(found):
    return {d.id: (d.value, d.interval, d.p_value, d.status) for d in found.disparities}


def measured(cells):
    return measure(cells, minimum_group=3)


def assert_same(one, two):
    assert values(one) == values(two)
    assert gaps(one).keys() == gaps(two).keys()
    for key, (value, interval, p, status) in gaps(one).items():
        other = gaps(two)[key]
        assert (value is None, status) == (other[0] is None, other[3])
        if value is not None:
            assert other[0] == pytest.approx(value)
            assert other[1].low == pytest.approx(interval.low, abs=1e-12)
            assert other[2] == pytest.approx(p)


@given(ROWS)
@FEW
def test_counts_add_up(rows):
    cells = table(rows)
    assert cells.n.sum() == len(rows)
    for names in ((), ("sex",), ("group",), ("sex", "group")):
        assert cells.rollup(names).n.sum() == len(rows)
    np.testing.assert_array_equal(cells.rollup(("sex",)).rollup(()).n, cells.rollup(()).n)


@given(ROWS, st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert_same(measured(table(rows)), measured(table(shuffled)))


@given(ROWS, st.permutations(range(3)))
@FEW
def test_the_order_of_categories_changes_nothing(rows, order):
    categories = (*(CATEGORIES[place] for place in order), "unknown")
    recode = [order.index(place) for place in range(3)] + [3]
    assert_same(measured(table(rows)), measured(table(rows, categories, recode)))


@given(ROWS, st.integers(0, 60))
@FEW
def test_merging_parts_is_one_pass(rows, cut):
    cut = min(cut, len(rows))
    parts = [table(part) for part in (rows[:cut], rows[cut:]) if part]
    merged = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    whole = table(rows)
    np.testing.assert_array_equal(merged.codes, whole.codes)
    np.testing.assert_array_equal(merged.n, whole.n)


@given(ROWS)
@FEW
def test_an_empty_category_changes_nothing(rows):
    wider = table(rows, ("nobody", *CATEGORIES), [1, 2, 3, 4])
    assert_same(measured(table(rows)), measured(wider))


@given(ROWS)
@FEW
def test_whole_weights_are_repeated_rows_for_values(rows):
    weighted = measured(table(rows, weights=[row[4] for row in rows]))
    repeated = measure(table([row for row in rows for _ in range(row[4])]), minimum_group=1)
    expected = values(repeated)
    for key, (value, _, status) in values(weighted).items():
        if status == "ok":
            assert expected[key][0] == pytest.approx(value)


@given(ROWS)
@settings(max_examples=8, deadline=None)
def test_swapping_the_reference_flips_the_sign(rows):
    rows = [row for row in rows if row[0] < 2] + [(0, 0, 0, 1, 1), (1, 0, 1, 0, 1)]
    for function in (measure, imprint):
        one, two = (
            {
                d.metric: d
                for d in function(
                    table(rows), reference={"group": name}, minimum_group=1
                ).disparities
                if (d.kind, d.selection, d.attributes) == ("difference", "reference", ("group",))
            }
            for name in ("a", "b")
        )
        for metric, d in one.items():
            if d.status == "ok":
                assert two[metric].value == pytest.approx(-d.value)
                assert two[metric].interval.low == pytest.approx(-d.interval.high, abs=1e-9)
                assert two[metric].p_value == pytest.approx(d.p_value, rel=1e-6)


@given(COUNTS, COUNTS, Z)
@settings(deadline=None)
def test_intervals_hold_their_estimate_and_stay_in_range(one, two, z):
    (x1, n1), (x2, n2) = one, two
    low, high = wilson(x1, n1, z)
    assert 0 <= low <= x1 / n1 <= high <= 1
    low, high = newcombe(x1, n1, x2, n2, z)
    assert -1 - 1e-12 <= low <= x1 / n1 - x2 / n2 <= high <= 1 + 1e-12
    low, high = mover_r(x1, n1, x2, n2, z)
    assert 0 <= low <= high
    if x2:
        ratio = (x1 / n1) / (x2 / n2)
        assert low <= ratio * (1 + 1e-12)
        assert ratio <= high * (1 + 1e-12)


@given(COUNTS, COUNTS, Z)
@settings(deadline=None)
def test_swapping_two_groups_mirrors_the_interval(one, two, z):
    low, high = newcombe(*one, *two, z)
    mirrored = newcombe(*two, *one, z)
    np.testing.assert_allclose((-mirrored[1], -mirrored[0]), (low, high), atol=1e-12)
    if one[0] and two[0]:
        low, high = mover_r(*one, *two, z)
        mirrored = mover_r(*two, *one, z)
        np.testing.assert_allclose((1 / mirrored[1], 1 / mirrored[0]), (low, high), rtol=1e-6)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 100), Z)
@FEW
def test_a_paired_interval_holds_its_estimate_and_mirrors(b, c, rest, z):
    n = b + c + rest
    low, high = tango(b, c, n, z)
    assert -1 <= low <= (b - c) / n <= high <= 1
    mirrored = tango(c, b, n, z)
    np.testing.assert_allclose((-mirrored[1], -mirrored[0]), (low, high), atol=1e-12)


@given(st.lists(st.floats(0, 1), max_size=12), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_holm_keeps_the_order_and_never_lowers(p_values, random):
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert [a for _, a in pairs] == sorted(adjusted)
    places = random.sample(range(len(p_values)), len(p_values))
    shuffled = holm([p_values[place] for place in places])
    assert list(shuffled) == pytest.approx([adjusted[place] for place in places])

"""What must not change a subgroup search or a coverage map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.metrics.measures.rates import RATES
from audit.metrics.subgroups.candidates import candidates, scores
from audit.metrics.subgroups.columns import search_column
from audit.metrics.subgroups.coverage_map import coverage
from audit.metrics.subgroups.lattice import Units
from audit.metrics.subgroups.options import SearchOptions
from audit.metrics.subgroups.scores import fisher_p, likelihood_score, shrunken
from audit.metrics.subgroups.worst import worst_subgroups

CATEGORIES = ("a", "b", "c", "unknown")
ROW = st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2), st.integers(1, 4))
ROWS = st.lists(ROW, min_size=1, max_size=50)
FEW = settings(max_examples=25, deadline=None)


def searched(rows, *, names=("group", "sex"), categories=CATEGORIES, recode=None, weights=None):
    group, sex, outcome, _ = np.array(rows, dtype=np.int64).T
    codes = {"group": group if recode is None else np.array(recode)[group], "sex": sex}
    kinds = {"group": categories, "sex": ("f", "m")}
    columns = [search_column((name, kinds[name], codes[name])) for name in names]
    units = Units.of_rows(columns, outcome.astype(np.int8), None, weights)
    options = SearchOptions(metric=RATES["selection_rate"], depth=2, minimum_group=2)
    found = candidates(units, options, lambda done, total: None)
    score = scores(found.own[:, 0], found.rest[:, 0], "either")
    values = {
        frozenset(found.group(place).items()): (
            *found.own[place, 0].tolist(), *found.rest[place, 0].tolist(), float(score[place]),
        )
        for place in range(len(score))
    }  # fmt: skip
    return values, found.levels


def assert_same(one, two):
    assert one[1] == two[1]
    assert one[0].keys() == two[0].keys()
    for key, numbers in one[0].items():
        assert two[0][key] == pytest.approx(numbers, abs=1e-7)


@given(ROWS, st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_changes_no_candidate(rows, random):
    assert_same(searched(rows), searched(random.sample(rows, len(rows))))


@given(ROWS)
@FEW
def test_the_order_of_attributes_changes_no_candidate(rows):
    assert_same(searched(rows), searched(rows, names=("sex", "group")))


@given(ROWS, st.permutations(range(3)))
@FEW
def test_the_order_of_categories_changes_no_candidate(rows, order):
    categories = (*(CATEGORIES[place] for place in order), "unknown")
    recode = [order.index(place) for place in range(3)] + [3]
    assert_same(searched(rows), searched(rows, categories=categories, recode=recode))


@given(ROWS)
@FEW
def test_an_empty_category_changes_nothing(rows):
    wider = searched(rows, categories=("nobody", *CATEGORIES), recode=[1, 2, 3, 4])
    assert_same(searched(rows), wider)


@given(ROWS)
@FEW
def test_whole_weights_are_repeated_rows_for_values(rows):
    weighted, _ = searched(rows, weights=np.array([row[3] for row in rows], dtype=np.float64))
    repeated, _ = searched([row for row in rows for _ in range(row[3])])
    for key, numbers in weighted.items():
        assert repeated[key][1:3] == pytest.approx(numbers[1:3])
        assert repeated[key][5:7] == pytest.approx(numbers[5:7])


@given(ROWS)
@FEW
def test_a_subgroup_and_its_rest_are_never_more_than_everyone(rows):
    values, levels = searched(rows)
    for numbers in values.values():
        assert 2 <= numbers[0] <= len(rows)
        assert numbers[0] + numbers[4] <= len(rows)
    assert sum(level.candidates - level.undefined for level in levels) == len(values)


@given(ROWS, st.sampled_from(["split", "permutation"]), st.integers(0, 5))
@FEW
def test_any_rows_give_a_search(rows, method, seed):
    group, sex, outcome, weight = np.array(rows).T
    search = worst_subgroups(
        outcome > 0, outcome > 1, metric="true_positive_rate", minimum_group=2, method=method,
        sensitive_features={"group": np.array(CATEGORIES)[group], "sex": sex}, permutations=19,
        sample_weight=weight if method == "split" else None, seed=seed,
    )  # fmt: skip
    assert search.selection_rows + search.confirmation_rows == len(rows)
    for item in search.found:
        assert abs(item.shrunken_difference) <= abs(item.difference) + 1e-12
        assert item.interval.low <= item.interval.high
        assert 0 < item.p_value <= item.p_adjusted or method == "permutation"
        assert 0 < item.p_adjusted <= 1
        assert np.isfinite([item.value, item.rest_value, item.score]).all()


@given(ROWS, st.integers(1, 10), st.randoms(use_true_random=False))
@FEW
def test_coverage_adds_up_whatever_the_order(rows, minimum, random):
    def maps(items):
        group, sex = np.array(items)[:, :2].T
        return coverage({"group": np.array(CATEGORIES)[group], "sex": sex}, minimum_group=minimum)

    found = maps(rows)
    assert maps(random.sample(rows, len(rows))) == found
    for item in found:
        assert sum(cell.n for cell in item.cells) == item.rows == len(rows)
        assert item.assessed_rows + item.too_small_rows + item.unknown_rows == len(rows)
        assert 0 <= item.assessed_share <= 1


COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, COUNTS)
@settings(deadline=None)
def test_scores_and_tests_do_not_depend_on_which_comes_first(one, two):
    assert likelihood_score(*one, *two) == pytest.approx(likelihood_score(*two, *one), abs=1e-6)
    assert fisher_p(*one, *two) == pytest.approx(fisher_p(*two, *one), rel=1e-6)
    assert 0 < fisher_p(*one, *two) <= 1


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1)), max_size=20))
@settings(deadline=None)
def test_shrinking_never_enlarges(pairs):
    difference, variance = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    found = shrunken(difference, variance)
    assert np.isfinite(found).all()
    assert np.all(np.abs(found) <= np.abs(difference))
    assert np.all(found * difference >= 0)

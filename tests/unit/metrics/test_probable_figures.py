"""Estimates and bounds of groups that are known by probability alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.metrics.estimates import Scope
from audit.metrics.measures.rates import HEADLINE, RATES
from audit.metrics.probable_figures import CAUTION, ProbableRows, probable_figures
from audit.metrics.probable_groups import ProbableGroups
from audit.metrics.statistics.intervals import newcombe, wilson

NAMES = ("a", "b", "c")
Z = 1.959963984540054


def rows(chances, label, prediction, **more):
    groups = ProbableGroups(
        name="race", categories=NAMES[: chances.shape[1]], probabilities=chances
    )
    return ProbableRows(groups=groups, label=label, prediction=prediction, **more)


def population(n=2000, seed=0, places=12):
    rng = np.random.default_rng(seed)
    place = rng.integers(0, places, n)
    chances = rng.dirichlet(np.ones(3), places)[place]
    label = (rng.random(n) < 0.5).astype(int)
    prediction = (rng.random(n) < 0.2 + 0.3 * chances[:, 0] + 0.2 * label).astype(int)
    return chances, label, prediction, place


def figures(given_rows, names=HEADLINE, minimum=30, **more):
    return probable_figures(given_rows, names, Scope(minimum_group=minimum), **more)


def test_the_estimates_are_those_of_a_loop():
    chances, label, prediction, _ = population(n=200)
    weights = np.random.default_rng(1).uniform(0.5, 2, 200)
    found = figures(rows(chances, label, prediction, weights=weights), minimum=1)
    by_name = {(item.metric, item.group["race"]): item for item in found.rates}
    for g, name in enumerate(NAMES):
        inside = total = squares = 0.0
        for row in range(200):
            if label[row] == 1:
                weight = chances[row, g] * weights[row]
                inside, total = inside + weight * prediction[row], total + weight
                squares += weight**2
        item = by_name["true_positive_rate", name]
        assert item.value == pytest.approx(inside / total)
        assert item.effective_n == pytest.approx(total**2 / squares)
        assert item.expected_n == pytest.approx(chances[:, g].sum())
        assert item.low <= item.value <= item.high
        limits = np.array(wilson(inside / total * item.effective_n, item.effective_n, Z))
        assert np.array([item.interval.low, item.interval.high]) == pytest.approx(limits)
    for gap in found.gaps:
        one, two = (by_name[gap.metric, side["race"]] for side in (gap.a, gap.b))
        assert gap.value == pytest.approx(one.value - two.value)
        assert gap.low == pytest.approx(one.low - two.high)
        assert gap.high == pytest.approx(one.high - two.low)


def test_certain_groups_have_the_intervals_of_known_ones():
    _, label, prediction, _ = population()
    truth = np.random.default_rng(2).integers(0, 2, 2000)
    found = figures(rows(np.eye(2)[truth], label, prediction), ("selection_rate",))
    x = [int(prediction[truth == g].sum()) for g in range(2)]
    n = [int((truth == g).sum()) for g in range(2)]
    gap = found.gaps[0]
    limits = np.array(newcombe(x[0], n[0], x[1], n[1], Z))
    assert np.array([gap.interval.low, gap.interval.high]) == pytest.approx(limits)
    assert (gap.low, gap.high) == pytest.approx((gap.value, gap.value))


def test_probabilities_that_say_nothing_leave_no_estimated_gap():
    _, label, prediction, _ = population()
    found = figures(rows(np.full((2000, 2), 0.5), label, prediction), ("selection_rate",))
    gap = found.gaps[0]
    assert gap.value == pytest.approx(0)
    assert (gap.interval.low, gap.interval.high) == pytest.approx((0, 0), abs=1e-3)
    assert gap.high - gap.low > 1


@pytest.mark.parametrize("of", ["rate", "gap"])
def test_the_intervals_cover_what_more_rows_would_show(of):
    draws, covered = 300, 0
    whole = figures(rows(*population(n=400_000)[:3]), ("selection_rate",))
    chances, _, _, place = population(n=400_000)
    shares = np.array([chances[place == p][0] for p in range(12)])
    truth = whole.rates[1].value if of == "rate" else whole.gaps[1].value
    rng = np.random.default_rng(3)
    for _ in range(draws):
        own = shares[rng.integers(0, 12, 300)]
        label = (rng.random(300) < 0.5).astype(int)
        said = (rng.random(300) < 0.2 + 0.3 * own[:, 0] + 0.2 * label).astype(int)
        drawn = figures(rows(own, label, said), ("selection_rate",))
        found = (drawn.rates if of == "rate" else drawn.gaps)[1].interval
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / draws <= 0.985


def test_repeated_people_widen_the_intervals():
    chances, label, prediction, _ = population(n=500)
    every = [np.repeat(item, 4, axis=0) for item in (chances, label, prediction)]
    plain, repeated = (
        figures(rows(*every, person=person), ("selection_rate",))
        for person in (None, np.repeat(np.arange(500), 4))
    )
    once = figures(rows(chances, label, prediction), ("selection_rate",))
    for g in range(3):
        assert repeated.rates[g].effective_n == pytest.approx(once.rates[g].effective_n)
        assert plain.rates[g].effective_n == pytest.approx(4 * once.rates[g].effective_n)
        one, two = (item.gaps[g].interval for item in (once, repeated))
        assert (two.low, two.high) == pytest.approx((one.low, one.high))


def test_a_group_of_few_expected_rows_is_suppressed_and_in_no_gap():
    chances = np.tile([0.6, 0.39, 0.01], (1000, 1))
    _, label, prediction, _ = population(n=1000)
    found = figures(rows(chances, label, prediction), ("selection_rate",))
    assert [item.status for item in found.rates] == ["ok", "ok", "suppressed"]
    assert found.rates[2].value is None
    assert found.rates[2].low is None
    assert "10.0 rows expected, fewer than the minimum of 30" in found.rates[2].reason
    assert [item.status for item in found.gaps] == ["ok", "suppressed", "suppressed"]


def test_a_rate_without_a_denominator_is_undefined():
    chances, _, prediction, _ = population(n=300)
    found = figures(rows(chances, np.zeros(300, int), prediction), ("true_positive_rate",))
    assert {item.status for item in (*found.rates, *found.gaps)} == {"undefined"}
    assert all("no positive labels" in item.reason for item in found.rates)
    assert all(item.value is None and item.interval is None for item in found.gaps)


def test_probabilities_of_their_own_for_each_row_are_cautioned_against():
    chances, label, prediction, place = population()
    own = np.random.default_rng(5).dirichlet(np.ones(3), 2000)
    assert figures(rows(own, label, prediction)).caution == CAUTION
    assert figures(rows(chances, label, prediction)).caution == ""
    found = figures(rows(own, label, prediction, proxy=place))
    assert (found.caution, found.values) == ("", 12)


def test_no_rows_say_nothing():
    found = figures(rows(np.zeros((0, 2)), np.zeros(0, int), np.zeros(0, int)), unknown=7)
    assert (found.n, found.unknown, found.values) == (0, 7, 0)
    assert {item.status for item in (*found.rates, *found.gaps)} == {"suppressed"}


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(3)), st.integers(0, 100))
def test_the_order_of_the_groups_changes_nothing(order, seed):
    chances, label, prediction, _ = population(n=300, seed=seed)
    one = figures(rows(chances, label, prediction), minimum=1)
    groups = ProbableGroups(
        name="race", categories=tuple(NAMES[g] for g in order), probabilities=chances[:, order]
    )
    moved = ProbableRows(groups=groups, label=label, prediction=prediction)
    two = figures(moved, minimum=1)
    known = {(item.metric, item.group["race"]): item for item in two.rates}
    for item in one.rates:
        other = known[item.metric, item.group["race"]]
        assert (other.value, other.low, other.high) == pytest.approx(
            (item.value, item.low, item.high)
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100), st.floats(0.1, 10))
def test_the_unit_of_weights_changes_no_estimate(seed, scale):
    chances, label, prediction, _ = population(n=200, seed=seed)
    weights = np.random.default_rng(seed).uniform(0.5, 2, 200)
    one, two = (
        figures(rows(chances, label, prediction, weights=w), minimum=1)
        for w in (weights, scale * weights)
    )
    for first, second in zip(one.rates, two.rates, strict=True):
        assert first.value == pytest.approx(second.value)
        assert first.effective_n == pytest.approx(second.effective_n)
        assert (first.low, first.high) == pytest.approx((second.low, second.high))


@pytest.mark.parametrize("name", sorted(RATES))
def test_every_rate_can_be_asked_for(name):
    found = figures(rows(*population(n=500)[:3]), (name,))
    assert {item.metric for item in found.rates} == {name}
    assert all(item.low <= item.value <= item.high for item in found.rates)

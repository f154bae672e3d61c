"""What must not change an interval or a test, and which way they must move."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.metrics.statistics.delong import delong
from audit.metrics.statistics.dirichlet import count_function
from audit.metrics.statistics.equivalence import equivalence_p
from audit.metrics.statistics.homogeneity import q_test, shrunken_gap
from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.jackknife import jackknife
from audit.metrics.statistics.means import welch_limits
from audit.metrics.statistics.movers import best_separated, mover_difference, mover_ratio
from audit.metrics.statistics.multiplicity import benjamini_hochberg, holm
from audit.metrics.statistics.score_intervals import miettinen_nurminen, miettinen_nurminen_ratio
from audit.metrics.statistics.simultaneous import SIDAK, TUKEY
from audit.metrics.statistics.touching import largest_quantile
from simulation import f1

COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
GROUPS = st.lists(COUNTS, min_size=2, max_size=12)
Z = st.floats(0.1, 6)
PROBABILITIES = st.lists(st.floats(0, 1), max_size=12)
BINS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=8)
SOME = settings(max_examples=60, deadline=None)
RANDOM = st.randoms(use_true_random=False)


def columns(groups):
    return np.array(groups, dtype=float).T


@given(COUNTS, COUNTS, Z)
@SOME
def test_score_intervals_hold_their_estimate_and_mirror(one, two, z):
    (x1, n1), (x2, n2) = one, two
    low, high = miettinen_nurminen(x1, n1, x2, n2, z)
    assert -1 <= low <= x1 / n1 - x2 / n2 + 1e-12
    assert x1 / n1 - x2 / n2 - 1e-12 <= high <= 1
    mirrored = miettinen_nurminen(x2, n2, x1, n1, z)
    np.testing.assert_allclose((-mirrored[1], -mirrored[0]), (low, high), atol=1e-9)
    low, high = miettinen_nurminen_ratio(x1, n1, x2, n2, z)
    assert 0 <= low <= high
    if x2:
        ratio = (x1 / n1) / (x2 / n2)
        assert low <= ratio * (1 + 1e-9)
        assert ratio <= high * (1 + 1e-9)


@given(GROUPS, Z, RANDOM)
@SOME
def test_the_order_of_groups_changes_no_extreme(groups, z, random):
    x, n = columns(groups)
    order = random.sample(range(len(groups)), len(groups))
    for method in (TUKEY, SIDAK):
        found = [
            method.gap(x[p] / n[p], *wilson(x[p], n[p], z)) for p in (np.arange(len(n)), order)
        ]
        assert found[0].low == pytest.approx(found[1].low, abs=1e-12)
        assert found[0].high == pytest.approx(found[1].high, abs=1e-12)
        ratios = [
            method.ratio(x[p] / n[p], *wilson(x[p], n[p], z)) for p in (np.arange(len(n)), order)
        ]
        assert ratios[0] == pytest.approx(ratios[1], abs=1e-12)


@given(GROUPS, Z)
@SOME
def test_extremes_are_those_over_all_pairs(groups, z):
    x, n = columns(groups)
    low, high = wilson(x, n, z)
    pairs = [
        (mover_difference(*one, *two), mover_ratio(*one, *two))
        for one, two in permutations(
            [(v, (a, b)) for v, a, b in zip(x / n, low, high, strict=True)], 2
        )
    ]
    gap = TUKEY.gap(x / n, low, high)
    least, _, _ = best_separated(x / n, low, high)
    assert least == pytest.approx(max(float(d[0]) for d, _ in pairs), abs=1e-12)
    assert gap.high == pytest.approx(max(float(d[1]) for d, _ in pairs), abs=1e-12)
    ratio = TUKEY.ratio(x / n, low, high)
    assert ratio[0] == pytest.approx(min(float(r[0]) for _, r in pairs), abs=1e-12)
    assert ratio[1] == pytest.approx(min(1.0, *(float(r[1]) for _, r in pairs)), abs=1e-12)


@given(GROUPS)
@SOME
def test_beyond_its_quantile_no_pair_stands_apart(groups):
    x, n = columns(groups)

    def limits(z):
        return wilson(x, n, z)

    quantile = largest_quantile(x / n, limits)
    assert best_separated(x / n, *limits(quantile * (1 + 1e-6) + 1e-9))[0] <= 1e-12
    if quantile > 1e-3:
        assert best_separated(x / n, *limits(quantile * (1 - 1e-6)))[0] > -1e-12


@given(GROUPS, RANDOM)
@SOME
def test_q_and_the_shrunken_gap_do_not_see_the_order(groups, random):
    x, n = columns(groups)
    order = random.sample(range(len(groups)), len(groups))
    one, two = q_test(x, n), q_test(x[order], n[order])
    assert one.statistic == pytest.approx(two.statistic, abs=1e-9)
    assert 0 < one.p <= 1
    if one.method != "permutation":
        assert one.p == pytest.approx(two.p)
    assert shrunken_gap(x, n) == pytest.approx(shrunken_gap(x[order], n[order]))
    assert 0 <= shrunken_gap(x, n) <= np.ptp(x / n) + 1e-12


@given(PROBABILITIES, RANDOM)
@SOME
def test_benjamini_hochberg_keeps_the_order_and_is_at_most_holm(p_values, random):
    adjusted = benjamini_hochberg(p_values)
    assert all(p <= a * (1 + 1e-12) for p, a in zip(p_values, adjusted, strict=True))
    assert all(a <= h * (1 + 1e-12) for a, h in zip(adjusted, holm(p_values), strict=True))
    places = random.sample(range(len(p_values)), len(p_values))
    shuffled = benjamini_hochberg([p_values[place] for place in places])
    assert list(shuffled) == pytest.approx([adjusted[place] for place in places])


@given(COUNTS, COUNTS, st.floats(0.01, 0.5))
@SOME
def test_a_wider_tolerance_is_easier_to_show(one, two, tolerance):
    (x1, n1), (x2, n2) = one, two

    def p(t):
        parts = (x1 / n1, lambda z: wilson(x1, n1, z)), (x2 / n2, lambda z: wilson(x2, n2, z))
        return float(equivalence_p(*parts[0], *parts[1], t)), float(
            equivalence_p(*parts[1], *parts[0], t)
        )

    narrow, wide = p(tolerance), p(tolerance * 1.5)
    assert narrow[0] == pytest.approx(narrow[1], abs=1e-9)
    assert wide[0] <= narrow[0] + 1e-9


@given(BINS, Z)
@SOME
def test_an_auc_mirrors_when_labels_or_scores_are_turned_round(bins, z):
    positive, negative = columns(bins)
    found = delong(positive, negative)
    if np.isnan(found.value):
        assert np.isnan(found.limits(z)).all()
        return
    low, high = found.limits(z)
    assert 0 <= low <= found.value <= high <= 1
    for other in (delong(negative, positive), delong(positive[::-1], negative[::-1])):
        assert float(other.value) == pytest.approx(1 - float(found.value))
        mirrored = other.limits(z)
        np.testing.assert_allclose((1 - mirrored[1], 1 - mirrored[0]), (low, high), atol=1e-9)


@given(BINS, Z)
@SOME
def test_empty_bins_change_no_auc(bins, z):
    positive, negative = columns(bins)
    wider = delong(np.insert(positive, 1, 0), np.insert(negative, 1, 0))
    np.testing.assert_allclose(wider.limits(z), delong(positive, negative).limits(z), atol=1e-12)


@given(
    st.lists(st.floats(-10, 10).filter(lambda v: v == 0 or abs(v) > 1e-3), min_size=2, max_size=30),
    st.floats(-5, 5),
    st.floats(0.5, 4),
    st.floats(0.1, 4),
)
@SOME
def test_a_mean_moves_and_stretches_with_its_values(values, shift, scale, z):
    values = np.array(values)
    if np.ptp(values) < 0.1:
        return

    def limits(v):
        return np.array(welch_limits(v.sum(), (v**2).sum(), len(v), z))

    np.testing.assert_allclose(
        limits(values * scale + shift), limits(values) * scale + shift, rtol=1e-6, atol=1e-6
    )


@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4), min_size=1, max_size=4), Z)
@settings(max_examples=25, deadline=None)
def test_limits_of_a_function_of_counts_hold_its_value(counts, z):
    estimate = count_function(f1, np.array(counts), within=(0, 1))
    low, high = estimate.limits(z)
    defined = np.isfinite(estimate.value)
    assert (low[defined] <= estimate.value[defined]).all()
    assert (estimate.value[defined] <= high[defined]).all()
    assert (low[defined] >= 0).all()
    assert (high[defined] <= 1).all()
    assert np.isnan(low[~defined]).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), RANDOM)
@SOME
def test_the_order_of_buckets_changes_nothing(left_out, random):
    shuffled = random.sample(left_out, len(left_out))
    one, two = (jackknife(0.5, np.array(part)) for part in (left_out, shuffled))
    assert float(one.error) == pytest.approx(float(two.error), abs=1e-12)

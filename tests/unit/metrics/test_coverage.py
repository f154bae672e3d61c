"""What the intervals promise, checked: by enumeration for rates, else by simulation.

Each bound stands beside what was measured; Monte Carlo figures carry the error of as many draws.
Nominal coverage is .95 throughout. The full grid is in `benchmarks/bench_coverage.py`.
"""

from itertools import product

import numpy as np
import pytest

from audit.metrics.statistics.intervals import mover_r, newcombe, tango, wilson
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.statistics.score_intervals import miettinen_nurminen, miettinen_nurminen_ratio
from audit.metrics.statistics.simultaneous import TUKEY, simultaneous_for
from exact_coverage import (
    Z,
    difference,
    katz,
    one_rate,
    ratio,
    two_rates,
    wald,
    wald_one,
)
from simulation import (
    CELL_SHARES,
    COUNT_FUNCTIONS,
    TRUE_RATES,
    auc_gaps,
    aucs,
    count_function_gaps,
    count_functions,
    gap_bias,
    largest_gaps,
    mean_gaps,
    means,
    repeated_rows,
    share_held,
    weighted_gaps,
)

SMALL_SIZES = [(10, 10), (30, 30), (100, 100), (10, 100), (30, 300), (10, 1000)]


def equal_and_thirty(n1, n2, p1, p2):
    return n1 == n2 >= 30


def test_wilson_covers_a_rate():
    """Exact: mean .949, minimum .904 at n = 10 and p = .01, .921 from 30 rows on."""
    found = one_rate("wilson", wilson)
    assert 0.94 < found.mean < 0.98
    assert found.minimum > 0.90
    assert found.where(lambda n, p: n >= 30).minimum > 0.92
    assert one_rate("wald", wald_one).minimum < 0.1


@pytest.mark.parametrize(
    ("name", "interval", "truth", "at_thirty"),
    [
        ("newcombe", newcombe, difference, 0.94),
        ("mover-r", mover_r, ratio, 0.94),
    ],
)
def test_a_comparison_of_two_rates_is_covered(name, interval, truth, at_thirty):
    """Exact: means .957 and .953; minima .906 and .904 at 10 against 1,000 rows and p = .01."""
    found = two_rates(name, interval, truth)
    assert 0.94 < found.mean < 0.98
    assert found.minimum > 0.90
    assert found.where(equal_and_thirty).minimum > at_thirty


@pytest.mark.parametrize(
    ("interval", "truth"),
    [(miettinen_nurminen, difference), (miettinen_nurminen_ratio, ratio)],
    ids=["difference", "ratio"],
)
def test_the_score_intervals_cover_as_much(interval, truth):
    """Exact: minima .906 and .904; at equal sizes from 30 rows on .933 and .928."""
    found = two_rates("score", interval, truth, sizes=SMALL_SIZES, rates=(0.01, 0.05, 0.1, 0.5))
    assert 0.94 < found.mean < 0.98
    assert found.minimum > 0.90
    assert found.where(equal_and_thirty).minimum > 0.925


def test_the_textbook_intervals_do_not():
    """Exact: .105 and 0."""
    assert two_rates("wald", wald, difference).minimum < 0.2
    assert two_rates("katz", katz, ratio).minimum < 0.01


@pytest.mark.parametrize("n", [30, 100, 1000])
def test_tango_with_mover_covers_an_imprint(n):
    rng = np.random.default_rng(0)
    found = []
    for (b1, c1), (b2, c2) in product(
        [(0.05, 0.2), (0.3, 0.1), (0.02, 0.02), (0.1, 0.1)], repeat=2
    ):
        one = rng.multinomial(n, (1 - b1 - c1, b1, c1), 1500).T
        two = rng.multinomial(n, (1 - b2 - c2, b2, c2), 1500).T
        d1, d2 = (one[1] - one[2]) / n, (two[1] - two[2]) / n
        limits = mover_difference(d1, tango(one[1], one[2], n, Z), d2, tango(two[1], two[2], n, Z))
        found.append(share_held(limits, (b1 - c1) - (b2 - c2)))
    assert 0.945 < np.mean(found) < 0.99
    assert min(found) > 0.93


@pytest.mark.parametrize("name", COUNT_FUNCTIONS)
def test_functions_of_counts_are_covered(name):
    """Measured at 2,000 draws: means .941 to .963, minimum .930 (FN / FP at 30 rows)."""
    found = count_functions(name, 500, (30, 300))
    assert 0.935 < found.mean < 0.98
    assert found.minimum > 0.91


@pytest.mark.parametrize("name", ["F1", "MCC"])
def test_their_differences_are_covered(name):
    """Measured at 1,000 draws: means .953 and .946, minima .936 and .933."""
    found = count_function_gaps(name, 400, ((30, 300),), CELL_SHARES[:2])
    assert 0.935 < found.mean < 0.98
    assert found.minimum > 0.915


def test_an_auc_is_covered():
    """Measured: .933 or more, even with 10 positives, 100 negatives, or an AUC of .98."""
    found = aucs(1000, ((10, 10), (10, 100), (100, 100)), (0.5, 0.8, 0.95), (1, 2))
    assert 0.94 < found.mean < 0.98
    assert found.minimum > 0.92
    gaps = auc_gaps(400, ((10, 40),), (0.6, 0.9))
    assert gaps.minimum > 0.915


def test_a_mean_is_covered_from_thirty_rows_on():
    """Measured: .924 for exponential errors at 30, .878 at 5; normal ones .95 at any size."""
    found = means(4000, (30, 100, 1000))
    assert 0.94 < found.mean < 0.96
    assert found.minimum > 0.915
    assert means(4000, (5,)).where(lambda n, shape: shape == "normal").minimum > 0.935


@pytest.mark.parametrize("how", ["welch", "mover"])
def test_a_difference_of_means_is_covered(how):
    found = mean_gaps(2000, ((30, 30), (30, 300)), how)
    assert 0.93 < found.mean < 0.97
    assert found.minimum > 0.91


def test_kishs_size_keeps_the_coverage_of_weighted_rows():
    """Measured: .939 or more; counting rows covers .859 on average."""
    assert weighted_gaps(1000, (30, 100, 300), "kish").minimum > 0.92
    assert weighted_gaps(1000, (30, 100, 300), "rows").mean < 0.9


def test_buckets_keep_the_coverage_of_repeated_rows():
    """Measured with 50 to 1,000 people: t .935 to .952, by Wilson .945 to .952; as rows .76."""
    assert repeated_rows(1000, (50, 200), "jackknife").minimum > 0.90
    assert repeated_rows(1000, (50, 200), "effective").minimum > 0.915
    assert repeated_rows(1000, (50, 200), "rows").mean < 0.8


def test_the_simultaneous_interval_covers_the_largest_gap():
    """Measured at 400 draws: mean .979, minimum .927 with two groups, where it is Newcombe's."""
    found = largest_gaps(simultaneous_for, 200, (2, 5, 50))
    assert 0.95 < found.mean <= 1
    assert found.minimum > 0.90


def test_tukey_alone_would_not_with_rare_events_in_uneven_groups():
    rng = np.random.default_rng(0)
    n = np.geomspace(10, 1000, 50).astype(int)
    held = {"tukey": 0, "chosen": 0}
    for x in rng.binomial(n, 0.02, (400, 50)):
        for name, method in (("tukey", TUKEY), ("chosen", simultaneous_for(n, x))):
            held[name] += method.gap(x / n, *wilson(x, n, method.z(0.05, 50))).low <= 0
    assert held["tukey"] / 400 < 0.9
    assert held["chosen"] / 400 > 0.95


@pytest.mark.parametrize("shape", TRUE_RATES)
def test_the_shrunken_gap_is_less_biased_than_the_plain_one(shape):
    """Measured at 50 groups of 30: -.094 to +.165 against +.141 to +.370."""
    shrunken, plain = gap_bias(shape, 400)
    assert abs(shrunken) < plain
    assert -0.12 < shrunken < 0.19

from itertools import product

import numpy as np
import pytest

from audit.metrics.statistics.intervals import newcombe
from audit.metrics.statistics.score_intervals import miettinen_nurminen, miettinen_nurminen_ratio
from oracles.score import slow_miettinen_nurminen, slow_miettinen_nurminen_ratio

Z = 1.959963984540054
COUNTS = [(0, 10), (1, 10), (10, 10), (3, 7), (37, 400), (2.5, 12.3)]
PAIRS = [(*one, *two) for one, two in product(COUNTS, repeat=2)]


@pytest.mark.parametrize("z", [1.0, Z])
@pytest.mark.parametrize("counts", PAIRS[::3])
def test_the_difference_is_the_brute_force_one(counts, z):
    expected = slow_miettinen_nurminen(*counts, z)
    np.testing.assert_allclose(miettinen_nurminen(*counts, z), expected, atol=2e-6)


@pytest.mark.parametrize("counts", [c for c in PAIRS if c[0] > 0 and c[2] > 0][::2])
def test_the_ratio_is_the_brute_force_one(counts):
    expected = slow_miettinen_nurminen_ratio(*counts, Z)
    np.testing.assert_allclose(miettinen_nurminen_ratio(*counts, Z), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((56, 70, 48, 80), (0.0528, 0.3382)),
        ((9, 10, 3, 10), (0.1700, 0.8406)),
        ((6, 7, 2, 7), (0.0342, 0.8534)),
        ((5, 56, 0, 29), (-0.0326, 0.1933)),
        ((10, 10, 0, 20), (0.7156, 1.0000)),
    ],
)
def test_the_difference_gives_the_values_of_newcombes_table(counts, expected):
    """Newcombe 1998, table II, method 6."""
    np.testing.assert_allclose(miettinen_nurminen(*counts, Z), expected, atol=5e-5)


def test_statsmodels_agrees():
    """On ratios and Newcombe. Its score interval of a difference is wrong (its issue 10269)."""
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for counts in ((7, 34, 1, 34), (10, 44, 20, 51), (3, 60, 9, 40), (56, 70, 48, 80)):
        expected = proportion.confint_proportions_2indep(
            *counts, method="score", compare="ratio", correction=True
        )
        np.testing.assert_allclose(miettinen_nurminen_ratio(*counts, Z), expected, rtol=1e-7)
        expected = proportion.confint_proportions_2indep(*counts, method="newcomb", compare="diff")
        np.testing.assert_allclose(newcombe(*counts, Z), expected, atol=1e-9)


def test_the_ratio_is_open_where_a_count_is_zero():
    low, high = miettinen_nurminen_ratio([0, 5, 0], [20, 20, 20], [5, 0, 0], [20, 20, 20], Z)
    assert low[0] == 0
    assert 0 < high[0] < 1.5
    assert low[1] > 0.5
    assert high[1] == np.inf
    assert (low[2], high[2]) == (0, np.inf)


def test_limits_of_no_rows_are_missing():
    assert np.isnan(miettinen_nurminen(0, 0, 3, 10, Z)).all()
    assert np.isnan(miettinen_nurminen_ratio(3, 10, 0, 0, Z)).all()


def test_swapping_the_groups_mirrors_both():
    low, high = miettinen_nurminen(3, 30, 9, 50, Z)
    mirrored = miettinen_nurminen(9, 50, 3, 30, Z)
    assert (-mirrored[1], -mirrored[0]) == pytest.approx((float(low), float(high)))
    low, high = miettinen_nurminen_ratio(3, 30, 9, 50, Z)
    mirrored = miettinen_nurminen_ratio(9, 50, 3, 30, Z)
    assert (1 / mirrored[1], 1 / mirrored[0]) == pytest.approx((float(low), float(high)))

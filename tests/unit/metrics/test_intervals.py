from itertools import product

import numpy as np
import pytest

from audit.metrics.statistics.intervals import mover_r, newcombe, tango, wilson
from audit.metrics.statistics.movers import mover_difference
from oracles.intervals import (
    slow_mover_difference,
    slow_mover_r,
    slow_newcombe,
    slow_tango,
    slow_wilson,
    textbook_mover_r,
)

Z = 1.959963984540054
COUNTS = [(0, 10), (1, 10), (10, 10), (3, 7), (0, 400), (37, 400), (399, 400), (2.5, 12.3)]
ZS = [0.5, Z, 4.2]
PAIRS = list(product(COUNTS, COUNTS, ZS))


@pytest.mark.parametrize(("count", "z"), list(product(COUNTS, ZS)))
def test_wilson_solves_its_quadratic(count, z):
    assert wilson(*count, z) == pytest.approx(slow_wilson(*count, z), abs=1e-12)


def test_wilson_touches_the_ends_exactly():
    low, high = wilson([0, 20], [20, 20], Z)
    assert low[0] == 0.0
    assert high[1] == 1.0


def test_newcombe_is_the_published_formula():
    for first, second, z in PAIRS:
        expected = slow_newcombe(*first, *second, z)
        assert newcombe(*first, *second, z) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0000)),
        ((10, 10, 0, 10), (0.6075, 1.0000)),
    ],
)
def test_newcombe_gives_the_values_of_his_table(counts, expected):
    """Newcombe 1998, table II, method 10."""
    assert newcombe(*counts, Z) == pytest.approx(expected, abs=5e-5)


def test_mover_r_solves_its_equation():
    for first, second, z in PAIRS:
        low, high = mover_r(*first, *second, z)
        expected = slow_mover_r(*first, *second, z)
        if first[0] == 0 and second[0] == 0:
            assert (float(low), float(high)) == (0.0, np.inf)
            continue
        assert (low, high) == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("counts", [(30, 60, 40, 60), (100, 400, 37, 400), (5, 20, 12, 30)])
def test_mover_r_is_the_textbook_form_where_that_is_stable(counts):
    assert mover_r(*counts, Z) == pytest.approx(textbook_mover_r(*counts, Z), rel=1e-9)


def test_mover_r_excludes_one_exactly_when_newcombe_excludes_zero():
    rng = np.random.default_rng(0)
    n1, n2 = rng.integers(5, 200, (2, 2000))
    x1, x2 = rng.binomial(n1, 0.5), rng.binomial(n2, 0.4)
    low, high = newcombe(x1, n1, x2, n2, Z)
    ratio_low, ratio_high = mover_r(x1, n1, x2, n2, Z)
    np.testing.assert_array_equal(low > 0, ratio_low > 1)
    np.testing.assert_array_equal(high < 0, ratio_high < 1)
    assert 100 < (low > 0).sum() < 1900


@pytest.mark.parametrize(
    "counts",
    [
        (0, 0, 30),
        (1, 0, 44),
        (0, 5, 20),
        (5, 5, 20),
        (12, 7, 26),
        (20, 0, 20),
        (86, 150, 1600),
        (3, 9, 12),
    ],
)
@pytest.mark.parametrize("z", ZS)
def test_tango_inverts_the_score_test(counts, z):
    assert tango(*counts, z) == pytest.approx(slow_tango(*counts, z), abs=1e-6)


def test_tango_without_changes_is_closed():
    """b = c = 0: n d = z^2 (1 - d), so d = z^2 / (n + z^2) on either side."""
    limit = Z**2 / (50 + Z**2)
    assert tango(0, 0, 50, Z) == pytest.approx((-limit, limit), abs=1e-12)


def test_mover_difference_is_the_published_formula():
    given = (0.2, (0.1, 0.35), -0.1, (-0.3, 0.0))
    assert mover_difference(*given) == pytest.approx(slow_mover_difference(*given))


@pytest.mark.parametrize("function", [newcombe, mover_r])
def test_without_rows_there_are_no_limits(function):
    assert np.isnan(function(0, 0, 3, 10, Z)).all()
    assert np.isnan(function(3, 10, 0, 0, Z)).all()


def test_one_group_without_rows_has_no_limits():
    assert np.isnan(wilson(0, 0, Z)).all()
    assert np.isnan(tango(0, 0, 0, Z)).all()


def test_intervals_work_on_whole_arrays():
    x, n = np.array([0, 3, 10]), np.array([10, 10, 10])
    low, high = newcombe(x, n, x[::-1], n, Z)
    for place in range(3):
        one = slow_newcombe(x[place], 10, x[2 - place], 10, Z)
        assert (low[place], high[place]) == pytest.approx(one, abs=1e-12)

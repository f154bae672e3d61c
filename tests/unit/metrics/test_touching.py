import time
from itertools import permutations

import numpy as np
import pytest

from audit.metrics.statistics.intervals import newcombe, wilson
from audit.metrics.statistics.movers import widest
from audit.metrics.statistics.significance import newcombe_z
from audit.metrics.statistics.touching import largest_quantile, touching_quantile, touching_z

X = np.array([12.0, 25, 9, 0, 31])
N = np.array([40.0, 60, 100, 31, 31])


def limits(z):
    return wilson(X, N, z)


def test_touching_quantiles_are_newcombes():
    pairs = np.array(list(permutations(range(5), 2))).T
    (x1, x2), (n1, n2) = X[pairs], N[pairs]
    found = touching_quantile(
        x1 / n1, lambda z: wilson(x1, n1, z), x2 / n2, lambda z: wilson(x2, n2, z)
    )
    assert found == pytest.approx(newcombe_z(x1, n1, x2, n2))
    low, high = newcombe(x1, n1, x2, n2, found)
    assert np.minimum(abs(low), abs(high)) == pytest.approx(0, abs=1e-9)


def test_a_quantile_of_no_spread_is_infinite_and_of_no_value_missing():
    def exact(z):
        return np.array([1.0, 1.0, np.nan]), np.array([1.0, 1.0, np.nan])

    def other(z):
        return np.array([2.0, 1.0, 2.0]), np.array([2.0, 1.0, 2.0])

    found = touching_quantile([1.0, 1.0, np.nan], exact, [2.0, 1.0, 2.0], other)
    assert found[0] == np.inf
    assert found[1] == 0
    assert np.isnan(found[2])


def test_touching_z_inverts_a_known_function():
    assert touching_z([0.0, 1.0, 300.0], lambda z: 0.1 * z) == pytest.approx([0, 10, 3000])


def test_the_largest_quantile_is_the_largest_over_pairs():
    every = [float(newcombe_z(X[i], N[i], X[j], N[j])) for i, j in permutations(range(5), 2)]
    assert largest_quantile(X / N, limits) == pytest.approx(max(every), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_the_largest_quantile_of_random_groups(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(3, 500, 25)
    x = rng.binomial(n, rng.uniform(0, 1, 25) if seed % 2 else 0.3)
    i, j = np.triu_indices(25, 1)
    every = newcombe_z(x[i], n[i], x[j], n[j])
    assert largest_quantile(x / n, lambda z: wilson(x, n, z)) == pytest.approx(
        every.max(), rel=1e-9
    )


def test_the_largest_quantile_of_equal_groups_is_zero():
    assert largest_quantile([0.5, 0.5], lambda z: wilson([5, 50], [10, 100], z)) == 0


def test_the_largest_quantile_of_exact_values_is_infinite():
    values = np.array([0.1, 0.2, 0.2])
    assert largest_quantile(values, lambda z: (values, values)) == np.inf


def test_many_thousand_groups_need_no_table_of_pairs():
    """A table of 100,000 by 100,000 pairs would need 80 GB."""
    rng = np.random.default_rng(0)
    n = rng.integers(30, 3000, 100_000)
    x = rng.binomial(n, rng.beta(20, 40, 100_000))
    start = time.perf_counter()
    found = largest_quantile(x / n, lambda z: wilson(x, n, z))
    assert found > 10
    assert widest(x / n, *wilson(x, n, 4.0)) > np.ptp(x / n)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "reach",
    [
        lambda z: z**5,
        lambda z: 1 - np.exp(-z),
        lambda z: np.where(z < 3, 0.0, 1.0) * (z - 3) + 1e-9 * z,
        np.arctan,
    ],
    ids=["steep", "saturating", "with a bend", "bounded"],
)
def test_touching_z_copes_with_any_rising_reach(reach):
    gap = np.array([1e-6, 0.1, 0.5, 0.9])
    found = touching_z(gap, reach)
    assert reach(found) == pytest.approx(gap, rel=1e-9, abs=1e-11)


def test_touching_z_of_limits_that_jump_to_infinity():
    assert touching_z([0.5, 5.0], lambda z: np.where(z > 2, np.inf, 0.1 * z)) == pytest.approx(
        [2, 2]
    )


def test_a_reach_that_never_gets_there_is_infinitely_far():
    assert touching_z([0.5, 1.5], np.tanh)[1] == np.inf

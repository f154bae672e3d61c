"""What the intervals and tests promise, checked by simulation with fixed seeds.

Each bound stands beside what was measured. Nominal coverage is .95 throughout; score intervals are
not exact for small counts, and the minimum over a grid says how far they fall short.
"""

from itertools import product

import numpy as np
import pytest

from audit.metrics.cells import CellTable
from audit.metrics.disparity import measure_rates
from audit.metrics.estimates import Scope
from audit.metrics.intervals import mover_difference, mover_r, newcombe, tango, wilson
from audit.metrics.rates import HEADLINE, rates
from audit.metrics.significance import pairwise_limits, range_z

Z = 1.959963984540054
DRAWS = 4000
SIZES = [(30, 30), (100, 100), (30, 300), (500, 500)]
SHARES = [0.05, 0.1, 0.3, 0.5]


def covers(limits, truth):
    low, high = limits
    return float(np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12)))


def grid(interval, truth_of):
    rng = np.random.default_rng(0)
    found = []
    for (n1, n2), p1, p2 in product(SIZES, SHARES, SHARES):
        x1, x2 = rng.binomial(n1, p1, DRAWS), rng.binomial(n2, p2, DRAWS)
        found.append(covers(interval(x1, n1, x2, n2, Z), truth_of(p1, p2)))
    return np.array(found)


def test_wilson_covers_a_rate():
    rng = np.random.default_rng(0)
    found = [
        covers(wilson(rng.binomial(n, p, DRAWS), n, Z), p)
        for n, p in product((30, 100, 500), SHARES)
    ]
    assert 0.94 < np.mean(found) < 0.965
    assert min(found) > 0.92


def test_newcombe_covers_a_difference():
    found = grid(newcombe, lambda p1, p2: p1 - p2)
    assert 0.945 < found.mean() < 0.975
    assert found.min() > 0.925


def test_mover_r_covers_a_ratio():
    found = grid(mover_r, lambda p1, p2: p1 / p2)
    assert 0.945 < found.mean() < 0.975
    assert found.min() > 0.92


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
        found.append(covers(limits, (b1 - c1) - (b2 - c2)))
    assert 0.945 < np.mean(found) < 0.99
    assert min(found) > 0.93


def test_kishs_size_keeps_the_coverage_of_weighted_rows():
    """Log-normal weights; counts alone would cover less (also asserted)."""
    rng = np.random.default_rng(0)
    n, p1, p2, draws = 200, 0.3, 0.4, 1500
    kish, naive = [], []
    for _ in range(draws):
        parts = []
        for p in (p1, p2):
            w, y = rng.lognormal(0, 0.8, n), rng.random(n) < p
            share, size = (w * y).sum() / w.sum(), w.sum() ** 2 / (w**2).sum()
            parts.append((share, size))
        (s1, n1), (s2, n2) = parts
        kish.append(covers(newcombe(s1 * n1, n1, s2 * n2, n2, Z), p1 - p2))
        naive.append(covers(newcombe(s1 * n, n, s2 * n, n, Z), p1 - p2))
    assert 0.93 < np.mean(kish) < 0.97
    assert np.mean(naive) < 0.9


@pytest.mark.parametrize(
    "shares",
    [
        (0.3,) * 5,
        (0.3, 0.3, 0.3, 0.3, 0.6),
        (0.1, 0.2, 0.3, 0.4, 0.5),
        (0.02,) * 5,
        (0.3,) * 20,
    ],
)
@pytest.mark.parametrize("sizes", ["equal", "uneven"])
def test_the_simultaneous_interval_covers_the_largest_gap(shares, sizes):
    """Tukey-Newcombe is conservative: .94 or more, up to 1."""
    rng = np.random.default_rng(0)
    groups = len(shares)
    n = np.full(groups, 60) if sizes == "equal" else np.linspace(30, 900, groups).astype(int)
    z, truth, draws = range_z(0.05, groups), max(shares) - min(shares), 600
    hits = 0
    for x in rng.binomial(n, shares, (draws, groups)):
        low, high = pairwise_limits(x, n, z)
        hits += max(np.nanmax(low), 0) <= truth <= np.nanmax(high)
    assert hits / draws > 0.95 - 2.33 * np.sqrt(0.0475 / draws) - 0.01


def null_table(rng, n=1500):
    label = rng.random(n) < 0.4
    prediction = rng.random(n) < np.where(label, 0.6, 0.2)
    return CellTable.from_codes(
        [
            ("sex", ("F", "M"), rng.integers(0, 2, n)),
            ("race", ("A", "B", "C", "D"), rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])),
        ],
        label.astype(np.int64),
        prediction.astype(np.int64),
    )


@pytest.mark.slow
def test_headline_alarms_on_no_disparity_are_rare():
    """200 null data sets, 9 headline comparisons each; at most .05 by Holm, plus Monte Carlo."""
    rng = np.random.default_rng(7)
    draws, alarms = 200, 0
    for _ in range(draws):
        found = measure_rates(
            null_table(rng),
            rates(HEADLINE),
            scope=Scope(confidence=0.95),
            reference="largest",
            intersections=2,
        )
        headline = [
            d
            for d in found.disparities
            if d.family.name == "headline" and d.kind == "difference" and d.status == "ok"
        ]
        assert len(headline) == 9
        alarms += min(d.p_adjusted for d in headline) < 0.05
    assert alarms / draws <= 0.05 + 2.33 * np.sqrt(0.0475 / draws)


def test_a_planted_disparity_is_found():
    """A gap of .15 between two groups of 750 is found nearly always."""
    rng = np.random.default_rng(8)
    found = 0
    for _ in range(20):
        group = rng.integers(0, 2, 1500)
        prediction = rng.random(1500) < 0.3 + 0.15 * group
        table = CellTable.from_codes(
            [("sex", ("F", "M"), group)], rng.integers(0, 2, 1500), prediction.astype(np.int64)
        )
        measured = measure_rates(
            table, rates(HEADLINE), scope=Scope(), reference="largest", intersections=1
        )
        found += measured.disparities[0].p_adjusted < 0.05
    assert found >= 19

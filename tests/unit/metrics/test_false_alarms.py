"""How often tests alarm where there is nothing: at most .05, and Monte Carlo error (2.33 sigma)."""

import numpy as np
import pytest

from audit.metrics.disparity import measure
from audit.metrics.statistics.multiplicity import benjamini_hochberg, holm
from audit.metrics.table.cells import CellTable
from simulation import (
    bound,
    null_families,
    q_alarms,
    range_power_and_q_power,
    reference_families,
)

DRAWS = 2000


def test_holm_rarely_alarms_in_a_family_of_worst_pairs():
    """2,000 null data sets, 9 worst pairs each. Measured: .039."""
    families = null_families(DRAWS)
    alarms = np.mean([min(holm(p_values)) < 0.05 for p_values in families])
    assert 0.01 < alarms <= bound(DRAWS)


@pytest.mark.parametrize("planted", [0, 5, 10])
def test_benjamini_hochberg_keeps_the_share_of_false_alarms(planted):
    """20 groups against one reference, some of them truly apart. Measured: .043, .037, .024."""
    families = reference_families(DRAWS, planted)
    found = np.array([benjamini_hochberg(p_values) for p_values in families]) < 0.05
    false = found[:, planted:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert false.mean() <= bound(DRAWS)
    if planted:
        assert found[:, :planted].mean() > 0.95


@pytest.mark.parametrize(
    ("sizes", "p"),
    [
        ((50,) * 5, 0.3),
        ((30,) * 10, 0.05),
        (tuple(range(10, 300, 40)), 0.02),
        ((5,) * 20, 0.1),
        ((20,) * 250, 0.03),
        ((8, 5, 3), 0.3),
    ],
    ids=["large", "small", "uneven and rare", "tiny", "250 groups", "three tiny"],
)
def test_q_keeps_its_level(sizes, p):
    """By chi-squared, by permutation and by moments. Measured: .023 to .056."""
    assert q_alarms(sizes, p, DRAWS) <= bound(DRAWS)


def test_q_finds_a_spread_that_the_largest_pair_does_not():
    """20 groups of 100, half at .25 and half at .35. Measured: .57 against .88."""
    by_range, by_q = range_power_and_q_power(
        np.full(20, 100), np.where(np.arange(20) % 2, 0.35, 0.25), 300
    )
    assert by_q > by_range + 0.15


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
def test_headline_alarms_of_a_whole_audit_are_rare():
    """60 null data sets through `measure`; at most .05 by Holm, plus Monte Carlo."""
    rng = np.random.default_rng(7)
    draws, alarms = 60, 0
    for _ in range(draws):
        headline = [
            d
            for d in measure(null_table(rng)).disparities
            if d.family.name == "headline" and d.kind == "difference" and d.p_adjusted is not None
        ]
        assert headline
        alarms += min(d.p_adjusted for d in headline) < 0.05
    assert alarms / draws <= bound(draws)


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
        worst = next(
            d
            for d in measure(table).disparities
            if (d.metric, d.kind, d.selection) == ("selection_rate", "difference", "worst_pair")
        )
        found += worst.p_adjusted < 0.05
    assert found >= 19

"""The search for a strength."""

import numpy as np
import pytest

from audit.mitigation.tuning import Figures, Trial, choose, gap_of, next_strength

GRID = (1.0, 2.0, 4.0, 8.0)
BASE = Figures(gap=0.2, accuracy=0.8)


def searched(gap_of):
    trials = []
    while strength := next_strength(trials, GRID, BASE, 0.5):
        trials.append(Trial(strength=strength, figures=Figures(gap=gap_of(strength), accuracy=0.7)))
    return [trial.strength for trial in trials], trials[choose(trials, BASE, 0.5)].strength


def test_it_climbs_to_the_aim_and_then_looks_between():
    tried, chosen = searched(lambda strength: 0.3 / strength)
    assert tried == pytest.approx([1, 2, 4, (2 * 4) ** 0.5, (8**0.5 * 4) ** 0.5])
    assert 0.3 / chosen <= 0.1
    assert chosen == min(strength for strength in tried if 0.3 / strength <= 0.1)


def test_it_stops_at_the_first_that_is_enough():
    assert searched(lambda _: 0.05) == ([1.0], 1.0)


def test_out_of_reach_it_takes_the_narrowest():
    gaps = {1.0: 0.19, 2.0: 0.12, 4.0: 0.15, 8.0: 0.18}
    assert searched(gaps.get) == ([1.0, 2.0, 4.0, 8.0], 2.0)


def test_the_gap_is_over_the_rows_of_the_constraint():
    label = np.array([1, 1, 0, 1, 0, 0, 1], dtype=np.int8)
    target = np.array([1, 0, 1, 1, 1, 0, 0], dtype=np.int8)
    codes = np.array([0, 0, 0, 1, 1, 1, 2])
    weights = np.array([1.0, 1, 2, 1, 1, 1, 1])
    everyone = gap_of(label, target, codes, weights, groups=(0, 1), counted=None)
    assert everyone == pytest.approx(2 / 4 - 1 / 3)
    positives = gap_of(label, target, codes, weights, groups=(0, 1), counted=(1,))
    assert positives == pytest.approx(1 / 2 - 1 / 3)
    assert gap_of(label, target, codes, weights, groups=(5,), counted=None) == 0

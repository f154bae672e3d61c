from itertools import product

import numpy as np
import pytest

from audit.metrics.statistics import pairs
from audit.metrics.statistics.pairs import front, largest_over_pairs


def gap(v1, r1, v2, r2):
    return v1 - v2 - np.hypot(r1, r2)


SIGNS = (1, -1, -1, -1)


def brute(value, reach1, reach2):
    return max(
        float(gap(value[i], reach1[i], value[j], reach2[j]))
        for i, j in product(range(len(value)), repeat=2)
        if i != j
    )


@pytest.mark.parametrize("groups", [2, 3, 7, 40])
@pytest.mark.parametrize("seed", range(4))
def test_the_front_loses_no_extreme(groups, seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        value = rng.integers(0, 6, groups) / 6  # many ties
        reach1, reach2 = rng.integers(0, 4, (2, groups)) / 4
        found, i, j = largest_over_pairs(value, reach1, reach2, gap, signs=SIGNS)
        assert found == pytest.approx(brute(value, reach1, reach2), abs=1e-15)
        assert i != j
        assert gap(value[i], reach1[i], value[j], reach2[j]) == found


def test_one_group_that_is_best_on_both_sides_is_not_paired_with_itself():
    value, reach = np.array([0.5, 0.5, 0.5]), np.array([0.0, 0.3, 0.4])
    found, i, j = largest_over_pairs(value, reach, reach, gap, signs=SIGNS)
    assert found == pytest.approx(-0.3)
    assert {i, j} == {0, 1}


def test_equal_groups_leave_two():
    assert len(front(np.zeros(1000), np.zeros(1000))) == 2


def test_the_front_is_those_beaten_by_at_most_one():
    rng = np.random.default_rng(3)
    value, reach = rng.random((2, 200))
    expected = {
        i
        for i in range(200)
        if sum(value[k] >= value[i] and reach[k] >= reach[i] for k in range(200) if k != i) <= 1
    }
    assert set(front(value, reach).tolist()) == expected


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    value = np.sort(rng.random(300))
    reach1, reach2 = value**2, 1 - value**2  # better value, worse reach: nobody beats anybody
    whole = largest_over_pairs(value, reach1, reach2, gap, signs=SIGNS)
    monkeypatch.setattr(pairs, "BLOCK", 1000)
    assert largest_over_pairs(value, reach1, reach2, gap, signs=SIGNS) == whole
    assert whole[0] == pytest.approx(brute(value, reach1, reach2))

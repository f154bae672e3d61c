import numpy as np
import pytest
from scipy.stats import false_discovery_control

from audit.metrics.statistics.multiplicity import benjamini_hochberg, holm
from oracles.intervals import slow_holm
from oracles.spread import slow_benjamini_hochberg


@pytest.mark.parametrize("seed", range(5))
def test_holm_steps_down(seed):
    p = np.random.default_rng(seed).uniform(0, 0.2, 9).tolist()
    assert holm(p) == pytest.approx(slow_holm(p))


def test_holm_on_a_known_family():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == ()


@pytest.mark.parametrize("seed", range(5))
def test_benjamini_hochberg_steps_up(seed):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0, rng.choice([0.1, 1]), 11).tolist()
    p[3] = p[7]
    assert benjamini_hochberg(p) == pytest.approx(slow_benjamini_hochberg(p))
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))


def test_benjamini_hochberg_on_their_example():
    """Benjamini and Hochberg 1995, section 3.2: four of fifteen are rejected at .05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000]
    assert sum(value <= 0.05 for value in benjamini_hochberg(p)) == 4
    assert sum(value <= 0.05 for value in holm(p)) == 3
    assert benjamini_hochberg([]) == ()

import numpy as np
import pytest
from scipy.stats import norm

from audit.metrics.statistics.power import detectable_difference


@pytest.mark.parametrize("power", [0.6, 0.8, 0.95])
def test_the_gap_is_found_as_often_as_promised(power):
    gap = float(detectable_difference(0.02, 0.03, 1.96, power))
    found = np.random.default_rng(0).normal(gap, np.hypot(0.02, 0.03), 40_000)
    assert np.mean(found > 1.96 * np.hypot(0.02, 0.03)) == pytest.approx(power, abs=0.01)


def test_it_is_the_textbook_sum_of_quantiles():
    assert detectable_difference(0.1, 0.0, 1.96) == pytest.approx(0.1 * (1.96 + norm.isf(0.2)))
    assert np.isnan(detectable_difference(np.nan, 0.1, 1.96))

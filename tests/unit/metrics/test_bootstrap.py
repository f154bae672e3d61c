import numpy as np
import pytest
from scipy.stats import binom

from audit.errors import MetricError
from audit.metrics.statistics import bootstrap
from audit.metrics.statistics.bootstrap import SmallSampleWarning, bootstrap_limits

Z = 1.959963984540054


def first_share(cells):
    return cells[:, 0] / cells.sum(axis=1)


def test_cells_are_drawn_as_rows_would_be():
    """Of one share the bootstrap distribution is known: binomial."""
    low, high = bootstrap_limits(first_share, [600, 1400], Z, replicates=40_000)
    assert float(low) == pytest.approx(binom.ppf(0.025, 2000, 0.3) / 2000, abs=0.001)
    assert float(high) == pytest.approx(binom.ppf(0.975, 2000, 0.3) / 2000, abs=0.001)


def test_weights_enter_by_their_squares():
    """Weights of 2 on 1,000 rows spread as 1,000 rows do."""
    plain = bootstrap_limits(first_share, [300, 700], Z)
    counts, squares = np.array([600.0, 1400]), np.array([1200.0, 2800])
    weighted = bootstrap_limits(first_share, counts, Z, squares=squares)
    np.testing.assert_allclose(weighted, plain, atol=0.003)


def test_seeds_and_blocks(monkeypatch):
    one = bootstrap_limits(first_share, [600, 1400], Z, replicates=500)
    assert bootstrap_limits(first_share, [600, 1400], Z, replicates=500) == one
    assert bootstrap_limits(first_share, [600, 1400], Z, replicates=500, seed=1) != one
    monkeypatch.setattr(bootstrap, "BLOCK", 64)
    low, high = bootstrap_limits(first_share, [600, 1400], Z, replicates=500)
    assert low < 0.3 < high


def test_few_rows_warn():
    with pytest.warns(SmallSampleWarning, match="covers too little on 999 rows"):
        bootstrap_limits(first_share, [300, 699], Z, replicates=10)


@pytest.mark.parametrize(
    ("counts", "squares", "replicates", "message"),
    [
        ([1.5, 2], None, 10, "whole counts"),
        ([0, 0], None, 10, "came none"),
        ([0.0, 0.0], [0.0, 0.0], 10, "came none"),
        ([500, 600], None, 1, "2 replicates or more, came 1"),
    ],
)
def test_what_cannot_be_drawn_is_said(counts, squares, replicates, message):
    with pytest.raises(MetricError, match=message):
        bootstrap_limits(first_share, counts, Z, squares=squares, replicates=replicates)

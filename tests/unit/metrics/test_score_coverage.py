"""What the intervals of score metrics promise, checked by simulation with fixed seeds.

Nominal coverage is .95. Scores are right as probabilities, so that every true value is known from
their distribution. Each bound stands beside what was measured; where it is below .93 the interval
is known to fall short there.
"""

import numpy as np
import pytest

from audit.metrics.measures.distances import DISTANCES
from audit.metrics.measures.score_metrics import SCORES
from score_tables import score_table

Z = 1.959963984540054
DRAWS = 1000
SPREADS = {"spread": (2, 2), "tenth": (1, 9), "rare": (0.5, 20)}
MEANS = ("brier", "log_loss", "calibration_in_the_large")


def truth(a, b):
    """Values of scores that are right, from a million draws of the score alone."""
    score = np.sort(np.random.default_rng(99).beta(a, b, 1_000_000))
    losing = np.cumsum(1 - score) / (1 - score).sum()
    winning = np.cumsum(score) / score.sum()
    safe = np.clip(score, 1e-12, 1 - 1e-12)
    return {
        "auc": (score * losing).sum() / score.sum(),
        "ks": (losing - winning).max(),
        "mean_score": score.mean(),
        "brier": (score * (1 - score)).mean(),
        "log_loss": -(safe * np.log(safe) + (1 - safe) * np.log1p(-safe)).mean(),
        "calibration_in_the_large": 0.0,
        "calibration_intercept": 0.0,
        "calibration_slope": 1.0,
    }


def coverage(spread, n, names, draws=DRAWS):
    rng = np.random.default_rng(7)
    score = rng.beta(*SPREADS[spread], (draws, n)).clip(1e-12, 1 - 1e-12)
    label = rng.random(score.shape) < score
    table = score_table(np.repeat(np.arange(draws), n), label.ravel(), score.ravel())
    true, found = truth(*SPREADS[spread]), {}
    for name in names:
        measured = SCORES[name].measure(table)
        low, high = measured.limits(Z)
        held = (low <= true[name]) & (true[name] <= high)
        found[name] = held[np.isfinite(measured.values)].mean()
    return found


@pytest.mark.parametrize(
    ("spread", "n", "lowest"),
    [("spread", 30, 0.93), ("spread", 100, 0.93), ("tenth", 100, 0.93), ("rare", 100, 0.93)],
)
def test_auc_covers(spread, n, lowest):
    assert lowest < coverage(spread, n, ["auc"], draws=4 * DRAWS)["auc"] < 0.99


@pytest.mark.parametrize("spread", sorted(SPREADS))
def test_ks_covers_too_much_rather_than_too_little(spread):
    assert coverage(spread, 100, ["ks"])["ks"] > 0.98


@pytest.mark.parametrize(
    ("spread", "n", "lowest"),
    [("spread", 10, 0.93), ("spread", 100, 0.93), ("tenth", 30, 0.915), ("rare", 10, 0.85)],
)
def test_the_mean_score_covers_unless_skewed_and_few(spread, n, lowest):
    assert lowest < coverage(spread, n, ["mean_score"])["mean_score"] < 0.97


@pytest.mark.parametrize(
    ("spread", "n"), [("spread", 30), ("spread", 100), ("tenth", 30), ("tenth", 100), ("rare", 100)]
)
def test_mean_losses_cover_however_rare_the_label(spread, n):
    for name, found in coverage(spread, n, MEANS).items():
        assert found > 0.92, name


@pytest.mark.parametrize(("spread", "n"), [("spread", 30), ("spread", 100), ("tenth", 100)])
def test_recalibration_covers(spread, n):
    names = ["calibration_intercept", "calibration_slope"]
    for name, found in coverage(spread, n, names).items():
        assert 0.93 < found < 0.985, name


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_distances_cover_a_true_distance_of_0(name):
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(60):
        score = rng.beta(2, 3, 160)
        label = rng.random(160) < score
        table = score_table(np.repeat([0, 1], [60, 100]), label, score)
        held += DISTANCES[name].measure_pair(table, 0, 1)[1][0] == 0
    assert held / 60 > 0.88

"""Score metrics against nested loops, scikit-learn and scipy, and where they have no value."""

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from audit.errors import MetricError
from audit.metrics.measurement import Metric
from audit.metrics.measures.calibration import mean_deviation
from audit.metrics.measures.ranking import auc_bound, auc_of, ks_of
from audit.metrics.measures.score_metrics import SCORES, score_metric
from audit.metrics.measures.scored import ScoredRows, unscored
from audit.metrics.table.cells import CellTable
from audit.metrics.table.histogram import Scale
from oracles.scores import (
    slow_auc,
    slow_binomial_deviation,
    slow_brier,
    slow_delong_variance,
    slow_ece,
    slow_intercept,
    slow_ks,
    slow_log_loss,
    slow_mean,
)
from score_tables import score_table

Z = 1.959963984540054
SLOW = {
    "auc": slow_auc,
    "ks": slow_ks,
    "mean_score": lambda rows: slow_mean(rows, lambda y, s: s),
    "brier": slow_brier,
    "log_loss": slow_log_loss,
    "calibration_in_the_large": lambda rows: slow_mean(rows, lambda y, s: s - y),
    "calibration_intercept": slow_intercept,
    "ece": slow_ece,
}


def values(name, table):
    return SCORES[name].measure(table).values


def drawn(n, a=2.0, b=3.0, seed=0, groups=3):
    rng = np.random.default_rng(seed)
    score = rng.beta(a, b, n)
    return rng.integers(0, groups, n), (rng.random(n) < score).astype(int), score


@pytest.mark.parametrize("name", sorted(SLOW))
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_agrees_with_nested_loops(name, weighted):
    group, label, score = drawn(150)
    weights = np.random.default_rng(1).uniform(0.1, 3, 150) if weighted else np.ones(150)
    found = values(name, score_table(group, label, score, weights))
    for place in range(3):
        kept = group == place
        rows = list(zip(label[kept].tolist(), score[kept], weights[kept], strict=True))
        assert found[place] == pytest.approx(SLOW[name](rows), abs=1e-5)


SPREADS = {"spread": (2, 3), "rare": (0.5, 2000), "saturated": (0.02, 0.02)}


@pytest.mark.parametrize("name", sorted(SPREADS))
def test_auc_of_a_hundred_thousand_rows_is_right_within_its_bound(name):
    group, label, score = drawn(100_000, *SPREADS[name], groups=1)
    table = score_table(group, label, score)
    error = abs(values("auc", table)[0] - roc_auc_score(label, score))
    assert error <= 2e-5
    assert error <= auc_bound(table)[0] + 1e-12


@pytest.mark.parametrize("name", sorted(SPREADS))
def test_brier_and_log_loss_agree_with_sklearn(name):
    group, label, score = drawn(50_000, *SPREADS[name], groups=1)
    table = score_table(group, label, score)
    assert values("brier", table)[0] == pytest.approx(brier_score_loss(label, score), abs=1e-12)
    if name != "saturated":
        assert values("log_loss", table)[0] == pytest.approx(log_loss(label, score), abs=1e-5)


@pytest.mark.parametrize("name", sorted(SPREADS))
def test_ks_of_a_hundred_thousand_rows_is_right_within_its_bound(name):
    group, label, score = drawn(100_000, *SPREADS[name], groups=1)
    (value,), (bound,) = ks_of(ScoredRows.of(score_table(group, label, score)))
    found = ks_2samp(score[label == 1], score[label == 0], alternative="less", method="asymp")
    assert -1e-12 <= found.statistic - value <= bound + 1e-12
    assert bound <= (5e-3 if name == "rare" else 5e-4)


def test_few_distinct_scores_are_ranked_exactly():
    score = np.array([0.50000, 0.50001, 0.50002, 0.50003] * 5)
    label = np.array([0, 1, 0, 1] * 5)
    label[:2] = 1, 0
    table = score_table(np.zeros(20), label, score)
    assert abs(values("auc", table)[0] - roc_auc_score(label, score)) <= auc_bound(table)[0]


def test_delong_variance_agrees_with_loops():
    group, label, score = drawn(60, groups=1)
    score = score.round(1)  # ties
    found = auc_of(ScoredRows.of(score_table(group, label, score)))
    rows = list(zip(label.tolist(), score, np.ones(60), strict=True))
    assert found.variance[0] == pytest.approx(slow_delong_variance(rows))


def test_recalibration_agrees_with_an_unpenalised_regression():
    group, label, score = drawn(4000, groups=1)
    overconfident = 1 / (1 + np.exp(-2 * np.log(score / (1 - score))))
    table = score_table(group, label, overconfident)
    x = np.log(overconfident / (1 - overconfident))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, label)
    expected = fitted.coef_[0, 0]
    found = SCORES["calibration_slope"].measure(table)
    assert found.values[0] == pytest.approx(expected, abs=1e-4)
    low, high = found.limits(Z)
    p = fitted.predict_proba(x)[:, 1]
    design = np.column_stack([np.ones(4000), x])
    error = np.sqrt(np.linalg.inv(design.T @ (design * (p * (1 - p))[:, None]))[1, 1])
    assert (high - low)[0] == pytest.approx(2 * Z * error, rel=1e-3)
    assert low[0] < 0.5 < high[0]


@pytest.mark.parametrize(("n", "p"), [(1, 0.3), (7, 0.5), (40, 0.02), (40, 0.975), (3, 0.0)])
def test_the_mean_deviation_of_a_binomial_agrees_with_its_sum(n, p):
    found = mean_deviation(np.array([float(n)]), np.array([p]))[0]
    assert found == pytest.approx(slow_binomial_deviation(n, p), abs=1e-12)


@pytest.mark.parametrize("kind", ["ece", "ece_equal_mass"])
def test_the_null_of_ece_is_what_perfect_scores_show(kind):
    rng = np.random.default_rng(5)
    score = rng.random((400, 100))
    label = (rng.random(score.shape) < score).astype(int)
    groups = np.repeat(np.arange(400), 100)
    table = score_table(groups, label.ravel(), score.ravel())
    shown = values(kind, table).mean()
    assert shown > 0.05  # far from 0 though every score is right
    assert values(f"{kind}_excess", table).mean() == pytest.approx(0, abs=0.004)
    assert values("ece_null", table).mean() == pytest.approx(values("ece", table).mean(), abs=0.004)


def test_equal_mass_bins_hold_equal_mass():
    group, label, score = drawn(3000, 0.5, 20, groups=1)
    order = np.argsort(score)
    parts = np.array_split(order, 15)
    expected = sum(abs(score[part].sum() - label[part].sum()) for part in parts) / 3000
    assert values("ece_equal_mass", score_table(group, label, score))[0] == pytest.approx(
        expected, abs=2e-3
    )


def test_a_group_without_a_label_has_no_ranking_and_says_why():
    table = score_table([0] * 4 + [1] * 4 + [2] * 4, [0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1],
                        np.linspace(0.1, 0.9, 12))  # fmt: skip
    for name in ("auc", "ks", "calibration_slope", "calibration_intercept"):
        found = SCORES[name].measure(table)
        assert np.isnan(found.values[:2]).all()
        assert found.reasons[:2] == (
            "group has no positive labels",
            "group has no negative labels",
        )
        low, high = found.limits(Z)
        assert np.isnan(low[:2]).all()
        assert np.isnan(high[:2]).all()
    assert np.isfinite(values("brier", table)).all()


def test_scores_that_are_not_finite_are_left_out_and_counted():
    score = [0.2, np.nan, 0.7, np.inf, -np.inf, np.nan]
    table = score_table([0, 0, 0, 0, 1, 1], [0, 1, 1, 1, 0, 1], score)
    assert unscored(table).tolist() == [2, 2]
    found = SCORES["mean_score"].measure(table)
    assert found.values[0] == pytest.approx(0.45)
    assert found.reasons == ("", "group has no finite score")
    assert found.size.tolist() == [2, 0]
    one = score_table([0, 0], [0, 1], [0.2, np.nan])
    assert SCORES["auc"].measure(one).reasons == (
        "group has no positive labels (1 without a finite score left out)",
    )


def test_constant_scores():
    table = score_table([0] * 20, [0, 1] * 10, [0.3] * 20)
    assert values("auc", table)[0] == 0.5
    assert values("ks", table)[0] == 0
    slope = SCORES["calibration_slope"].measure(table)
    assert slope.reasons == ("all scores of the group are equal",)
    low, high = SCORES["mean_score"].measure(table).limits(Z)
    assert np.isnan([low, high]).all()  # a spread of 0 was seen, not shown
    intercept = SCORES["calibration_intercept"].measure(table)
    assert intercept.values[0] == pytest.approx(np.log(0.7 / 0.3))


def test_separated_labels_have_no_slope_but_an_auc_with_an_interval():
    table = score_table([0] * 40, [0] * 20 + [1] * 20, np.linspace(0.01, 0.99, 40))
    assert SCORES["calibration_slope"].measure(table).reasons == (
        "the scores separate the labels, so no slope is finite",
    )
    found = SCORES["auc"].measure(table)
    low, high = found.limits(Z)
    assert found.values[0] == 1
    assert 0.8 < low[0] < 0.95
    assert high[0] == 1


@pytest.mark.parametrize("name", sorted(SCORES))
def test_one_row_and_no_row_raise_nothing(name):
    for table in (
        score_table([0], [1], [0.4]),
        score_table([0], [1], [0.0]),
        score_table([0], [0], [1.0]),
        score_table([0], [0], [np.nan]),
        score_table([0, 0], [0, 1], [0.2, 0.3], [0.0, 0.0]),
        score_table([], [], [], names=["a"]),
    ):
        found = SCORES[name].measure(table)
        assert len(found.values) == len(found.reasons) == len(table.codes)
        for value, reason in zip(found.values, found.reasons, strict=True):
            assert np.isnan(value) == bool(reason)
        if found.limits is not None:
            low, high = found.limits(Z)
            assert not (low > high).any()


def test_weights_of_zero_have_their_reason():
    found = SCORES["brier"].measure(score_table([0, 0], [0, 1], [0.2, 0.3], [0.0, 0.0]))
    assert found.reasons == ("all weights of the group are 0",)


@pytest.mark.parametrize("name", sorted(SCORES))
def test_scores_of_0_and_1_that_are_wrong_give_finite_values(name):
    table = score_table([0] * 8, [0, 1] * 4, [1.0, 0.0, 0.0, 1.0, 0.5, 0.5, 0.25, 0.75])
    assert np.isfinite(values(name, table)).all()


def test_logits_beyond_what_a_probability_can_tell_are_ranked():
    logits = np.array([40.0, 60.0, 50.0, -50.0, 45.0, 70.0])
    label = np.array([0, 1, 0, 0, 0, 1])
    table = score_table(np.zeros(6), label, logits, scale=Scale(kind="logit"), threshold=0)
    error = abs(values("auc", table)[0] - roc_auc_score(label, logits))
    assert error <= auc_bound(table)[0] + 1e-12


def test_other_numbers_are_ranked_but_are_no_probabilities():
    rng = np.random.default_rng(0)
    score, label = rng.normal(600, 80, 500), rng.integers(0, 2, 500)
    scale = Scale(kind="value", low=300, high=850)
    table = score_table(np.zeros(500), label, score, scale=scale, threshold=600)
    assert values("auc", table)[0] == pytest.approx(roc_auc_score(label, score), abs=1e-3)
    assert values("mean_score", table)[0] == pytest.approx(score.mean())
    for name, metric in SCORES.items():
        if metric.probabilities:
            assert metric.measure(table).reasons == ("scores are not probabilities",), name


def test_a_table_without_scores_is_refused():
    table = CellTable.from_codes([("g", ("a",), np.array([0]))], [1], [1])
    with pytest.raises(MetricError, match="expected scores for this metric"):
        SCORES["auc"].measure(table)


def test_an_unknown_name_is_refused():
    with pytest.raises(MetricError, match="'auc'"):
        score_metric("aucc")


@pytest.mark.parametrize("name", sorted(SCORES))
def test_every_metric_is_described_and_in_its_range(name):
    metric = SCORES[name]
    assert isinstance(metric, Metric)
    assert metric.definition
    assert metric.source
    group, label, score = drawn(400)
    found = metric.measure(score_table(group, label, score))
    assert ((metric.low <= found.values) & (found.values <= metric.high)).all()
    if found.limits is not None:
        low, high = found.limits(Z)
        assert ((metric.low <= low) & (low <= found.values) & (found.values <= high)).all()
        assert (high <= metric.high).all()


def test_many_groups_do_not_fall_over():
    groups = np.repeat(np.arange(10_000), 4)
    score = np.random.default_rng(0).random(40_000)
    table = score_table(groups, np.tile([0, 1], 20_000), score)
    for metric in SCORES.values():
        assert len(metric.measure(table).values) == 10_000

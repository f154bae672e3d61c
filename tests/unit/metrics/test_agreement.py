"""Agreement with fairlearn, scikit-learn and scipy, and where we differ on purpose."""

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from scipy.stats import binomtest, norm
from sklearn import metrics as sklearn

from audit.metrics import group_metrics
from audit.metrics.measures.rates import RATES
from audit.metrics.statistics.intervals import wilson
from people import RACE, SEX, people

PEERS = {
    "selection_rate": fairlearn.selection_rate,
    "true_positive_rate": fairlearn.true_positive_rate,
    "false_positive_rate": fairlearn.false_positive_rate,
    "true_negative_rate": fairlearn.true_negative_rate,
    "false_negative_rate": fairlearn.false_negative_rate,
    "precision": sklearn.precision_score,
    "negative_predictive_value": lambda y, p, **k: sklearn.precision_score(y, p, pos_label=0, **k),
    "false_discovery_rate": lambda y, p, **k: 1 - sklearn.precision_score(y, p, **k),
    "false_omission_rate": (lambda y, p, **k: 1 - sklearn.precision_score(y, p, pos_label=0, **k)),
    "accuracy": sklearn.accuracy_score,
    "base_rate": lambda y, p, sample_weight=None: float(np.average(y, weights=sample_weight)),
}


def features(crowd):
    return {"sex": np.array(SEX)[crowd.sex], "race": np.array(RACE[:3])[np.minimum(crowd.race, 2)]}


def both(seed, weights=None):
    crowd = people(1500, seed)
    mine = group_metrics(
        crowd.label,
        crowd.prediction,
        sensitive_features=features(crowd),
        sample_weight=weights and crowd.weights,
        metrics=tuple(PEERS),
        minimum_group=1,
    )
    peer = fairlearn.MetricFrame(
        metrics=PEERS,
        y_true=crowd.label,
        y_pred=crowd.prediction,
        sensitive_features=features(crowd),
    )
    return mine, peer, crowd


def test_every_rate_has_a_peer():
    assert set(PEERS) == set(RATES)


@pytest.mark.parametrize("seed", range(3))
def test_values_by_group_are_those_of_metric_frame(seed):
    mine, peer, _ = both(seed)
    for name in PEERS:
        for group, value in peer.by_group[name].items():
            assert mine.by_group.loc[group, name] == pytest.approx(value)
        assert mine.overall[name] == pytest.approx(peer.overall[name])


@pytest.mark.parametrize("method", ["between_groups", "to_overall"])
@pytest.mark.parametrize("seed", range(3))
def test_differences_and_ratios_are_those_of_metric_frame(seed, method):
    mine, peer, _ = both(seed)
    names = list(PEERS)
    crossed = mine.difference(method=method).loc["sex × race"]
    np.testing.assert_allclose(crossed[names], peer.difference(method=method)[names])
    ratios = mine.ratio(method=method).loc["sex × race"]
    np.testing.assert_allclose(ratios[names], peer.ratio(method=method)[names])


@pytest.mark.parametrize("seed", range(3))
def test_highest_and_lowest_values_and_counts_are_those_of_metric_frame(seed):
    mine, peer, crowd = both(seed)
    names = list(PEERS)
    for ours, theirs in (
        (mine.group_max(), peer.group_max()),
        (mine.group_min(), peer.group_min()),
    ):
        found = ours.loc["sex × race", names].astype(float)
        np.testing.assert_allclose(found, theirs[names].astype(float))
    counts = fairlearn.MetricFrame(
        metrics=fairlearn.count,
        y_true=crowd.label,
        y_pred=crowd.prediction,
        sensitive_features=features(crowd),
    )
    for group, rows in counts.by_group.items():
        assert mine.counts.loc[group] == rows


def test_control_features_divide_as_in_metric_frame():
    crowd = people(3000)
    race, sex = (features(crowd)[name] for name in ("race", "sex"))
    columns = {"sensitive_features": {"sex": sex}, "control_features": {"race": race}}
    mine = group_metrics(
        crowd.label, crowd.prediction, metrics=tuple(PEERS), minimum_group=1, **columns
    )
    peer = fairlearn.MetricFrame(
        metrics=PEERS, y_true=crowd.label, y_pred=crowd.prediction, **columns
    )
    for name in PEERS:
        for place, value in peer.by_group[name].items():
            assert mine.by_group.loc[place, name] == pytest.approx(value)
        for stratum in np.unique(race):
            assert mine.overall.loc[stratum, name] == pytest.approx(peer.overall.loc[stratum, name])
            assert mine.difference().loc[(stratum, "sex"), name] == pytest.approx(
                peer.difference().loc[stratum, name]
            )


CRITERIA = {
    "demographic_parity_difference": fairlearn.demographic_parity_difference,
    "demographic_parity_ratio": fairlearn.demographic_parity_ratio,
    "equalized_odds_difference": fairlearn.equalized_odds_difference,
    "equalized_odds_ratio": fairlearn.equalized_odds_ratio,
    "equal_opportunity_difference": fairlearn.equal_opportunity_difference,
    "equal_opportunity_ratio": fairlearn.equal_opportunity_ratio,
}


@pytest.mark.parametrize("name", CRITERIA)
def test_criteria_are_those_of_fairlearn(name):
    crowd = people(1500)
    sex = np.array(SEX)[crowd.sex]
    mine = group_metrics(crowd.label, crowd.prediction, sensitive_features={"sex": sex})
    peer = CRITERIA[name](crowd.label, crowd.prediction, sensitive_features=sex)
    assert mine.criteria().loc["sex", name] == pytest.approx(peer)


def test_names_of_scikit_learn_lead_to_the_same_metrics():
    crowd = people(1500)
    sex = {"sex": np.array(SEX)[crowd.sex]}
    names = ["accuracy_score", "precision_score", "recall_score", "f1_score", "jaccard_score"]
    mine = group_metrics(crowd.label, crowd.prediction, sensitive_features=sex, metrics=names)
    for found, name in zip(mine.overall, names, strict=True):
        assert found == pytest.approx(getattr(sklearn, name)(crowd.label, crowd.prediction))


def test_weighted_values_are_those_of_scikit_learn():
    crowd = people(1500)
    mine = group_metrics(
        crowd.label,
        crowd.prediction,
        sensitive_features={"sex": np.array(SEX)[crowd.sex]},
        sample_weight=crowd.weights,
        metrics=tuple(PEERS),
    )
    for code, name in enumerate(SEX):
        rows = crowd.sex == code
        for metric, function in PEERS.items():
            value = function(
                crowd.label[rows], crowd.prediction[rows], sample_weight=crowd.weights[rows]
            )
            assert mine.by_group.loc[name, metric] == pytest.approx(value)


@pytest.mark.parametrize(("x", "n"), [(0, 10), (3, 10), (10, 10), (37, 400), (1181, 1390)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_wilson_is_that_of_scipy(x, n, level):
    peer = binomtest(x, n).proportion_ci(level, method="wilson")
    z = float(norm.isf((1 - level) / 2))
    assert wilson(x, n, z) == pytest.approx((peer.low, peer.high), abs=1e-9)


def test_a_group_without_positives_has_no_rate_where_fairlearn_says_zero():
    """On purpose: fairlearn calls it 0 and reports a gap of 1."""
    label, prediction, sex = [0, 0, 1, 1], [0, 1, 1, 1], list("aabb")
    mine = group_metrics(label, prediction, sensitive_features=sex, minimum_group=1)
    peer = fairlearn.MetricFrame(
        metrics=fairlearn.true_positive_rate,
        y_true=label,
        y_pred=prediction,
        sensitive_features=sex,
    )
    assert peer.by_group["a"] == 0.0
    assert peer.difference() == 1.0
    assert np.isnan(mine.by_group.loc["a", "true_positive_rate"])
    assert np.isnan(mine.difference("true_positive_rate").iloc[0, 0])

"""What docs/migrating.md says of AIF360's metric classes: their formulas, restated."""

import numpy as np
import pytest

from audit.metrics import CountMetric, Rows, group_metrics
from audit.metrics.catalogue import row_metric
from people import SEX, people

CROWD = people(1500)
FEMALE, MALE = CROWD.sex == 0, CROWD.sex == 1
Y, P = CROWD.label, CROWD.prediction


def theil(tn, fp, fn, tp):
    n, mean = tn + fp + fn + tp, (tn + tp + 2 * fp) / (tn + fp + fn + tp)
    return (-(tn + tp) * np.log(mean) + 2 * fp * np.log(2 / mean)) / (n * mean)


THEIL = CountMetric(name="theil_index", function=theil, low=0)
PREDICTIVE_VALUE = CountMetric(
    name="average_predictive_value",
    function=lambda tn, fp, fn, tp: (tp / (tp + fp) + fn / (fn + tn)) / 2,
    low=0,
    high=1,
)
NAMES = (
    "selection_rate",
    "base_rate",
    "accuracy",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "false_omission_rate",
    "false_discovery_rate",
    "average_odds",
)


def measured(**options):
    return group_metrics(
        Y,
        P,
        sensitive_features={"sex": np.array(SEX)[CROWD.sex]},
        reference={"sex": "M"},
        metrics=[*NAMES, THEIL, PREDICTIVE_VALUE],
        **options,
    )


RESULT = measured()


def compared(metric, kind="difference"):
    frame = RESULT.disparities_to_frame()
    (value,) = frame.query("selection == 'reference' and kind == @kind and metric == @metric")[
        "value"
    ]
    return value


def share(hit, among, rows):
    return (hit & among & rows).sum() / (among & rows).sum()


def everyone(rows):
    return np.ones_like(rows)


RATES = {
    "selection_rate": lambda rows: share(P == 1, everyone(rows), rows),
    "base_rate": lambda rows: share(Y == 1, everyone(rows), rows),
    "true_positive_rate": lambda rows: share(P == 1, Y == 1, rows),
    "false_positive_rate": lambda rows: share(P == 1, Y == 0, rows),
    "false_negative_rate": lambda rows: share(P == 0, Y == 1, rows),
    "false_omission_rate": lambda rows: share(Y == 1, P == 0, rows),
    "false_discovery_rate": lambda rows: share(Y == 0, P == 1, rows),
    "average_odds": lambda rows: (share(P == 1, Y == 1, rows) + share(P == 1, Y == 0, rows)) / 2,
    "average_predictive_value": (
        lambda rows: (share(Y == 1, P == 1, rows) + share(Y == 1, P == 0, rows)) / 2
    ),
}


@pytest.mark.parametrize("name", RATES)
def test_differences_and_ratios_are_unprivileged_less_and_over_privileged(name):
    rate = RATES[name]
    assert compared(name) == pytest.approx(rate(FEMALE) - rate(MALE))
    assert compared(name, "ratio") == pytest.approx(rate(FEMALE) / rate(MALE))
    assert RESULT.by_group.loc["F", name] == pytest.approx(rate(FEMALE))


def test_the_error_rate_difference_is_minus_that_of_accuracy():
    error = [(Y != P)[rows].mean() for rows in (FEMALE, MALE)]
    assert -compared("accuracy") == pytest.approx(error[0] - error[1])


def test_odds_of_two_groups():
    gaps = [
        abs(RATES[name](FEMALE) - RATES[name](MALE))
        for name in ("true_positive_rate", "false_positive_rate")
    ]
    odds = RESULT.difference().loc["sex", ["true_positive_rate", "false_positive_rate"]]
    assert odds.mean() == pytest.approx(np.mean(gaps))  # average_abs_odds_difference
    assert RESULT.criteria().loc["sex", "equalized_odds_difference"] == pytest.approx(max(gaps))


def test_counts_stand_in_the_frame():
    frame = RESULT.to_frame().query("metric == 'true_positive_rate' and group == 'sex=F'")
    assert frame["numerator"].item() == ((Y == 1) & (P == 1) & FEMALE).sum()
    assert frame["denominator"].item() == ((Y == 1) & FEMALE).sum()


def test_weights_of_the_data_set_are_sample_weights():
    rate = np.average(P[FEMALE], weights=CROWD.weights[FEMALE])
    found = measured(sample_weight=CROWD.weights).by_group.loc["F", "selection_rate"]
    assert found == pytest.approx(rate)


def test_the_theil_index_is_a_function_of_the_counts():
    benefit = 1.0 + P - Y
    share_of = benefit / benefit.mean()
    terms = [b * np.log(b) if b > 0 else 0.0 for b in share_of]
    assert RESULT.overall["theil_index"] == pytest.approx(np.mean(terms))


def test_consistency_is_that_of_the_five_nearest_rows():
    draw = np.random.default_rng(0)
    features = draw.normal(size=(60, 2))
    said = draw.integers(0, 2, size=60)
    gaps = []
    for row in range(60):
        near = np.argsort(((features - features[row]) ** 2).sum(axis=1))[:5]
        gaps.append(abs(said[row] - said[near].mean()))
    rows = Rows(group=np.zeros(60, dtype=np.int64), groups=1, y_pred=said, features=features)
    found = row_metric("consistency").measure_rows(rows)
    assert found.values[0] == pytest.approx(1 - np.mean(gaps))

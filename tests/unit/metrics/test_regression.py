from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics as sk
from scipy import stats

from audit.errors import MetricError
from audit.metrics.measures.regression import REGRESSION, worst_group
from families import class_table, error_table
from oracles.families import slow_error_metric

Z = 1.959964
SKLEARN = {
    "mean_absolute_error": sk.mean_absolute_error,
    "mean_squared_error": sk.mean_squared_error,
    "root_mean_squared_error": sk.root_mean_squared_error,
    "r2": sk.r2_score,
}


def rows(n=200, seed=0, shift=0.0):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=n) * 3 + shift
    return rng.integers(0, 3, n), target, target + rng.normal(size=n), rng.uniform(0.1, 3, n)


@pytest.mark.parametrize("name", sorted(REGRESSION))
@pytest.mark.parametrize("weighted", [False, True])
def test_each_is_that_of_a_loop(name, weighted):
    group, target, prediction, weights = rows()
    weights = weights if weighted else None
    found = REGRESSION[name].measure(
        error_table(group, target, prediction, groups=3, weights=weights)
    )
    for g in range(3):
        mine = group == g
        own = (np.ones(len(group)) if weights is None else weights)[mine]
        slow = slow_error_metric(name, target[mine].tolist(), prediction[mine].tolist(), own)
        assert found.values[g] == pytest.approx(slow, rel=1e-9)
    if name != "r2":
        low, high = found.limits(Z)
        assert (low < found.values).all()
        assert (found.values < high).all()
    else:
        assert found.limits is None
        assert found.method.startswith("none")


@pytest.mark.parametrize("name", sorted(SKLEARN))
def test_each_agrees_with_scikit_learn(name):
    group, target, prediction, weights = rows(seed=4, shift=1e5)
    found = REGRESSION[name].measure(
        error_table(group, target, prediction, groups=3, weights=weights)
    )
    for g in range(3):
        mine = group == g
        theirs = SKLEARN[name](target[mine], prediction[mine], sample_weight=weights[mine])
        assert found.values[g] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("name", ["mean_error", "mean_target"])
def test_limits_of_a_mean_are_students(name):
    group, target, prediction, _ = rows()
    low, high = REGRESSION[name].measure(error_table(group, target, prediction, groups=3)).limits(Z)
    values = {
        "mean_error": prediction - target,
        "mean_target": target,
    }[name]
    for g in range(3):
        mine = values[group == g]
        theirs = stats.ttest_1samp(mine, 0).confidence_interval(0.95)
        assert (low[g], high[g]) == pytest.approx((theirs.low, theirs.high), rel=1e-6)


def test_a_group_without_rows_or_weight_or_spread_says_so():
    table = error_table(
        [0, 0, 1, 1, 2, 2],
        [1.0, 2, 3, 3, 1, 2],
        [1.5, 2, 3, 4, 1, 1],
        groups=4,
        weights=np.array([1.0, 1, 1, 1, 0, 0]),
    )
    found = REGRESSION["r2"].measure(table)
    assert found.reasons == (
        "",
        "targets of the group are all equal",
        "all weights of the group are 0",
        "group has no rows",
    )
    assert np.isnan(found.values).tolist() == [False, True, True, True]


def test_equal_targets_far_from_the_others_have_no_r2():
    target = np.append(np.full(5, 1e8 + 0.1), np.arange(5.0))
    found = REGRESSION["r2"].measure(error_table([0] * 5 + [1] * 5, target, target + 1, groups=2))
    assert found.reasons[0] == "targets of the group are all equal"


def test_perfect_predictions_have_error_0_and_no_limits():
    found = REGRESSION["mean_absolute_error"].measure(
        error_table([0] * 5, np.arange(5.0), np.arange(5.0), groups=1)
    )
    assert found.values[0] == 0.0
    assert np.isnan(found.limits(Z)[0][0])


def test_a_table_of_classes_is_refused():
    with pytest.raises(MetricError, match="mean_error needs numeric targets"):
        REGRESSION["mean_error"].measure(class_table([0], [1], [1]))


@pytest.mark.parametrize(
    ("name", "worst"), [("mean_error", 1), ("mean_absolute_error", 1), ("r2", 1)]
)
def test_the_worst_group_is_found(name, worst):
    table = error_table([0, 0, 1, 1, 2], [1.0, 2, 1, 2, 0], [1.1, 2.1, -2, 0, 0.2], groups=3)
    metric = REGRESSION[name]
    assert worst_group(metric.measure(table), metric.better) == worst


def test_no_group_with_a_value_has_no_worst():
    found = REGRESSION["mean_error"].measure(error_table([], [], [], groups=2))
    assert worst_group(found, "lower") is None


def simulated(n, draws, draw, seed=0):
    """One group for each data set, summed at once."""
    rng = np.random.default_rng(seed)
    error = draw(rng, (draws, n))
    target = rng.normal(size=(draws, n))
    base = error_table([0], [0.0], [0.0], groups=1)
    ones = np.full(draws, n)
    sums = {
        "n": ones, "over": (error > 0).sum(1), "under": (error < 0).sum(1), "w": ones * 1.0,
        "w2": ones * 1.0, "e": error.sum(1), "e2": (error**2).sum(1), "e4": (error**4).sum(1),
        "size": abs(error).sum(1), "w_over": (error > 0).sum(1) * 1.0,
        "w_under": (error < 0).sum(1) * 1.0, "y": target.sum(1), "y2": (target**2).sum(1),
        **{name: ((target + error) ** k).sum(1) for k, name in enumerate(("p", "p2", "p3"), 1)},
    }  # fmt: skip
    return replace(
        base, codes=np.arange(draws)[:, None], errors=replace(base.errors, **sums, centre=0.0)
    )


@pytest.mark.parametrize(
    ("name", "truth", "least"),
    [
        ("mean_error", 0.0, 0.94),
        ("mean_absolute_error", np.sqrt(2 / np.pi), 0.945),
        ("mean_squared_error", 1.0, 0.945),
        ("root_mean_squared_error", 1.0, 0.945),
        ("over_prediction_rate", 0.5, 0.93),
        ("mean_over_prediction", 1 / np.sqrt(2 * np.pi), 0.95),
        ("mean_prediction", 0.0, 0.945),
    ],
)
def test_limits_cover_normal_errors(name, truth, least):
    table = simulated(40, 4000, lambda rng, shape: rng.normal(size=shape))
    low, high = REGRESSION[name].measure(table).limits(Z)
    assert ((low <= truth) & (truth <= high)).mean() >= least


@pytest.mark.parametrize(
    ("name", "truth"), [("mean_absolute_error", 1.0), ("mean_squared_error", 2.0)]
)
def test_limits_cover_few_rows_of_heavy_errors(name, truth):
    table = simulated(10, 4000, lambda rng, shape: rng.laplace(size=shape))
    low, high = REGRESSION[name].measure(table).limits(Z)
    assert 0.915 <= ((low <= truth) & (truth <= high)).mean() <= 0.985

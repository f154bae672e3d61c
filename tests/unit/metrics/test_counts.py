import numpy as np
import pytest
import sklearn.metrics as sk

from audit.errors import MetricError
from audit.metrics.measures.counts import COUNTS, CountMetric
from families import class_table
from oracles.families import slow_count_metric

Z = 1.959964
SKLEARN = {
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
    "matthews_corrcoef": sk.matthews_corrcoef,
    "cohen_kappa": lambda y, p, sample_weight: sk.cohen_kappa_score(
        y, p, sample_weight=sample_weight
    ),
}


def rows(seed=0, n=300, groups=3):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    prediction = np.where(rng.random(n) < 0.7, label, 1 - label)
    return rng.integers(0, groups, n), label, prediction, rng.uniform(0.1, 3, n)


@pytest.mark.parametrize("name", sorted(COUNTS))
@pytest.mark.parametrize("weighted", [False, True])
def test_each_is_that_of_a_loop(name, weighted):
    group, label, prediction, weights = rows()
    weights = weights if weighted else np.ones(len(group))
    found = COUNTS[name].measure(
        class_table(group, label, prediction, weights=weights if weighted else None)
    )
    for g in range(3):
        mine = group == g
        slow = slow_count_metric(name, label[mine], prediction[mine], weights[mine])
        assert found.values[g] == pytest.approx(slow, abs=1e-12)
    low, high = found.limits(Z)
    assert (low < found.values).all()
    assert (found.values < high).all()
    assert found.method == "jeffreys-dirichlet"


@pytest.mark.parametrize("name", sorted(SKLEARN))
def test_each_agrees_with_scikit_learn(name):
    group, label, prediction, weights = rows(3)
    found = COUNTS[name].measure(class_table(group, label, prediction, weights=weights))
    for g in range(3):
        mine = group == g
        theirs = SKLEARN[name](label[mine], prediction[mine], sample_weight=weights[mine])
        assert found.values[g] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("balanced_accuracy", (9, 1, 0, 0), "group has no positive labels"),
        ("balanced_accuracy", (0, 0, 4, 6), "group has no negative labels"),
        ("f1", (9, 0, 0, 0), "group has no positive labels or predictions"),
        ("jaccard", (9, 0, 0, 0), "group has no positive labels or predictions"),
        ("matthews_corrcoef", (5, 0, 5, 0), "group has no positive predictions"),
        ("markedness", (0, 5, 0, 5), "group has no negative predictions"),
        ("treatment_equality", (5, 0, 3, 2), "group has no false positives"),
        ("cohen_kappa", (9, 0, 0, 0), "labels and predictions of the group are all alike"),
        ("f1", (0, 0, 0, 0), "group has no rows"),
    ],
)
def test_a_group_without_value_is_undefined_with_its_reason(name, cells, reason):
    cell = np.repeat([0, 1, 2, 3], cells)
    label, prediction = np.append(cell // 2, [0, 0, 1, 1]), np.append(cell % 2, [0, 1, 0, 1])
    group = np.append(np.zeros(len(cell), int), [1] * 4)
    found = COUNTS[name].measure(class_table(group, label, prediction))
    assert np.isnan(found.values[0])
    assert found.reasons == (reason, "")
    assert np.isnan(found.limits(Z)[0][0])
    assert np.isfinite(found.limits(Z)[0][1])


def test_what_is_0_is_not_undefined():
    found = COUNTS["f1"].measure(class_table([0] * 4, [1, 1, 0, 0], [0, 0, 1, 0]))
    assert (found.values[0], found.reasons) == (0.0, ("",))
    low, high = found.limits(Z)
    assert low[0] == 0
    assert high[0] > 0.1


def test_weights_of_0_leave_no_value():
    found = COUNTS["f1"].measure(class_table([0, 0], [1, 0], [1, 0], weights=np.zeros(2)))
    assert np.isnan(found.values[0])
    assert found.reasons == ("all weights of the group are 0",)


def test_huge_counts_do_not_overflow():
    table = class_table([0] * 4, [0, 0, 1, 1], [0, 1, 0, 1], weights=np.full(4, 1e100))
    assert COUNTS["matthews_corrcoef"].measure(table).values[0] == pytest.approx(0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["balanced_accuracy", "f1", "matthews_corrcoef"])
def test_limits_cover(name):
    rng = np.random.default_rng(7)
    shares = np.array([0.45, 0.15, 0.1, 0.3])
    truth = COUNTS[name].function(*shares)
    cells = rng.multinomial(60, shares, 2000).astype(np.int64).reshape(-1, 2, 2)
    table = class_table([0], [0], [0])
    from dataclasses import replace

    many = replace(
        table,
        codes=np.arange(2000)[:, None],
        n=cells,
        w=cells.astype(float),
        w2=cells.astype(float),
    )
    low, high = COUNTS[name].measure(many).limits(Z)
    covered = ((low <= truth) & (truth <= high)).mean()
    assert 0.93 <= covered <= 0.985


def test_one_of_ones_own_is_measured_like_the_others():
    own = CountMetric(
        name="net_benefit", function=lambda tn, fp, fn, tp: (tp - 0.25 * fp) / (tn + fp + fn + tp)
    )
    found = own.measure(class_table([0] * 4, [0, 0, 1, 1], [0, 1, 0, 1]))
    assert found.values[0] == pytest.approx((1 - 0.25) / 4)
    assert own.title == "Net benefit"


def scalar(tn, fp, fn, tp):
    return tp / (tp + fn) if tp > 0 else 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": " "}, "expected a metric with a name, came ' '"),
        ({"name": 3}, "expected a metric with a name, came 3"),
        ({"function": scalar}, "ValueError.*numpy.where, not if"),
        ({"function": lambda tn, fp, fn, tp: tp.sum() / tn.sum()}, "one number for each of 4"),
        ({"function": lambda tn, fp, fn, tp: tp / tp.sum()}, "depends on the other groups"),
        ({"function": lambda tn, fp, fn, tp: tp}, "all counts are multiplied by 10"),
        ({"function": lambda tn, fp, fn, tp: tp * np.nan}, "expected finite numbers"),
        ({"function": lambda tn, fp, fn, tp: tp / fn, "high": 1.0}, "finite numbers from"),
        ({"function": lambda tn, fp: tn}, "TypeError"),
        ({"function": None}, "failed on arrays of counts"),
        ({"low": 1.0, "high": 0.0}, "expected low below high"),
    ],
    ids=range(11),
)
def test_one_that_cannot_be_is_refused(changes, message):
    values = {"name": "own", "function": lambda tn, fp, fn, tp: tp / (tp + fn), **changes}
    with pytest.raises(MetricError, match=message) as caught:
        CountMetric(**values)
    assert "\n" not in str(caught.value)


def test_a_table_of_three_classes_is_refused():
    with pytest.raises(MetricError, match="f1 needs labels and predictions of two classes"):
        COUNTS["f1"].measure(class_table([0], [2], [1], classes=("a", "b", "c")))


def test_no_group_is_no_error():
    table = class_table([], [], [], groups=0)
    assert COUNTS["f1"].measure(table).values.shape == (0,)

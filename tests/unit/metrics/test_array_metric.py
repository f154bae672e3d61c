import numpy as np
import pytest
import sklearn.metrics as sk

from audit.errors import MetricError
from audit.metrics.measures.array_metric import ArrayMetric
from audit.metrics.measures.row_metric import RowMetric, Rows
from audit.metrics.statistics.bootstrap import SmallSampleWarning

Z = 1.959964


def mean_error(y_true, y_pred, sample_weight):
    return np.average(y_pred - y_true, weights=sample_weight)


def f1(y_true, y_pred, sample_weight):
    return sk.f1_score(y_true, y_pred, sample_weight=sample_weight)


def auc(y_true, y_pred, sample_weight):
    return sk.roc_auc_score(y_true, y_pred, sample_weight=sample_weight)


def rows(n=300, seed=0, **more):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    values = {
        "group": rng.integers(0, 2, n), "groups": 3, "y_true": label,
        "y_pred": np.where(rng.random(n) < 0.7, label, 1 - label), **more,
    }  # fmt: skip
    return Rows(**values)


@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_function_of_each_groups_rows(weighted):
    given = rows(weights=np.random.default_rng(1).uniform(0.1, 3, 300) if weighted else None)
    found = ArrayMetric(name="own_f1", function=f1).measure_rows(given)
    for g in range(2):
        mine = given.group == g
        weights = given.weights[mine] if weighted else None
        theirs = sk.f1_score(given.y_true[mine], given.y_pred[mine], sample_weight=weights)
        assert found.values[g] == pytest.approx(theirs)
    assert found.reasons == ("", "", "group has no rows")
    low, high = found.limits(Z)
    assert (low[:2] < found.values[:2]).all()
    assert (found.values[:2] < high[:2]).all()
    assert np.isnan(low[2])
    assert found.method == "delete-bucket-jackknife"


def test_it_is_a_row_metric_with_a_title():
    own = ArrayMetric(name="own_f1", function=f1)
    assert isinstance(own, RowMetric)
    assert own.title == "Own f1"


@pytest.mark.parametrize("interval", ["jackknife", "bootstrap"])
def test_limits_cover(interval):
    hits = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        given = Rows(
            group=np.zeros(1000, int), groups=1, y_true=np.zeros(1000), y_pred=rng.normal(size=1000)
        )
        metric = ArrayMetric(
            name="bias", function=mean_error, interval=interval, replicates=100, seed=seed
        )
        low, high = metric.measure_rows(given).limits(Z)
        hits += low[0] <= 0 <= high[0]
    assert 0.89 <= hits / 150 <= 0.99


@pytest.mark.parametrize("interval", ["jackknife", "bootstrap"])
def test_rows_of_one_person_stay_together(interval):
    rng = np.random.default_rng(0)
    effect = rng.normal(size=1000).repeat(4)
    same = {
        "group": np.zeros(4000, int), "groups": 1, "y_true": np.zeros(4000), "y_pred": effect
    }  # fmt: skip
    metric = ArrayMetric(name="bias", function=mean_error, interval=interval, replicates=200)
    apart, together = (
        np.ptp(metric.measure_rows(Rows(**same, person=person)).limits(Z))
        for person in (None, np.arange(1000).repeat(4))
    )
    assert 1.5 < together / apart < 2.6


def test_a_function_that_fails_on_one_group_leaves_it_undefined():
    given = Rows(
        group=np.array([0, 0, 1, 1]), groups=2, y_true=np.array([0, 1, 1, 1]),
        y_pred=np.array([0.2, 0.8, 0.3, 0.4]),
    )  # fmt: skip

    def strict(y_true, y_pred, sample_weight):
        if len(set(y_true)) == 1:
            raise ValueError("only one class")
        return auc(y_true, y_pred, sample_weight)

    for function, reason in ((auc, "Only one class"), (strict, "ValueError: only one class")):
        found = ArrayMetric(name="area", function=function).measure_rows(given)
        assert found.values[0] == 1
        assert np.isnan(found.values[1])
        assert reason in found.reasons[1]


def test_what_scikit_learn_calls_0_with_a_warning_is_undefined():
    given = Rows(
        group=np.array([0, 0, 1, 1]), groups=2, y_true=np.array([0, 1, 0, 0]),
        y_pred=np.array([0, 1, 0, 0]),
    )  # fmt: skip
    found = ArrayMetric(name="own_f1", function=f1).measure_rows(given)
    assert np.isnan(found.values[1])
    assert "ill-defined" in found.reasons[1]


def test_no_finite_number_is_no_value():
    found = ArrayMetric(
        name="own", function=lambda y, p, sample_weight: np.nan, interval="none"
    ).measure_rows(rows())
    assert found.reasons[0] == "the function gives no finite number for the group"
    assert found.limits is None


def test_the_bootstrap_warns_of_few_rows():
    metric = ArrayMetric(name="bias", function=mean_error, interval="bootstrap", replicates=20)
    found = metric.measure_rows(rows())
    with pytest.warns(SmallSampleWarning, match="'bias': the bootstrap covers too little on"):
        found.limits(Z)


def test_a_function_that_fails_everywhere_is_refused():
    with pytest.raises(MetricError, match="metric 'own': its function failed: TypeError") as caught:
        ArrayMetric(name="own", function=lambda y: 1.0).measure_rows(rows())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "expected a metric with a name"),
        ({"function": 3}, "expected a function, came 3"),
        ({"interval": "wald"}, "expected interval 'jackknife', 'bootstrap' or 'none', came 'wald'"),
        ({"low": 1.0, "high": 0.0}, "expected low below high"),
        ({"replicates": 1}, "2 replicates or more"),
    ],
    ids=range(5),
)
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(MetricError, match=message):
        ArrayMetric(**{"name": "own", "function": f1, **changes})


def test_rows_without_labels_are_refused():
    with pytest.raises(MetricError, match="own needs y_true, came none"):
        ArrayMetric(name="own", function=f1).measure_rows(Rows(group=np.zeros(1, int), groups=1))

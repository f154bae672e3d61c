import numpy as np
import pytest
import sklearn.metrics as sk
from scipy.stats import norm

from audit.errors import MetricError
from audit.metrics.measures.class_functions import MATRIX, SAME_FOR_ALL
from audit.metrics.measures.multiclass import ClassRate, WorstClass, confusions, one_against_rest
from audit.metrics.measures.rates import RATES
from families import class_table, error_table
from oracles.rates import slow_rate

CLASSES = ("cat", "dog", "owl")
Z = 1.959964


def rows(seed=0, n=240):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    prediction = np.where(rng.random(n) < 0.6, label, rng.integers(0, 3, n))
    return rng.integers(0, 2, n), label, prediction, rng.uniform(0.1, 3, n)


def table(seed=0):
    group, label, prediction, weights = rows(seed)
    return class_table(group, label, prediction, classes=CLASSES, weights=weights)


def slow_class_rate(name, group, of):
    rows_of = zip(*rows(), strict=True)
    mine = [
        {"label": int(y == of), "prediction": int(p == of), "weight": w}
        for g, y, p, w in rows_of
        if g == group
    ]
    numerator, denominator = slow_rate(name, mine)
    return numerator / denominator


@pytest.mark.parametrize("name", sorted(RATES))
def test_each_rate_of_each_class_is_that_of_a_loop(name):
    slow = np.array([[slow_class_rate(name, g, place) for place in range(3)] for g in range(2)])
    for place, of in enumerate(CLASSES):
        metric = ClassRate(rate=RATES[name], of=of)
        found = metric.measure(table())
        assert metric.name == f"{name}[{of}]"
        assert found.values == pytest.approx(slow[:, place])
        assert found.method == "wilson"
    if name not in SAME_FOR_ALL:
        assert MATRIX[f"macro_{name}"].measure(table()).values == pytest.approx(slow.mean(axis=1))
    rises = name in {
        "false_positive_rate", "false_negative_rate", "false_discovery_rate", "false_omission_rate"
    }  # fmt: skip
    worst = WorstClass(rate=RATES[name]).measure(table())
    assert worst.values == pytest.approx(slow.max(axis=1) if rises else slow.min(axis=1))


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("multiclass_accuracy", sk.accuracy_score),
        ("multiclass_matthews_corrcoef", sk.matthews_corrcoef),
        (
            "multiclass_cohen_kappa",
            lambda y, p, sample_weight: sk.cohen_kappa_score(y, p, sample_weight=sample_weight),
        ),
        ("macro_true_positive_rate", sk.balanced_accuracy_score),
        (
            "macro_precision",
            lambda y, p, sample_weight: sk.precision_score(
                y, p, sample_weight=sample_weight, average="macro"
            ),
        ),
    ],
    ids=["accuracy", "mcc", "kappa", "recall", "precision"],
)
def test_summaries_agree_with_scikit_learn(name, theirs):
    group, label, prediction, weights = rows()
    found = MATRIX[name].measure(table())
    for g in range(2):
        mine = group == g
        assert found.values[g] == pytest.approx(
            theirs(label[mine], prediction[mine], sample_weight=weights[mine])
        )
    low, high = found.limits(Z)
    assert (low < found.values).all()
    assert (found.values < high).all()


def test_limits_of_the_worst_class_are_those_of_all_classes_at_once():
    rate = RATES["true_positive_rate"]
    z = norm.isf(norm.sf(Z) / 3)
    each = [ClassRate(rate=rate, of=of).measure(table()).limits(z) for of in CLASSES]
    low, high = WorstClass(rate=rate).measure(table()).limits(Z)
    assert low == pytest.approx(np.min([one for one, _ in each], axis=0))
    assert high == pytest.approx(np.min([one for _, one in each], axis=0))


def test_a_class_without_labels_is_named():
    small = class_table([0, 0, 1, 1, 1], [0, 1, 0, 1, 2], [0, 1, 0, 1, 2], classes=CLASSES)
    reason = "'owl' as positive: group has no positive labels"
    for metric in (
        ClassRate(rate=RATES["true_positive_rate"], of="owl"),
        WorstClass(rate=RATES["true_positive_rate"]),
        MATRIX["macro_true_positive_rate"],
    ):
        found = metric.measure(small)
        assert np.isnan(found.values).tolist() == [True, False]
        assert found.reasons == (reason, "")
        assert np.isnan(found.limits(Z)[1][0])


def test_alike_predictions_have_no_correlation():
    found = MATRIX["multiclass_matthews_corrcoef"].measure(
        class_table([0] * 3, [0, 1, 2], [1, 1, 1], classes=CLASSES)
    )
    assert found.reasons == ("all labels, or all predictions, of the group are alike",)


def test_one_against_rest_keeps_the_rows():
    whole = table()
    one = one_against_rest(whole, "dog")
    assert one.n.sum(axis=(1, 2)).tolist() == whole.n.sum(axis=(1, 2)).tolist()
    assert one.n[:, 1, 1].tolist() == whole.n[:, 1, 1].tolist()
    assert one.classes == ("0", "1")


def test_an_unknown_class_names_the_nearest():
    with pytest.raises(MetricError, match="unknown class 'dgo'; did you mean 'dog'"):
        ClassRate(rate=RATES["precision"], of="dgo").measure(table())


@pytest.mark.parametrize("name", ["macro_precision", "multiclass_accuracy"])
def test_a_table_without_classes_is_refused(name):
    with pytest.raises(MetricError, match="needs labels and predictions of classes"):
        MATRIX[name].measure(error_table([0], [1.0], [1.0], groups=1))


def test_confusions_are_the_counts_and_small_groups_are_suppressed():
    small = class_table([0] * 4 + [1], [0, 0, 1, 1, 2], [0, 1, 1, 1, 2], classes=CLASSES, groups=2)
    shown, hidden = confusions(small, minimum_group=2)
    assert shown.counts == ((1, 1, 0), (0, 2, 0), (0, 0, 0))
    assert shown.shares == ((0.5, 0.5, 0), (0, 1, 0), None)
    assert shown.group == {"group": "a"}
    assert (hidden.status, hidden.n, hidden.counts, hidden.shares) == ("suppressed", 1, None, None)

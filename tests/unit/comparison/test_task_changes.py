"""Two models compared on the same rows, of several classes and of numbers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, mean_absolute_error, root_mean_squared_error

from audit.comparison import compare
from audit.measuring.groups import measure_groups
from oracles.paired import slow_change, slow_flips
from oracles.tasks import slow_paired_mean
from tasks import loaded, numbers, rows, several

Z = stats.norm.isf(0.025)
MEANS = ("mean_prediction", "mean_error", "mean_absolute_error", "root_mean_squared_error")


def record(found, metric, kind="rate", **group):
    (one,) = (
        item
        for item in found.records
        if (item.metric, item.kind) == (metric, kind) and (kind == "gap" or item.group == group)
    )
    return one


def of_numbers(weighted=False, seed=0):
    frame = rows(seed=seed)
    changes = {"data__sample_weight": "weight"} if weighted else {}
    config, dataset, before = loaded(frame, numbers(data__sensitive="sex", **changes))
    said = before.label - 1500 * (frame.sex == "M").to_numpy() + np.arange(len(frame)) % 7
    after = replace(before, label=said, score=said)
    pairs = measure_groups(dataset, before, config, "baseline").disparities
    return frame, dataset, before, after, compare(
        dataset, before, after, pairs=pairs, mitigated="penalty-1"
    )  # fmt: skip


@pytest.mark.parametrize("metric", MEANS)
@pytest.mark.parametrize("weighted", [False, True])
def test_means_change_as_the_slow_twin_says(metric, weighted):
    frame, dataset, before, after, found = of_numbers(weighted)
    for group in ({}, {"sex": "F"}, {"sex": "M"}):
        mine = np.ones(len(frame), bool) if not group else (frame.sex == group["sex"]).to_numpy()
        weights = (frame.weight if weighted else frame.weight * 0 + 1)[mine].tolist()
        parts = (dataset.target[mine], before.label[mine], after.label[mine])
        first, second, variance, size = slow_paired_mean(metric, *map(list, parts), weights)
        one = record(found, metric, **group)
        assert (one.before, one.after) == pytest.approx((first, second), rel=1e-9)
        reach = stats.t.isf(0.025, size - 1) * np.sqrt(variance)
        assert one.interval.low == pytest.approx(second - first - reach, rel=1e-5)
        assert one.interval.high == pytest.approx(second - first + reach, rel=1e-5)
        assert one.interval.method == "paired t, unadjusted"
        assert (one.gained, one.lost) == (None, None)


def test_sizes_of_errors_agree_with_scikit_learn():
    _, dataset, before, after, found = of_numbers()
    for metric, theirs in (
        ("mean_absolute_error", mean_absolute_error),
        ("root_mean_squared_error", root_mean_squared_error),
    ):
        one = record(found, metric)
        assert one.before == pytest.approx(theirs(dataset.target, before.label))
        assert one.after == pytest.approx(theirs(dataset.target, after.label))


def test_the_gap_of_mean_predictions_narrows_by_what_was_taken_off():
    frame, _, before, after, found = of_numbers()
    one = record(found, "mean_prediction", "gap")
    assert (one.a, one.b) == ({"sex": "M"}, {"sex": "F"})
    man = (frame.sex == "M").to_numpy()
    gaps = [said.label[man].mean() - said.label[~man].mean() for said in (before, after)]
    assert (one.before, one.after) == pytest.approx(gaps)
    assert one.interval.low < gaps[1] - gaps[0] < one.interval.high < 0
    assert one.interval.method.startswith("tukey-mover of paired t, bonferroni over 4 gaps")
    assert found.levelling == ()


def test_unchanged_predictions_have_no_change_and_no_interval():
    frame = rows(80)
    config, dataset, before = loaded(frame, numbers(data__sensitive="sex"))
    pairs = measure_groups(dataset, before, config, "baseline").disparities
    found = compare(dataset, before, before, pairs=pairs, mitigated="none-1")
    assert {item.change for item in found.records} == {0.0}
    assert {item.interval for item in found.records} == {None}


def test_perfect_predictions_have_no_interval_of_the_root():
    frame = rows(80).assign(guess=lambda frame: frame.income)
    config, dataset, before = loaded(frame, numbers(data__sensitive="sex"))
    after = replace(before, label=before.label + np.arange(80) % 5)
    pairs = measure_groups(dataset, before, config, "baseline").disparities
    found = compare(dataset, before, after, pairs=pairs, mitigated="none-1")
    one = record(found, "root_mean_squared_error")
    assert (one.before, one.interval) == (0.0, None)
    assert one.after > 0


def of_classes(seed=0):
    frame = rows(seed=seed)
    config, dataset, before = loaded(frame, several(data__sensitive="sex"))
    draw = np.random.default_rng(seed)
    codes = np.where(draw.random(len(frame)) < 0.2, draw.integers(0, 3, len(frame)), before.classes)
    after = replace(before, classes=codes, label=(codes == dataset.focus).astype(np.int8))
    pairs = measure_groups(dataset, before, config, "baseline").disparities
    return frame, dataset, before, after, compare(
        dataset, before, after, pairs=pairs, mitigated="penalty-1"
    )  # fmt: skip


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate", "false_positive_rate"])
def test_rates_of_the_class_in_focus_change_as_the_slow_twin_says(metric):
    frame, _, before, after, found = of_classes()
    label = (frame.kind == "cat").astype(int).tolist()
    members = np.flatnonzero(frame.sex == "M")
    first, second, limits = slow_change(
        metric, label, before.label, after.label, members=members, z=Z
    )
    one = record(found, f"{metric}[cat]", sex="M")
    assert (one.before, one.after) == pytest.approx((first, second))
    assert (one.interval.low, one.interval.high) == pytest.approx(limits, abs=1e-5)
    if metric == "selection_rate":
        assert (one.gained, one.lost) == slow_flips(before.label, after.label, members)
    assert record(found, f"{metric}[cat]", "gap").status == "ok"


def test_accuracy_is_that_over_all_classes():
    _, dataset, before, after, found = of_classes()
    one = record(found, "multiclass_accuracy")
    assert one.before == pytest.approx(accuracy_score(dataset.codes, before.classes))
    assert one.after == pytest.approx(accuracy_score(dataset.codes, after.classes))
    assert "accuracy" not in {item.metric for item in found.records}
    assert {item.metric for item in found.levelling} == {
        "selection_rate[cat]", "true_positive_rate[cat]",
    }  # fmt: skip


def test_without_predicted_classes_there_is_no_accuracy():
    _, dataset, before, after, _ = of_classes()
    found = compare(dataset, before, replace(after, classes=None), pairs=(), mitigated="penalty-1")
    metrics = {item.metric for item in found.records}
    assert "multiclass_accuracy" not in metrics
    assert "selection_rate[cat]" in metrics

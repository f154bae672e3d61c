"""The imprint of a regression: what predictions add to the gap in targets."""

import numpy as np
import pytest
from scipy import stats

from audit.metrics.imprint import imprint
from audit.metrics.table.cells import CellTable

Z = stats.norm.isf(0.025)


def made(rows=400, seed=0, groups=3):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, rows)
    target = rng.normal(size=rows) * 10 + 100 + 3 * group
    return group, target, target + rng.normal(size=rows) + 0.5 * group


def table(group, target, said, **more):
    names = tuple("abcdef"[: int(group.max()) + 1])
    return CellTable.of_errors([("g", names, group)], target, said, **more)


def test_it_is_the_gap_of_mean_predictions_less_that_of_mean_targets():
    group, target, said = made()
    found = imprint(table(group, target, said))
    for d in found.disparities:
        a, b = (group == "abc".index(item["g"]) for item in (d.a, d.b))
        predictions, targets = (values[a].mean() - values[b].mean() for values in (said, target))
        assert d.value == pytest.approx(predictions - targets)
    assert [item.name for item in found.definitions] == ["imprint"]
    assert found.definitions[0].low is None


def test_each_group_has_its_mean_error_with_students_interval():
    group, target, said = made()
    found = {m.group.get("g"): m for m in imprint(table(group, target, said)).metrics}
    assert list(found) == [None, "a", "b", "c"]
    errors = (said - target)[group == 1]
    theirs = stats.ttest_1samp(errors, 0).confidence_interval(0.95)
    assert found["b"].value == pytest.approx(errors.mean())
    assert (found["b"].interval.low, found["b"].interval.high) == pytest.approx(
        (theirs.low, theirs.high), rel=1e-6
    )


def test_a_reference_comparison_is_the_mover_of_the_two_intervals():
    group, target, said = made(groups=2)
    (d,) = (
        d for d in imprint(table(group, target, said)).disparities if d.selection == "reference"
    )
    means, reach = [], []
    for item in (d.a, d.b):
        errors = (said - target)[group == "ab".index(item["g"])]
        means.append(errors.mean())
        low = stats.ttest_1samp(errors, 0).confidence_interval(0.95).low
        reach.append(errors.mean() - low)
    gap, wide = means[0] - means[1], np.hypot(*reach)
    assert (d.interval.low, d.interval.high) == pytest.approx((gap - wide, gap + wide), rel=1e-6)
    assert d.interval.method == "mover of welch"
    p = stats.ttest_ind(*((said - target)[group == g] for g in (0, 1)), equal_var=False).pvalue
    assert d.p_value == pytest.approx(p, rel=0.15)


def test_the_pair_is_the_worst_pair_of_the_mean_prediction():
    group, target, said = made()
    said = np.where(group == 0, said + 50, said)
    (worst,) = (
        d for d in imprint(table(group, target, said)).disparities if d.selection == "worst_pair"
    )
    means = [said[group == g].mean() for g in range(3)]
    assert worst.a == {"g": "abc"[int(np.argmax(means))]}
    assert worst.b == {"g": "abc"[int(np.argmin(means))]}
    assert worst.interval.method == "tukey-mover of welch"


def test_predictions_that_repeat_the_targets_leave_none_and_no_test():
    group, target, _ = made()
    for d in imprint(table(group, target, target)).disparities:
        assert d.value == 0
        assert d.p_value is None
        assert d.interval is None


def test_the_class_that_is_positive_is_told():
    rng = np.random.default_rng(0)
    binary = CellTable.from_codes(
        [("g", ("a", "b"), rng.integers(0, 2, 90))], rng.integers(0, 2, 90), rng.integers(0, 2, 90)
    )
    assert "'cat' is positive" in imprint(binary, of="cat").definitions[0].definition

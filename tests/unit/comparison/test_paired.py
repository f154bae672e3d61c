"""Baseline against mitigated on the same rows."""

import numpy as np
import pytest
from scipy.stats import norm, studentized_range

from audit.comparison import compare
from audit.errors import MetricError
from audit.metrics.disparity import measure
from audit.metrics.statistics.intervals import tango
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.table.cells import CellTable
from audit.predictions import from_labels
from builders_models import dataset, numbers
from oracles.paired import slow_change, slow_flips, slow_gap_change

METRICS = ("accuracy", "selection_rate", "true_positive_rate", "false_positive_rate")
Z = norm.isf(0.025)


def made(rows=600, seed=0, weights=False, groups=None):
    draw = np.random.default_rng(seed)
    sex = draw.choice(["F", "M"], rows) if groups is None else np.asarray(groups)
    label = (draw.random(rows) < 0.4).astype(int)
    before = (draw.random(rows) < 0.2 + 0.3 * label + 0.2 * (sex == "M")).astype(np.int8)
    flips = draw.random(rows) < 0.25
    after = np.where(flips, draw.random(rows) < 0.45, before).astype(np.int8)
    data = dataset(
        numbers(rows),
        target=label,
        groups={"sex": list(sex)},
        weights=draw.uniform(0.3, 2, rows) if weights else None,
    )
    return data, before, after


def disparities(data, before, names=("accuracy",)):
    table = CellTable.from_codes(
        [(item.name, item.categories, item.codes) for item in data.sensitive],
        data.target,
        before,
        data.weights,
    )
    return measure(table, names=names, intersections=1).disparities


def compared(data, before, after, **choices):
    settings = {"pairs": disparities(data, before), "mitigated": "fairness_penalty-1"} | choices
    return compare(data, from_labels(before), from_labels(after), **settings)


def record(found, metric, kind="rate", **group):
    (one,) = (
        item
        for item in found.records
        if (item.metric, item.kind) == (metric, kind) and (kind == "gap" or item.group == group)
    )
    return one


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weights", [False, True])
def test_rates_change_as_the_slow_twin_says(metric, weights):
    data, before, after = made(weights=weights)
    found = compared(data, before, after)
    codes = data.sensitive[0].codes
    for group, members in (
        ({}, range(len(data))),
        ({"sex": "F"}, np.flatnonzero(codes == 0)),
        ({"sex": "M"}, np.flatnonzero(codes == 1)),
    ):
        one = record(found, metric, **group)
        first, second, limits = slow_change(
            metric, data.target, before, after, members=members, z=Z, weights=data.weights
        )
        assert one.before == pytest.approx(first, abs=1e-12)
        assert one.after == pytest.approx(second, abs=1e-12)
        assert one.change == pytest.approx(second - first, abs=1e-12)
        assert (one.interval.low, one.interval.high) == pytest.approx(limits, abs=1e-5)
        assert one.interval.method == "tango, unadjusted"
        assert not one.interval.simultaneous
        assert one.n == len(members)


@pytest.mark.parametrize("metric", METRICS)
def test_gaps_change_as_the_slow_twin_says(metric):
    data, before, after = made()
    one = record(compared(data, before, after), metric, "gap")
    sex = data.sensitive[0]
    a, b = (
        np.flatnonzero(sex.codes == sex.categories.index(group["sex"])) for group in (one.a, one.b)
    )
    z = norm.isf(0.05 / 4 / 2)
    change, limits = slow_gap_change(metric, data.target, before, after, a=a, b=b, z=z)
    assert one.change == pytest.approx(change, abs=1e-12)
    assert one.change == pytest.approx(one.after - one.before, abs=1e-12)
    assert (one.interval.low, one.interval.high) == pytest.approx(limits, abs=1e-5)
    assert one.before >= 0
    assert one.interval.simultaneous
    assert one.interval.method == "tukey-tango-mover, bonferroni over 4 gaps"


def test_a_pair_chosen_among_several_is_covered_by_tukeys_quantile():
    draw = np.random.default_rng(3)
    data, before, after = made(groups=draw.choice(["A", "B", "C", "D"], 600))
    one = record(compared(data, before, after), "selection_rate", "gap")
    sex = data.sensitive[0]
    places = [np.flatnonzero(sex.codes == sex.categories.index(g["sex"])) for g in (one.a, one.b)]
    z = studentized_range.ppf(1 - 0.05 / 4, 4, np.inf) / np.sqrt(2)
    _, limits = slow_gap_change(
        "selection_rate", data.target, before, after, a=places[0], b=places[1], z=z
    )
    assert (one.interval.low, one.interval.high) == pytest.approx(limits, abs=1e-5)


def test_who_gains_and_who_loses_is_counted_row_by_row():
    data, before, after = made()
    found = compared(data, before, after)
    for code, category in enumerate(data.sensitive[0].categories):
        members = np.flatnonzero(data.sensitive[0].codes == code)
        one = record(found, "selection_rate", sex=category)
        assert (one.gained, one.lost) == slow_flips(before, after, members)
    everyone = record(found, "selection_rate")
    assert (everyone.gained, everyone.lost) == slow_flips(before, after, range(len(data)))
    assert record(found, "accuracy").gained is None


def test_small_groups_are_suppressed_and_say_nothing():
    data, before, after = made(groups=["F"] * 20 + ["M"] * 280 + ["X"] * 300)
    found = compared(data, before, after)
    one = record(found, "selection_rate", sex="F")
    assert (one.status, one.n) == ("suppressed", 20)
    assert (one.before, one.after, one.change, one.interval) == (None, None, None, None)
    assert (one.gained, one.lost) == (None, None)
    assert "fewer than the minimum of 30" in one.reason


def test_a_rate_without_rows_is_undefined_and_so_is_its_gap():
    data, before, after = made(groups=["F"] * 300 + ["M"] * 300)
    data.target[:300] = 0
    earlier, _, _ = made(groups=["F"] * 300 + ["M"] * 300)
    found = compared(data, before, after, pairs=disparities(earlier, before))
    one = record(found, "true_positive_rate", sex="F")
    assert (one.status, one.change) == ("undefined", None)
    assert one.reason == "group has no positive labels"
    gap = record(found, "true_positive_rate", "gap")
    assert (gap.status, gap.interval) == ("undefined", None)
    assert gap.reason == "sex=F: group has no positive labels"
    assert "over 3 gaps" in record(found, "accuracy", "gap").interval.method


def test_no_weight_is_no_value():
    data, before, after = made(weights=True, groups=["F"] * 300 + ["M"] * 300)
    data.weights[:300] = 0
    one = record(compared(data, before, after, pairs=()), "accuracy", sex="F")
    assert (one.status, one.reason) == ("undefined", "all weights of the denominator are 0")


def test_one_group_has_no_gap_and_says_why():
    data, before, after = made(groups=["F"] * 600)
    gap = record(compared(data, before, after), "selection_rate", "gap")
    assert (gap.status, gap.a, gap.before) == ("undefined", {}, None)
    assert gap.reason == "fewer than two groups can be compared"


def test_other_rows_are_refused():
    data, before, after = made()
    with pytest.raises(MetricError, match="same rows"):
        compare(data, from_labels(before), from_labels(after[:-1]), pairs=(), mitigated="x")


def test_identifiers_do_not_depend_on_what_came_out():
    data, before, after = made()
    one, two = (compared(data, before, value).records for value in (after, 1 - after))
    assert [item.id for item in one] == [item.id for item in two]
    assert len({item.id for item in one}) == len(one)


@pytest.mark.parametrize(("size", "least"), [(30, 0.93), (200, 0.93)])
@pytest.mark.parametrize(("up", "down"), [((0.02, 0.1), (0.1, 0.02)), ((0.2, 0.2), (0.2, 0.2))])
def test_the_interval_of_a_gap_holds_the_truth(size, least, up, down):
    draw = np.random.default_rng(7)
    times, values, limits = 2000, [], []
    for gained, lost in zip(up, down, strict=True):
        cells = draw.multinomial(size, [gained, lost, 1 - gained - lost], times)
        values.append((cells[:, 0] - cells[:, 1]) / size)
        limits.append(tango(cells[:, 0], cells[:, 1], np.full(times, size), Z))
    low, high = mover_difference(values[0], limits[0], values[1], limits[1])
    truth = (up[0] - down[0]) - (up[1] - down[1])
    covered = np.mean((low <= truth) & (truth <= high))
    assert least <= covered <= 0.995

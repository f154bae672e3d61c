"""Threshold sweeps and calibration curves, row by row."""

import dataclasses
import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from audit.errors import MetricError
from audit.metrics.curve_results import Curves
from audit.metrics.curves import measure_curves
from audit.metrics.estimates import Scope
from audit.metrics.groups import grouping
from audit.metrics.measures.calibration_curve import calibration_curves
from audit.metrics.statistics.intervals import wilson
from audit.metrics.table.cells import CellTable
from audit.metrics.table.histogram import Scale
from score_tables import score_table

Z = 1.959963984540054
SPREADS = {"spread": (2, 3), "rare": (0.5, 2000), "saturated": (0.05, 0.05)}


def drawn(name="spread", n=3000, groups=3, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.beta(*SPREADS[name], n)
    return rng.integers(0, groups, n), (rng.random(n) < score).astype(int), score


def observed(metric, label, score, threshold):
    decided = score >= threshold
    if metric == "accuracy":
        return (decided == label).mean()
    among = {"selection_rate": label >= 0, "true_positive_rate": label == 1}
    return decided[among.get(metric, label == 0)].mean()


@pytest.mark.parametrize("name", sorted(SPREADS))
def test_every_point_of_a_sweep_is_the_rate_at_its_threshold(name):
    group, label, score = drawn(name)
    table = score_table(group, label, score, threshold=0.37)
    sweep = measure_curves(table, threshold=0.37).sweeps[0]
    assert len(sweep.lines) == 12
    assert len(sweep.thresholds) <= 61
    assert list(sweep.thresholds) == sorted(set(sweep.thresholds))
    shown = [line for line in sweep.lines if line.status == "ok"]
    assert len(shown) >= 6  # of rare labels a group may have none
    for line in shown:
        own = group == int(line.group["group"])
        for threshold, value in zip(sweep.thresholds, line.values, strict=True):
            expected = observed(line.metric, label[own], score[own], threshold)
            assert value == pytest.approx(expected, abs=1e-6)
    for gap in sweep.gaps:
        lines = [line.values for line in shown if line.metric == gap.metric]
        assert bool(gap.values) == (len(lines) > 1)
        assert not gap.values or gap.values == pytest.approx(np.ptp(lines, axis=0), abs=2e-6)


@pytest.mark.parametrize("threshold", [0.5, 0.123, 0.0, 1.0, 1.5])
def test_the_threshold_of_the_decisions_is_marked(threshold):
    table = score_table(*drawn(), threshold=threshold)
    sweep = measure_curves(table, threshold=threshold).sweeps[0]
    assert sweep.thresholds[sweep.chosen] == threshold
    selected = next(line for line in sweep.lines if line.metric == "selection_rate")
    assert selected.values[sweep.chosen] == pytest.approx(
        table.n[0, :, 1].sum() / table.n[0].sum(), abs=1e-6
    )


def test_without_a_threshold_none_is_marked():
    assert measure_curves(score_table(*drawn())).sweeps[0].chosen is None


def test_rare_scores_are_still_spread_over_thresholds():
    sweep = measure_curves(score_table(*drawn("rare"))).sweeps[0]
    rates = next(line.values for line in sweep.lines if line.metric == "selection_rate")
    assert sum(0.05 < value < 0.95 for value in rates) > 30


def test_small_and_unknown_groups_and_missing_labels():
    group = np.repeat([0, 1, 2, 3], [50, 50, 5, 40])
    label = np.concatenate([np.tile([0, 1], 50), np.ones(5), np.zeros(40)]).astype(int)
    score = np.linspace(0, 1, 145)
    table = score_table(group, label, score, names=["a", "b", "c", "unknown"])
    curves = measure_curves(table, minimum_group=30)
    lines = {(line.metric, line.group["group"]): line for line in curves.sweeps[0].lines}
    small = lines["accuracy", "c"]
    assert (small.status, small.values) == ("suppressed", ())
    assert small.reason == "5 rows, fewer than the minimum of 30"
    none = lines["true_positive_rate", "unknown"]
    assert (none.status, none.values, none.reason) == (
        "undefined",
        (),
        "group has no positive labels",
    )
    gap = next(gap for gap in curves.sweeps[0].gaps if gap.metric == "selection_rate")
    known = [lines["selection_rate", name].values for name in "ab"]
    assert gap.values == pytest.approx(np.ptp(known, axis=0), abs=2e-6)
    shown = {c.group.get("group"): c for c in curves.calibration}
    assert (shown["c"].status, shown["c"].bins) == ("suppressed", ())
    assert shown["unknown"].status == "ok"


def test_a_single_group_has_no_gap():
    gaps = measure_curves(score_table(*drawn(groups=1))).sweeps[0].gaps
    assert {gap.values for gap in gaps} == {()}
    assert gaps[0].reason == "fewer than two known groups have this rate"


def test_a_calibration_curve_is_that_of_sklearn():
    group, label, score = drawn()
    curves = measure_curves(score_table(group, label, score)).calibration
    assert [curve.group for curve in curves] == [
        {}, {"group": "0"}, {"group": "1"}, {"group": "2"}
    ]  # fmt: skip
    for curve, own in zip(
        curves, [group >= 0, *(group == place for place in range(3))], strict=True
    ):
        rate, mean = calibration_curve(label[own], score[own], n_bins=10)
        shown = [cell for cell in curve.bins if cell.status == "ok"]
        kept = [place for place, cell in enumerate(curve.bins) if cell.status == "ok"]
        assert [cell.rate for cell in shown] == pytest.approx(rate[kept])
        assert [cell.mean_score for cell in shown] == pytest.approx(mean[kept])
        assert sum(cell.n for cell in curve.bins) == own.sum()


def test_bins_with_few_rows_are_suppressed_and_others_have_wilson_limits():
    score = np.concatenate([np.full(40, 0.25), np.full(9, 0.85)])
    label = np.concatenate([np.tile([0, 1, 1, 0], 10), np.ones(9)]).astype(int)
    one, two = measure_curves(score_table(np.zeros(49), label, score)).calibration[0].bins
    assert (one.n, one.rate, one.mean_score, one.low, one.high) == (
        40, 0.5, pytest.approx(0.25), 0.2, 0.3
    )  # fmt: skip
    assert (one.interval.low, one.interval.high) == pytest.approx(
        [float(limit) for limit in wilson(20, 40, Z)]
    )
    assert (two.n, two.rate, two.interval, two.status) == (9, None, None, "suppressed")


def test_bins_of_equal_mass():
    group, label, score = drawn("rare", groups=1)
    found = grouping(score_table(group, label, score), (), "largest")
    (curve,) = calibration_curves(found, Scope(), strategy="mass")
    assert len(curve.bins) == 10
    assert all(250 < cell.n < 350 for cell in curve.bins)
    assert all(a.high <= b.low for a, b in zip(curve.bins, curve.bins[1:], strict=False))
    assert curve.bins[0].low == score.min()
    assert curve.bins[-1].high == score.max()


def test_weighted_rows_have_wider_limits_and_the_rate_of_their_weights():
    group, label, score = drawn(groups=1, n=400)
    weights = np.random.default_rng(0).uniform(0.1, 4, 400)
    plain, heavy = (
        measure_curves(score_table(group, label, score, own)).calibration[0].bins[3]
        for own in (None, weights)
    )
    inside = (score >= 0.3) & (score < 0.4)
    assert heavy.rate == pytest.approx(np.average(label[inside], weights=weights[inside]))
    assert heavy.interval.high - heavy.interval.low > plain.interval.high - plain.interval.low


def test_logits_are_told_as_probabilities():
    group, label, score = drawn()
    logits = np.log(score / (1 - score))
    one = measure_curves(score_table(group, label, score), threshold=0.5)
    two = measure_curves(
        score_table(group, label, logits, scale=Scale(kind="logit"), threshold=0.0), threshold=0.5
    )
    assert two.sweeps[0].thresholds == pytest.approx(one.sweeps[0].thresholds)
    assert two.sweeps[0].lines[0].values == pytest.approx(one.sweeps[0].lines[0].values, abs=1e-3)
    assert two.calibration[0].bins[0].rate == pytest.approx(one.calibration[0].bins[0].rate)


def test_scores_that_are_not_probabilities_have_a_sweep_but_no_calibration():
    rng = np.random.default_rng(0)
    score, label, group = (
        rng.normal(600, 120, 500),
        rng.integers(0, 2, 500),
        rng.integers(0, 2, 500),
    )
    scale = Scale(kind="value", low=300, high=850)
    curves = measure_curves(
        score_table(group, label, score, scale=scale, threshold=600), threshold=600.0
    )
    assert curves.calibration == ()
    line = curves.sweeps[0].lines[0]
    for threshold, value in zip(curves.sweeps[0].thresholds, line.values, strict=True):
        assert value == pytest.approx((score[group == 0] >= threshold).mean(), abs=1e-6)


def test_a_table_without_scores_has_no_curves():
    table = CellTable.from_codes([("g", ("a",), np.array([0]))], [1], [1])
    assert measure_curves(table) == Curves()


def test_identifiers_do_not_depend_on_what_came_out():
    one, two = (measure_curves(score_table(*drawn(seed=seed))) for seed in (1, 2))
    assert [s.id for s in one.sweeps] == [s.id for s in two.sweeps]
    assert [c.id for c in one.calibration] == [c.id for c in two.calibration]
    assert len({c.id for c in one.calibration}) == 4
    other = measure_curves(score_table(*drawn(seed=1)), model="mitigated")
    assert not {c.id for c in one.calibration} & {c.id for c in other.calibration}


def test_curves_of_fifty_groups_are_compact_json():
    curves = measure_curves(score_table(*drawn(n=50_000, groups=50)), threshold=0.5)
    text = json.dumps(dataclasses.asdict(curves), allow_nan=False)
    assert len(text) < 400_000


@pytest.mark.parametrize("options", [{"confidence": 1.0}, {"minimum_group": 0}], ids=str)
def test_impossible_options_are_refused(options):
    with pytest.raises(MetricError, match="expected"):
        measure_curves(score_table(*drawn()), **options)


def test_scores_that_are_all_missing():
    curves = measure_curves(score_table([0] * 40, [0, 1] * 20, [np.nan] * 40))
    assert {line.reason for line in curves.sweeps[0].lines} == {"group has no finite score"}
    assert curves.calibration[0].reason == "group has no finite score"

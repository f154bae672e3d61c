"""Each group against the rest and against everyone, repeated people, and control features."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from audit.errors import MetricError
from audit.metrics import group_metrics
from audit.metrics.statistics.intervals import newcombe
from audit.metrics.statistics.significance import two_sided_z
from audit.metrics.table.cells import CellTable
from audit.metrics.table.subsets import keep, remainder

Z = two_sided_z(0.05)


def drawn(rows=900, seed=0, groups=3):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, rows)
    label = rng.integers(0, 2, rows)
    score = np.clip(0.2 * label + 0.1 * group + rng.random(rows) * 0.6, 0, 1)
    return group, label, score


def rows_of(result, **wanted):
    return [
        d
        for d in result.disparities
        if all(getattr(d, key) == value for key, value in wanted.items())
    ]


def test_the_rest_is_everyone_outside_the_group():
    group, label, score = drawn()
    prediction = (score >= 0.5).astype(int)
    result = group_metrics(
        label,
        prediction,
        sensitive_features={"g": group},
        compared="rest",
        metrics="selection_rate",
    )
    found = rows_of(result, selection="rest")
    assert [d.a for d in found] == [{"g": "0"}, {"g": "1"}, {"g": "2"}]
    for place, d in enumerate(found):
        own, rest = prediction[group == place], prediction[group != place]
        assert d.b == {}
        assert d.value == pytest.approx(own.mean() - rest.mean())
        low, high = newcombe(own.sum(), len(own), rest.sum(), len(rest), Z)
        assert (d.interval.low, d.interval.high) == pytest.approx((float(low), float(high)))
        assert (d.interval.low > 0 or d.interval.high < 0) == (d.p_value < 0.05)
    assert {d.family.size for d in found} == {3}


def test_everyone_lies_between_a_group_and_the_rest():
    group, label, score = drawn()
    prediction = (score >= 0.5).astype(int)
    result = group_metrics(
        label,
        prediction,
        sensitive_features={"g": group},
        compared=("rest", "overall"),
        metrics=["selection_rate", "f1"],
    )
    for place in range(3):
        who = {"g": str(place)}
        (rest,) = rows_of(result, selection="rest", a=who, metric="selection_rate")
        (everyone,) = rows_of(result, selection="overall", a=who, metric="selection_rate")
        own = prediction[group == place].mean()
        assert everyone.value == pytest.approx(own - prediction.mean())
        assert everyone.p_value == rest.p_value
        share = (group != place).mean()
        assert everyone.interval.low == pytest.approx(share * rest.interval.low)
        (f1,) = rows_of(result, selection="overall", a=who, metric="f1")
        assert (f1.status, f1.value) == ("undefined", None)
        assert "average over groups" in f1.reason


@pytest.mark.parametrize("metric", ["auc", "brier", "selection_rate", "f1"])
def test_the_remainder_of_a_table_is_the_table_of_the_others(metric):
    group, label, score = drawn()
    prediction = (score >= 0.5).astype(int)
    attribute = ("g", ("0", "1", "2"))
    table = CellTable.from_arrays([(*attribute, group)], label, prediction, score=score)
    from audit.metrics.catalogue import metric as named

    found = named(metric).measure(remainder(table)).values
    for place in range(3):
        others = group != place
        alone = CellTable.from_arrays([], label[others], prediction[others], score=score[others])
        assert found[place] == pytest.approx(named(metric).measure(alone).values[0], abs=1e-9)


def test_keeping_groups_keeps_their_counts_scores_and_errors():
    group, label, score = drawn()
    table = CellTable.from_arrays(
        [("g", ("0", "1", "2"), group)], label, (score > 0.5).astype(int), score=score
    )
    kept = keep(table, np.array([True, False, True]))
    assert kept.n.sum() == (group != 1).sum()
    assert kept.scores.n.sum() == (group != 1).sum()
    assert set(kept.scores.group.tolist()) == {0, 1}
    sums = CellTable.of_errors([("g", ("0", "1", "2"), group)], label, score)
    assert keep(sums, np.array([False, True, False])).errors.n.tolist() == [(group == 1).sum()]


def test_the_worst_pair_of_three_groups_has_the_homogeneity_test():
    group, label, score = drawn()
    prediction = (score >= 0.5).astype(int)
    result = group_metrics(
        label, prediction, sensitive_features={"g": group}, metrics="selection_rate"
    )
    (pair,) = rows_of(result, selection="worst_pair", kind="difference")
    table = [[(prediction[group == g] == v).sum() for v in (0, 1)] for g in range(3)]
    assert pair.test == "homogeneity (chi-squared)"
    assert pair.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    assert 0 < pair.shrunken < pair.value
    assert pair.range_p != pair.p_value


def test_equivalence_is_shown_by_much_data_only():
    for rows, shown in ((200, False), (40_000, True)):
        rng = np.random.default_rng(1)
        group, prediction = rng.integers(0, 3, rows), rng.integers(0, 2, rows)
        result = group_metrics(
            prediction,
            prediction,
            sensitive_features={"g": group},
            metrics="selection_rate",
            tolerance=0.05,
        )
        (pair,) = rows_of(result, selection="worst_pair", kind="difference")
        against = rows_of(result, selection="reference", kind="difference")
        assert (pair.equivalence_p < 0.05) == shown
        assert pair.equivalence_p >= max(d.equivalence_p for d in against) - 1e-9


def test_rows_that_repeat_people_widen_intervals():
    rng = np.random.default_rng(3)
    people = 200
    group, taste = rng.integers(0, 2, people), rng.random(people)
    person = np.repeat(np.arange(people), 10)
    prediction = (rng.random(len(person)) < np.where(taste[person] < 0.5, 0.05, 0.95)).astype(int)
    args = (prediction, prediction)
    options = {"sensitive_features": {"g": group[person]}, "metrics": ["selection_rate", "f1"]}
    plain = group_metrics(*args, **options).to_frame()
    aware = group_metrics(*args, **options, person=person).to_frame()
    assert (aware["value"] == plain["value"]).all()
    width = [(f["high"] - f["low"])[f["metric"] == "selection_rate"] for f in (plain, aware)]
    assert (width[1] > 2 * width[0]).all()
    assert set(aware["method"][aware["low"].notna()]) == {"bucket-jackknife"}


def test_people_who_are_all_alike_still_leave_doubt():
    person, group = np.repeat(np.arange(60), 5), np.repeat(np.arange(60) % 2, 5)
    result = group_metrics(
        np.ones(300), np.ones(300), sensitive_features={"g": group}, person=person,
        metrics="selection_rate",
    )  # fmt: skip
    frame = result.to_frame().set_index("group")
    assert frame["value"].tolist() == [1.0] * 3
    assert (frame["high"] == 1).all()
    assert ((frame["low"] > 0.8) & (frame["low"] < 0.95)).all()


def test_one_row_for_each_person_changes_intervals_little():
    group, label, score = drawn(4000)
    prediction = (score >= 0.5).astype(int)
    options = {"sensitive_features": {"g": group}, "metrics": "selection_rate"}
    plain = group_metrics(label, prediction, **options).to_frame()
    aware = group_metrics(label, prediction, **options, person=np.arange(4000)).to_frame()
    width = [(f["high"] - f["low"]).to_numpy() for f in (plain, aware)]
    assert width[1] / width[0] == pytest.approx(np.ones(len(plain)), rel=0.35)


def test_a_largest_value_has_no_interval_where_rows_repeat_people():
    group, label, score = drawn()
    result = group_metrics(
        label, y_score=score, threshold=0.5, sensitive_features={"g": group},
        metrics=["ks", "ece", "auc"], person=np.arange(900) // 3,
    )  # fmt: skip
    frame = result.to_frame().set_index(["metric", "group"])
    assert frame.loc["auc"]["low"].notna().all()
    assert frame.loc["ks"]["low"].isna().all()
    assert frame.loc["ece"]["low"].isna().all()
    assert rows_of(result, metric="ece", selection="worst_pair")[0].p_value is None


def test_control_features_compare_within_their_values():
    group, label, score = drawn()
    prediction = (score >= 0.5).astype(int)
    site = np.where(np.arange(900) % 2, "x", "y")
    whole = group_metrics(
        label, prediction, sensitive_features={"g": group}, control_features={"site": site}
    )
    assert whole.by_group.index.names == ["site", "g"]
    assert whole.overall.index.tolist() == ["x", "y"]
    for name in ("x", "y"):
        inside = site == name
        alone = group_metrics(
            label[inside], prediction[inside], sensitive_features={"g": group[inside]}
        )
        np.testing.assert_allclose(whole.by_group.loc[name], alone.by_group)
        np.testing.assert_allclose(whole.difference().loc[name], alone.difference())
        np.testing.assert_allclose(whole.overall.loc[name], alone.overall)
    assert set(whole.to_frame()["site"]) == {"x", "y"}


def test_control_features_agree_with_fairlearn():
    from fairlearn.metrics import MetricFrame, selection_rate

    group, label, score = drawn()
    prediction, site = (score >= 0.5).astype(int), np.arange(900) % 2
    theirs = MetricFrame(
        metrics=selection_rate,
        y_true=label,
        y_pred=prediction,
        sensitive_features=group,
        control_features=site,
    )
    ours = group_metrics(
        label, prediction, sensitive_features={"g": group}, control_features={"site": site},
        metrics="selection_rate", minimum_group=1,
    )  # fmt: skip
    np.testing.assert_allclose(ours.by_group["selection_rate"], theirs.by_group)
    for method in ("between_groups", "to_overall"):
        for kind in ("difference", "ratio"):
            np.testing.assert_allclose(
                getattr(ours, kind)(method=method)["selection_rate"],
                getattr(theirs, kind)(method=method),
            )
    np.testing.assert_allclose(ours.group_max()["selection_rate"], theirs.group_max())
    np.testing.assert_allclose(ours.group_min()["selection_rate"], theirs.group_min())


def test_criteria_are_those_of_fairlearn():
    from fairlearn import metrics as peers

    group, label, score = drawn(groups=2)
    prediction = (score >= 0.5).astype(int)
    found = group_metrics(label, prediction, sensitive_features={"g": group}).criteria().loc["g"]
    for name in (
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "equalized_odds_difference",
        "equalized_odds_ratio",
        "equal_opportunity_difference",
        "equal_opportunity_ratio",
    ):
        theirs = getattr(peers, name)(label, prediction, sensitive_features=group)
        assert found[name] == pytest.approx(theirs), name


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": "auc"}, "expected scores for this metric"),
        ({"metrics": "mean_error"}, "needs numeric targets"),
        ({"task": "ranking"}, "unknown task 'ranking'"),
        ({"compared": "others"}, "unknown comparison 'others'"),
        ({"correction": "bonferroni"}, "unknown correction 'bonferroni'"),
        ({"tolerance": 2}, "expected a tolerance between 0 and 1"),
        ({"person": [1.0] * 899 + [None]}, "expected a person in each row, came none in row 899"),
        ({"control_features": {"g": [0] * 900}}, "is a sensitive and a control feature"),
        ({"y_score": ["a"] * 900}, "y_score"),
        ({"y_score": [0.5]}, "expected columns of one length"),
        ({"y_pred": None}, "expected y_pred, or y_score with a threshold"),
        ({"task": "regression", "y_score": [0.5] * 900}, "task 'regression' needs y_pred alone"),
        ({"task": "multiclass", "threshold": 0.5}, "task 'multiclass' needs y_pred alone"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else None,
)
def test_what_cannot_be_is_told_in_one_line(options, said):
    group, label, score = drawn()
    given = {"y_pred": (score > 0.5).astype(int), "sensitive_features": {"g": group}, **options}
    with pytest.raises(MetricError, match=said) as raised:
        _ = group_metrics(label, given.pop("y_pred"), **given).by_group
    assert "\n" not in str(raised.value)


def test_several_classes_and_numbers_are_measured_by_group():
    rng = np.random.default_rng(0)
    kinds = np.array(["cat", "dog", "eel"])[rng.integers(0, 3, 900)]
    group = np.arange(900) % 3
    said = np.where(rng.random(900) < 0.7, kinds, "dog")
    found = group_metrics(kinds, said, sensitive_features={"g": group}, task="multiclass")
    for place, value in found.by_group["multiclass_accuracy"].items():
        inside = group == int(place)
        assert value == pytest.approx((kinds[inside] == said[inside]).mean())
    target = rng.normal(size=900)
    numbers = group_metrics(
        target, target + group, sensitive_features={"g": group}, task="regression"
    )
    assert numbers.by_group["mean_error"].tolist() == pytest.approx([0.0, 1.0, 2.0], abs=1e-12)
    assert not rows_of(numbers, metric="mean_error", kind="ratio")


def test_groups_are_drawn_with_their_intervals(tmp_path):
    group, label, score = drawn()
    found = group_metrics(label, (score > 0.5).astype(int), sensitive_features={"$g$": group})
    figure = found.plot(["selection_rate", "accuracy"])
    figure.savefig(tmp_path / "plot.svg")
    titles = [panel.get_title() for panel in figure.axes if panel.get_visible()]
    assert titles == ["selection rate", "accuracy"]
    marks = figure.axes[0].lines[0].get_xdata()
    values = found.to_frame().query("metric == 'selection_rate'")["value"]
    np.testing.assert_allclose(np.asarray(marks, dtype=float), values)
    with pytest.raises(MetricError, match="unknown metric"):
        found.plot("auc")

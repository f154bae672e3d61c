"""Metrics of rows by group, compared in the same families as those of counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import MetricError
from audit.metrics.disparity import Comparing, measure
from audit.metrics.measures.array_metric import ArrayMetric
from audit.metrics.measures.by_person import METHOD
from audit.metrics.measures.consistency import Consistency
from audit.metrics.measures.exposure import NDCG, Exposure, TopK, TopKShare
from audit.metrics.measures.interval_coverage import IntervalCoverage
from audit.metrics.measures.row_metric import Rows, mean_of_rows, share_of_rows
from audit.metrics.row_groups import RowMetrics
from audit.metrics.table.cells import CellTable
from oracles.families import slow_consistency, slow_exposure, slow_in_top

SEX, RACE = ("F", "M"), ("A", "B", "C", "unknown")
METRICS = (Exposure(), NDCG(), TopK(k=20), TopKShare(k=20), Consistency())


def population(n=300, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 200, n) / 200
    return {
        "sex": rng.integers(0, 2, n),
        "race": rng.integers(0, 4, n),
        "y_true": rng.integers(0, 2, n),
        "y_pred": (score >= 0.5).astype(int),
        "score": score,
        "features": rng.normal(size=(n, 2)),
        "query": rng.integers(0, 6, n),
    }


def table(rows, **more):
    return CellTable.from_arrays(
        [("sex", SEX, rows["sex"]), ("race", RACE, rows["race"])],
        rows["y_true"],
        rows["y_pred"],
        **more,
    )


def of_rows(rows, metrics=METRICS, **own):
    columns = {key: value for key, value in rows.items() if key not in ("sex", "race")}
    codes = {"sex": rows["sex"], "race": rows["race"]}
    return RowMetrics(metrics=metrics, codes=codes, columns=columns, own=own)


def measured(rows, metrics=METRICS, *, counted=None, **options):
    return measure(
        counted or table(rows), names=[], minimum_group=1, of_rows=of_rows(rows, metrics), **options
    )


def values(found, metric):
    return {
        tuple(entry.group.items()): entry.value for entry in found.metrics if entry.metric == metric
    }


def test_every_group_has_the_value_of_a_loop_over_its_rows():
    rows = population()
    found = measured(rows)
    near = np.array(slow_consistency(rows["features"], rows["y_pred"], 5, True))
    exposed, held = np.empty(300), np.empty(300)
    for one in range(6):
        own = rows["query"] == one
        exposed[own], held[own] = (
            slow_exposure(rows["score"][own]),
            slow_in_top(rows["score"][own], 20),
        )
    for metric, each in (("exposure", exposed), ("top_20_rate", held), ("consistency", near)):
        by_group = values(found, metric)
        assert by_group[()] == pytest.approx(each.mean())
        for s, sex in enumerate(SEX):
            assert by_group[("sex", sex),] == pytest.approx(each[rows["sex"] == s].mean())
            for r, race in enumerate(RACE):
                inside = (rows["sex"] == s) & (rows["race"] == r)
                key = (("sex", sex), ("race", race))
                assert by_group[key] == pytest.approx(each[inside].mean())
    shares = values(found, "top_20_share")
    assert sum(shares[("sex", sex),] for sex in SEX) == pytest.approx(1)


def test_they_are_compared_in_the_families_of_the_others():
    found = measured(population(n=600))
    worst = [d for d in found.disparities if d.selection == "worst_pair" and d.kind == "difference"]
    families = {(d.metric in {m.name for m in METRICS}, d.family.name) for d in worst}
    assert families == {(True, "other worst pairs"), (False, "headline")}
    other = [d for d in worst if d.family.name == "other worst pairs"]
    tested = [d for d in other if d.p_value is not None]
    assert {d.family.size for d in other} == {len(tested)}
    assert not any("unknown" in {*d.a.values(), *d.b.values()} for d in worst)
    by_id = {entry.id: entry for entry in found.metrics}
    for d in tested:
        assert d.value == pytest.approx(by_id[d.a_metric].value - by_id[d.b_metric].value)
    assert {item.name for item in found.definitions} >= {m.name for m in METRICS}


def test_against_the_rest_is_measured_over_the_rows_of_the_rest():
    rows = population()
    found = measured(rows, comparing=Comparing(compared=("rest", "overall")), intersections=1)
    rest = {
        (d.metric, *d.a.values()): d
        for d in found.disparities
        if d.selection == "rest" and d.attributes == ("race",)
    }
    for r, race in enumerate(RACE[:3]):
        group = (rows["race"] == r).astype(np.int64)
        for metric in METRICS:
            both = metric.measure_rows(Rows(group=group, groups=2, **of_rows(rows).columns)).values
            entry = rest[metric.name, race]
            assert entry.value == pytest.approx(both[1] - both[0])
    overall = {(d.metric, d.status) for d in found.disparities if d.selection == "overall"}
    assert ("top_20_rate", "ok") in overall
    assert ("top_20_share", "undefined") in overall


def test_without_attributes_there_is_everyone():
    rows = population()
    counted = CellTable.from_arrays([], rows["y_true"], rows["y_pred"])
    found = measured(rows, counted=counted)
    assert values(found, "exposure").keys() == {()}
    assert found.disparities == ()


def test_a_small_group_is_suppressed_and_says_its_size():
    rows = population()
    found = measure(table(rows), names=[], minimum_group=100, of_rows=of_rows(rows))
    small = [e for e in found.metrics if e.metric == "exposure" and e.group.get("race") == "A"]
    assert {entry.status for entry in small} == {"suppressed"}
    assert all(entry.value is None and entry.n > 0 for entry in small)


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(60)), st.integers(0, 5))
def test_the_order_of_rows_changes_nothing(order, seed):
    rows = population(n=60, seed=seed)
    moved = {name: column[np.array(order)] for name, column in rows.items()}
    for metric in METRICS:
        one, two = (values(measured(item, (metric,)), metric.name) for item in (rows, moved))
        for group, value in one.items():
            assert two[group] == (None if value is None else pytest.approx(value))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_names_of_categories_change_nothing(seed):
    rows = population(n=60, seed=seed)
    swapped = {**rows, "sex": 1 - rows["sex"]}
    one, two = (values(measured(item), "exposure") for item in (rows, swapped))
    assert one[("sex", "F"),] == two[("sex", "M"),]


def test_a_metric_is_given_columns_of_its_own():
    rows = population()
    ends = np.column_stack([rows["y_true"] - 1.0, rows["y_true"] + (rows["sex"] == 0) - 0.5])
    given_ends = of_rows(rows, (IntervalCoverage(), TopK(k=5)), interval_coverage={"y_pred": ends})
    found = measure(table(rows), names=[], minimum_group=1, of_rows=given_ends)
    by_group = values(found, "interval_coverage")
    assert (by_group[("sex", "F"),], by_group[("sex", "M"),]) == (1, 0)


def test_a_metric_of_ones_own_is_measured_from_rows():
    own = ArrayMetric(name="own", function=lambda y, p, w: float(np.mean(y == p)), interval="none")
    rows = population()
    found = values(measured(rows, (own,)), "own")
    inside = rows["sex"] == 1
    agreed = (rows["y_true"] == rows["y_pred"])[inside].mean()
    assert found[("sex", "M"),] == pytest.approx(agreed)


def test_rows_of_other_groups_than_were_counted_are_refused():
    rows = population()
    few = {name: column[rows["race"] != 2] for name, column in rows.items()}
    counted = CellTable.from_codes(
        [("race", RACE, few["race"])], few["y_true"], few["y_pred"]
    ).rollup(["race"])
    strange = replace(of_rows(rows), codes={"race": rows["race"]})
    if len(counted.codes) == len(RACE):
        pytest.skip("the table holds groups without rows")
    with pytest.raises(MetricError, match="expected rows of the groups that were counted"):
        measure(counted, names=[], of_rows=strange)


def slow_person_limits(each, group, person, z_value):
    """Delete-bucket jackknife of means, bucket by bucket."""
    from audit.metrics.statistics.means import t_quantile
    from audit.metrics.table.binning import bucket

    found = []
    for one in sorted(set(group.tolist())):
        own = group == one
        places = np.array([bucket(str(who)) for who in person[own]])
        left = [each[own][places != b].mean() for b in sorted(set(places.tolist()))]
        count = len(left)
        error = np.sqrt((count - 1) / count * sum((v - np.mean(left)) ** 2 for v in left))
        reach = t_quantile(count - 1, z_value) * error
        found.append((each[own].mean() - reach, each[own].mean() + reach))
    return np.array(found).T


def test_limits_over_people_are_those_of_leaving_them_out():
    rng = np.random.default_rng(0)
    person, each = np.repeat(np.arange(100), 4), np.repeat(rng.normal(0.5, 0.1, 100), 4)
    group = np.repeat(rng.integers(0, 2, 100), 4)
    rows = Rows(group=group, groups=2, person=person)
    found = mean_of_rows(each, rows, 0.0, 1.0)
    assert found.method == METHOD
    assert np.array(found.limits(1.96)) == pytest.approx(
        slow_person_limits(each, group, person, 1.96)
    )
    alone = mean_of_rows(each, Rows(group=group, groups=2), 0.0, 1.0)
    width, narrow = (np.subtract(*m.limits(1.96)[::-1]) for m in (found, alone))
    assert (width > 1.5 * narrow).all()


def test_a_share_over_people_rests_on_as_many_rows_as_it_is_worth():
    person = np.repeat(np.arange(200), 5)
    hit = np.repeat(np.random.default_rng(1).random(200) < 0.3, 5).astype(float)
    found = share_of_rows(hit, Rows(group=np.zeros(1000, int), groups=1, person=person))
    assert 100 < found.size[0] < 320
    assert found.values[0] == pytest.approx(hit.mean())


def test_lists_that_share_people_have_no_limits():
    rows = population()
    person = np.arange(300) // 2
    given = {k: rows[k] for k in ("y_true", "score", "query")}
    found = NDCG().measure_rows(Rows(group=rows["sex"], groups=2, person=person, **given))
    assert found.limits is None
    assert "people are in several lists" in found.method


def test_other_neighbours_are_another_metric():
    plain, other = Consistency(), Consistency(neighbours=7)
    named = Consistency(features="age (in standard deviations)")
    assert plain.version == "1"
    assert len({plain.version, other.version, named.version}) == 3
    assert "by age (in standard deviations)" in named.definition

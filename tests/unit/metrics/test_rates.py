import sys
from types import ModuleType

import pytest

from audit.errors import MetricError
from audit.metrics.disparity import measure
from audit.metrics.measures import rates as rates_module
from audit.metrics.measures.rates import DEFAULT, FN, FP, HEADLINE, RATES, TN, TP, Rate, rate, rates
from oracles.rates import slow_effective_size, slow_rate
from people import counts_table, people


def matching(rows, group):
    return [row for row in rows if all(row[key] == value for key, value in group.items())]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_every_rate_of_every_group_is_that_of_a_loop(seed, weighted):
    crowd = people(300, seed)
    rows = crowd.rows() if weighted else [{**row, "weight": 1.0} for row in crowd.rows()]
    found = measure(crowd.table(weighted=weighted), names=tuple(RATES), minimum_group=1)
    assert len(found.metrics) > 9 * (1 + 2 + 4)
    for result in found.metrics:
        mine = matching(rows, result.group)
        numerator, denominator = slow_rate(result.metric, mine)
        assert result.n == len(mine)
        assert result.denominator == pytest.approx(denominator)
        if denominator == 0:
            assert (result.status, result.value) == ("undefined", None)
            continue
        assert result.numerator == pytest.approx(numerator)
        assert result.value == pytest.approx(numerator / denominator)


def test_effective_size_is_that_of_the_denominator():
    crowd = people(300)
    found = measure(crowd.table(weighted=True), minimum_group=1)
    for result in found.metrics:
        if result.metric == "true_positive_rate" and result.status == "ok":
            weights = [
                row["weight"] for row in matching(crowd.rows(), result.group) if row["label"] == 1
            ]
            assert result.effective_n == pytest.approx(slow_effective_size(weights))


def test_unweighted_rows_have_no_effective_size():
    assert {m.effective_n for m in measure(people().table()).metrics} == {None}


@pytest.mark.parametrize(
    ("metric", "cells", "reason"),
    [
        ("true_positive_rate", (30, 10, 0, 0), "group has no positive labels"),
        ("false_negative_rate", (30, 10, 0, 0), "group has no positive labels"),
        ("false_positive_rate", (0, 0, 30, 10), "group has no negative labels"),
        ("true_negative_rate", (0, 0, 30, 10), "group has no negative labels"),
        ("precision", (30, 0, 10, 0), "group has no positive predictions"),
        ("negative_predictive_value", (0, 30, 0, 10), "group has no negative predictions"),
    ],
)
def test_a_rate_without_denominator_is_undefined_with_its_reason(metric, cells, reason):
    table = counts_table({"a": cells, "b": (10, 10, 10, 10)})
    found = {
        m.group.get("group"): m
        for m in measure(table, names=(metric,)).metrics
        if m.metric == metric
    }
    assert (found["a"].status, found["a"].reason) == ("undefined", reason)
    assert (found["a"].value, found["a"].interval) == (None, None)
    assert (found["a"].denominator, found["a"].n) == (0.0, 40)
    assert found["b"].status == "ok"


def test_headline_is_part_of_default():
    assert set(HEADLINE) < set(DEFAULT) <= set(RATES)


def test_the_registry_finds_each_rate_as_an_attribute():
    assert rates_module.precision is RATES["precision"]
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = rates_module.nonsense


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(MetricError, match="unknown metric 'selction_rate'.*'selection_rate'"):
        rate("selction_rate")


def own(name="wrong_selection_rate", numerator=frozenset({FP}), denominator=frozenset({FP, TP})):
    return Rate(
        name=name,
        title="Wrong selection rate",
        numerator=numerator,
        denominator=denominator,
        undefined="group has no positive predictions",
        definition="rows labelled negative among rows predicted positive",
        source="a test",
    )


@pytest.fixture
def module(monkeypatch):
    made = ModuleType("own_metrics")
    made.fdr = own()
    made.number = 3
    made.taken = own(name="accuracy")
    monkeypatch.setitem(sys.modules, "own_metrics", made)
    return made


def test_a_rate_of_ones_own_is_measured_like_the_others(module):
    table = counts_table({"a": (10, 10, 10, 30), "b": (20, 20, 10, 10)})
    found = measure(table, names=("own_metrics:fdr",))
    values = {
        m.group["group"]: m.value
        for m in found.metrics
        if m.metric == "wrong_selection_rate" and m.group
    }
    assert values == pytest.approx({"a": 10 / 40, "b": 20 / 30})
    assert rates((module.fdr,)) == (module.fdr,)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module_here:fdr", "cannot import 'no_such_module_here'"),
        (":fdr", "cannot import ''"),
        ("own_metrics:fdrr", "unknown metric 'fdrr' in own_metrics; did you mean 'fdr'"),
        ("own_metrics:number", "expected a Rate, came int"),
        ("own_metrics:taken", "'accuracy' is that of a built-in metric"),
    ],
)
def test_an_unsuitable_rate_of_ones_own_is_refused(module, name, message):
    with pytest.raises(MetricError, match=message):
        rate(name)


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [
        (frozenset({TN}), frozenset({TP})),
        (frozenset(), frozenset()),
        (frozenset({(2, 0)}), frozenset({(2, 0), FN})),
    ],
)
def test_a_rate_that_is_no_share_is_refused(numerator, denominator):
    with pytest.raises(MetricError, match="numerator that is part of the denominator"):
        own(numerator=numerator, denominator=denominator)


def test_two_metrics_of_one_name_are_refused():
    with pytest.raises(MetricError, match="two different ones"):
        rates((own(), own(numerator=frozenset({TP}))))


def test_a_metric_named_twice_comes_once():
    assert [r.name for r in rates(("accuracy", "accuracy"))] == ["accuracy"]
    assert [r.name for r in rates("accuracy")] == ["accuracy"]

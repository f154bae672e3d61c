import sys
from types import ModuleType

import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.catalogue import (
    ALIASES,
    ROW_METRICS,
    built_in,
    metric,
    metrics,
    names,
    row_metric,
)
from audit.metrics.measurement import Metric
from audit.metrics.measures.array_metric import ArrayMetric
from audit.metrics.measures.counts import COUNTS, CountMetric
from audit.metrics.measures.rates import DEFAULT, RATES
from audit.metrics.measures.row_metric import RowMetric


def test_every_metric_is_found_by_its_name_and_described():
    every = dict(built_in())
    assert len(every) == len(names()) > 50
    assert len({one.title for one in every.values()}) > 50
    for name, one in every.items():
        assert isinstance(one, Metric)
        assert metric(name) is one
        assert one.name == name
        assert one.title
        assert one.definition
        assert one.source
        assert one.low < one.high
        assert one.needs in ("decisions", "classes", "scores", "errors")


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_every_alias_leads_to_a_metric_and_hides_none(alias):
    assert metric(alias).name == ALIASES[alias]
    assert alias not in names()


@pytest.mark.parametrize("name", ROW_METRICS)
def test_every_metric_of_rows_is_found(name):
    one = row_metric(name)
    assert isinstance(one, RowMetric)
    assert one.name == name
    with pytest.raises(MetricError, match="computed from rows, not from counts"):
        metric(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("true_positive_rate[dog]", "true_positive_rate[dog]"),
        ("recall[a:b [c]]", "true_positive_rate[a:b [c]]"),
        ("worst_class_precision", "worst_class_precision"),
        ("macro_false_positive_rate", "macro_false_positive_rate"),
        ("audit.metrics.measures.rates:accuracy", "accuracy"),
        ("audit.metrics.measures.counts:f1", "f1"),
    ],
)
def test_names_with_parts_are_understood(name, found):
    assert metric(name).name == found


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("selction_rate", "unknown metric 'selction_rate'; did you mean 'selection_rate'"),
        ("tpr[dog]", "unknown metric 'tpr'"),
        ("worst_class_f1", "unknown metric 'f1'"),
        ("top_0_rate", "unknown metric 'top_0_rate'"),
        ("", "unknown metric ''"),
        (":x", "cannot import ''"),
        ("no_such_module_here:x", "cannot import 'no_such_module_here': ModuleNotFoundError"),
        ("own_metrics:benfit", "unknown metric 'benfit' in own_metrics; did you mean 'benefit'"),
        ("own_metrics:number", "expected a metric, came int"),
        ("own_metrics:kind", "expected a metric, came type"),
        ("own_metrics:taken", "the name 'f1' is that of a built-in metric"),
    ],
)
def test_what_is_no_metric_is_refused(own, name, message):
    with pytest.raises(MetricError, match=message) as caught:
        metric(name)
    assert "\n" not in str(caught.value)


@pytest.fixture
def own(monkeypatch):
    def benefit(tn, fp, fn, tp):
        return (tp - fp) / (tn + fp + fn + tp)

    made = ModuleType("own_metrics")
    made.benefit = CountMetric(name="benefit", function=benefit)
    made.taken = CountMetric(name="f1", function=benefit)
    made.gap = ArrayMetric(name="gap", function=lambda y, p, sample_weight: float(np.mean(p - y)))
    made.number, made.kind = 3, CountMetric
    monkeypatch.setitem(sys.modules, "own_metrics", made)
    return made


def test_those_of_ones_own_are_found(own):
    assert metric("own_metrics:benefit") is own.benefit
    assert row_metric("own_metrics:gap") is own.gap
    with pytest.raises(MetricError, match="computed from counts, not from rows"):
        row_metric("own_metrics:benefit")


def test_several_are_found_in_order_and_once(own):
    assert [one.name for one in metrics("default")] == list(DEFAULT)
    assert [one.name for one in metrics("auc")] == ["auc"]
    assert metrics(COUNTS["f1"]) == (COUNTS["f1"],)
    found = metrics(["f1", "f1_score", RATES["accuracy"], "accuracy", own.benefit])
    assert [one.name for one in found] == ["f1", "accuracy", "benefit"]


def test_two_of_one_name_are_refused(own):
    with pytest.raises(MetricError, match="one metric named 'f1', came two different ones"):
        metrics(["f1", own.taken])


@pytest.mark.parametrize("item", [3, None, RATES], ids=["number", "none", "table"])
def test_what_is_neither_name_nor_metric_is_refused(item):
    with pytest.raises(MetricError, match="expected metrics by name or as objects"):
        metrics([item])
    if item is not RATES:
        with pytest.raises(MetricError, match="expected metrics by name or as objects"):
            metrics(item)


def test_a_metric_of_rows_among_those_of_counts_is_refused(own):
    with pytest.raises(MetricError, match="metric 'gap' is computed from rows"):
        metrics([own.gap])

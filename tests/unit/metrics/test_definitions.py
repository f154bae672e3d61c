"""Definitions of metrics as they stand in evidence."""

from __future__ import annotations

import json

from audit.metrics.catalogue import built_in, metric, row_metric
from audit.metrics.definitions import definition, definitions


def test_a_bound_that_is_infinite_is_none():
    told = definition(metric("mean_error"))
    assert (told.low, told.high) == (None, None)
    assert (definition(metric("auc")).low, definition(metric("auc")).high) == (0, 1)


def test_each_name_comes_once_in_order():
    names = ("auc", "selection_rate", "auc")
    assert [item.name for item in definitions(map(metric, names))] == ["auc", "selection_rate"]


def test_every_metric_says_what_it_is_and_where_that_is_said():
    for item in definitions([one for _, one in built_in()] + [row_metric("exposure")]):
        assert item.definition
        assert item.source
        assert item.version
        json.dumps([item.low, item.high], allow_nan=False)

"""The rule of the target splits rows into two classes, or says why it cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.config import Target
from audit.data.target import labels
from audit.errors import DataError


def target(values, **rule):
    return labels(pd.Series(values, name="y"), Target(column="y", **rule))


@pytest.mark.parametrize(
    "values",
    [[0, 1, 1], [0.0, 1.0, 1.0], [False, True, True], ["0", "1", "1"], ["false", "true", "true"]],
)
def test_a_plain_name_takes_noughts_and_ones_in_every_spelling(values):
    assert target(values).values.tolist() == [0, 1, 1]


def test_positive_values_are_compared_as_text():
    found = target([1, 2, 2, 3], positive=("2", 3))
    assert found.values.tolist() == [0, 1, 1, 1]
    assert found.words == "y is '2' or '3'"


def test_above_is_strict():
    found = target([139.0, 140.0, 140.5, np.nan], above=140)
    assert found.values[:3].tolist() == [0, 0, 1]
    assert found.known.tolist() == [True, True, True, False]


def test_rows_without_a_label_are_not_known():
    assert target(["a", None, "b"], positive=("a",)).known.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("values", "rule", "line"),
    [
        ([1, 1], {}, "expected two classes, came one: every row is positive"),
        ([0, 0], {}, "every row is negative"),
        (["a", "b", "c"], {}, "expected two classes, came 3 classes: 'a', 'b', 'c'"),
        (["no", "yes"], {}, "expected 0 and 1, came 'no', 'yes'; say which is positive"),
        (["a"], {}, "came one class: 'a'"),
        ([None, None], {}, "only missing values"),
        (["low", "high"], {"positive": ("hihg",)}, "did you mean 'high'"),
        (["no", "yes"], {"positive": (True,)}, "YAML reads yes and no as truth values"),
        (["x", "1"], {"above": 3}, "row 1: expected a number, came 'x'"),
        ([1, 2], {"above": 9}, "every row is negative"),
    ],
)
def test_a_rule_that_does_not_split_is_told(values, rule, line):
    with pytest.raises(DataError, match=line):
        target(values, **rule)

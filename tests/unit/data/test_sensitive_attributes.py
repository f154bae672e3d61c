"""Groups: categories, ranges and the unknown."""

from __future__ import annotations

import pandas as pd
import pytest

from audit.config import Sensitive
from audit.data.sensitive import attribute
from audit.errors import DataError


def groups(values, **rule):
    found = attribute(pd.Series(values, name="a"), Sensitive(column="a", **rule))
    return found.categories, [found.categories[code] for code in found.codes]


def test_ranges_hold_their_lower_edge():
    names, rows = groups([24, 25, 44.9, 45, None, 70], bins=[25, 45])
    assert names == ("under 25", "25 to under 45", "45 and over", "unknown")
    assert rows == [
        "under 25",
        "25 to under 45",
        "25 to under 45",
        "45 and over",
        "unknown",
        "45 and over",
    ]


def test_missing_is_its_own_group_and_joins_a_category_called_unknown():
    names, rows = groups(["b", None, "unknown", "a"])
    assert names == ("a", "b", "unknown")
    assert rows == ["b", "unknown", "unknown", "a"]


def test_numbers_are_categories_in_their_own_order_and_print_whole():
    assert groups([10.0, 2.0, 2.0, 1.0])[0] == ("1", "2", "10")


def test_truth_values_and_texts_are_categories():
    assert groups([True, False])[0] == ("False", "True")


@pytest.mark.parametrize(
    ("values", "rule", "line"),
    [
        ([None, None], {}, "only missing values"),
        (list(range(30)), {}, r"30 different numbers from 0 to 29; cut it into ranges"),
        ([f"name {i}" for i in range(300)], {}, "at most 200 groups, came 300"),
        (["old", "young"], {"bins": [30]}, "row 1: expected a number, came 'old'"),
    ],
)
def test_what_cannot_be_compared_is_told(values, rule, line):
    with pytest.raises(DataError, match=line):
        groups(values, **rule)

"""Splits by column and by draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config import Split
from audit.data.split import parts
from audit.errors import DataError


@given(
    count=st.integers(10, 500),
    test=st.floats(0.1, 0.6),
    validation=st.none() | st.floats(0.05, 0.3),
    seed=st.integers(0, 99),
)
def test_a_draw_gives_each_row_to_one_part(count, test, validation, seed):
    found = parts(Split(test=test, validation=validation, seed=seed), None, count)
    every = np.sort(np.concatenate(list(found.rows.values())))
    assert every.tolist() == list(range(count))
    assert len(found.rows["test"]) == round(test * count)


def test_the_seed_decides_the_draw():
    draws = [
        parts(Split(test=0.5, seed=seed), None, 50).rows["test"].tolist() for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_a_column_names_the_parts_and_other_rows_are_counted():
    column = pd.Series(["a", "b", "c", None, "a"])
    found = parts(Split(column="s", train="a", test="b"), column, 5)
    assert found.rows["train"].tolist() == [0, 4]
    assert found.rows["test"].tolist() == [1]
    assert found.unused == 2


def test_numbers_name_parts_too():
    found = parts(Split(column="s", train=0, test=1), pd.Series([0.0, 1.0, 1.0]), 3)
    assert found.rows["test"].tolist() == [1, 2]


def test_without_a_rule_every_row_is_a_test_row():
    assert parts(None, None, 3).rows["test"].tolist() == [0, 1, 2]


def test_a_part_without_rows_is_told():
    with pytest.raises(DataError, match="no row holds 'tset'; it holds 'test'"):
        parts(Split(column="s", test="tset"), pd.Series(["test"]), 1)
    with pytest.raises(DataError, match="expected test rows, came none of 3"):
        parts(Split(test=0.01), None, 3)

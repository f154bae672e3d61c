"""Folding positions of tensors back to the user's columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audit.explainers.folding import fold


def test_positions_of_one_column_are_summed_in_order_of_appearance():
    values = {"x": np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])}
    features, folded = fold(values, {"x": ("city", "age", "city")}, 2)
    assert features == ("city", "age")
    np.testing.assert_array_equal(folded, [[5, 2], [40, 16]])


def test_dimensions_in_between_are_summed_and_tensors_share_columns():
    series = np.arange(12.0).reshape(2, 3, 2)
    flat = np.array([100.0, 200.0])
    features, folded = fold({"s": series, "f": flat}, {"s": ("a", "b"), "f": ("b",)}, 2)
    assert features == ("a", "b")
    expected = [[series[r, :, 0].sum(), series[r, :, 1].sum() + flat[r]] for r in (0, 1)]
    np.testing.assert_array_equal(folded, expected)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=8), st.integers(1, 4))
def test_each_row_keeps_its_sum(columns, rows):
    values = np.random.default_rng(1).normal(size=(rows, len(columns)))
    _, folded = fold({"x": values}, {"x": tuple(columns)}, rows)
    np.testing.assert_allclose(folded.sum(axis=1), values.sum(axis=1), atol=1e-12)

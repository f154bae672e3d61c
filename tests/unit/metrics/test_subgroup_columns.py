import numpy as np
import pytest

from audit.metrics.subgroups.columns import coded, ranges, search_column, search_columns


def test_many_numbers_are_cut_at_quantiles():
    name, names, codes = coded(np.arange(100.0), "age")
    assert (name, names) == (
        "age", ("under 24", "24 to under 49", "49 to under 74", "74 and over"),
    )  # fmt: skip
    assert np.bincount(codes).tolist() == [24, 25, 25, 26]


def test_few_numbers_are_categories():
    assert coded(np.arange(100) % 20, "a")[1][:3] == ("0", "1", "2")


def test_a_value_that_fills_most_ranges_stands_alone():
    names, codes = ranges(np.array([0.0] * 90 + list(range(1, 11))), 4)
    assert names == ("under 1", "1 and over")
    assert np.bincount(codes).tolist() == [90, 10]


@pytest.mark.parametrize(
    ("values", "names", "codes"),
    [
        ([1.0, 1.0, 1.0], ("any number",), [0, 0, 0]),
        ([np.nan, 1.0, 1.0], ("any number", "unknown"), [1, 0, 0]),
        ([-np.inf, 1.0, 2.0, np.inf], ("under 2", "2 and over"), [0, 0, 1, 1]),
        ([np.inf, -np.inf], ("any number",), [0, 0]),
        (
            [0.0] * 2 + [1e-9] * 3 + [1.0] * 4,
            ("under 1e-09", "1e-09 to under 1", "1 and over"),
            [0] * 2 + [1] * 3 + [2] * 4,
        ),
    ],
    ids=["constant", "missing", "infinite", "only infinite", "close"],
)  # fmt: skip
def test_ranges_of_odd_numbers(values, names, codes):
    found = ranges(np.array(values), 3)
    assert (found[0], found[1].tolist()) == (names, codes)


def test_close_edges_stay_apart():
    names, _ = ranges(1e9 + np.arange(0, 40) / 10, 4)
    assert len(set(names)) == len(names) == 4


def test_every_row_lies_in_the_range_of_its_name():
    rng = np.random.default_rng(0)
    values = rng.lognormal(3, 2, 500)
    names, codes = ranges(values, 5)
    edges = [float(text.split()[0]) for text in names[1:]]
    assert np.all(np.bincount(codes) >= 90)
    for value, code in zip(values, codes, strict=True):
        assert code == sum(value >= edge for edge in edges) or np.isclose(value, edges).any()


def test_unused_and_unknown_categories_have_their_place():
    column = search_column(("a", ("x", "unused", "unknown", "y"), np.array([0, 3, 2, 0])))
    assert column.described.categories == ("x", "y")
    assert (column.codes.tolist(), column.size, column.unknown) == ([0, 1, 2, 0], 3, 2)
    assert column.described.unknown_rows == 1


def test_categories_beyond_the_largest_share_a_code():
    codes = np.concatenate([np.repeat(np.arange(60), 2), np.repeat(np.arange(10, 60), 3)])
    column = search_column(("a", tuple(f"c{i}" for i in range(60)), codes), minimum_group=2)
    assert column.described.categories == tuple(f"c{i}" for i in range(10, 60))
    assert column.described.left_out == 10
    assert column.described.reason == (
        "the 50 largest of 60 categories are searched; 10 of the others have 2 or more rows"
    )
    assert set(column.codes[codes < 10].tolist()) == {50}
    assert (column.size, column.unknown) == (51, None)


def test_whole_numbers_with_gaps_of_any_library_are_cut():
    import polars as pl

    (column,) = search_columns(pl.DataFrame({"age": [*range(40), None]}))
    assert column.described.categories[0] == "under 9"
    assert column.described.unknown_rows == 1

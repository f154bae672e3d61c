import numpy as np
import pytest

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.table import counting
from audit.metrics.table.cells import CellTable
from oracles.rates import slow_cells
from people import people


def as_dictionary(table):
    names = [
        [attribute.categories[code] for attribute, code in zip(table.attributes, row, strict=True)]
        for row in table.codes
    ]
    return {
        (*name, label, prediction): (
            int(table.n[place, label, prediction]),
            float(table.w[place, label, prediction]),
            float(table.w2[place, label, prediction]),
        )
        for place, name in enumerate(names)
        for label in (0, 1)
        for prediction in (0, 1)
        if table.n[place, label, prediction]
    }


def assert_same(one, two):
    one, two = as_dictionary(one), as_dictionary(two)
    assert one.keys() == two.keys()
    for key, counts in one.items():
        assert counts == pytest.approx(two[key], rel=1e-12), key


@pytest.mark.parametrize("seed", range(3))
def test_cells_are_those_of_a_loop_over_rows(seed):
    crowd = people(300, seed)
    found = as_dictionary(crowd.table(weighted=True))
    expected = slow_cells(crowd.rows(), ["sex", "race"])
    assert found.keys() == expected.keys()
    for key, counts in expected.items():
        assert found[key] == pytest.approx(counts, rel=1e-12)


def test_rows_without_weights_weigh_one():
    table = people().table()
    assert not table.weighted
    np.testing.assert_array_equal(table.w, table.n)
    np.testing.assert_array_equal(table.w2, table.n)


def test_chunks_change_nothing(monkeypatch):
    whole = people(500).table(weighted=True)
    monkeypatch.setattr(counting, "CHUNK", 7)
    assert_same(people(500).table(weighted=True), whole)


def test_sparse_and_dense_counting_agree(monkeypatch):
    whole = people(500).table()
    monkeypatch.setattr(counting, "FEW", 1)
    assert_same(people(500).table(), whole)
    monkeypatch.setattr(counting, "DENSE", 1)
    assert_same(people(500).table(), whole)


def test_many_wide_attributes_do_not_overflow():
    rng = np.random.default_rng(0)
    size = 100_000
    categories = tuple(str(i) for i in range(size))
    codes = [rng.integers(0, size, 50) for _ in range(8)]  # 10 ** 40 combinations
    columns = [(f"a{i}", categories, code) for i, code in enumerate(codes)]
    table = CellTable.from_codes(columns, np.ones(50, int), np.zeros(50, int))
    assert table.n.sum() == 50
    assert sorted(map(tuple, table.codes.tolist())) == sorted(
        zip(*(code.tolist() for code in codes), strict=True)
    )


def test_narrow_codes_do_not_overflow():
    categories = tuple(str(i) for i in range(200))
    code = np.full(10, 199, dtype=np.uint8)
    table = CellTable.from_codes(
        [("a", categories, code), ("b", categories, code)],
        np.ones(10, np.uint8),
        np.ones(10, np.uint8),
    )
    assert as_dictionary(table) == {("199", "199", 1, 1): (10, 10.0, 10.0)}


def test_only_cells_that_occur_are_kept():
    table = CellTable.from_codes([("a", ("x", "y", "z"), np.array([2, 2]))], [0, 1], [1, 1])
    assert table.codes.tolist() == [[2]]


def test_adding_unites_categories_and_keeps_unknown_last():
    one = CellTable.from_codes([("a", ("x", UNKNOWN), np.array([0, 1]))], [1, 1], [1, 1])
    two = CellTable.from_codes([("a", ("y", "x"), np.array([0, 1]))], [1, 1], [1, 1])
    both = one + two
    assert both.attributes[0].categories == ("x", "y", UNKNOWN)
    assert {key[0]: counts[0] for key, counts in as_dictionary(both).items()} == {
        "x": 2,
        "y": 1,
        UNKNOWN: 1,
    }


def test_tables_of_other_attributes_do_not_add():
    one = CellTable.from_codes([("a", ("x",), np.array([0]))], [1], [1])
    two = CellTable.from_codes([("b", ("x",), np.array([0]))], [1], [1])
    with pytest.raises(MetricError, match=r"\['a'\], came \['b'\]"):
        _ = one + two


@pytest.mark.parametrize("attributes", [(), ("sex",), ("race",), ("race", "sex")])
def test_rollup_is_the_table_of_those_attributes(attributes):
    crowd = people(300)
    rolled = as_dictionary(crowd.table(weighted=True).rollup(attributes))
    expected = slow_cells(crowd.rows(), attributes)
    assert rolled.keys() == expected.keys()
    for key, counts in expected.items():
        assert rolled[key] == pytest.approx(counts, rel=1e-12)


def test_rollup_to_an_unknown_attribute():
    with pytest.raises(MetricError, match="unknown sensitive attribute 'rce'.*did you mean 'race'"):
        people().table().rollup(("rce",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes": [0, 1, 2]}, "codes of 'a' from 0 to 1, came 2"),
        ({"codes": [0, -1, 1]}, "codes of 'a' from 0 to 1, came -1"),
        ({"codes": [0.0, 1.0, 1.0]}, "codes of 'a' as whole numbers"),
        ({"label": [0, 1, 2]}, "label from 0 to 1, came 2"),
        ({"prediction": [0, 1, 3]}, "prediction from 0 to 1, came 3"),
        ({"label": [0, 1]}, r"one length, came \[3, 2, 3\]"),
        ({"weights": [1.0, 2.0]}, r"one length, came \[3, 3, 3, 2\]"),
        ({"weights": [1.0, -1.0, 1.0]}, "weights of 0 or more, came -1"),
        ({"weights": [1.0, np.nan, 1.0]}, "weights of 0 or more, came nan"),
    ],
)
def test_unsuitable_rows_are_refused(change, message):
    rows = {"codes": [0, 1, 1], "label": [0, 1, 1], "prediction": [0, 0, 1], "weights": None}
    rows |= change
    with pytest.raises(MetricError, match=message):
        CellTable.from_codes(
            [("a", ("x", "y"), rows["codes"])], rows["label"], rows["prediction"], rows["weights"]
        )

import numpy as np
import pytest
from pydantic import TypeAdapter

from audit.errors import MetricError
from audit.metrics.subgroups.coverage_map import coverage, coverage_maps
from audit.metrics.subgroups.coverage_results import CoverageMap
from audit.metrics.table.cells import CellTable
from oracles.subgroups import slow_coverage
from people import RACE, SEX, people


def status_of(group, n, minimum):
    if "unknown" in group:
        return "unknown"
    return "empty" if not n else "enough" if n >= minimum else "too_small"


@pytest.mark.parametrize("attributes", [("sex",), ("race",), ("sex", "race")], ids="-".join)
def test_maps_are_those_of_nested_loops(attributes):
    crowd = people(200)
    expected = slow_coverage(crowd.rows(), attributes)
    (found,) = coverage_maps(crowd.table(), minimum_group=25, attributes=attributes)
    assert found.attributes == attributes
    sums = {"enough": 0, "too_small": 0, "unknown": 0, "empty": 0}
    for cell in found.cells:
        group = tuple(cell.group.values())
        n = expected.pop(group, 0)
        assert (cell.n, cell.groups) == (n, int(n > 0))
        assert cell.status == status_of(group, n, 25)
        sums[cell.status] += n
    assert not expected
    assert (found.assessed_rows, found.too_small_rows, found.unknown_rows) == (
        sums["enough"], sums["too_small"], sums["unknown"],
    )  # fmt: skip
    assert found.rows == 200
    assert found.assessed_share == sums["enough"] / 200
    assert found.enough == sum(cell.status == "enough" for cell in found.cells)


def test_columns_and_tables_give_the_same_maps():
    crowd = people(300)
    named = {"sex": np.array(SEX)[crowd.sex], "race": np.array(RACE)[crowd.race]}
    assert coverage(named) == coverage_maps(crowd.table())
    assert [item.attributes for item in coverage(named)] == [("sex",), ("race",), ("sex", "race")]
    assert len(coverage(named, depth=1)) == 2


def test_a_map_of_a_rolled_up_table_is_the_map_of_its_attributes():
    table = people(300).table()
    both = coverage_maps(table, attributes=["race"])
    assert coverage_maps(table.rollup(("race",))) == both


def test_a_category_without_rows_is_an_empty_cell():
    table = CellTable.from_codes(
        [("a", ("x", "nobody"), np.zeros(40, dtype=np.int64))],
        np.zeros(40, dtype=np.int64),
        np.zeros(40, dtype=np.int64),
    )
    (found,) = coverage_maps(table)
    assert [(cell.n, cell.status) for cell in found.cells] == [(40, "enough"), (0, "empty")]
    assert (found.enough, found.empty, found.reason) == (1, 1, "")


def test_many_categories_are_pooled_and_said():
    rng = np.random.default_rng(0)
    town = np.array([f"t{i:03}" for i in rng.integers(0, 200, 5000)])
    size = rng.choice(["big", "small"], 5000)
    alone, _, both = coverage({"town": town, "size": size}, minimum_group=20)
    assert (len(alone.categories[0]), alone.pooled) == (30, (171,))
    assert alone.reason == "171 of 200 categories of 'town' are pooled as (other)"
    assert alone.cells[-1].status == "mixed"
    assert alone.cells[-1].groups == 171
    counts = np.unique(town, return_counts=True)[1]
    assert alone.assessed_rows == counts[counts >= 20].sum()
    assert (alone.enough, alone.too_small) == ((counts >= 20).sum(), (counts < 20).sum())
    assert sum(cell.n for cell in both.cells) == 5000
    assert len(both.cells) == 60
    assert both.pooled == (171, 0)


@pytest.mark.parametrize(("depth", "most"), [(3, 1000), (4, 1000), (6, 1000)])
def test_deep_maps_stay_small(depth, most):
    rng = np.random.default_rng(0)
    data = {f"a{place}": rng.integers(0, 40, 500) for place in range(depth)}
    deepest = coverage(data, depth=depth)[-1]
    assert len(deepest.attributes) == depth
    assert len(deepest.cells) <= most
    assert sum(cell.n for cell in deepest.cells) == 500
    assert deepest.enough + deepest.too_small + deepest.empty == np.prod(
        [len(np.unique(values)) for values in data.values()]
    )


@pytest.mark.parametrize(("sizes", "status"), [((30, 30), "enough"), ((2, 2), "too_small"),
                                               ((30, 2), "mixed")], ids=str)  # fmt: skip
def test_a_pooled_cell_says_what_it_pools(sizes, status):
    large = [f"a{i:02}" for i in range(29) for _ in range(40)]
    pooled = [name for name, n in zip("yz", sizes, strict=True) for _ in range(n)]
    (found,) = coverage({"a": large + pooled}, minimum_group=30)
    last = found.cells[-1]
    assert (last.group, last.n, last.groups) == ({"a": "(other)"}, sum(sizes), 2)
    assert last.status == status


def test_a_category_called_other_keeps_its_name():
    values = ["(other)"] * 50 + [f"a{i:02}" for i in range(40)]
    (found,) = coverage({"a": values}, minimum_group=30)
    assert found.cells[0].group == {"a": "(other)"}
    assert found.categories[0][-1] == "((other))"
    assert len(set(found.categories[0])) == len(found.categories[0])


def test_unknown_comes_last_and_is_never_enough():
    (found,) = coverage({"a": ["x"] * 40 + [None] * 60}, minimum_group=30)
    assert [(cell.group["a"], cell.status) for cell in found.cells] == [
        ("x", "enough"), ("unknown", "unknown"),
    ]  # fmt: skip
    assert (found.unknown_rows, found.assessed_share) == (60, 0.4)
    (nobody,) = coverage({"a": [None] * 3})
    assert (nobody.enough, nobody.empty, nobody.assessed_share) == (0, 0, 0.0)


def test_a_map_is_evidence():
    found = coverage_maps(people(200).table())
    adapter = TypeAdapter(tuple[CoverageMap, ...])
    assert adapter.validate_python(adapter.dump_python(found, mode="json")) == found


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"minimum_group": 0}, "minimum_group as a whole number of 1 or more, came 0"),
        ({"minimum_group": 2.5}, "minimum_group as a whole number"),
        ({"depth": 0}, "depth as a whole number of 1 or more, came 0"),
        ({"depth": True}, "depth as a whole number"),
        ({"attributes": ["sx"]}, "unknown sensitive attribute 'sx'; did you mean 'sex'"),
        ({"attributes": "rac"}, "unknown sensitive attribute 'rac'"),
        ({"attributes": []}, "different attributes to cross"),
        ({"attributes": ["sex", "sex"]}, "different attributes to cross"),
        ({"attributes": 3}, "attributes by name, came 3"),
    ],
    ids=str,
)
def test_what_cannot_be_mapped_is_one_line(changes, line):
    with pytest.raises(MetricError, match=line) as caught:
        coverage_maps(people(50).table(), **changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("features", "line"),
    [
        ({"a": [1, 2], "b": [1]}, "one length, came rows: 'a' 2, 'b' 1"),
        ({"a": []}, "at least one row"),
        ({}, "different names"),
        (None, "as columns"),
        ({"a": [{}, {}]}, "unhashable"),
    ],
    ids=["lengths", "no rows", "no columns", "none", "dicts"],
)
def test_columns_that_cannot_be_mapped_are_one_line(features, line):
    with pytest.raises(MetricError, match=line):
        coverage(features)

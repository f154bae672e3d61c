"""What must not change a cell table, and that nothing but one line refuses rows."""

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import MetricError
from audit.metrics.table.backends import cells_from_frame
from audit.metrics.table.binning import Scale
from audit.metrics.table.cells import CellTable
from audit.metrics.table.rows import count_rows
from audit.metrics.table.streaming import CellCounter
from same_cells import assert_same_cells

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCORE = st.one_of(st.floats(0, 1), st.floats(), st.sampled_from([0.0, 0.5, 1.0, 1e-8]))
ROW = st.tuples(
    st.sampled_from(["a", "b", "unknown", None]),
    st.sampled_from([1.0, 2.0, 10.0, float("nan")]),
    st.integers(0, 1),
    st.integers(0, 1),
    SCORE,
    st.integers(1, 4),
    st.integers(0, 9),
)
ROWS = st.lists(ROW, min_size=1, max_size=50)
NAMES = ("sex", "age", "y", "said", "score", "weight", "person")


def columns(rows):
    return dict(zip(NAMES, (list(values) for values in zip(*rows, strict=True)), strict=True))


def counted(rows, *, order=("sex", "age"), weighted=True, maker=count_rows):
    known = columns(rows)
    return maker(
        known["y"],
        known["said"],
        sensitive_features={name: known[name] for name in order},
        y_score=known["score"],
        sample_weight=known["weight"] if weighted else None,
        person=known["person"],
    )


@given(ROWS)
@FEW
def test_counts_add_up(rows):
    table = counted(rows)
    assert table.n.sum() == table.scores.n.sum() == len(rows)
    assert table.w.sum() == sum(row[5] for row in rows)
    np.testing.assert_array_equal(
        np.bincount(table.scores.group, table.scores.n, len(table.codes)), table.n.sum(axis=(1, 2))
    )
    for names in ((), ("sex",), ("age", "sex")):
        assert table.rollup(names).n.sum() == len(rows)


@given(ROWS, st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_changes_nothing(rows, random):
    assert_same_cells(counted(random.sample(rows, len(rows))), counted(rows))


@given(ROWS)
@FEW
def test_the_order_of_attributes_changes_nothing(rows):
    names = ["age", "sex"]
    turned = counted(rows, order=("age", "sex")).rollup(["sex", "age"])
    assert_same_cells(turned, counted(rows).rollup(["sex", "age"]))
    assert_same_cells(counted(rows).rollup(names), counted(rows, order=names).rollup(names))


@given(ROWS, st.lists(st.integers(0, 50), max_size=4))
@FEW
def test_batches_are_one_pass(rows, cuts):
    edges = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    counter = CellCounter()
    for start, stop in pairwise(edges):
        counted(rows[start:stop], maker=counter.update)
    assert_same_cells(counter.compute(), counted(rows))


@given(ROWS)
@FEW
def test_an_empty_category_changes_nothing(rows):
    known = columns(rows)
    label, said = known["y"], known["said"]
    codes = np.array(["ab".find(str(sex)) + 1 for sex in known["sex"]])
    one = CellTable.from_arrays([("g", ("x", "a", "b"), codes)], label, said)
    two = CellTable.from_arrays([("g", ("x", "a", "no", "b"), codes + (codes == 2))], label, said)
    np.testing.assert_array_equal(one.n, two.n)
    names = [
        [table.attributes[0].categories[code] for code in table.codes[:, 0]] for table in (one, two)
    ]
    assert names[0] == names[1]


@given(ROWS)
@FEW
def test_whole_weights_are_repeated_rows(rows):
    weighted = counted(rows)
    repeated = counted([row for row in rows for _ in range(row[5])], weighted=False)
    np.testing.assert_array_equal(weighted.codes, repeated.codes)
    np.testing.assert_array_equal(weighted.w, repeated.w)
    np.testing.assert_array_equal(weighted.scores.w, repeated.scores.w)
    np.testing.assert_allclose(weighted.scores.total, repeated.scores.total, rtol=1e-12)
    np.testing.assert_array_equal(weighted.scores.low, repeated.scores.low)


@given(ROWS)
@FEW
def test_an_engine_counts_as_arrays_do(rows):
    frame = pl.DataFrame(columns(rows), schema_overrides={"sex": pl.String, "score": pl.Float64})
    roles = {
        "label": "y", "prediction": "said", "sensitive": ["sex", "age"], "score": "score",
        "weight": "weight", "person": "person",
    }  # fmt: skip
    assert_same_cells(cells_from_frame(frame.lazy(), **roles), counted(rows))


@given(st.lists(st.floats(-45, 45) | st.floats(), min_size=1, max_size=40), st.sampled_from(
    [Scale(), Scale(kind="logit"), Scale(kind="value", low=-2, high=3)]
))  # fmt: skip
@FEW
def test_an_engine_finds_the_same_bins(scores, scale):
    frame = pl.DataFrame({"y": [1] * len(scores), "s": scores})
    found = cells_from_frame(frame.lazy(), label="y", prediction="y", score="s", scale=scale)
    expected = count_rows(frame["y"], frame["y"], y_score=frame["s"], scale=scale)
    assert_same_cells(found, expected)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.integers(), st.floats(), st.text(max_size=3),
    st.sampled_from(["0", "1", "True", "unknown", b"x", "\ud800", float("nan"), pd.NA, pd.NaT]),
    st.dates(), st.decimals(allow_nan=True), st.complex_numbers(),
    st.lists(st.integers(), max_size=1),
)  # fmt: skip
COLUMN = st.lists(ANYTHING, max_size=5) | st.lists(st.integers(0, 1), max_size=5)


@given(st.tuples(*[COLUMN] * 5), st.sampled_from([("0", "1"), None, ("a", "1")]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_only_one_line_refuses_rows(given_columns, classes):
    y, said, group, score, weight = given_columns
    for more in ({}, {"y_score": score}, {"sample_weight": weight}, {"person": group}):
        try:
            table = count_rows(y, said, sensitive_features={"g": group}, classes=classes, **more)
        except MetricError as error:
            assert str(error).isprintable()  # noqa: PT017 - whether it is refused is not known
        else:
            assert table.n.sum() == len(y)

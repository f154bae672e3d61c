"""Every dataframe library gives the same cells, whoever does the counting."""

import datetime

import numpy as np
import pandas as pd
import pytest

from audit.errors import MetricError
from audit.metrics.table.backends import cells_from_frame
from audit.metrics.table.binning import Scale
from audit.metrics.table.rows import count_rows
from engines import EAGER, LAZY, frame_of, table
from same_cells import assert_same_cells

ODD = 'an "odd" na`me; --'
PLAIN = {"label": "y", "prediction": "said"}
CASES = {
    "counts": PLAIN | {"sensitive": [ODD, "age", "old"]},
    "everyone": PLAIN,
    "texts and truths": {"label": "text", "prediction": "said", "sensitive": "old"},
    "weights": PLAIN | {"sensitive": [ODD], "weight": "weight"},
    "scores": PLAIN | {"sensitive": [ODD], "score": "score", "weight": "weight"},
    "float32": PLAIN | {"sensitive": ["age"], "score": "float32"},
    "threshold": {"label": "y", "score": "float32", "threshold": 0.5, "sensitive": [ODD]},
    "logits": PLAIN | {"score": "logit", "scale": Scale(kind="logit"), "sensitive": ["old"]},
    "values": PLAIN
    | {"score": "dollars", "scale": Scale(kind="value", low=999_980, high=1_000_020)},
    "classes": {
        "label": "kind", "prediction": "guess", "classes": ("cat", "dog", "eel"), "sensitive": [ODD]
    },
    "persons": PLAIN | {"person": "id", "sensitive": [ODD]},
    "errors": {
        "label": "dollars", "prediction": "foretold", "classes": None, "weight": "weight",
        "sensitive": [ODD, "old"],
    },
    "errors of everyone": {"label": "dollars", "prediction": "foretold", "classes": None},
}  # fmt: skip

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully:FutureWarning"),
]


@pytest.fixture(scope="module")
def rows():
    return table()


@pytest.fixture(scope="module")
def frames(rows):
    made = {}

    def frame(library):
        if library not in made:
            made[library] = frame_of(library, rows)
        return made[library]

    return frame


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("library", [*EAGER, *LAZY])
def test_every_library_gives_the_same_cells(frames, rows, library, case):
    roles = CASES[case]
    found = cells_from_frame(frames(library), **roles)
    assert_same_cells(found, expected(rows, **roles), rtol=1e-11 if "errors" in case else 1e-12)


def expected(rows, label, prediction=None, sensitive=(), **more):
    """Count the rows as plain arrays."""
    renamed = {"score": "y_score", "weight": "sample_weight", "person": "person"}
    names = [sensitive] if isinstance(sensitive, str) else sensitive
    columns = {renamed[role]: rows[more.pop(role)].to_numpy() for role in renamed if role in more}
    return count_rows(
        rows[label].to_numpy(),
        None if prediction is None else rows[prediction].to_numpy(),
        sensitive_features={name: rows[name].to_numpy() for name in names},
        **columns,
        **more,
    )


@pytest.mark.parametrize("library", LAZY)
def test_ids_of_one_text_are_one_person(library):
    ids = np.array([1, 2, 30, 1, 2**40])
    rows = pd.DataFrame({"y": [1, 0, 1, 0, 1], "whole": ids, "float": ids.astype(float)})
    rows["text"] = ids.astype(str)
    found = frame_of(library, rows)
    reference = count_rows(rows.y, rows.y, person=ids)
    for name in ("whole", "float", "text"):
        table = cells_from_frame(found, label="y", prediction="y", person=name)
        assert_same_cells(table, reference)


@pytest.mark.parametrize("library", LAZY)
def test_true_and_false_are_persons(library):
    rows = pd.DataFrame({"y": [1, 0, 1], "p": [True, False, True]})
    table = cells_from_frame(frame_of(library, rows), label="y", prediction="y", person="p")
    assert_same_cells(table, count_rows(rows.y, rows.y, person=rows.p))


@pytest.mark.parametrize("library", [*EAGER, *LAZY])
@pytest.mark.parametrize(
    ("change", "roles", "message"),
    [
        ({}, {"label": "Y"}, r"unknown column 'Y' \(label\)"),
        ({}, {"sensitive": ["sex", "sex"]}, "different names"),
        ({}, {"sensitive": ["(bucket)"]}, "taken by the buckets"),
        ({}, {"prediction": None}, "predictions, or one of scores and a threshold"),
        ({}, {"score": "g"}, r"column 'g' \(score\): expected numbers|y_score of numbers"),
        ({}, {"weight": "g"}, r"column 'g' \(weight\): expected numbers|sample_weight of numbers"),
        ({"y": [1, 2, 0]}, {}, r"came 2 in 1 row|came .*2\)? in row 1"),
        ({"y": ["yes", "no", "no"]}, {}, "came '(yes|no)'"),
        ({"y": [1.0, np.nan, 0.0]}, {}, "came nothing in 1 rows|a missing value in row 1"),
        ({"w": [1.0, -1.0, 2.0]}, {"weight": "w"}, "others in 1 rows|came -1.0 in row 1"),
        ({"w": [1.0, np.nan, 2.0]}, {"weight": "w"}, "others in 1 rows|came nan in row 1"),
        ({"w": [1.0, np.inf, 2.0]}, {"weight": "w"}, "others in 1 rows|came inf in row 1"),
        ({"w": [0.5, np.nan, 0.2]}, {"prediction": None, "score": "w", "threshold": 0.5},
         "none in 1 rows|none in row 1"),
        ({"w": [0.5, np.nan, 0.2]}, {"person": "w"}, "whole numbers, came|a person in each row"),
        ({"w": [1.5, 2.0, 3.0]}, {"person": "w"}, "whole numbers, came"),
        ({"w": [1.0, np.inf, 2.0]}, {"label": "w", "prediction": "w", "classes": None},
         "finite numbers"),
        ({}, {"score": "w", "classes": ("0", "1", "2")}, "two classes"),
        ({}, {"label": "w", "prediction": "w", "classes": None, "score": "w"}, "no scores"),
        ({}, {"score": "w", "prediction": None, "threshold": "high"}, "threshold as a number"),
    ],
)  # fmt: skip
def test_unsuitable_columns_are_refused_in_one_line(library, change, roles, message):
    if library == "pyspark" and "label" not in roles and not change:
        pytest.skip("the names are checked before the engine is asked")
    rows = {"g": ["x", "y", "x"], "y": [1, 0, 1], "w": [1.0, 2.0, 3.0]} | change
    frame = frame_of(library, pd.DataFrame(rows))
    with pytest.raises(MetricError, match=message) as refused:
        cells_from_frame(frame, **{"label": "y", "prediction": "y", "sensitive": ["g"]} | roles)
    assert "\n" not in str(refused.value)


def test_no_frame_and_nested_columns():
    with pytest.raises(MetricError, match="expected a frame, came list"):
        cells_from_frame([1], label="y", prediction="y")
    nested = frame_of("polars lazy", pd.DataFrame({"y": [0, 1]})).with_columns(g=[[1], [2]])
    with pytest.raises(MetricError, match="column 'g': expected one value for each row"):
        cells_from_frame(nested, label="y", prediction="y", sensitive=["g"])


@pytest.mark.parametrize("library", [library for library in LAZY if library != "pyspark"])
def test_no_rows_and_only_nulls(library):
    rows = pd.DataFrame({"g": np.array(["x"], object), "y": [1], "s": [0.5]})
    roles = {"label": "y", "prediction": "y", "score": "s", "sensitive": ["g"]}
    none = frame_of(library, rows.iloc[:0])
    assert cells_from_frame(none, **roles).n.shape == (0, 2, 2)
    regression = cells_from_frame(none, label="s", prediction="s", classes=None)
    assert regression.n.sum() == 0
    nulls = pd.DataFrame({"g": np.array([None] * 3, object), "y": [1, 0, 1], "s": [np.nan] * 3})
    found = cells_from_frame(frame_of(library, nulls), **roles)
    assert found.attributes[0].categories == ("unknown",)
    assert (found.scores.ranked == -1).all()


@pytest.mark.parametrize("library", ["polars lazy", "duckdb"])
def test_dates_and_large_numbers_are_categories(library):
    days = [datetime.date(2020, 1, 2), None, datetime.date(2019, 12, 31)]
    rows = {"day": days, "big": [2**62, 3, None], "y": [1, 0, 1]}
    import polars as pl

    eager = pl.DataFrame(rows)
    lazy = eager.lazy() if library == "polars lazy" else None
    if lazy is None:
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        lazy = duckdb.connect().from_arrow(eager.to_arrow())
    roles = {"label": "y", "prediction": "y", "sensitive": ["day", "big"]}
    assert_same_cells(cells_from_frame(lazy, **roles), cells_from_frame(eager, **roles))


def test_a_lazy_frame_is_not_collected():
    """Polars is asked for the groups alone."""
    import polars as pl

    seen = []
    lazy = pl.LazyFrame({"g": ["a", "b"] * 50_000, "y": [0, 1] * 50_000})
    lazy = lazy.with_columns(
        pl.col("y").map_batches(lambda part: seen.append(len(part)) or part, return_dtype=pl.Int64)
    )
    table = cells_from_frame(lazy, label="y", prediction="y", sensitive=["g"])
    assert table.n.sum() == 100_000
    assert table.n.shape == (2, 2, 2)

import dataclasses
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import audit.metrics
from audit.data import coding
from audit.errors import MetricError
from audit.metrics import group_metrics
from audit.metrics.frames import disparities_frame, metrics_frame

Y = [1, 0, 1, 1, 0, 1, 0, 0]
P = [1, 0, 0, 1, 1, 1, 0, 1]
SEX = ["F", "F", "F", "F", "M", "M", "M", "M"]
AGE = [30, 30, 50, 50, 30, 30, 50, 50]


def measured(y=Y, p=P, sex=SEX, **options):
    options = {"sensitive_features": sex, "minimum_group": 1} | options
    return group_metrics(y, p, **options)


def selection(result):
    return result.by_group["selection_rate"].to_dict()


LIBRARIES = {
    "list": lambda values: values,
    "tuple": tuple,
    "numpy": np.array,
    "column": lambda values: np.array(values)[:, None],
    "pandas": pd.Series,
    "pandas nullable": lambda values: pd.Series(values).convert_dtypes(),
    "pandas frame": lambda values: pd.DataFrame({"x": values}),
    "polars": pl.Series,
    "pyarrow": lambda values: pa.chunked_array([values]),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_any_library_gives_the_same(library):
    made = LIBRARIES[library]
    found = measured(made(Y), made(P), made(SEX))
    assert selection(found) == {"F": 0.5, "M": 0.75}
    assert found.overall["accuracy"] == 5 / 8


FRAMES = {
    "mapping": dict,
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}


@pytest.mark.parametrize("library", FRAMES)
def test_frames_of_any_library_name_their_attributes(library):
    features = FRAMES[library]({"sex": SEX, "age": AGE})
    found = measured(sensitive_features=features)
    assert found.attributes == ("sex", "age")
    assert found.by_group.index.names == ["sex", "age"]
    assert found.by_group.loc[("F", "(all)"), "selection_rate"] == 0.5
    assert found.by_group.loc[("M", "50"), "selection_rate"] == 0.5
    assert found.counts.loc[("(all)", "30")] == 4


def test_columns_of_a_matrix_are_named_as_in_fairlearn():
    found = measured(sensitive_features=np.column_stack([SEX, SEX]))
    assert found.attributes == ("sensitive_feature_0", "sensitive_feature_1")
    assert measured(sex=pd.Series(SEX, name="sex")).attributes == ("sex",)


@pytest.mark.parametrize(
    "labels",
    [
        [bool(y) for y in Y],
        [float(y) for y in Y],
        [str(y) for y in Y],
        [np.int8(y) for y in Y],
        [True, 0, 1.0, "1", False, 1, "0", 0.0],
        pd.Series(Y, dtype="Int8"),
        pd.Series(Y).astype(bool),
        pl.Series(Y).cast(pl.Boolean),
    ],
)
def test_true_one_and_text_one_are_one_label(labels):
    assert measured(labels).overall.to_dict() == measured().overall.to_dict()


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        ([1, 0, None, 1, 0, 1, 0, 0], "a missing value in row 2"),
        ([1.0, 0, np.nan, 1, 0, 1, 0, 0], "a missing value in row 2"),
        (pd.Series([1, 0, None, 1, 0, 1, 0, 0], dtype="Int8"), "a missing value in row 2"),
        (pl.Series([1, 0, None, 1, 0, 1, 0, 0]), "a missing value in row 2"),
        ([1, 0, 2, 1, 0, 1, 0, 0], "2 in row 2"),
        ([0.5, *Y[1:]], "0.5 in row 0"),
        (["no", *Y[1:]], "'no' in row 0"),
        ([-1, *Y[1:]], "-1 in row 0"),
    ],
)
def test_labels_that_are_not_binary_are_refused(bad, came):
    with pytest.raises(MetricError, match=f"expected y_true of 0 and 1, came .*{came}"):
        measured(bad)
    with pytest.raises(MetricError, match=f"expected y_pred of 0 and 1, came .*{came}"):
        measured(Y, bad)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"p": P[:-1]}, "one length, came rows: y_true 8, y_pred 7"),
        ({"sex": SEX[:-1]}, "sensitive feature 'sensitive_feature_0' 7"),
        ({"sample_weight": [1.0]}, "sample_weight 1"),
        ({"y": [], "p": [], "sex": []}, "at least one row, came none"),
        ({"sample_weight": [1.0] * 7 + [-2.0]}, "sample_weight of 0 or more, came -2.0 in row 7"),
        ({"sample_weight": [1.0] * 7 + [np.inf]}, "came inf in row 7"),
        ({"sample_weight": ["heavy"] * 8}, "sample_weight of numbers"),
        ({"metrics": "acuracy"}, "unknown metric 'acuracy'; did you mean 'accuracy'"),
        ({"y": np.zeros((8, 2))}, r"y_true as one column, came ndarray of shape \(8, 2\)"),
        ({"sensitive_features": {}}, r"different names, came \[\]"),
        ({"sensitive_features": np.zeros((2, 2, 2))}, "as columns, came shape"),
        ({"sensitive_features": pl.LazyFrame({"sex": SEX})}, "lazy frame; collect it first"),
    ],
)
def test_unsuitable_input_is_refused_in_one_line(options, message):
    with pytest.raises(MetricError, match=message) as caught:
        measured(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "missing",
    [None, float("nan"), pd.NA, pd.NaT, "unknown"],
    ids=["None", "nan", "NA", "NaT", "text"],
)
def test_rows_without_a_category_are_the_unknown_group(missing):
    found = measured(sex=[*SEX[:-1], missing])
    assert selection(found) == {"F": 0.5, "M": pytest.approx(2 / 3), "unknown": 1.0}
    assert "unknown" not in {v for d in found.disparities for v in (*d.a.values(), *d.b.values())}


@pytest.mark.parametrize(
    "values", [[1, 1, 1, 1, 2, 2, 2, 2], [1.0] * 4 + [2.0] * 4, ["1"] * 4 + ["2"] * 4,
               [1, 1.0, "1", np.int64(1), 2, "2", 2.0, np.float32(2)]]
)  # fmt: skip
def test_whole_numbers_are_one_category_however_stored(values):
    assert list(selection(measured(sex=values))) == ["1", "2"]


@pytest.mark.parametrize("dtype", ["int8", "int16", "int64", "uint8", "uint64"])
def test_whole_numbers_of_any_width_and_distance_are_categories(dtype):
    edges = np.iinfo(dtype)
    values = np.array([edges.min, edges.max, 7, 7] * 2, dtype=dtype)
    found = measured(sex=values, metrics="accuracy").counts.to_dict()
    assert found == {str(edges.min): 2, "7": 4, str(edges.max): 2}


def test_categories_stand_in_the_order_of_numbers():
    assert list(selection(measured(sex=[10, 9, 100, 2.5] * 2))) == ["2.5", "9", "10", "100"]


def test_an_ordered_categorical_keeps_its_order():
    values = pd.Series(pd.Categorical(SEX, categories=["M", "F"], ordered=True))
    assert list(selection(measured(sex=values))) == ["M", "F"]


def test_missing_values_never_hide():
    found = group_metrics([0, 0, 1, 1], [0, 1, 1, 0], sensitive_features=list("aabb"),
                          minimum_group=1)  # fmt: skip
    assert np.isnan(found.by_group.loc["a", "true_positive_rate"])
    reason = "undefined: group has no positive labels"
    assert found.status.loc["a", "true_positive_rate"] == reason
    assert found.status.loc["b", "true_positive_rate"] == "ok"
    assert found.status.shape == found.by_group.shape
    assert reason in found._repr_html_()
    long = found.to_frame().set_index(["metric", "group"])
    assert long.loc[("true_positive_rate", "group=a".replace("group", found.attributes[0]))][
        ["status", "reason"]
    ].tolist() == ["undefined", "group has no positive labels"]


def test_small_groups_are_suppressed_by_default():
    found = group_metrics(Y, P, sensitive_features=SEX)
    assert found.by_group.isna().all().all()
    assert set(found.status["accuracy"]) == {"suppressed: 4 rows, fewer than the minimum of 30"}
    assert found.counts.to_dict() == {"F": 4, "M": 4}


def test_difference_and_ratio_are_frames_of_attributes_by_metrics():
    found = measured(sensitive_features={"sex": SEX, "age": AGE})
    gaps = found.difference()
    assert list(gaps.index) == ["sex", "age", "sex × age"]
    assert gaps.loc["sex", "selection_rate"] == 0.25
    assert found.ratio("selection_rate").loc["sex"].to_dict() == {
        "selection_rate": pytest.approx(2 / 3)
    }
    with pytest.raises(MetricError, match="unknown metric 'precison'; did you mean 'precision'"):
        found.difference("precison")


def test_a_metric_is_asked_for_by_any_of_its_names():
    found = measured(metrics=["recall", "accuracy_score"])
    assert found.names == ("true_positive_rate", "accuracy")
    assert found.difference("recall").columns.tolist() == ["true_positive_rate"]
    assert found.plot("recall").axes


def test_only_the_metrics_asked_for():
    found = measured(metrics=("accuracy", "precision"))
    assert list(found.by_group.columns) == ["accuracy", "precision"]
    assert {m.metric for m in found.metrics} == {"accuracy", "precision"}


def test_the_long_frame_holds_the_intervals():
    frame = measured().to_frame()
    ok = frame[frame["status"] == "ok"]
    assert (ok["low"] <= ok["value"]).all()
    assert (ok["value"] <= ok["high"]).all()
    assert set(ok["method"]) == {"wilson"}
    assert frame["n"].tolist() == [8] * 6 + [4] * 12


FRAMED = {
    "plain": {},
    "suppressed": {"minimum_group": 5},
    "weights": {"sample_weight": [0, 0, 0, 0, 1, 2, 3, 4]},
    "intersections": {"sensitive_features": {"sex": SEX, "age": AGE}},
    "f1 and a rate of some": {"metrics": ["f1", "precision"], "p": [0, 0, 0, 0, *P[4:]]},
    "unknown": {"sensitive_features": [*SEX[:7], None]},
}


@pytest.mark.parametrize("case", FRAMED)
def test_the_long_frame_says_what_the_entries_say(case):
    found = measured(**FRAMED[case])
    pd.testing.assert_frame_equal(found.to_frame(), metrics_frame(found.metrics))
    said = found.to_frame().query("group != 'everyone'")["status"].value_counts().to_dict()
    shown = found.status.map(lambda text: text.partition(":")[0]).stack().value_counts().to_dict()
    assert said == shown


def test_the_long_frame_has_the_control_features_first():
    found = measured(control_features={"age": AGE}, minimum_group=3)
    frame = found.to_frame()
    assert frame.columns[0] == "age"
    pd.testing.assert_frame_equal(frame.drop(columns="age"), metrics_frame(found.metrics))
    assert frame.groupby("age").size().to_dict() == {"30": 18, "50": 18}


def test_more_comparisons_than_anyone_could_read_are_refused_in_one_line():
    groups = np.arange(50_001).repeat(2)
    label = np.tile([0, 1], 50_001)
    found = group_metrics(
        label, label, sensitive_features={"id": groups}, metrics=["accuracy", "selection_rate"],
        minimum_group=1,
    )  # fmt: skip
    message = "at most 100,000 groups to compare, over all metrics and attributes, came 100,002"
    with pytest.raises(MetricError, match=message) as caught:
        _ = found.disparities
    assert "\n" not in str(caught.value)
    assert found.difference().loc["id"].tolist() == [0.0, 0.0]
    assert len(found.to_frame()) == 2 * 50_002
    assert len(found._repr_html_()) < 200_000


TEXTS = ["b", "a", None, "c", "a", "b", "b", "c", "a", "d"]
TEXT_COLUMNS = {
    "arrow": lambda values: pa.chunked_array([values]),
    "arrow of several chunks": lambda values: pa.chunked_array([values[:2], [], values[2:]]),
    "arrow array": pa.array,
    "pandas": lambda values: pd.Series(values, dtype="str"),
    "pandas of objects": lambda values: pd.Series(values, dtype=object),
    "pandas categorical": lambda values: pd.Series(values, dtype="category"),
    "polars": pl.Series,
    "list": list,
}  # fmt: skip


@pytest.mark.parametrize("form", TEXT_COLUMNS)
@pytest.mark.parametrize("part", [1, 3, 100])
def test_texts_are_numbered_in_parts_as_in_one(form, part, monkeypatch):
    monkeypatch.setattr(coding, "PART", part)
    label = [1, 0] * 5
    found = measured(label, label, TEXT_COLUMNS[form](TEXTS), metrics="accuracy")
    assert found.counts.to_dict() == {"a": 3, "b": 3, "c": 2, "d": 1, "unknown": 1}


def test_the_frame_of_disparities_has_a_row_for_each():
    found = measured(sex=["F"] * 4 + ["M"] * 3 + [None], minimum_group=4)
    frame = disparities_frame(found.disparities)
    assert frame["value"].isna().sum() == (frame["status"] != "ok").sum() > 0
    assert frame["metric"].tolist() == [d.metric for d in found.disparities]
    full = disparities_frame(measured().disparities)
    first = full.iloc[0]
    assert (first["a"], first["b"], first["value"]) == (
        "sensitive_feature_0=M",
        "sensitive_feature_0=F",
        0.25,
    )
    assert (first["family"], first["family_size"], first["simultaneous"]) == ("headline", 3, True)


def test_a_list_of_rows_is_a_matrix():
    assert measured(sensitive_features=[[s, "x"] for s in SEX]).attributes == (
        "sensitive_feature_0",
        "sensitive_feature_1",
    )


def test_weights_change_the_values():
    found = measured(sample_weight=[3, 1, 1, 1, 1, 1, 1, 1])
    assert selection(found) == {"F": pytest.approx(4 / 6), "M": 0.75}


def test_hostile_names_are_escaped_in_a_notebook():
    found = measured(sex=["<script>alert(1)</script>"] * 4 + ["b"] * 4)
    assert "<script>" not in found._repr_html_()


def test_the_result_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        measured().names = ()


def test_public_names_come_when_asked_for():
    for name in audit.metrics.__all__:
        assert getattr(audit.metrics, name).__name__ == name
    assert dir(audit.metrics) == sorted(audit.metrics.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = audit.metrics.nonsense


def test_results_import_nothing_heavy():
    code = (
        "import sys, audit.metrics.results; "
        "heavy = {'numpy', 'scipy', 'pandas', 'torch', 'narwhals'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""Models in memory: modules, estimators and callables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from torch import nn

import audit
from audit.errors import AuditError, ConfigError, DataError, ModelError
from audit.metrics import group_metrics
from tables import people
from workspace import Workspace

NUMBERS = ["skill", "commute", "age"]


@pytest.fixture
def frame():
    torch.set_num_threads(1)
    return people(800)


def module() -> nn.Module:
    network = nn.Linear(3, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[1.0, -0.2, 0.0]]))
        network.bias.fill_(7.0)
    return network


def values(result, metric="selection_rate"):
    return {tuple(m.group.items()): m.value for m in result.metrics if m.metric == metric}


def test_a_module_is_audited_with_explanations(frame):
    result = audit.audit_model(
        module(), frame[NUMBERS], frame["hired"], sensitive_features=frame["sex"], output="logit"
    )
    assert result.verdict.word == "Disparity found"
    assert result.evidence.model.kind == "module"
    gap = next(e for e in result.explanations if e.level == "gap")
    assert gap.values[0].feature == "commute"
    assert {v.feature for v in gap.values} == set(NUMBERS)


def test_frames_arrays_and_tensors_give_the_same_figures(frame):
    y, sex = frame["hired"], frame["sex"]
    ways = [
        (frame[NUMBERS], y, sex),
        (pl.from_pandas(frame[NUMBERS]), pl.Series(y.to_numpy()), pl.from_pandas(sex.to_frame())),
        (frame[NUMBERS].to_numpy(), y.to_numpy(), sex.to_numpy()),
        (
            torch.tensor(frame[NUMBERS].to_numpy()),
            torch.tensor(y.to_numpy()),
            {"sex": sex.tolist()},
        ),
    ]
    found = []
    for X, labels, groups in ways:
        result = audit.audit_model(module(), X, labels, sensitive_features=groups, output="logit")
        found.append([m.value for m in result.metrics])
    assert found[0] == found[1] == found[2] == found[3]


def test_an_estimator_and_a_callable_are_black_boxes(frame):
    X, y, sex = frame[NUMBERS], frame["hired"], frame["sex"]
    fitted = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y)
    one = audit.audit_model(fitted, X, y, sensitive_features=sex)
    two = audit.audit_model(
        lambda rows: fitted.predict_proba(rows)[:, 1], X, y, sensitive_features=sex
    )
    assert values(one) == values(two)
    assert one.evidence.model.kind == "black box"
    assert "DecisionTreeClassifier is no network of layers" in one.evidence.model.opaque
    assert {item.method for item in one.explanations} == {"shapley_sampling"}
    assert {item.status for item in one.explanations} == {"ok"}
    gap = next(item for item in one.explanations if item.level == "gap")
    assert sum(item.value for item in gap.values) == pytest.approx(gap.total, abs=1e-9)
    assert {item.feature for item in gap.values} == set(NUMBERS)
    assert any("weights" in item.subject for item in one.evidence.not_assessed)


def test_an_estimator_that_only_predicts_and_labels_of_ones_own(frame):
    X, sex = frame[NUMBERS], frame["sex"]
    y = frame["hired"].map({0: "no", 1: "yes"})
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    scored = audit.audit_model(tree, X, y, sensitive_features=sex, positive="yes")

    class Decides:
        def predict(self, rows):
            return tree.predict(rows)

    decided = audit.audit_model(Decides(), X, y, sensitive_features=sex, positive="yes")
    assert decided.evidence.model.threshold is None
    assert values(scored, "accuracy")[()] == pytest.approx(tree.score(X, y), abs=0.01)
    assert values(decided, "accuracy")[()] == pytest.approx(tree.score(X, y))


def test_several_attributes_weights_and_settings(frame):
    result = audit.audit_model(
        module(), frame[NUMBERS], frame["hired"],
        sensitive_features=frame[["sex", "city"]],
        sample_weight=np.ones(len(frame)),
        output="logit",
        settings={"metrics": {"confidence": 0.9}, "data": {"intersections": 1}, "seed": 4},
    )  # fmt: skip
    assert {d.attributes for d in result.disparities} == {("sex",), ("city",)}
    assert result.evidence.settings.confidence == 0.9
    assert result.evidence.data.weighted


def test_an_encoder_of_ones_own_speaks_the_columns_of_the_table(frame):
    def encode(rows: pd.DataFrame):
        scaled = torch.tensor(rows[NUMBERS].to_numpy(), dtype=torch.float32)
        return {"x": scaled}, {"x": NUMBERS}

    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = module()

        def forward(self, x):
            return self.inner(x)

    result = audit.audit_model(
        Named(), frame[[*NUMBERS, "city"]], frame["hired"],
        sensitive_features=frame["sex"], output="logit", encode=encode,
    )  # fmt: skip
    gap = next(e for e in result.explanations if e.level == "gap")
    assert gap.values[0].feature == "commute"


def test_results_are_frames_notebook_displays_and_folders(frame, tmp_path):
    result = audit.audit_model(
        module(), frame[NUMBERS], frame["hired"], sensitive_features=frame["sex"], output="logit"
    )
    for records in (result.metrics, result.disparities, result.explanations, result.findings):
        table = records.to_frame()
        assert len(table) == len(records)
        assert table.equals(records[:].to_frame())
    assert "interval_low" in result.metrics.to_frame()
    assert "Disparity found" in result._repr_html_()
    assert "<table" in result.metrics._repr_html_()
    folder = result.save(tmp_path / "mine")
    assert (folder / "report.html").read_bytes() == result.report()


def test_run_takes_a_mapping(tmp_path, monkeypatch, capsys):
    import workspace

    space: Workspace = workspace.make(tmp_path, monkeypatch, capsys)
    result = audit.run(space.config(), base=tmp_path)
    assert result.verdict.word == "Disparity found"


@pytest.mark.parametrize(
    ("changes", "error", "line"),
    [
        ({"output": None}, ModelError, "expected output= beside a module"),
        ({"y": [0, 1]}, DataError, "y: expected 800 values, one for each row of X, came 2"),
        ({"sensitive_features": ["a"]}, DataError, "sensitive_features: expected 800 values"),
        ({"model": 3}, ModelError, "expected an nn.Module, an estimator or a callable, came int"),
        ({"X": 3}, DataError, "expected a dataframe, came int"),
        ({"X": np.zeros((800, 2, 2))}, DataError, r"came an array of shape \(800, 2, 2\)"),
        ({"model": lambda X: np.zeros((800, 3))}, ModelError, r"came \(800, 3\)"),
        ({"model": lambda X: 1 / 0}, ModelError, "ZeroDivisionError"),
        ({"settings": {"metric": {}}}, AuditError, "did you mean 'metrics'"),
        ({"output": "probability"}, ModelError, r"outside \[0, 1\]"),
    ],
)
def test_a_mistake_is_one_line(frame, changes, error, line):
    arguments = {
        "model": module(),
        "X": frame[NUMBERS],
        "y": frame["hired"],
        "sensitive_features": frame["sex"],
        "output": "logit",
        **changes,
    }
    with pytest.raises(error, match=line) as caught:
        audit.audit_model(**arguments)
    assert "\n" not in str(caught.value)


def black_box(frame, y, model, **options):
    options = {"sensitive_features": frame["sex"]} | options
    return audit.audit_model(model, frame[NUMBERS], y, **options)


@pytest.fixture
def plain(frame):
    """The figures of a fit on 0 and 1."""
    X, y = frame[NUMBERS], frame["hired"]
    return values(black_box(frame, y, LogisticRegression(max_iter=500).fit(X, y)))


@pytest.mark.parametrize(
    ("names", "positive"),
    [
        ((1.0, 2.0), [2]),
        ((1.0, 2.0), 2.0),
        ((1.0, 2.0), "2"),
        ((1, 2), [np.float32(2)]),
        (("no", "yes"), np.array(["yes"])),
        ((False, True), None),
        ((0.0, 1.0), None),
    ],
)
def test_the_column_of_the_positive_class_is_found(frame, plain, names, positive):
    X, y = frame[NUMBERS], np.array(names)[frame["hired"]]
    fitted = LogisticRegression(max_iter=500).fit(X, y)

    class Decides:
        def predict(self, rows):
            return fitted.predict(rows)

    assert values(black_box(frame, y, fitted, positive=positive)) == plain
    assert values(black_box(frame, y, Decides(), positive=positive)) == plain


def test_the_first_class_may_be_the_positive_one(frame, plain):
    X, y = frame[NUMBERS], np.array([2.0, 1.0])[frame["hired"]]
    found = black_box(frame, y, LogisticRegression(max_iter=500).fit(X, y), positive=[1])
    assert values(found) == pytest.approx(plain)


class Answers:
    """Gives the answers it was made with; `classes_` only where some are given."""

    def __init__(self, answers, classes=None, how="predict_proba"):
        setattr(self, how, lambda X: answers)
        if classes is not None:
            self.classes_ = np.array(classes)


HALF = np.full((800, 2), 0.5)


@pytest.mark.parametrize(
    ("model", "positive", "line"),
    [
        (Answers(HALF, [0, 1]), "yes", r"positive label 'yes', came the classes \[0, 1\]"),
        (Answers(HALF, ["so", "yes"]), ["so", "yes"], r"'so' or 'yes', came the classes \['so'"),
        (Answers(HALF, ["a", "b"]), None, r"label 1 or True, came the classes \['a', 'b'\]"),
        (Answers(HALF, ["no", "yes", "so"]), "yes", "a column for each of classes"),
        (Answers(np.zeros(800), None, "predict"), "yes", r"label 'yes', came the classes \[0.0\]"),
        (Answers(["no"] * 800, ["no", "so"], "predict"), "yes", r"came the classes \['no'\]"),
        (Answers(["yes", None] * 400, None, "predict"), "yes", "missing values from predict"),
        (Answers(np.zeros(799)), "yes", "expected 800 answers, one for each row of X, came 799"),
        (Answers(np.zeros((900, 2))), "yes", "expected 800 answers, .* came 900"),
        (Answers(0.5), "yes", "expected 800 answers, one for each row of X, came 0.5"),
        (Answers(["yes"], None, "predict"), "yes", "expected 800 answers, .* came 1"),
        (lambda X: [0.5] * 801, "yes", "expected 800 answers, .* came 801"),
    ],
)
def test_answers_that_do_not_fit_are_refused(frame, model, positive, line):
    y = frame["hired"]
    if positive is not None:
        y = y.map({0: "no", 1: "yes"})
    with pytest.raises(ModelError, match=line) as caught:
        black_box(frame, y, model, positive=positive)
    assert "\n" not in str(caught.value)


def test_a_model_that_selects_nobody_is_audited(frame):
    y = frame["hired"].map({0: "no", 1: "yes"})
    found = black_box(frame, y, Answers(["no"] * 800, None, "predict"), positive="yes")
    assert values(found)[()] == 0


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA], ids=["None", "nan", "NA"])
def test_missing_groups_are_unknown_as_in_group_metrics(frame, missing):
    sex = [missing if place % 3 == 0 else text for place, text in enumerate(frame["sex"])]
    number = [missing if place % 3 == 0 else 1 + (text == "Male") * 9
              for place, text in enumerate(frame["sex"])]  # fmt: skip
    chosen = (frame["skill"] > 0).astype(int).to_numpy()
    groups = {"sex": sex, "number": number}
    result = black_box(frame, frame["hired"], Answers(chosen, None, "predict"),
                       sensitive_features=groups)  # fmt: skip
    direct = group_metrics(frame["hired"], chosen, sensitive_features=groups)
    expected = {
        tuple(m.group.items()): m.value for m in direct.metrics if m.metric == "selection_rate"
    }
    assert values(result) == expected
    assert {group[0] for group in expected if len(group) == 1} == {
        *(("sex", text) for text in ("Female", "Male", "unknown")),
        *(("number", text) for text in ("1", "10", "unknown")),
    }


COLUMNS = {
    "list": list,
    "frame": lambda column: pd.DataFrame({"sex": column}),
    "column": lambda column: column.to_numpy()[:, None],
    "arrow": lambda column: pa.array(column.tolist()),
    "chunked": lambda column: pa.chunked_array([column.tolist()[:300], column.tolist()[300:]]),
    "polars": lambda column: pl.DataFrame({"sex": column.to_list()}),
    "categorical": lambda column: column.astype("category"),
}


@pytest.mark.parametrize("library", COLUMNS)
def test_labels_and_groups_come_as_columns_of_any_library(frame, plain, library):
    made, X = COLUMNS[library], frame[NUMBERS]
    fitted = LogisticRegression(max_iter=500).fit(X, frame["hired"])
    found = black_box(
        frame, made(frame["hired"]), fitted, sensitive_features=made(frame["sex"]),
        sample_weight=made(pd.Series(np.ones(800))),
    )  # fmt: skip
    texts = {tuple(text for _, text in group): value for group, value in values(found).items()}
    assert texts == {tuple(text for _, text in group): value for group, value in plain.items()}


def test_tensors_with_gradients_and_half_precision_are_read(frame):
    y = torch.tensor(frame["hired"].to_numpy(), dtype=torch.bfloat16)
    scores = torch.full((800,), 0.25, dtype=torch.bfloat16, requires_grad=True)
    found = black_box(frame, y.requires_grad_(), lambda X: scores)
    assert values(found)[()] == 0


def test_a_column_of_x_may_also_be_sensitive(frame):
    X = frame[[*NUMBERS, "city"]].astype({"city": "category"})
    found = audit.audit_model(
        lambda rows: np.full(800, 0.7), X, frame["hired"], sensitive_features=frame["city"]
    )
    assert values(found)[(("city", "Bonn"),)] == 1
    with pytest.raises(DataError, match="'city' is also a column of X, with different values"):
        audit.audit_model(
            lambda rows: np.full(800, 0.7), X, frame["hired"],
            sensitive_features={"city": frame["sex"]},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error", "line"),
    [
        ({"y": None}, DataError, "expected y as one column, came NoneType"),
        ({"y": 1}, DataError, "expected y as one column, came int"),
        ({"y": np.zeros((800, 2))}, DataError, r"y as one column, came ndarray of shape"),
        ({"y": np.ones(800, complex)}, DataError, "came complex numbers"),
        ({"y": [{}] * 800}, DataError, "y of numbers or texts, came .*unhashable"),
        ({"sensitive_features": None}, DataError, "sensitive_features as columns, came shape"),
        ({"sensitive_features": {}}, DataError, "sensitive features of different names"),
        ({"sensitive_features": {"a": [{}] * 800}}, DataError, "unhashable"),
        ({"X": {"a": [1, 2], "b": [1]}}, DataError, "X: expected columns of one length"),
        ({"X": [[1, 2], [1]]}, DataError, "X: expected an array"),
        ({"settings": [1]}, ConfigError, r"settings: expected a mapping .* came \[1\]"),
        ({"settings": "x"}, ConfigError, "settings: expected a mapping"),
        ({"settings": {"data": None}}, ConfigError, "settings: data: expected a mapping"),
        ({"settings": {"data": "x"}}, ConfigError, "settings: data: expected a mapping"),
        (
            {"settings": {"data": {"target": "skill"}}},
            ConfigError,
            "expected intersections alone, came 'target'",
        ),
    ],
)
def test_what_is_no_column_and_no_setting_is_refused(frame, changes, error, line):
    arguments = {"X": frame[NUMBERS], "y": frame["hired"], "sensitive_features": frame["sex"]}
    with pytest.raises(error, match=line) as caught:
        audit.audit_model(lambda X: np.full(800, 0.5), **(arguments | changes))
    assert "\n" not in str(caught.value)

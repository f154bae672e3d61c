"""Models in memory: modules, estimators and callables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from torch import nn

import audit
from audit.errors import AuditError, DataError, ModelError
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
    fitted = LogisticRegression(max_iter=500).fit(X, y)
    one = audit.audit_model(fitted, X, y, sensitive_features=sex)
    two = audit.audit_model(
        lambda rows: fitted.predict_proba(rows)[:, 1], X, y, sensitive_features=sex
    )
    assert values(one) == values(two)
    assert one.evidence.model.kind == "black box"
    assert len(one.explanations) == 0
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

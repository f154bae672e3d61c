"""Batch by batch gives what one pass gives."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from audit.errors import MetricError
from audit.metrics.table import streaming
from audit.metrics.table.binning import Scale
from audit.metrics.table.rows import count_rows
from audit.metrics.table.streaming import CellCounter
from same_cells import assert_same_cells

torch.set_num_threads(1)


def crowd(n=600, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "y_true": rng.integers(0, 2, n),
        "y_score": rng.random(n).astype(np.float32),
        "sample_weight": rng.uniform(0.1, 2, n),
        "person": rng.integers(0, 40, n),
        "sex": rng.choice(np.array(["M", "F", None], dtype=object), n),
        "age": rng.choice([9, 10, 100], n),
    }


def batch(columns, part, made=lambda values: values):
    numbers = {name: values[part] for name, values in columns.items() if name != "sex"}
    known = {name: made(values) for name, values in numbers.items()}
    features = {"sex": columns["sex"][part].tolist(), "age": known.pop("age")}
    return known.pop("y_true"), known | {"sensitive_features": features}


def one_pass(columns, **more):
    y_true, rest = batch(columns, slice(None))
    return count_rows(y_true, **rest, threshold=0.5, **more)


FORMS = {
    "numpy": lambda values: values,
    "list": lambda values: values.tolist(),
    "torch": torch.as_tensor,
    "grad": lambda values: torch.as_tensor(values, dtype=torch.float64).requires_grad_(),
    "column": lambda values: values.reshape(-1, 1),
    "polars": pl.Series,
    "pandas": pd.Series,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 64, 600])
def test_batches_are_one_pass(form, size):
    columns = crowd()
    counter = CellCounter(threshold=0.5)
    for start in range(0, 600, size):
        y_true, rest = batch(columns, slice(start, start + size), FORMS[form])
        counter.update(y_true, **rest)
    assert_same_cells(counter.compute(), one_pass(columns))


def test_settling_often_changes_nothing(monkeypatch):
    monkeypatch.setattr(streaming, "PENDING", 0)
    test_batches_are_one_pass("numpy", 64)


def test_compute_does_not_end_the_count():
    columns = crowd()
    counter = CellCounter(threshold=0.5)
    for part in (slice(0, 100), slice(100, 600)):
        y_true, rest = batch(columns, part)
        counter.update(y_true, **rest)
        counter.compute()
    assert_same_cells(counter.compute(), one_pass(columns))


def test_reset_forgets():
    counter = CellCounter()
    counter.update([1], [1], sensitive_features={"a": ["x"]})
    counter.reset()
    with pytest.raises(MetricError, match="rows to count, came none; call update first"):
        counter.compute()
    counter.update([1], [0], sensitive_features={"b": ["y"]})
    assert counter.compute().attributes[0].name == "b"


def test_workers_add_up():
    columns = crowd()
    workers = []
    for part in (slice(0, 200), slice(200, 350), slice(350, 600)):
        worker = CellCounter(threshold=0.5)
        y_true, rest = batch(columns, part)
        worker.update(y_true, **rest)
        workers.append(pickle.loads(pickle.dumps(worker)))
    one, two, three = workers
    assert_same_cells((three + one + two).compute(), one_pass(columns))
    one.merge(two)
    one.merge(three)
    assert_same_cells(one.compute(), one_pass(columns))


def test_merging_with_itself_counts_twice():
    counter = CellCounter()
    counter.update([1, 0], [1, 1], sensitive_features={"a": ["x", "y"]})
    counter.merge(counter)
    assert counter.compute().n.sum() == 4


def test_an_ordered_category_keeps_its_own_order():
    order = ["low", "middle", "high"]
    whole = pd.Categorical(["high", "low", "middle", None], categories=order, ordered=True)
    counter = CellCounter()
    for place in (0, 1, 2, 3):
        counter.update([1], [1], sensitive_features={"income": pd.Series(whole[[place]])})
    found = counter.compute()
    assert found.attributes[0].categories == ("low", "middle", "high", "unknown")
    expected = count_rows([1] * 4, [1] * 4, sensitive_features={"income": pd.Series(whole)})
    assert_same_cells(found, expected)


def test_logits_of_a_training_loop():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    counter = CellCounter(threshold=0.0, scale=Scale(kind="logit"))
    inputs, answers = torch.randn(90, 3), []
    for part in inputs.split(32):
        logits = model(part)
        answers.append(logits.detach())
        counter.update(
            torch.ones(len(part)), y_score=logits, sensitive_features={"g": part[:, 0] > 0}
        )
        logits.sum().backward()  # the graph is left alone
    logits = torch.cat(answers).ravel()
    table = counter.compute()
    assert table.n[:, 1, 1].sum() == int((logits >= 0).sum())
    assert table.scores.low.min() == pytest.approx(float(logits.min()))


def test_half_precision_scores():
    scores = [0.25, 0.5, 0.75]
    for kind in (torch.float16, torch.bfloat16):
        counter = CellCounter(threshold=0.5)
        counter.update([0, 1, 1], y_score=torch.tensor(scores, dtype=kind))
        assert counter.compute().scores.low.tolist() == scores


def test_numbers_are_a_regression():
    rng = np.random.default_rng(0)
    target, said, group = rng.normal(50, 5, 300), rng.normal(50, 5, 300), rng.integers(0, 3, 300)
    counter = CellCounter(classes=None)
    for part in np.array_split(np.arange(300), 7):
        counter.update(target[part], said[part], sensitive_features={"g": group[part]})
    whole = count_rows(target, said, sensitive_features={"g": group}, classes=None)
    assert_same_cells(counter.compute(), whole, rtol=1e-11)


def test_named_classes():
    counter = CellCounter(classes=("cat", "dog", "eel"))
    counter.update(["dog", "eel"], ["cat", "eel"], sensitive_features={"g": [1, 1]})
    n = counter.compute().n[0]
    assert (n[1, 0], n[2, 2], n.sum()) == (1, 1, 2)


def test_an_empty_batch_changes_nothing():
    counter = CellCounter()
    counter.update([1], [1], sensitive_features={"g": ["x"]})
    counter.update([], [], sensitive_features={"g": []})
    assert counter.compute().n.sum() == 1


def test_the_state_does_not_grow_with_rows():
    counter = CellCounter(threshold=0.5)
    rng = np.random.default_rng(0)
    sizes = []
    for _ in range(40):
        score = rng.random(2000).round(2)
        counter.update(score > 0.5, y_score=score, sensitive_features={"g": score > 0.3})
        sizes.append(len(pickle.dumps(counter)))
    assert max(sizes) < 3_000_000
    counter.compute()
    assert len(pickle.dumps(counter)) < 50_000


@pytest.mark.parametrize(
    ("options", "rows", "message"),
    [
        ({}, {"y_pred": None}, "y_pred, or y_score with a threshold"),
        ({}, {"y_pred": None, "y_score": [0.1, 0.2]}, "y_pred, or y_score with a threshold"),
        ({"threshold": "x"}, {"y_pred": None, "y_score": [0.1, 0.2]}, "threshold as a number"),
        ({"threshold": 0.5}, {"y_pred": None, "y_score": [0.1, None]}, r"none in row 1 \(1 rows"),
        ({}, {"y_score": ["a", "b"]}, "y_score of numbers"),
        ({}, {"y_true": [1, 2]}, "y_true of 0 and 1, came 2 in row 1"),
        ({}, {"y_true": [1, None]}, "a missing value in row 1"),
        ({}, {"y_true": [1]}, "one length, came rows: y_true 1, y_pred 2"),
        ({}, {"sensitive_features": {"g": ["x"]}}, "sensitive feature 'g' 1"),
        ({}, {"sensitive_features": {"(bucket)": ["x", "y"]}}, "taken by the buckets"),
        ({}, {"sample_weight": [1, -1]}, "0 or more, came -1.0 in row 1"),
        ({}, {"y_true": torch.zeros(2, device="meta")}, "expected y_true as an array"),
        ({"classes": ("a", "b")}, {}, "y_true of the classes .* came '1' in row 0"),
        ({"classes": ("1", "0", "2")}, {"y_score": [0.1, 0.2]}, "two classes where there are"),
        ({"classes": None}, {"y_score": [0.1, 0.2]}, "no y_score and no threshold"),
        ({"classes": None}, {"y_pred": None}, "y_pred, the predicted numbers"),
        ({"classes": None}, {"y_pred": [1.0, np.nan]}, "prediction of finite numbers"),
    ],
)
def test_unsuitable_batches_are_refused_and_nothing_changes(options, rows, message):
    counter = CellCounter(**options)
    given = {"y_true": [1, 0], "y_pred": [1, 1], "sensitive_features": {"g": ["x", "y"]}} | rows
    with pytest.raises(MetricError, match=message):
        counter.update(given.pop("y_true"), **given)
    with pytest.raises(MetricError, match="call update first"):
        counter.compute()


@pytest.mark.parametrize("classes", ["ab", ("a", "a"), (), (1, 2)])
def test_unsuitable_classes_are_refused(classes):
    with pytest.raises(MetricError, match="names of classes as texts|classes of different names"):
        CellCounter(classes=classes)


def test_batches_of_other_parts_are_refused_at_once():
    counter = CellCounter()
    counter.update([1], [1], sensitive_features={"g": ["x"]})
    for other in ({"h": ["x"]}, {"g": ["x"], "h": ["x"]}):
        with pytest.raises(MetricError, match="tables of the attributes"):
            counter.update([1], [1], sensitive_features=other)
    with pytest.raises(MetricError, match="tables of the parts"):
        counter.update([1], [1], y_score=[0.5], sensitive_features={"g": ["x"]})
    with pytest.raises(MetricError, match="expected a counter of"):
        counter.merge(CellCounter(classes=None))
    assert counter.compute().n.sum() == 1

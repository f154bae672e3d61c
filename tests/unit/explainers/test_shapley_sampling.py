"""Shapley sampling: against its definition, exact sums, and black boxes level by level."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import builders_models as build
from audit.config import ExplainConfig
from audit.errors import ModelError
from audit.explainers.explain import explain
from audit.explainers.shapley_sampling import ShapleySampling
from audit.models.answering import AnswerModel
from audit.predictions import predict
from oracles.shapley import shapley

torch.set_num_threads(1)
A, B = {"sex": "f"}, {"sex": "m"}


def curved(row):
    """A score with interactions, of two numbers and a word."""
    pay, age, city = row
    return 1 / (1 + np.exp(-(0.4 * pay * age + (city == "Rome") * pay - 0.2 * age)))


def frame(rows, seed=0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "pay": draw.normal(size=rows),
            "age": draw.normal(size=rows) + 1,
            "city": draw.choice(["Rome", "Oslo"], rows),
        }
    )


def ask(table):
    return np.array([curved(row) for row in table.itertuples(index=False)])


def test_it_tends_to_the_definition():
    rows, references = frame(3), frame(2, seed=1)
    many = pd.concat([references] * 600, ignore_index=True)
    found = ShapleySampling().attribute(ask, rows, many)
    for row, values in zip(rows.itertuples(index=False), found.values, strict=True):
        expected = shapley(curved, list(row), [list(r) for r in references.itertuples(index=False)])
        np.testing.assert_allclose(values, expected, atol=0.01)


def test_values_sum_to_the_score_less_that_of_the_references():
    rows, references = frame(20), frame(9, seed=1)
    found = ShapleySampling().attribute(ask, rows, references)
    np.testing.assert_allclose(
        found.values.sum(axis=1), ask(rows) - ask(references).mean(), atol=1e-12
    )
    assert np.abs(found.errors).max() < 1e-12
    assert (found.deviations > 0).all()


def test_without_interactions_references_alone_are_chance():
    def additive(table):
        return (0.1 * table["pay"] + 0.2 * (table["city"] == "Rome")).to_numpy(dtype=float)

    rows, references = frame(15), frame(12, seed=1)
    found = ShapleySampling().attribute(additive, rows, references)
    pay = 0.1 * (rows["pay"] - references["pay"].mean())
    np.testing.assert_allclose(found.values[:, 0], pay, atol=1e-12)
    np.testing.assert_allclose(found.values[:, 1], 0, atol=1e-12)


def test_a_row_does_not_depend_on_the_others():
    rows, references = frame(10), frame(8, seed=1)
    together = ShapleySampling().attribute(ask, rows, references)
    alone = ShapleySampling().attribute(ask, rows.iloc[[4]], references)
    np.testing.assert_allclose(together.values[4], alone.values[0], atol=1e-12)


def test_one_column_takes_all():
    rows, references = frame(5)[["pay"]], frame(8, seed=1)[["pay"]]
    found = ShapleySampling().attribute(lambda table: table["pay"].to_numpy(), rows, references)
    expected = rows["pay"] - references["pay"].mean()
    np.testing.assert_allclose(found.values[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize(("columns", "count"), [(1, 64), (10, 51), (30, 17), (400, 8)])
def test_wide_tables_have_fewer_references(columns, count):
    assert ShapleySampling().references(columns) == count


def people(rows=120, weights=None):
    return build.dataset(
        frame(rows), groups={"sex": ["f" if row % 3 else "m" for row in range(rows)]},
        weights=weights,
    )  # fmt: skip


def black_box(ask_=ask):
    return AnswerModel(
        ask=lambda inputs: ask_(inputs["table"]), output="probability", format="sklearn",
        architecture="a forest", sha256=None, reason="trees",
    )  # fmt: skip


def explained(data, model, methods=("integrated_gradients",)):
    found = predict(model, data, data.splits["test"], 0.5)
    return found, explain(
        model, data, found, ExplainConfig(rows=100, methods=methods), [(A, B)], seed=0,
        minimum_group=10, confidence=0.95,
    ).explanations  # fmt: skip


def test_a_black_box_is_explained_at_every_level():
    _, explanations = explained(people(), black_box())
    assert {item.method for item in explanations} == {"shapley_sampling"}
    assert [item.level for item in explanations] == ["global", "group", "group", "gap"]
    assert {item.status for item in explanations} == {"ok"}
    gap = explanations[-1]
    assert sum(value.value for value in gap.values) == pytest.approx(gap.total, abs=1e-9)
    assert {value.feature for value in gap.values} == {"pay", "age", "city"}
    assert gap.baseline == "64 rows of test, drawn by seed 0"
    assert 0 < gap.quality["sampling_error"] < 0.1


def test_a_network_may_be_sampled_too_and_agrees_with_its_gradients_where_it_is_linear():
    data = build.dataset(
        build.numbers(100), groups={"sex": ["f" if row % 3 else "m" for row in range(100)]}
    )
    linear = nn.Linear(3, 1)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[0.02, -0.01, 0.03]]))
    model = build.from_module(linear, "logit")
    _, explanations = explained(data, model, ("integrated_gradients", "shapley_sampling"))
    gaps = [item for item in explanations if item.level == "gap"]
    one, two = ({v.feature: v.value for v in item.values} for item in gaps)
    assert [item.method for item in gaps] == ["integrated_gradients", "shapley_sampling"]
    for name in one:
        assert two[name] == pytest.approx(one[name], abs=2e-5)


def test_a_model_that_refuses_mixtures_is_told():
    data = people()
    known = {tuple(row) for row in data.inputs["table"].frame.itertuples(index=False)}

    def picky(table):
        if not {tuple(row) for row in table.itertuples(index=False)} <= known:
            raise ModelError("no such person")
        return ask(table)

    _, explanations = explained(data, black_box(picky))
    (only,) = explanations
    assert (only.status, only.reason) == ("undefined", "no such person")


def test_rows_of_weight_zero_are_no_references():
    weights = np.where(np.arange(120) % 2, 1.0, 0.0)
    _, explanations = explained(people(weights=weights), black_box())
    assert explanations[0].baseline.startswith("60 rows")

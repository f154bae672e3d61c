"""Explanations level by level: agreement with hand-made means, suppression, draws, refusals."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import builders_models as build
from audit.config import ExplainConfig
from audit.errors import ConfigError, MetricError, ModelError
from audit.explainers.draws import draw
from audit.explainers.explain import Explained, explain
from audit.models.encoders import FunctionEncoder
from audit.models.factory import from_module
from audit.predictions import from_labels, predict
from oracles.integrated_gradients import integrated_gradients

ROWS = 60
A, B = {"sex": "f"}, {"sex": "m"}


def people(weights=None, rows=ROWS, groups=None):
    draw_ = np.random.default_rng(4)
    frame = pd.DataFrame({name: draw_.normal(size=rows) for name in ("age", "pay", "zip")})
    sex = ["f" if row % 3 else "m" for row in range(rows)]
    return build.dataset(frame, groups=groups or {"sex": sex}, weights=weights)


def explained(data, *, gaps=((A, B),), model=None, rows=1000, **choices):
    subject = model or build.model(activation=nn.Tanh)
    found = predict(subject, data, data.splits["test"], 0.5)
    settings = {"seed": 0, "minimum_group": 10, "confidence": 0.95} | choices
    baseline = settings.pop("baseline", "mean")
    config = ExplainConfig(rows=rows, baseline=baseline)
    return explain(subject, data, found, config, gaps, **settings).explanations


def by_hand(data, model):
    """Attributions of every row, one at a time, from the mean row; and all scores."""
    table = torch.tensor(data.inputs["table"].frame.to_numpy(), dtype=torch.float32)
    weights = np.ones(len(data)) if data.weights is None else data.weights
    baseline = torch.tensor(
        [
            sum(w * row[c] for w, row in zip(weights, table, strict=True)) / weights.sum()
            for c in range(3)
        ],
        dtype=torch.float32,
    )
    score = lambda t: model.score({"x": t})  # noqa: E731 - one line says it
    values = np.array([integrated_gradients(score, row, baseline, 150).numpy() for row in table])
    scores = score(table).detach().numpy()
    return values, scores, float(score(baseline.unsqueeze(0))[0].detach())


def as_dict(explanation):
    return {value.feature: value.value for value in explanation.values}


def average(values, weights):
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_every_level_is_the_mean_that_it_says(weighted):
    weights = np.random.default_rng(2).uniform(0.2, 3, ROWS) if weighted else None
    data, model = people(weights), build.model(activation=nn.Tanh)
    values, scores, at_baseline = by_hand(data, model)
    w = np.ones(ROWS) if weights is None else weights
    f = data.sensitive[0].codes == 0
    overall, group_f, group_m, gap = explained(data, model=model)
    assert [e.level for e in (overall, group_f, group_m, gap)] == [
        "global",
        "group",
        "group",
        "gap",
    ]
    for place, name in enumerate(("age", "pay", "zip")):
        column = values[:, place]
        mean_f, mean_m = average(column[f], w[f]), average(column[~f], w[~f])
        assert as_dict(overall)[name] == pytest.approx(average(np.abs(column), w), abs=1e-4)
        assert as_dict(group_f)[name] == pytest.approx(mean_f, abs=1e-4)
        assert as_dict(gap)[name] == pytest.approx(mean_f - mean_m, abs=1e-4)
    score_f, score_m = average(scores[f], w[f]), average(scores[~f], w[~f])
    assert group_f.total == pytest.approx(score_f - at_baseline, abs=1e-6)
    assert gap.total == pytest.approx(score_f - score_m, abs=1e-6)
    assert overall.total is None


def test_values_and_residual_sum_to_the_total():
    for explanation in explained(people())[1:]:
        total = sum(value.value for value in explanation.values) + explanation.residual
        assert total == pytest.approx(explanation.total, abs=1e-12)
        assert abs(explanation.residual) < 1e-3
        assert explanation.status == "ok"


def test_values_come_largest_first_with_intervals_around_them():
    for explanation in explained(people()):
        sizes = [abs(value.value) for value in explanation.values]
        assert sizes == sorted(sizes, reverse=True)
        for value in explanation.values:
            assert value.interval.low <= value.value <= value.interval.high


def test_the_baseline_is_said_in_words_and_is_the_same_everywhere():
    sampled = explained(people(), rows=20)
    assert {e.baseline for e in sampled} == {
        "mean of the encoded inputs over 20 rows of test, drawn by seed 0"
    }
    assert explained(people())[0].baseline == "mean of the encoded inputs over 60 rows of test"
    assert explained(people(), baseline="zero")[0].baseline == "zero in every encoded input"


def test_a_zero_baseline_changes_the_total_of_a_group():
    model = build.model()
    at_zero = float(model.score({"x": torch.zeros(1, 3)})[0].detach())
    data = people()
    scores = predict(model, data, data.splits["test"], 0.5).score
    group = explained(data, model=model, baseline="zero")[1]
    mean = scores[data.sensitive[0].codes == 0].mean()
    assert group.total == pytest.approx(mean - at_zero, abs=1e-6)


def test_rows_are_drawn_by_seed_and_at_most_half_of_them_in_a_group():
    sampled = explained(people(), rows=20)
    assert [e.rows for e in sampled] == [20, 10, 10, 20]
    assert explained(people(), rows=20) == sampled
    other = explained(people(), rows=20, seed=1)
    assert [e.id for e in other] == [e.id for e in sampled]
    assert as_dict(other[0]) != as_dict(sampled[0])


def test_a_draw_does_not_depend_on_other_groups():
    data = people()
    first = draw(data, data.splits["test"], A, 10, 0).rows
    with_other = people(
        groups={"age": ["x"] * ROWS, "sex": ["f" if r % 3 else "m" for r in range(ROWS)]}
    )
    np.testing.assert_array_equal(draw(with_other, data.splits["test"], A, 10, 0).rows, first)
    assert len(set(first)) == 10
    assert all(data.sensitive[0].codes[first] == 0)


def test_small_groups_are_suppressed_with_the_reason():
    overall, group_f, group_m, gap = explained(people(), minimum_group=25)
    assert (overall.status, group_f.status) == ("ok", "ok")
    assert (group_m.status, group_m.rows, group_m.values) == ("suppressed", 20, ())
    assert group_m.reason == "sex m: 20 rows, fewer than 25"
    assert (gap.status, gap.residual, gap.reason) == ("suppressed", None, group_m.reason)


def test_an_empty_group_changes_nothing_else():
    data = people()
    sex = data.sensitive[0]
    wider = type(sex)(name="sex", categories=("f", "m", "x"), codes=sex.codes)
    more = type(data)(**vars(data) | {"sensitive": (wider,)})
    found = explained(more)
    assert [e for e in found if e.group != {"sex": "x"}] == list(explained(data))
    assert found[3].reason == "sex x: 0 rows, fewer than 10"


def test_gaps_of_intersections_and_of_everyone():
    city = ["rome" if row % 2 else "oslo" for row in range(ROWS)]
    sex = ["f" if row % 3 else "m" for row in range(ROWS)]
    data = people(groups={"sex": sex, "city": city})
    crossed = {"sex": "f", "city": "rome"}
    gap = explained(data, gaps=((crossed, {}),))[-1]
    assert (gap.a, gap.b, gap.rows) == (crossed, {}, 20 + ROWS)


def test_an_unknown_group_suggests_the_nearest():
    with pytest.raises(MetricError, match="unknown sensitive attribute 'sxe'; did you mean 'sex'"):
        explained(people(), gaps=(({"sxe": "f"}, B),))
    with pytest.raises(MetricError, match="unknown category 'g' in sex"):
        explained(people(), gaps=(({"sex": "g"}, B),))


def test_one_hot_columns_fold_to_the_users_column():
    data = build.separable(200)
    from audit.config import Train
    from audit.models.training import train

    model = train(data, Train(hidden=(4,), epochs=2)).model
    found = explained(data, model=model, gaps=())
    assert sorted(as_dict(found[0])) == ["age", "city", "income", "member"]


def test_a_network_without_gradients_has_not_converged():
    class Steps(nn.Module):
        def forward(self, x):
            return (x.sum(dim=1).detach() > 0).float() * 4 - 2

    overall = explained(people(), model=from_module(Steps(), "logit"))[0]
    assert overall.status == "not converged"
    assert (
        "of 60 rows the attributions miss the score difference by more than 0.001" in overall.reason
    )


def test_inputs_without_a_gradient_are_undefined():
    class Looks(nn.Module):
        def forward(self, tokens):
            return nn.functional.one_hot(tokens, 5).float().sum(dim=(1, 2))

    model = from_module(Looks(), "logit")
    tokens = FunctionEncoder(
        function=lambda frame: {"tokens": torch.tensor(frame.to_numpy() > 0).long()}, name="e"
    )
    found = explained(people(), model=type(model)(**vars(model) | {"encoder": tokens}))
    assert len(found) == 1
    assert found[0].status == "undefined"
    assert "tensor 'tokens' holds int64 numbers" in found[0].reason


def test_labels_alone_and_unknown_methods_are_refused():
    data, model = people(), build.model()
    shared = {"gaps": (), "seed": 0, "minimum_group": 10, "confidence": 0.95}
    with pytest.raises(ModelError, match="expected scores to explain, came labels alone"):
        explain(model, data, from_labels([0, 1] * 30), ExplainConfig(), **shared)
    scored = predict(model, data, data.splits["test"], 0.5)
    config = ExplainConfig(methods=("integrated_gradient",))
    with pytest.raises(ConfigError, match="did you mean 'integrated_gradients'"):
        explain(model, data, scored, config, **shared)
    assert explain(model, data, scored, ExplainConfig(methods=()), **shared) == Explained()


def test_no_trace_is_left_and_progress_is_told():
    network = build.network().train()
    state, seen = torch.get_rng_state(), []
    explained(people(), model=from_module(network, "logit"), progress=lambda *s: seen.append(s))
    assert seen == [(ROWS, ROWS)]
    assert all(module.training for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(state, torch.get_rng_state())


def test_rows_of_weight_zero_are_not_drawn():
    weights = np.ones(ROWS)
    weights[::3] = 0.0  # everybody of sex m
    found = explained(people(weights))
    assert [e.rows for e in found[:2]] == [40, 40]
    assert found[2].reason == "sex m: 0 rows, fewer than 10"
    nobody = explained(people(np.zeros(ROWS)))
    assert [(e.status, e.reason) for e in nobody] == [("undefined", "no row has a positive weight")]

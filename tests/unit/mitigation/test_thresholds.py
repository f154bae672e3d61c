"""Thresholds by group: the rules are fairlearn's, the lots are ours."""

from dataclasses import replace

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer

from audit.mitigation.thresholds import _GivenScores, fit_rules, lots
from audit.predictions import predict
from biased import mitigated, trained

CONSTRAINTS = (
    "demographic_parity",
    "equalized_odds",
    "true_positive_rate_parity",
    "false_positive_rate_parity",
)


def scored(rows):
    data, model = trained()
    return data, predict(model, data, rows, 0.5).score, data.sensitive[0].codes[rows]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("objective", ["accuracy_score", "balanced_accuracy_score"])
def test_chances_are_those_of_fairlearn_used_directly(constraint, objective):
    data, _ = trained()
    fit, asked = data.splits["validation"], data.splits["test"]
    _, score, codes = scored(fit)
    _, asked_score, asked_codes = scored(asked)
    direct = ThresholdOptimizer(
        estimator=_GivenScores(),
        constraints=constraint,
        objective=objective,
        prefit=True,
        predict_method="predict",
    ).fit(score[:, None], data.target[fit].astype(int), sensitive_features=codes)
    expected = direct._pmf_predict(asked_score[:, None], sensitive_features=asked_codes)[:, 1]
    rules = fit_rules(
        score, data.target[fit], codes, constraint=constraint, objective=objective, grid_size=1000
    )
    found = np.empty(len(asked))
    for code, rule in rules.items():
        own = asked_codes == code
        found[own] = rule.chance(asked_score[own])
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_the_share_selected_is_what_fairlearn_expects(constraint):
    data, model = trained()
    rows = data.splits["test"]
    found = mitigated(model, data, "threshold_optimizer", constraint=constraint)
    _, score, codes = scored(data.splits["validation"])
    _, asked_score, asked_codes = scored(rows)
    rules = fit_rules(
        score, data.target[data.splits["validation"]], codes,
        constraint=constraint, objective="accuracy_score", grid_size=1000,
    )  # fmt: skip
    chance = np.concatenate(
        [rule.chance(asked_score[asked_codes == c]) for c, rule in rules.items()]
    )
    error = np.sqrt((chance * (1 - chance)).sum()) / len(rows)
    assert abs(found.predictions.label.mean() - chance.mean()) <= 4 * error + 1e-9


def test_equal_opportunity_is_parity_of_the_true_positive_rate():
    data, model = trained()
    one, two = (
        mitigated(model, data, "threshold_optimizer", constraint=name)
        for name in ("equal_opportunity", "true_positive_rate_parity")
    )
    assert np.array_equal(one.predictions.label, two.predictions.label)


def test_a_lot_belongs_to_its_row():
    rows = np.array([5, 2, 9, 0])
    alone = [float(lots(np.array([row]), 3)[0]) for row in rows]
    assert lots(rows, 3).tolist() == alone
    assert lots(rows, 4).tolist() != alone
    assert lots(rows[:0], 3).tolist() == []
    many = lots(np.arange(20_000), 0)
    assert many.mean() == pytest.approx(0.5, abs=0.01)
    assert len(np.unique(many)) == len(many)


def test_a_row_is_decided_the_same_among_other_rows():
    data, model = trained()
    whole = mitigated(model, data, "threshold_optimizer", constraint="equalized_odds")
    half = data.splits["test"][::2]
    fewer = replace(data, splits={**data.splits, "test": half})
    part = mitigated(model, fewer, "threshold_optimizer", constraint="equalized_odds")
    assert np.array_equal(whole.predictions.label[::2], part.predictions.label)
    assert "by lot" in whole.predictions.notes[0]


def test_groups_that_fitted_nothing_keep_the_networks_decision():
    data, model = trained()
    rows = data.splits["test"]
    codes = data.sensitive[0].codes.copy()
    codes[rows[:50]] = 2
    codes[rows[50:80]] = 3
    attribute = replace(data.sensitive[0], codes=codes, categories=("f", "m", "new", "unknown"))
    found = mitigated(model, replace(data, sensitive=(attribute,)), "threshold_optimizer")
    own = predict(model, data, rows, 0.5).label
    assert np.array_equal(found.predictions.label[:80], own[:80])
    assert "80 by the network's own threshold" in found.predictions.notes[0]
    assert found.record.selected["left_out"] == ["group=new: 0 validation rows, fewer than 10"]


def test_rules_are_told_in_words_and_finite_numbers():
    data, model = trained()
    found = mitigated(model, data, "threshold_optimizer", constraint="equalized_odds")
    rules = found.record.selected["rules"]
    assert set(rules) == {"f", "m"}
    for rule in rules.values():
        assert rule["first"].startswith("score > ") or rule["first"] in {"everyone", "no one"}
        chances = [value for value in rule.values() if isinstance(value, float)]
        assert all(0 <= chance <= 1 for chance in chances)
    assert (found.predictions.score, found.predictions.threshold) == (None, None)

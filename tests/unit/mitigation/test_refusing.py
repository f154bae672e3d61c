"""Mitigations that cannot apply are refused with the reason; wrong names are mistakes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from audit.config import Mitigation, config_from
from audit.data.records import ColumnRecord
from audit.errors import ConfigError
from audit.mitigation.checking import check, mitigator
from audit.mitigation.mitigate import mitigate
from audit.mitigation.mitigator import Outcome, Refused
from audit.models.factory import from_module
from biased import mitigated, population, trained

PENALTIES = ("fairness_penalty", "fairness_retraining")
METHODS = (*PENALTIES, "threshold_optimizer")


def recoded(data, codes, categories=("f", "m")):
    attribute = replace(data.sensitive[0], codes=codes, categories=categories)
    return replace(data, sensitive=(attribute,))


def refusal(model, data, method, **parameters):
    found = mitigated(model, data, method, **parameters)
    assert found.record.status == "refused"
    assert (found.predictions, found.model, found.record.selected) == (None, None, {})
    assert "\n" not in found.record.reason
    return found.record.reason


@pytest.mark.parametrize("method", METHODS)
def test_predictions_only(method):
    assert "only predictions are known" in refusal(None, population(400), method)


@pytest.mark.parametrize("method", METHODS)
def test_no_training_rows(method):
    data, model = trained()
    bare = replace(data, splits={"test": data.splits["test"]})
    assert "no training rows" in refusal(model, bare, method)


@pytest.mark.parametrize("method", METHODS)
def test_one_group_only(method):
    data, model = trained()
    reason = refusal(model, recoded(data, np.zeros(len(data), dtype=np.int64)), method)
    assert "expected two groups of group or more" in reason
    assert "group=m: 0" in reason


@pytest.mark.parametrize("method", METHODS)
def test_a_group_without_positives(method):
    data, model = trained()
    target = np.where(data.sensitive[0].codes == 0, 0, data.target).astype(np.int8)
    poor = replace(data, target=target)
    reason = refusal(model, poor, method, constraint="equal_opportunity")
    assert reason.startswith("group=f has no positive labels in its ")


def test_a_threshold_needs_negatives_too():
    data, model = trained()
    target = np.where(data.sensitive[0].codes == 0, 1, data.target).astype(np.int8)
    assert "group=f has no negative labels" in refusal(
        model, replace(data, target=target), "threshold_optimizer"
    )


def test_a_network_without_gradients():
    data, model = trained()
    frozen = from_module(torch.nn.Linear(2, 1).requires_grad_(requires_grad=False), "logit")
    assert "no parameter of the network takes a gradient" in refusal(frozen, data, PENALTIES[0])
    assert model.network.training is False


def test_a_network_that_cannot_be_copied():
    class Single(torch.nn.Linear):
        def __deepcopy__(self, memo):
            raise RuntimeError("there is only one")

    data, _ = trained()
    reason = refusal(from_module(Single(2, 1), "logit"), data, PENALTIES[0])
    assert "cannot be copied: RuntimeError: there is only one" in reason


def test_retraining_needs_to_know_how_the_network_was_made():
    data, _ = trained()
    own = from_module(torch.nn.Linear(2, 1), "logit")
    assert "not known how the network was built" in refusal(own, data, "fairness_retraining")


def test_too_few_validation_rows():
    data, model = trained()
    splits = {**data.splits, "validation": data.splits["validation"][:12]}
    reason = refusal(model, replace(data, splits=splits), "fairness_penalty")
    assert "the gap cannot be tuned" in reason


def test_small_and_unknown_groups_take_no_part_and_small_ones_are_named():
    data, model = trained()
    codes = data.sensitive[0].codes.copy()
    codes[data.splits["train"][:20]] = 2
    codes[data.splits["train"][20:400]] = 3
    other = recoded(data, codes, ("f", "m", "rare", "unknown"))
    record = mitigated(model, other, "fairness_penalty", strength=1.0).record
    assert record.status == "ok"
    assert record.selected["left_out"] == ["group=rare: 20 training rows, fewer than 30"]


@pytest.mark.parametrize("method", PENALTIES)
def test_penalties_need_no_sensitive_attribute_at_prediction(method):
    data, model = trained()
    assert not mitigated(model, data, method, strength=1.0).record.needs_sensitive_at_prediction


def test_thresholds_need_it_and_so_does_a_network_that_sees_it():
    data, model = trained()
    assert mitigated(model, data, "threshold_optimizer").record.needs_sensitive_at_prediction
    column = ColumnRecord(name="group", roles=("sensitive", "feature"), kind="text", missing=0)
    seen = replace(data, record=replace(data.record, columns=(column,)))
    assert mitigated(None, seen, "fairness_penalty").record.needs_sensitive_at_prediction


def config(**mitigation):
    return config_from(
        {
            "data": {"path": "x.csv", "target": "y", "sensitive": ["sex", "race"]},
            "predictions": {"label": "p"},
            "mitigate": [mitigation],
        }
    )


@pytest.mark.parametrize(
    ("mitigation", "words"),
    [
        ({"method": "fairness_penality"}, "did you mean 'fairness_penalty'"),
        ({"method": "fairness_penalty", "strenght": 1}, "did you mean 'strength'"),
        ({"method": "fairness_penalty", "strength": -1}, "expected greater than 0, came -1"),
        ({"method": "fairness_penalty", "strength": "much"}, "strength: expected a valid number"),
        ({"method": "fairness_penalty", "constraint": "equalized_odds"}, "demographic_parity"),
        ({"method": "fairness_retraining", "lr": 0.1}, "unknown parameter 'lr'"),
        ({"method": "threshold_optimizer", "constraint": "parity"}, "equalized_odds"),
        ({"method": "threshold_optimizer", "attribute": "rase"}, "did you mean 'race'"),
        (
            {
                "method": "threshold_optimizer",
                "constraint": "equalized_odds",
                "objective": "selection_rate",
            },
            "equalized_odds goes with the objectives",
        ),
        ({"method": "nowhere.at.all:Thing"}, "cannot be imported"),
        ({"method": "pathlib:PurePath"}, "expected something with constraint"),
        ({"method": "pathlib:PurePath", "depth": 3}, "pathlib:PurePath: "),
    ],
)  # fmt: skip
def test_wrong_names_and_values_are_mistakes(mitigation, words):
    def read_and_check():
        chosen = config(**mitigation)
        check(chosen.mitigate, chosen)

    with pytest.raises(ConfigError) as caught:
        read_and_check()
    assert words in str(caught.value)


def test_right_ones_pass():
    for method in METHODS:
        chosen = config(method=method, attribute="race", constraint="equal_opportunity")
        check(chosen.mitigate, chosen)


def test_an_attribute_that_the_data_lack_is_a_mistake():
    data, model = trained()
    with pytest.raises(ConfigError, match="unknown sensitive attribute 'grup'.*'group'"):
        mitigated(model, data, "fairness_penalty", attribute="grup")


class Everyone:
    """A mitigation of one's own, which selects everyone."""

    constraint = "demographic_parity"
    attribute = None
    needs_sensitive_at_prediction = False

    def __init__(self, *, refuse=False):
        self.refuse = refuse

    def apply(self, task):
        if self.refuse:
            raise Refused("not today")
        from audit.predictions import from_labels

        return Outcome(
            predict=lambda rows: from_labels(np.ones(len(rows)), rows=rows),
            fitted_on="nothing",
            tuned_on="nothing",
        )


def test_a_mitigation_of_ones_own(monkeypatch):
    import sys
    from types import ModuleType

    module = ModuleType("own_mitigation")
    module.Everyone = Everyone
    monkeypatch.setitem(sys.modules, "own_mitigation", module)
    data, model = trained()
    item = Mitigation(method="own_mitigation:Everyone")
    found = mitigate(model, data, item, number=2, threshold=0.5)
    assert (found.record.name, found.record.status) == ("Everyone-2", "ok")
    assert found.predictions.label.all()
    assert mitigator(item).attribute is None
    refused = mitigated(model, data, "own_mitigation:Everyone", refuse=True).record
    assert (refused.status, refused.reason) == ("refused", "not today")
    assert refused.parameters == {"refuse": True}

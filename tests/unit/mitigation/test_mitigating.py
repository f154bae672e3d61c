"""What mitigations do: they narrow gaps, touch nothing, look at no test row, and repeat."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from audit.data.dataset import TableInput
from audit.models.bundle import read_bundle, save_bundle
from audit.models.factory import from_module
from audit.models.weights_file import weights_sha256
from audit.predictions import predict
from biased import gap, mitigated, population, trained

PENALTIES = ("fairness_penalty", "fairness_retraining")
METHODS = (*PENALTIES, "threshold_optimizer")


def untuned(method):
    """Parameters that leave the tuning out where a test is not about it."""
    return {"strength": 2.0} if method in PENALTIES else {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("constraint", "counted"), [("demographic_parity", (0, 1)), ("equal_opportunity", (1,))]
)
def test_the_gap_is_at_least_halved_on_rows_that_fitted_nothing(method, constraint, counted):
    data, model = trained()
    before = predict(model, data, data.splits["test"], 0.5)
    aim = {} if method == "threshold_optimizer" else {"remaining": 0.35}
    found = mitigated(model, data, method, constraint=constraint, **aim)
    assert found.record.status == "ok", found.record.reason
    assert np.array_equal(found.predictions.rows, before.rows)
    start = gap(data, before.label, counted)
    assert start > 0.15
    assert abs(gap(data, found.predictions.label, counted)) <= start / 2


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bits(method):
    data, model = trained()
    one, two = (mitigated(model, data, method, seed=3) for _ in range(2))
    assert one.record == two.record
    assert np.array_equal(one.predictions.label, two.predictions.label)
    if one.model is not None:
        assert np.array_equal(one.predictions.score, two.predictions.score)
        assert one.record.sha256 == weights_sha256(two.model.network.state_dict())


@pytest.mark.parametrize("method", METHODS)
def test_the_baseline_and_the_random_state_stay_as_they_were(method):
    data, model = trained()
    sha, mode = weights_sha256(model.network.state_dict()), model.network.training
    gradients = [parameter.grad.clone() for parameter in model.network.parameters()]
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the global state is what must not move
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - as above
    found = mitigated(model, data, method, **untuned(method))
    assert weights_sha256(model.network.state_dict()) == sha
    assert model.network.training == mode
    assert all(map(torch.equal, gradients, (p.grad for p in model.network.parameters())))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002 - as above
    if found.model is not None:
        assert found.model.network is not model.network
        assert found.record.sha256 != sha


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_test_rows_fit_and_tune_nothing(method, validation):
    data, model = trained(validation=validation)
    rows = data.splits["test"]
    frame = data.inputs["table"].frame.copy()
    frame.iloc[rows] = 9 * frame.iloc[rows] + 3
    target = data.target.copy()
    target[rows] = 1 - target[rows]
    attribute = data.sensitive[0]
    codes = attribute.codes.copy()
    codes[rows] = 1 - codes[rows]
    other = replace(
        data,
        inputs={"table": TableInput(frame=frame)},
        target=target,
        sensitive=(replace(attribute, codes=codes),),
    )
    one, two = mitigated(model, data, method), mitigated(model, other, method)
    assert one.record == two.record
    assert not np.array_equal(one.predictions.label, two.predictions.label)


@pytest.mark.parametrize("method", METHODS)
def test_where_rows_come_from_is_said(method):
    data, model = trained()
    named = mitigated(model, data, method, **untuned(method)).record
    assert named.tuned_on == "validation (1000 rows)"
    data, model = trained(validation=False)
    drawn = mitigated(model, data, method, seed=4, **untuned(method)).record
    assert drawn.tuned_on == "validation (600 rows set apart from train with seed 4)"
    assert "test" not in drawn.fitted_on + drawn.tuned_on
    if method != "threshold_optimizer":
        assert (named.fitted_on, drawn.fitted_on) == (
            "train (2000 rows)",
            "train (2400 of 3000 rows)",
        )


@pytest.mark.parametrize("method", PENALTIES)
def test_a_mitigated_network_is_a_bundle_like_any_other(method, tmp_path):
    data, model = trained()
    found = mitigated(model, data, method, **untuned(method))
    save_bundle(tmp_path / "bundle", found.model, found.initial_state)
    again = read_bundle(tmp_path / "bundle", device=torch.device("cpu"))
    scores = predict(again, data, data.splits["test"], 0.5).score
    assert np.array_equal(scores, found.predictions.score)
    assert again.training.final_sha256 == found.record.sha256
    assert again.training.settings["mitigation"] == {
        "method": method,
        "constraint": "demographic_parity",
        "attribute": "group",
        "strength": found.record.selected["strength"],
    }


def test_fine_tuning_starts_from_the_baseline_and_retraining_where_it_started():
    data, model = trained()
    tuned, again = (mitigated(model, data, method, **untuned(method)) for method in PENALTIES)
    assert weights_sha256(tuned.initial_state) == weights_sha256(model.network.state_dict())
    assert weights_sha256(again.initial_state) == model.training.initial_sha256


def test_a_given_strength_is_used_and_a_stronger_one_narrows_more():
    data, model = trained()
    weak, strong = (
        mitigated(model, data, "fairness_penalty", strength=strength) for strength in (0.5, 60)
    )
    assert [found.record.selected["strength"] for found in (weak, strong)] == [0.5, 60]
    assert len(strong.record.selected["trials"]) == 1
    assert gap(data, strong.predictions.label) < gap(data, weak.predictions.label) - 0.05


def test_the_chosen_strength_is_the_weakest_that_reaches_the_aim():
    data, model = trained()
    chosen = mitigated(model, data, "fairness_penalty", remaining=0.4).record.selected
    aim = 0.4 * chosen["baseline"]["gap"]
    reached = [trial["strength"] for trial in chosen["trials"] if trial["gap"] <= aim]
    assert chosen["reached"]
    assert chosen["strength"] == min(reached)


def test_an_aim_out_of_reach_is_said():
    data, model = trained()
    chosen = mitigated(model, data, "fairness_penalty", remaining=0, updates=3).record.selected
    assert not chosen["reached"]
    assert len(chosen["trials"]) == 8
    assert chosen["strength"] in [trial["strength"] for trial in chosen["trials"]]


def test_a_network_of_ones_own_is_fine_tuned_frozen_layers_excepted():
    data, _ = trained()
    network = torch.nn.Sequential(
        torch.nn.Linear(2, 8),
        torch.nn.BatchNorm1d(8),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.2),
        torch.nn.Linear(8, 1),
        torch.nn.Sigmoid(),
    )
    network[0].requires_grad_(requires_grad=False)
    found = mitigated(from_module(network, "probability"), data, "fairness_penalty", strength=2.0)
    assert found.record.status == "ok", found.record.reason
    state, before = found.model.network.state_dict(), network.state_dict()
    assert torch.equal(state["0.weight"], before["0.weight"])
    assert torch.equal(state["1.running_mean"], before["1.running_mean"])
    assert not torch.equal(state["4.weight"], before["4.weight"])


def test_row_weights_count():
    data, model = trained()
    weights = np.where(data.sensitive[0].codes == 0, 3.0, 0.5)
    one = mitigated(model, data, "fairness_penalty", strength=4.0)
    two = mitigated(model, replace(data, weights=weights), "fairness_penalty", strength=4.0)
    assert one.record.sha256 != two.record.sha256
    assert (
        two.record.selected["baseline"]["accuracy"] != one.record.selected["baseline"]["accuracy"]
    )


def test_progress_is_told_and_never_runs_over():
    from audit.config import Mitigation
    from audit.mitigation.mitigate import mitigate

    data, model = trained()
    told = []
    mitigate(
        model,
        data,
        Mitigation(method="fairness_penalty", updates=20),
        number=1,
        threshold=0.5,
        progress=lambda done, most: told.append((done, most)),
    )
    steps = [done for done, _ in told]
    assert steps == sorted(set(steps))
    assert all(done <= most for done, most in told)


def test_names_and_identifiers_tell_mitigations_apart():
    data, model = trained()
    record = mitigated(model, data, "threshold_optimizer").record
    other = mitigated(model, data, "threshold_optimizer", constraint="equalized_odds").record
    assert record.name == "threshold_optimizer-1"
    assert record.id != other.id
    assert record.id == mitigated(model, population(seed=9), "threshold_optimizer").record.id
    assert (record.attribute, record.sha256) == (("group",), None)
    assert record.parameters["constraint"] == "demographic_parity"

"""Training: it learns, repeats itself to the bit, stops early, and leaves no trace."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

import builders_models as build
from audit.config import Train
from audit.errors import ModelError
from audit.models.training import train
from audit.models.weights_file import weights_sha256
from audit.predictions import predict

QUICK = Train(hidden=(8,), epochs=3, lr=1e-2, dropout=0.1)


@pytest.fixture(scope="module")
def data():
    return build.separable()


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid"])
def test_it_learns_what_can_be_separated(data, activation):
    settings = Train(hidden=(16,), epochs=40, lr=2e-2, activation=activation)
    found = predict(train(data, settings).model, data, data.splits["test"], 0.5)
    assert roc_auc_score(data.target[found.rows], found.score) > 0.98


@pytest.mark.parametrize("init", ["he", "xavier", "default"])
def test_the_same_seed_gives_the_same_bits(data, init):
    settings = QUICK.model_copy(update={"init": init})
    first, second = train(data, settings), train(data, settings)
    assert first.record == second.record
    other = train(data, settings.model_copy(update={"seed": 1}))
    assert other.record.initial_sha256 != first.record.initial_sha256
    assert other.record.final_sha256 != first.record.final_sha256


def test_the_callers_random_numbers_go_on_as_before(data):
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is what is tested
    train(data, QUICK)
    assert torch.equal(before, torch.get_rng_state())
    np.testing.assert_array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002 - as above


def test_the_record_says_what_happened(data):
    seen = []
    found = train(data, QUICK, split={"test": 0.25}, progress=lambda *step: seen.append(step))
    record = found.record
    assert [step[:2] for step in seen] == [(1, 3), (2, 3), (3, 3)]
    assert record.rows == {"train": 270, "validation": 30}
    assert record.split == {"test": 0.25}
    assert record.settings["hidden"] == [8]
    assert [epoch.epoch for epoch in record.epochs] == [1, 2, 3]
    assert record.data_sha256 == data.record.sha256
    assert record.initial_sha256 == weights_sha256(found.initial_state)
    assert record.final_sha256 == weights_sha256(found.model.network.state_dict())
    assert not found.model.network.training


def test_the_weights_of_the_best_epoch_are_kept(data):
    settings = Train(hidden=(32,), epochs=60, lr=5e-2, early_stopping=3, l2=0)
    record = train(data, settings).record
    losses = [epoch.validation_loss for epoch in record.epochs]
    assert record.best_epoch == 1 + int(np.argmin(losses))
    assert record.stopped_early == (len(losses) < 60)
    if record.stopped_early:
        assert len(losses) == record.best_epoch + 3
    shorter = train(data, settings.model_copy(update={"epochs": record.best_epoch})).record
    assert shorter.final_sha256 == record.final_sha256


def test_without_early_stopping_the_last_epoch_is_kept(data):
    record = train(data, QUICK.model_copy(update={"early_stopping": 0})).record
    assert record.best_epoch == 3
    assert not record.stopped_early


def test_named_validation_rows_are_used(data):
    rows = data.splits["train"]
    splits = {"train": rows[:200], "validation": rows[200:], "test": data.splits["test"]}
    parted = build.dataset(data.inputs["table"].frame, target=data.target, splits=splits)
    assert train(parted, QUICK).record.rows == {"train": 200, "validation": 100}


def test_rows_without_weight_teach_nothing(data):
    """Labels are turned round in rows of weight 0: the network learns the others' rule."""
    rows = data.splits["train"]
    target, weights = data.target.copy(), np.ones(len(data))
    target[rows[::2]], weights[rows[::2]] = 1 - target[rows[::2]], 0.0
    turned = build.dataset(
        data.inputs["table"].frame, target=target, splits=data.splits, weights=weights
    )
    found = predict(
        train(turned, Train(hidden=(16,), epochs=40, lr=2e-2)).model, data, data.splits["test"], 0.5
    )
    assert roc_auc_score(data.target[found.rows], found.score) > 0.95


def test_only_matrices_are_decayed(data):
    """A penalty that dwarfs the data drives weights to zero, while the bias fits the base rate."""
    settings = Train(hidden=(), epochs=60, lr=5e-2, l2=100.0, early_stopping=0)
    network = train(data, settings).model.network
    assert float(network.out.weight.detach().abs().max()) < 0.02
    rate = float(data.target[data.splits["train"]].mean())
    assert float(torch.sigmoid(network.out.bias.detach())) == pytest.approx(rate, abs=0.05)


def test_a_loss_that_is_not_finite_suggests_a_lower_rate(data):
    settings = Train(hidden=(8,), epochs=50, lr=1e30, optimizer="sgd", early_stopping=0)
    with pytest.raises(
        ModelError, match=r"not finite after epoch .*lower model.train.lr \(now 1e\+30"
    ):
        train(data, settings)


def test_one_class_and_no_rows_are_refused(data):
    frame = data.inputs["table"].frame
    one = build.dataset(frame, target=np.ones(len(frame)), splits=data.splits)
    with pytest.raises(ModelError, match="both classes in the 300 training rows, came only 1"):
        train(one, QUICK)
    with pytest.raises(ModelError, match="expected training rows, came none"):
        train(build.dataset(frame), QUICK)


def test_an_unknown_architecture_suggests_the_nearest(data):
    with pytest.raises(ModelError, match="unknown architecture 'mpl'; did you mean 'mlp'"):
        train(data, Train().model_copy(update={"architecture": "mpl"}))

"""Training for several classes, for numbers and on pictures; streamed rows teach the same."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from audit.config import Train
from audit.data.inputs.batches import SeriesBatch
from audit.errors import ModelError
from audit.models import encoded_rows
from audit.models.bundle import read_bundle, save_bundle
from audit.models.training import train
from audit.models.weights_file import weights_sha256
from audit.predictions import predict
from builders_models import separable
from builders_tasks import CLASSES, LETTER, PHOTO, graded, lettered, pictured, priced
from oracles.losses import slow_gap

QUICK = Train(hidden=(8,), epochs=4, lr=1e-2, dropout=0.2)
PICTURES = Train(architecture="cnn", channels=(4,), hidden=(8,), epochs=3, lr=1e-2, dropout=0.1)


WORDS = Train(architecture="transformer", embedding=8, hidden=(8,), epochs=3, dropout=0.1)


def rmse(model, data):
    found = predict(model, data, data.splits["test"], 0.5)
    return float(np.sqrt(np.mean((found.score - data.target[found.rows]) ** 2)))


def test_it_learns_several_classes_that_can_be_separated():
    data = graded(noise=0.0, moved=0.0)
    model = train(data, Train(hidden=(16,), epochs=40, lr=2e-2)).model
    found = predict(model, data, data.splits["test"], 0.5)
    assert (model.output, model.classes, model.focus) == ("logits", CLASSES, 2)
    assert np.mean(found.classes == data.codes[found.rows]) > 0.97
    assert np.corrcoef(found.score, data.target[found.rows])[0, 1] > 0.9


@pytest.mark.parametrize("architecture", ["text_cnn", "transformer"])
def test_it_learns_words_that_decide(architecture):
    data = lettered()
    settings = Train(architecture=architecture, channels=(8,), embedding=8, epochs=15, lr=1e-2)
    found = predict(train(data, settings, inputs=LETTER).model, data, data.splits["test"], 0.5)
    assert np.mean(found.label == data.target[found.rows]) > 0.97


def test_it_learns_from_pictures():
    data = pictured()
    settings = PICTURES.model_copy(update={"epochs": 15})
    found = predict(train(data, settings, inputs=PHOTO).model, data, data.splits["test"], 0.5)
    assert np.mean(found.label == data.target[found.rows]) > 0.75  # the rest is noise


def test_it_learns_numbers_and_answers_in_their_unit():
    data = priced()
    found = train(data, Train(hidden=(16,), epochs=40, lr=1e-2))
    assert found.model.output == "value"
    assert rmse(found.model, data) < 2000  # 1,000 is noise; the target itself varies by 6,000
    rows = data.splits["validation"]
    said = predict(found.model, data, rows, 0.5).score
    best = found.record.epochs[found.record.best_epoch - 1]
    assert best.validation_accuracy is None
    assert best.validation_rmse == pytest.approx(np.sqrt(np.mean((said - data.target[rows]) ** 2)))
    groups = data.sensitive[0].codes[rows]
    gap = slow_gap(said, groups, (0, 1), 30, np.ones(len(rows)))
    assert best.validation_gap == pytest.approx(gap, rel=1e-5)
    scale = data.target[data.splits["train"]].std()
    assert best.validation_loss == pytest.approx((best.validation_rmse / scale) ** 2)


def test_weights_before_training_answer_in_the_unit_too():
    data = priced()
    found = train(data, QUICK)
    before = replace(found.model, network=train(data, QUICK).model.network)
    before.network.load_state_dict(found.initial_state)
    answers = predict(before, data, data.splits["train"], 0.5).score
    target = data.target[data.splits["train"]]
    assert abs(answers.mean() - target.mean()) < 3 * target.std()
    assert found.record.initial_sha256 == weights_sha256(found.initial_state)
    assert found.record.final_sha256 == weights_sha256(found.model.network.state_dict())


@pytest.mark.parametrize(("shift", "unit"), [(0, 1000.0), (-4e6, 1.0), (0, 1e-6)])
def test_another_unit_of_the_target_gives_the_same_network_in_that_unit(shift, unit):
    data = priced(800)
    moved = replace(data, target=data.target * unit + shift)
    one, two = train(data, QUICK), train(moved, QUICK)
    losses = [[epoch.validation_loss for epoch in item.record.epochs] for item in (one, two)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    first, second = (
        predict(item.model, given, data.splits["test"], 0.5).score
        for item, given in ((one, data), (two, moved))
    )
    assert (second - shift) / unit == pytest.approx(first, rel=1e-4, abs=2)


def test_the_gap_of_each_epoch_is_that_of_decisions_on_validation_rows():
    data = graded()
    found = train(data, replace_epochs(1))
    rows = data.splits["validation"]
    decided = predict(found.model, data, rows, 0.5).label
    groups = data.sensitive[0].codes[rows]
    expected = slow_gap(decided, groups, (0, 1), 30, np.ones(len(rows)))
    assert found.record.epochs[0].validation_gap == pytest.approx(expected)
    few = train(data, replace_epochs(1), minimum_group=10_000)
    assert few.record.epochs[0].validation_gap is None


def replace_epochs(number):
    return QUICK.model_copy(update={"epochs": number})


def test_progress_tells_loss_and_gap():
    told = []
    train(priced(400), QUICK, progress=lambda *step: told.append(step))
    done, most, words = told[-1]
    assert (done, most) == (4, 4)
    assert re.fullmatch(r"loss [\d.]+, gap [\d.e+]+", words)


@pytest.mark.parametrize("batch_size", [16, 37])
@pytest.mark.parametrize(
    ("make", "settings", "inputs"),
    [
        (lambda: pictured(240), PICTURES, PHOTO),
        (lambda: pictured(240), PICTURES.model_copy(update={"normalisation": "batch"}), PHOTO),
        (lambda: lettered(200), WORDS, LETTER),
        (separable, QUICK, {}),
        (lambda: priced(400), QUICK, {}),
        (lambda: graded(400), QUICK, {}),
    ],
    ids=["pictures", "pictures-batch-norm", "texts", "two", "numbers", "classes"],
)
def test_streamed_rows_give_the_same_bits(make, settings, inputs, batch_size, monkeypatch):
    asked = settings.model_copy(update={"batch_size": batch_size})
    held = train(make(), asked, inputs=inputs)
    monkeypatch.setattr(encoded_rows, "HELD", 0)
    streamed = train(make(), asked, inputs=inputs)
    assert streamed.record == held.record


def test_streaming_takes_no_more_rows_at_once_than_a_batch(monkeypatch):
    data = pictured(240)
    from audit.models.fitting import fit_encoder_of

    encoder = fit_encoder_of(data, data.splits["train"], PHOTO)
    monkeypatch.setattr("audit.models.training.fit_encoder_of", lambda *_: encoder)
    monkeypatch.setattr(encoded_rows, "HELD", 0)
    data.inputs["photo"].most = 0
    train(data, PICTURES.model_copy(update={"batch_size": 16}), inputs=PHOTO)
    assert data.inputs["photo"].most == 16


def test_rows_that_are_held_are_read_a_few_at_a_time(monkeypatch):
    data = pictured(240)
    whole = train(data, PICTURES, inputs=PHOTO).record
    monkeypatch.setattr(encoded_rows, "TOGETHER", 10 * 8 * 8 * 4)
    assert train(data, PICTURES, inputs=PHOTO).record == whole


def test_a_network_on_pictures_is_saved_with_its_start(tmp_path):
    data = pictured()
    found = train(data, PICTURES, inputs=PHOTO)
    save_bundle(tmp_path / "model", found.model, found.initial_state)
    again = read_bundle(tmp_path / "model", device=torch.device("cpu"))
    scores = [
        predict(model, data, data.splits["test"], 0.5).score for model in (again, found.model)
    ]
    np.testing.assert_array_equal(*scores)
    assert again.training == found.record
    assert found.record.settings["channels"] == [4]


class Waves:
    """A series of two channels that says what the picture says."""

    def __init__(self, data):
        photo = data.inputs["photo"].pixels
        self.values = photo[..., 0].astype(np.float32) / 100

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        return SeriesBatch(
            values=self.values[rows][:, :, :2], rows=rows, channels=("left", "middle")
        )


def test_several_inputs_go_into_one_network_streamed_or_not(monkeypatch):
    from audit.config import Input

    data = pictured(240)
    both = replace(data, inputs={**data.inputs, "wave": Waves(data)})
    inputs = {**PHOTO, "wave": Input(kind="series", array="waves.npy")}
    settings = PICTURES.model_copy(update={"architecture": "fusion"})
    held = train(both, settings, inputs=inputs)
    assert held.record.epochs[-1].train_loss < held.record.epochs[0].train_loss
    monkeypatch.setattr(encoded_rows, "HELD", 0)
    assert train(both, settings, inputs=inputs).record == held.record


@pytest.mark.parametrize("rows", [65, 66])
def test_a_row_left_over_is_no_batch_of_its_own(rows):
    """Batch normalisation has no variance of one row."""
    data = priced(400)
    order = data.splits["train"]
    data = replace(data, splits={**data.splits, "train": order[:rows]})
    settings = QUICK.model_copy(update={"normalisation": "batch", "batch_size": 32})
    assert np.isfinite(train(data, settings).record.epochs[-1].train_loss)


def test_batches_of_one_row_do_not_go_with_batch_normalisation():
    settings = QUICK.model_copy(update={"normalisation": "batch", "batch_size": 1})
    with pytest.raises(ModelError, match="needs two rows for an update, came 1; raise model.train"):
        train(priced(400), settings)
    layer = settings.model_copy(update={"normalisation": "layer", "epochs": 1})
    assert train(priced(100), layer).record.best_epoch == 1


def test_a_class_without_training_rows_is_named():
    data = graded()
    keep = data.splits["train"][data.codes[data.splits["train"]] != 1]
    lacking = replace(data, splits={**data.splits, "train": keep})
    with pytest.raises(ModelError, match=r"expected all 3 classes .* came none of 'middle';"):
        train(lacking, QUICK)


def test_numbers_that_are_all_the_same_are_refused():
    data = priced(100)
    flat = data.target.copy()
    flat[data.splits["train"]] = 12.5
    with pytest.raises(ModelError, match="is about 12.5 in all 50 training rows"):
        train(replace(data, target=flat), QUICK)


@pytest.mark.parametrize("make", [priced, graded])
def test_a_loss_that_is_not_finite_is_said(make):
    settings = QUICK.model_copy(update={"lr": 1e30, "optimizer": "sgd", "epochs": 50})
    with pytest.raises(ModelError, match="not finite after epoch"):
        train(make(200), settings.model_copy(update={"early_stopping": 0}))

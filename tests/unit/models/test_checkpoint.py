"""A training that was interrupted goes on to the bit, and no other training takes it up."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from audit.config import Train
from audit.errors import ModelError
from audit.models.checkpoint import Checkpoint, beside, discard
from audit.models.training import train
from audit.models.weights_file import weights_sha256
from builders_models import separable
from builders_tasks import PHOTO, graded, pictured, priced

QUICK = Train(hidden=(8,), epochs=5, lr=1e-2, dropout=0.3, batch_size=32)
PICTURES = Train(
    architecture="cnn", channels=(4,), hidden=(8,), normalisation="batch", dropout=0.2, epochs=4
)


def interrupted(after, path, data, settings, inputs=None):
    """Train until Ctrl-C comes after some epochs."""

    def stop(done, most, note):
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, settings, inputs=inputs, progress=stop, checkpoint=path)


CASES = [
    (separable, QUICK, None),
    (separable, QUICK.model_copy(update={"optimizer": "sgd", "activation": "gelu"}), None),
    (lambda: priced(300), QUICK, None),
    (lambda: graded(300), QUICK, None),
    (lambda: pictured(200), PICTURES, PHOTO),
]


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize(
    ("make", "settings", "inputs"), CASES, ids=["adam", "sgd", "numbers", "classes", "pictures"]
)
def test_it_goes_on_to_the_same_bits(make, settings, inputs, after, tmp_path):
    path = tmp_path / "model.checkpoint.safetensors"
    whole = train(make(), settings, inputs=inputs)
    interrupted(after, path, make(), settings, inputs)
    found = train(make(), settings, inputs=inputs, checkpoint=path)
    assert (whole.resumed, found.resumed) == (0, after)
    assert found.record == whole.record
    assert weights_sha256(found.model.network.state_dict()) == whole.record.final_sha256
    assert weights_sha256(found.initial_state) == whole.record.initial_sha256


def test_it_may_be_interrupted_again_and_stops_early_where_it_would_have(tmp_path):
    path = tmp_path / "checkpoint"
    settings = Train(hidden=(32,), epochs=60, lr=5e-2, early_stopping=3, l2=0)
    whole = train(separable(), settings)
    assert whole.record.stopped_early
    for after in (2, whole.record.best_epoch, whole.record.best_epoch + 2):
        interrupted(after, path, separable(), settings)
    last = whole.record.best_epoch + 3
    interrupted(last, path, separable(), settings)
    assert train(separable(), settings, checkpoint=path).record == whole.record
    assert train(separable(), settings, checkpoint=path).resumed == last


def test_the_callers_random_numbers_go_on_as_before(tmp_path):
    path = tmp_path / "checkpoint"
    interrupted(2, path, separable(), QUICK)
    before = torch.get_rng_state()
    train(separable(), QUICK, checkpoint=path)
    assert torch.equal(before, torch.get_rng_state())


def test_the_file_is_replaced_whole_and_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "model.checkpoint.safetensors"
    interrupted(2, path, separable(), QUICK)
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(b"half a file")  # what kill -9 leaves in the middle of a writing
    assert train(separable(), QUICK, checkpoint=path).resumed == 2
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    draft.write_bytes(b"half a file")
    discard(path)
    assert not list(path.parent.iterdir())
    discard(path)


def test_it_lies_beside_the_bundle(tmp_path, monkeypatch):
    assert beside(tmp_path / "model") == tmp_path / "model.checkpoint.safetensors"
    monkeypatch.chdir(tmp_path)
    assert beside(tmp_path / ".").parent == tmp_path.parent


def refused(path, data, settings, **choices):
    with pytest.raises(ModelError) as caught:
        train(data, settings, checkpoint=path, **choices)
    words = str(caught.value)
    assert "\n" not in words
    assert "delete it to train from the start" in words
    return words


def test_another_training_is_refused_and_says_what_differs(tmp_path):
    path = tmp_path / "model.checkpoint.safetensors"
    data = separable()
    interrupted(2, path, data, QUICK)
    content = path.read_bytes()
    slower = QUICK.model_copy(update={"lr": 1e-3})
    assert "other settings: lr was 0.01, is 0.001" in refused(path, data, slower)
    record = replace(data.record, sha256="1" * 64)
    assert "with other data;" in refused(path, replace(data, record=record), QUICK)
    fewer = {**data.splits, "train": data.splits["train"][:-1]}
    assert "with other rows;" in refused(path, replace(data, splits=fewer), QUICK)
    turned = replace(data, target=1 - data.target)
    assert "with other target;" in refused(path, turned, QUICK)
    weighted = replace(data, weights=np.arange(len(data)) + 1.0)
    assert "with other target;" in refused(path, weighted, QUICK)
    assert "with other groups;" in refused(path, replace(data, sensitive=()), QUICK)
    assert "with other groups;" in refused(path, data, QUICK, minimum_group=7)
    assert path.read_bytes() == content


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "other", "header", "folder"])
def test_a_damaged_file_is_said_in_one_line(damage, tmp_path):
    path = tmp_path / "model.checkpoint.safetensors"
    interrupted(2, path, separable(), QUICK)
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "other":
        save_file({"weight": torch.zeros(2)}, path)
    elif damage == "header":
        save_file(load_file(path), path, {"kind": "weight-audit checkpoint", "said": "{]"})
    else:
        path.write_bytes({"cut": content[:-100], "empty": b"", "text": b"not this"}[damage])
    words = refused(path, separable(), QUICK)
    assert words.startswith("model.checkpoint.safetensors is not a checkpoint of audit train")


def tampered(path, **changes):
    """Write the file again with some tensors changed, or taken out."""
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    tensors = load_file(path)
    for name, tensor in changes.items():
        key = name.replace("__", "/").replace("_dot_", ".")
        assert key in tensors or tensor is not None
        if tensor is None:
            del tensors[key]
        else:
            tensors[key] = tensor
    save_file(tensors, path, header)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights__out_dot_weight": None},
        {"weights__out_dot_weight": torch.zeros(3, 3)},
        {"best__out_dot_bias": torch.zeros(4)},
        {"chance__order": None},
        {"chance__cpu": torch.zeros(3, dtype=torch.uint8)},
        {"optimizer__nought_dot_step": torch.zeros(1)},
        {"elsewhere__x": torch.zeros(1)},
    ],
)  # fmt: skip
def test_a_file_that_somebody_changed_is_said_in_one_line(changes, tmp_path):
    path = tmp_path / "model.checkpoint.safetensors"
    interrupted(2, path, separable(), QUICK)
    tampered(path, **changes)
    assert "is not a checkpoint of audit train, or damaged" in refused(path, separable(), QUICK)


def test_an_epoch_that_never_was_is_damage(tmp_path):
    path = tmp_path / "model.checkpoint.safetensors"
    interrupted(2, path, separable(), QUICK)
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    header["said"] = header["said"].replace('"best_epoch": 2', '"best_epoch": 9')
    save_file(load_file(path), path, header)
    assert "epoch 9 of 2 is said to be best" in refused(path, separable(), QUICK)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / "checkpoint"
    with pytest.raises(ModelError, match="checkpoint .* cannot be written: "):
        train(separable(), QUICK, checkpoint=path)


def test_nothing_is_read_where_there_is_no_file(tmp_path):
    assert Checkpoint(path=tmp_path / "none", training={}).read() is None

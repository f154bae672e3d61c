"""Bundles: bit-exact round trips, safe replacement, and damage that is noticed."""

import json

import numpy as np
import pytest
import torch

import builders_models as build
from audit.config import ModelConfig, Train
from audit.errors import ModelError
from audit.models.bundle import bundle_files, read_bundle, read_initial, save_bundle
from audit.models.loading import load
from audit.models.training import train
from audit.models.weights_file import weights_sha256
from audit.predictions import predict

SETTINGS = Train(hidden=(6, 4), epochs=2, dropout=0.2)


@pytest.fixture(scope="module")
def data():
    return build.separable(120)


@pytest.fixture(scope="module")
def trained(data):
    return train(data, SETTINGS, split={"test": 0.25})


@pytest.fixture
def folder(tmp_path, trained):
    return save_bundle(tmp_path / "model", trained.model, trained.initial_state)


def changed(folder, change):
    path = folder / "model.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def test_a_round_trip_is_exact_to_the_bit(folder, trained, data):
    again = read_bundle(folder)
    rows = data.splits["test"]
    before, after = (predict(model, data, rows, 0.5) for model in (trained.model, again))
    np.testing.assert_array_equal(before.score, after.score)
    assert again.encoder == trained.model.encoder
    assert again.training == trained.record
    assert again.blueprint == trained.model.blueprint
    assert weights_sha256(again.network.state_dict()) == trained.record.final_sha256
    assert weights_sha256(read_initial(folder)) == trained.record.initial_sha256


def test_the_files_are_the_same_each_time_and_hold_no_pickle(folder, trained):
    files = bundle_files(trained.model, trained.initial_state)
    assert {path.name for path in folder.iterdir()} == set(files)
    assert all((folder / name).read_bytes() == content for name, content in files.items())
    again = read_bundle(folder)
    assert bundle_files(again, read_initial(folder)) == files


def test_the_configuration_loads_it_relative_to_its_folder(folder):
    model = load(ModelConfig(bundle="model"), folder.parent)
    assert model.kind == "bundle"
    record = model.record(threshold=0.5, threshold_source="the configuration")
    assert record.architecture == "MLP 7 → 6 → 4 → 1, relu"
    assert record.sha256 == weights_sha256(model.network.state_dict())


def test_an_earlier_bundle_is_replaced_and_nothing_is_left_beside(folder, trained):
    save_bundle(folder, trained.model)
    assert read_initial(folder) is None
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_folder_with_something_else_is_kept(tmp_path, trained):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("mine")
    with pytest.raises(ModelError, match="holds something else than a bundle"):
        save_bundle(tmp_path / "letters", trained.model)
    with pytest.raises(ModelError, match="is a file; name a folder"):
        save_bundle(tmp_path / "letters" / "dear.txt", trained.model)
    assert (tmp_path / "letters" / "dear.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said_so(tmp_path, trained):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written: (Not a directory|File exists)"):
        save_bundle(tmp_path / "file" / "model", trained.model)


def test_a_network_of_ones_own_is_no_bundle():
    with pytest.raises(ModelError, match="only a network that audit train built"):
        bundle_files(build.model())


def test_a_changed_weight_is_noticed(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights are not those that model.json states"):
        read_bundle(folder)


def test_changed_initial_weights_are_noticed(folder):
    (folder / "initial.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(ModelError, match=r"initial.safetensors: the weights are not those"):
        read_initial(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.pop("architecture"), "architecture: Field required"),
        (lambda v: v.update(output="loud"), "output: Input should be 'logit'"),
        (lambda v: v.update(schema_version="9.0.0"), "expected schema version 1.0.0, came 9.0.0"),
        (lambda v: v["architecture"].update(name="mlq"), "unknown architecture 'mlq'.*'mlp'"),
        (lambda v: v["architecture"]["arguments"].update(hidden=[6, 5]), "'fc2.weight' has shape"),
        (lambda v: v["architecture"]["arguments"].update(hidden=[10**12, 4]), "'fc1.weight' has"),
        (lambda v: v["architecture"]["arguments"].update(depth=3), "cannot be built from"),
        (lambda v: v["architecture"]["arguments"].update(activation="rely"), "did you mean 'relu'"),
        (lambda v: v["preprocessing"]["codes"][0].update(mean="x"), r"preprocessing.codes.0"),
    ],
)
def test_an_impossible_description_is_one_line(folder, change, message):
    changed(folder, change)
    with pytest.raises(ModelError, match=message):
        read_bundle(folder)


@pytest.mark.parametrize("content", ["", "{", "[1]", "[" * 100_000, "null"])
def test_a_description_that_is_no_json_object(folder, content):
    (folder / "model.json").write_text(content)
    with pytest.raises(ModelError, match=r"model/model.json: expected"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        read_bundle(folder)


def test_a_truncated_weights_file_is_one_line(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelError, match="model.safetensors is truncated"):
        read_bundle(folder)


def test_loading_draws_no_random_numbers(folder):
    before = torch.get_rng_state()
    read_bundle(folder)
    assert torch.equal(before, torch.get_rng_state())

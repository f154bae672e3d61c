"""Bundles of every architecture and every kind of input: exact round trips, damage that is told."""

import json

import pytest
import torch
from safetensors.torch import load_file

import builders_networks as build
from audit.errors import ModelError
from audit.models.bundle import bundle_files, read_bundle, save_bundle
from audit.models.weights_file import weights_sha256

EVERY = tuple(build.ARCHITECTURES)
DATA = build.dataset()


def changed(folder, change):
    path = folder / "model.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def part(values, place=0):
    return values["preprocessing"]["parts"][place]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("normalisation", ["none", "batch"])
def test_a_round_trip_is_exact_to_the_bit(tmp_path, name, normalisation):
    model = build.model(name, normalisation=normalisation)
    folder = save_bundle(tmp_path / "model", model)
    again = read_bundle(folder, device=torch.device("cpu"))
    given = build.inputs(DATA)
    with torch.no_grad():
        before, after = (one.answer(one.encode(given).tensors) for one in (model, again))
    assert torch.equal(before, after)
    assert again.encoder == model.encoder
    assert again.blueprint == model.blueprint
    assert list(again.encode(given).tensors) == list(model.encode(given).tensors)
    hashes = [weights_sha256(one.network.state_dict()) for one in (model, again)]
    assert hashes[0] == hashes[1]
    assert bundle_files(again) == bundle_files(model)


@pytest.mark.parametrize("name", EVERY)
def test_a_bundle_is_json_and_tensors_alone(tmp_path, name):
    folder = save_bundle(tmp_path / "model", build.model(name))
    assert {path.name for path in folder.iterdir()} == {"model.json", "model.safetensors"}
    assert json.loads((folder / "model.json").read_text())["schema_version"] == "1.1.0"
    assert load_file(folder / "model.safetensors")


@pytest.mark.parametrize("name", EVERY)
def test_loading_draws_no_random_numbers(tmp_path, name):
    folder = save_bundle(tmp_path / "model", build.model(name))
    before = torch.get_rng_state()
    read_bundle(folder)
    assert torch.equal(before, torch.get_rng_state())


def test_classes_are_kept_in_their_order(tmp_path):
    from dataclasses import replace

    model = replace(build.model("cnn", output="logits", outputs=3), classes=("c", "a", "b"))
    again = read_bundle(save_bundle(tmp_path / "model", model), device=torch.device("cpu"))
    assert again.classes == ("c", "a", "b")
    given = build.inputs(DATA)
    assert torch.equal(
        again.answer(again.encode(given).tensors), model.answer(model.encode(given).tensors)
    )
    assert again.answer(again.encode(given).tensors).shape == (build.ROWS, 3)


def test_a_tokenizer_of_another_model_is_in_the_bundle_whole(tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason='pip install "weight-audit[huggingface]"')
    from dataclasses import replace

    from audit.models.piece_tokenizer import read_tokenizer

    own = tokenizers.Tokenizer(tokenizers.models.WordLevel({"good": 0, "ünter": 1, "x": 2}, "x"))
    own.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    (tmp_path / "pieces").mkdir()
    own.save(str(tmp_path / "pieces" / "tokenizer.json"))
    model = build.model("text_cnn")
    review = replace(
        model.encoder.parts[0], tokenizer=read_tokenizer(tmp_path / "pieces", "pieces")
    )
    arguments = model.blueprint.arguments | {"inputs": [review.shape.plain()]}
    blueprint = replace(model.blueprint, arguments=arguments)
    network = build.build(blueprint).eval()
    encoder = replace(model.encoder, parts=(review,))
    model = replace(model, network=network, encoder=encoder, blueprint=blueprint)
    folder = save_bundle(tmp_path / "model", model)
    (tmp_path / "pieces" / "tokenizer.json").unlink()
    again = read_bundle(folder, device=torch.device("cpu"))
    assert again.encoder == model.encoder
    assert again.encoder.texts[0].tokens("ünter good 1") == [("ünter", 3), ("good", 2), ("1", 1)]
    changed(folder, lambda v: part(v)["tokenizer"].update(json="{}"))
    with pytest.raises(ModelError, match="tokenizer pieces: expected sha256"):
        read_bundle(folder)


IN_A_FUSION = [
    (lambda v: part(v, 2).update(kind="sound"), r"preprocessing.*parts.2.*'sound'"),
    (lambda v: part(v, 0).pop("mean"), r"preprocessing.*parts.0.*mean: Field required"),
    (lambda v: part(v, 1).update(steps="x"), r"preprocessing.*parts.1.*steps"),
    (lambda v: part(v, 2)["tokenizer"].update(kind="x"), "preprocessing.*parts.2.*tokenizer"),
    (lambda v: part(v, 2)["tokenizer"]["vocabulary"].pop(0), "expected a vocabulary of different"),
    (lambda v: part(v, 2)["tokenizer"]["vocabulary"].append("x"), "the network takes .* gives"),
    (lambda v: part(v, 2).update(length=9), "the network takes .*, preprocessing gives"),
    (lambda v: part(v, 0).update(height=10), "the network takes .*, preprocessing gives"),
    (lambda v: v["preprocessing"]["parts"].reverse(), "the network takes .*, preprocessing gives"),
    (lambda v: v["preprocessing"]["parts"].clear(), "the network takes .*, preprocessing gives"),
    (lambda v: v["preprocessing"].update(kind="x"), "preprocessing.*codes: Field required"),
    (lambda v: v.update(preprocessing=7), "preprocessing"),
    (lambda v: v["architecture"]["arguments"].update(channels=[3, 5]), "has shape"),
    (lambda v: v["architecture"]["arguments"].update(kernel=10**7), "has shape"),
    (lambda v: v["architecture"]["arguments"].update(inputs="x"), "the network takes x"),
    (lambda v: v["architecture"].update(name="cnn"), "cannot be built from"),
    (lambda v: v.update(classes=[1]), "classes.0"),
]


@pytest.mark.parametrize(("change", "message"), IN_A_FUSION)
def test_an_impossible_description_is_one_line(tmp_path, change, message):
    folder = save_bundle(tmp_path / "model", build.model("fusion"))
    changed(folder, change)
    with pytest.raises(ModelError, match=message) as raised:
        read_bundle(folder)
    assert "\n" not in str(raised.value)


def test_a_description_that_could_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr("audit.models.description.LARGEST", 100)
    with pytest.raises(ModelError, match="model.json has 0 MiB.*learn a smaller vocabulary"):
        bundle_files(build.model("text_cnn"))

"""One network as a bundle, a .keras and an .h5 file: the same audit, from the command line."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import yaml

from audit.models.architectures import Blueprint
from audit.models.architectures import mlp as torch_mlp
from audit.models.bundle import save_bundle
from audit.models.model import TorchModel
from audit.models.tabular import NumberCode, TabularEncoder
from builders_keras import NUMPY, SUFFIXES, h5py, keras, saved
from tables import people

torch.set_num_threads(1)
pytestmark = [NUMPY, pytest.mark.filterwarnings("ignore::FutureWarning")]
FEATURES = ["skill", "commute", "age"]
ARGUMENTS = {"inputs": 3, "hidden": [5, 4], "activation": "relu"}


def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        made = torch_mlp(**ARGUMENTS)
        with torch.no_grad():
            made.fc1.weight *= torch.tensor([1.5, 0.05, 0.02])
            made.out.weight *= 3
    return made.eval()


def as_bundle(folder):
    codes = [NumberCode(name=name, mean=0.0, scale=1.0, indicator=False) for name in FEATURES]
    model = TorchModel(
        network=network(), encoder=TabularEncoder(codes=tuple(codes)), output="logit",
        kind="trained", device=torch.device("cpu"),
        blueprint=Blueprint(name="mlp", arguments=ARGUMENTS),
    )  # fmt: skip
    save_bundle(folder / "bundle", model)
    return {"bundle": "bundle"}


def as_keras(folder, suffix):
    source = network()
    layers = [keras.Input((3,))]
    for place, name in enumerate(("fc1", "fc2", "out"), start=1):
        layers.append(keras.layers.Dense(source.get_submodule(name).out_features, name=name))
        if name != "out":
            layers.append(keras.layers.Activation("relu", name=f"act{place}"))
    model = keras.Sequential(layers)
    for name in ("fc1", "fc2", "out"):
        linear = source.get_submodule(name)
        weights = [linear.weight.detach().numpy().T, linear.bias.detach().numpy()]
        model.get_layer(name).set_weights([np.array(item) for item in weights])
    return {"path": saved(model, folder, suffix).name, "output": "logit"}


def numbers(value, path=""):
    """Every number in a value, by its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, f"{path}.{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from numbers(item, f"{path}[{place}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, float(value)


def audited(space, model, name):
    changes = {"data__features": {"include": FEATURES}} if "bundle" not in model else {
        "data__features": None
    }  # fmt: skip
    space.write(model=model, **changes)
    code, _, err = space.audit("run", "audit.yaml", "--output", name)
    assert (code, err.count("Traceback")) == (0, 0), err
    return space.evidence(name)


def test_the_same_network_gives_the_same_audit(space):
    first = audited(space, as_bundle(space.folder), "first")
    for suffix in SUFFIXES:
        second = audited(space, as_keras(space.folder, suffix), suffix)
        assert second["model"]["kind"] == "keras"
        layers = [[item["name"] for item in found["model"]["layers"]] for found in (first, second)]
        assert layers == [["fc1", "fc2", "out"]] * 2
        for part in ("metrics", "disparities", "explanations", "weights"):
            require_equal(dict(numbers(first[part])), dict(numbers(second[part])))
        assert {item["status"] for item in second["weights"]["ledgers"]} != {"not applicable"}


def require_equal(left, right):
    assert left.keys() == right.keys()
    assert left
    far = {
        path: (left[path], right[path])
        for path in left
        if not math.isclose(left[path], right[path], rel_tol=1e-5, abs_tol=1e-5)
    }
    assert not far


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_first_configuration_names_the_file_and_runs(space, suffix):
    said = as_keras(space.folder, suffix)
    people()[[*FEATURES, "sex", "hired"]].to_csv(space.folder / "small.csv", index=False)
    code, _, err = space.audit("init", said["path"], "small.csv")
    assert code == 0, err
    values = yaml.safe_load((space.folder / "audit.yaml").read_text())
    assert values["model"] == said
    values["data"]["features"] = {"include": FEATURES}
    values |= {"explain": {"methods": []}, "weights": {"gaps": []}}
    (space.folder / "audit.yaml").write_text(yaml.safe_dump(values))
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 0, err


def test_a_convolution_is_audited_with_a_ledger_of_what_follows_it(space):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((3, 1)), layers.Rescaling(0.05), layers.Conv1D(4, 2, activation="relu"),
        layers.Flatten(), layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.layers[-1].set_weights([np.linspace(-1, 1, 8, dtype="f4")[:, None], np.zeros(1, "f4")])
    path = saved(model, space.folder, "keras")
    space.write(model={"path": path.name}, data__features={"include": FEATURES})
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 0, err
    found = space.evidence()
    ledgers = found["weights"]["ledgers"]
    assert {item["status"] for item in ledgers} == {"ok", "suppressed"}
    assert all("1 convolution before it" in item["unaccounted"] for item in ledgers)
    subjects = {item["subject"] for item in found["not_assessed"]}
    assert "The weights before the last layers" in subjects
    assert found["explanations"][0]["status"] in {"ok", "not converged"}


HOSTILE = {
    "link": "another file",
    "lambda": "Lambda layer",
    "inputs": "the network takes 3 inputs, data.features has 2",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_refused_is_one_line_and_nothing_is_written(space, name):
    said = as_keras(space.folder, "h5")
    features = FEATURES[:2] if name == "inputs" else FEATURES
    with h5py.File(space.folder / said["path"], "a") as file:
        if name == "link":
            group = file["model_weights/fc1"]
            (inner,) = group
            del group[inner]
            group[inner] = h5py.ExternalLink("/etc/passwd", "/")
        if name == "lambda":
            config = file.attrs["model_config"]
            file.attrs["model_config"] = config.replace('"Activation"', '"Lambda"', 1)
    space.write(model=said, data__features={"include": features})
    code, out, err = space.audit("run", "audit.yaml", "--output", "out")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert HOSTILE[name] in err
    assert not (space.folder / "out").exists()

"""Whole Keras files: names, outputs, inputs, ledgers, old versions, and what is refused."""

import json
import sys
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from audit.errors import DataError, ModelError
from audit.weights.tracing import trace
from builders_keras import (
    NUMPY,
    SUFFIXES,
    asked,
    dense,
    keras,
    kernels,
    load,
    randomised,
    sample,
    saved,
    sequential,
    stack,
    written_h5,
)  # fmt: skip

torch.set_num_threads(1)
pytestmark = NUMPY
L = keras.layers
MLP = ("skill", "commute", "age")


def mlp(**last):
    return sequential(
        L.Dense(4, activation="relu", name="fc1"), L.Dense(3, activation="tanh", name="fc2"),
        L.Dense(1, name="out", **last),
    )  # fmt: skip


def table(rows=5, names=MLP):
    return {"table": pd.DataFrame(sample((len(names),), rows), columns=list(names))}


@pytest.mark.parametrize("suffix", [*SUFFIXES, "hdf5"])
def test_a_plain_stack_keeps_the_names_of_its_layers(tmp_path, suffix):
    path = saved(mlp(activation="sigmoid"), tmp_path, "h5" if suffix == "hdf5" else suffix)
    model = load(path.rename(path.with_suffix(f".{suffix}")))
    names = [name for name, _ in model.network.named_children()]
    assert names == ["fc1", "fc1_relu", "fc2", "fc2_tanh", "out", "out_sigmoid"]
    assert isinstance(model.network, nn.Sequential)
    assert (model.kind, model.output, model.width) == ("keras", "probability", 3)
    assert model.record(threshold=0.5, threshold_source="").architecture.startswith("MLP 3 → 4")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ledgers_can_follow_it_through_normalisation(tmp_path, suffix):
    layers = [
        L.Normalization(mean=[1.0, 2, 3], variance=[1.0, 4, 9]), L.Rescaling(0.5, offset=0.1),
        L.Dense(4, activation="gelu"), L.BatchNormalization(), L.Dropout(0.1), L.Dense(1),
    ]  # fmt: skip
    made = sequential(*layers)
    model = load(saved(made, tmp_path, suffix), output="logit")
    inputs = table()
    chain = trace(model, model.encode(inputs))
    assert [layer.name for layer in chain.layers] == ["dense", "dense_1"] or len(chain.layers) == 2
    values = inputs["table"].to_numpy(copy=True)
    theirs = torch.from_numpy(asked(made, values)).double().sigmoid()[:, 0]
    assert torch.allclose(chain.scores(torch.from_numpy(values).double()), theirs, atol=1e-6)


OUTPUTS = {
    "sigmoid": ((1, "sigmoid"), "probability"),
    "softmax": ((2, "softmax"), "probabilities"),
    "log_softmax": ((2, "log_softmax"), "logits"),
    "three classes": ((3, "softmax"), "probabilities"),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_file_says_what_it_answers_with(tmp_path, name):
    (units, activation), output = OUTPUTS[name]
    path = saved(sequential(L.Dense(units, activation=activation)), tmp_path, "keras")
    assert load(path).output == output
    other = "logit" if output != "logit" else "probability"
    with pytest.raises(ModelError, match=f"output: {other} was declared, but network.keras ends"):
        load(path, output=other)


ODD = {
    "nothing said": ((1, "linear"), {}, "does not say what kind of score"),
    "two said": ((1, "linear"), {"output": "logits"}, "expects one column for each class"),
    "one said": ((2, "linear"), {"output": "logit"}, "expects one column,"),
    "softmax of one": ((1, "softmax"), {}, "the same for every row"),
    "two sigmoids": ((2, "sigmoid"), {}, "does not say what kind of score"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_answer_that_does_not_fit_is_told(tmp_path, name):
    (units, activation), settings, words = ODD[name]
    path = saved(sequential(L.Dense(units, activation=activation)), tmp_path, "keras")
    with pytest.raises(ModelError, match=words):
        load(path, **settings)


def several(*shapes):
    starts = [keras.Input(shape, name=name) for name, shape in zip("ab", shapes, strict=True)]
    joined = L.Concatenate()(starts)
    return randomised(keras.Model(starts, L.Dense(1, activation="sigmoid")(joined)))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_several_inputs_are_columns_of_their_names(tmp_path, suffix):
    made = several((1,), (1,))
    model = load(saved(made, tmp_path, suffix))
    assert (model.features, model.width) == (("a", "b"), None)
    encoded = model.encode(table(names=("b", "a")))
    assert encoded.columns == {"a": ("a",), "b": ("b",)}
    found = model.score(encoded.tensors).detach().numpy()
    values = table(names=("b", "a"))["table"]
    theirs = asked(made, values[["a"]].to_numpy(copy=True), values[["b"]].to_numpy(copy=True))
    assert found == pytest.approx(theirs[:, 0], abs=1e-6)


def test_wide_inputs_need_an_encoder(tmp_path):
    path = saved(several((1,), (2,)), tmp_path, "keras")
    with pytest.raises(ModelError, match=r"has 2 inputs, and 'b' takes rows of shape \(2,\)"):
        load(path)
    (tmp_path / "own.py").write_text(
        "import torch\n"
        "def encode(frame):\n"
        "    x = torch.tensor(frame.to_numpy(), dtype=torch.float32)\n"
        "    return {'a': x[:, :1], 'b': x[:, 1:]}, {'a': ['skill'], 'b': ['commute', 'age']}\n"
    )
    model = load(path, encode="own.py:encode")
    assert (model.features, model.width) == (None, None)
    encoded = model.encode(table())
    assert encoded.columns == {"a": ("skill",), "b": ("commute", "age")}
    assert model.score(encoded.tensors).shape == (5,)


def test_missing_numbers_are_told(tmp_path):
    model = load(saved(several((1,), (1,)), tmp_path, "keras"))
    with pytest.raises(DataError, match="column 'b', row 1: the value is missing"):
        model.encode({"table": pd.DataFrame({"a": [1.0], "b": [None]})})


def test_keras_2_files_are_read(tmp_path):
    weights = kernels(3, 4, 1)
    first = dense("d1", 4, "hard_sigmoid", batch_input_shape=[None, 3])
    path = written_h5(tmp_path / "old.h5", stack(first, dense("d2", 1, "sigmoid")), weights)
    model = load(path)
    values = sample((3,))
    (k1, b1), (k2, b2) = (layer.values() for layer in weights.values())
    hidden = np.clip(0.2 * (values @ k1 + b1) + 0.5, 0, 1)
    expected = 1 / (1 + np.exp(-(hidden @ k2 + b2)))
    found = model.network(torch.from_numpy(values)).detach().numpy()
    assert found == pytest.approx(expected, abs=1e-6)


def test_functional_models_of_keras_2_are_read(tmp_path):
    weights = kernels(3, 4, 4)
    layers = [
        {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
         "config": {"batch_input_shape": [None, 3], "name": "x", "dtype": "float32"}},
        {**dense("d1", 4, "relu"), "name": "d1", "inbound_nodes": [[["x", 0, 0, {}]]]},
        {**dense("d2", 4), "name": "d2", "inbound_nodes": [[["d1", 0, 0, {}]]]},
        {"class_name": "Add", "config": {"name": "add"}, "name": "add",
         "inbound_nodes": [[["d1", 0, 0, {}], ["d2", 0, 0, {}]]]},
        {"class_name": "GaussianNoise", "config": {"name": "n"}, "name": "n",
         "inbound_nodes": [[["add", 0, 0, {}]]]},
        {**dense("d3", 1), "name": "d3", "inbound_nodes": [[["n", 0, 0, {}]]]},
    ]  # fmt: skip
    weights["d3"] = {"d3/kernel:0": np.ones((4, 1), np.float32), "d3/bias:0": np.zeros(1, "f4")}
    settings = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]],
                "output_layers": [["d3", 0, 0]]}  # fmt: skip
    path = written_h5(tmp_path / "m.h5", {"class_name": "Functional", "config": settings}, weights)
    model = load(path, output="logit")
    values = sample((3,))
    k1, b1, k2, b2 = (a for name in ("d1", "d2") for a in weights[name].values())
    hidden = np.maximum(values @ k1 + b1, 0)
    expected = (hidden + hidden @ k2 + b2).sum(axis=1, keepdims=True)
    found = model.network(torch.from_numpy(values)).detach().numpy()
    assert found == pytest.approx(expected, abs=1e-5)


def test_names_of_weights_that_keras_split_are_put_together(tmp_path):
    path = written_h5(tmp_path / "m.h5", stack(dense("d1", 1, batch_input_shape=[None, 3])),
                      kernels(3, 1))  # fmt: skip
    with h5py.File(path, "a") as file:
        group = file["model_weights/d1"]
        names = list(group.attrs["weight_names"])
        del group.attrs["weight_names"]
        for place, name in enumerate(names):
            group.attrs[f"weight_names{place}"] = [name]
    assert load(path, output="logit").network.d1.weight.shape == (1, 3)


class Own(keras.layers.Layer):
    def call(self, value):
        return value


@keras.saving.register_keras_serializable(package="own", name="Dense")
class Dense(keras.layers.Dense):
    """A class of the user's under the name of one of Keras."""


def lambda_model():
    return keras.Sequential([keras.Input((3,)), L.Lambda(lambda x: x * 2, name="twice")])


UNKNOWN = {
    "lambda": (lambda_model, "layer 'twice' is a Lambda layer, which holds Python code"),
    "custom": (lambda: sequential(Own(name="mine")), r"layer 'mine' \(Own\) is a class of its own"),
    "disguised": (lambda: sequential(Dense(2, name="mine")), r"layer 'mine' \(Dense\) is a class"),
    "unknown": (
        lambda: sequential(L.UnitNormalization(name="unit")),
        "layer 'unit' is a UnitNormalization, which is not converted",
    ),
    "activation": (
        lambda: sequential(L.Dense(2, activation="sparsemax", name="d")),
        r"layer 'd' \(Dense\) has activation 'sparsemax'",
    ),
    "own activation": (
        lambda: sequential(L.Dense(2, activation=own_activation, name="d")),
        r"layer 'd' \(Dense\) has",
    ),
}


@keras.saving.register_keras_serializable(package="own")
def own_activation(value):
    return value


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_rebuilt_is_named_with_the_way_out(tmp_path, name):
    make, words = UNKNOWN[name]
    path = saved(make(), tmp_path, "keras")
    with pytest.raises(ModelError, match=words) as caught:
        load(path)
    assert 'format="onnx"' in caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_lambda_in_an_old_file_is_refused(tmp_path):
    path = saved(lambda_model(), tmp_path, "h5")
    with pytest.raises(ModelError, match="'twice' is a Lambda layer"):
        load(path)


def test_an_operation_between_layers_is_refused(tmp_path):
    start = keras.Input((3,))
    model = keras.Model(start, L.Dense(1)(start) + 1.0)
    with pytest.raises(ModelError, match="is an operation between layers"):
        load(saved(model, tmp_path, "keras"))


def test_a_subclassed_model_is_refused(tmp_path):
    config = {"module": "own", "class_name": "Mine", "config": {}, "registered_name": "Mine"}
    path = saved(mlp(), tmp_path, "keras")
    rewritten(path, **{"config.json": json.dumps(config).encode()})
    with pytest.raises(ModelError, match="the model is a Mine, a class of its own"):
        load(path)


def rewritten(path, **members):
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | members
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)


def test_two_answers_are_refused(tmp_path):
    start = keras.Input((3,))
    model = keras.Model(start, [L.Dense(1)(start), L.Dense(1)(start)])
    with pytest.raises(ModelError, match="answers with 2 outputs, expected one"):
        load(saved(model, tmp_path, "keras"), output="logit")


def test_an_open_shape_is_refused(tmp_path):
    model = sequential(L.Conv1D(2, 2), L.GlobalMaxPooling1D(), L.Dense(1), shape=(None, 2))
    with pytest.raises(ModelError, match=r"has shape \[None, None, 2\], expected"):
        load(saved(model, tmp_path, "keras"), output="logit")


def test_weights_alone_are_refused(tmp_path):
    mlp().save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelError, match="holds no whole Keras model"):
        load(tmp_path / "m.weights.h5")


def test_without_the_extra_the_message_names_it(tmp_path, monkeypatch):
    path = saved(mlp(), tmp_path, "keras")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ModelError, match=r'pip install "weight-audit\[keras\]"'):
        load(path)


def test_keras_itself_is_not_needed(tmp_path, monkeypatch):
    path = saved(mlp(activation="sigmoid"), tmp_path, "keras")
    for name in [name for name in sys.modules if name.partition(".")[0] == "keras"]:
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails now
    assert load(path).output == "probability"

"""A network of one's own: factory, encoder, and what goes wrong in them."""

import sys

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

import builders_models as build
from audit.canonical import sha256_file
from audit.config import ModelConfig
from audit.errors import DataError, ModelError
from audit.models.encoders import FunctionEncoder
from audit.models.factory import from_module
from audit.models.loading import load

CODE = """
import torch
from dataclasses import dataclass
from torch import nn
from layers import WIDTH

@dataclass
class Sizes:
    inputs: "int" = WIDTH

def build():
    return nn.Sequential(nn.Linear(Sizes().inputs, 8), nn.Tanh(), nn.Linear(8, 1))

def broken():
    raise KeyError("no such size")

def leaves():
    raise SystemExit("bye")

def number():
    return 3

def encode(frame):
    return torch.tensor(frame.to_numpy(), dtype=torch.float32), list(frame.columns)

number_of_things = 3
"""


@pytest.fixture
def base(tmp_path):
    (tmp_path / "network.py").write_text(CODE)
    (tmp_path / "layers.py").write_text("WIDTH = 3\n")
    sys.modules.pop("layers", None)
    save_file(build.network().state_dict(), tmp_path / "w.safetensors")
    return tmp_path


def config(**choices):
    return ModelConfig(**{"factory": "network.py:build", "output": "logit"} | choices)


def test_file_and_weights(base):
    model = load(config(weights="w.safetensors"), base)
    table = build.numbers(5)
    expected = build.network()(torch.tensor(table.to_numpy(), dtype=torch.float32)).reshape(-1)
    answer = model.answer(model.encode({"table": table}).tensors)
    torch.testing.assert_close(answer.cpu(), expected)
    assert model.kind == "factory"


def test_module_on_the_path_of_the_configuration(base):
    (base / "own_package").mkdir()
    (base / "own_package" / "nets.py").write_text(CODE)
    model = load(config(factory="own_package.nets:build"), base)
    assert model.code[0].name == "own_package.nets:build"


def test_the_hash_of_the_code_is_kept_and_no_path_of_the_machine(base):
    model = load(config(factory=f"{base}/network.py:build", encode="network.py:encode"), base)
    expected = sha256_file(base / "network.py")
    names = [(record.name, record.sha256) for record in model.code]
    assert names == [("network.py:build", expected), ("network.py:encode", expected)]


def test_nothing_is_left_behind(base):
    path, bytecode, state = list(sys.path), sys.dont_write_bytecode, torch.get_rng_state()
    load(config(), base)
    assert (sys.path, sys.dont_write_bytecode) == (path, bytecode)
    assert torch.equal(torch.get_rng_state(), state)
    assert not (base / "__pycache__").exists()


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"factory": "network.py:broken"}, r"network.py:broken failed: KeyError: 'no such size'"),
        ({"factory": "network.py:leaves"}, r"network.py:leaves failed: SystemExit: bye"),
        ({"factory": "network.py:number"}, r"expected an nn.Module, came int"),
        ({"factory": "network.py:bulid"}, r"no function 'bulid'; did you mean 'build'"),
        ({"factory": "network.py:number_of_things"}, r"no function 'number_of_things'"),
        ({"factory": "netwrok.py:build"}, r"netwrok.py does not exist; did you mean 'network.py'"),
        ({"factory": "nowhere.nets:build"}, r"nowhere.nets cannot be imported: ModuleNotFound"),
        ({"factory": "network.py"}, r"expected file.py:function or package.module:function"),
        ({"factory": "network.py:encode"}, r"network.py:encode failed: TypeError"),
        ({"factory": "bad.py:build"}, r"bad.py cannot be imported: SyntaxError"),
        ({"weights": "w.pkl"}, r"w.pkl is a pickle"),
        ({"weights": "gone.pt"}, r"weights file gone.pt does not exist"),
    ],
)
def test_mistakes_are_one_line(base, choices, message):
    (base / "bad.py").write_text("def build(:\n")
    with pytest.raises(ModelError, match=message) as raised:
        load(config(**choices), base)
    assert "\n" not in str(raised.value)


def test_weights_of_another_network(base):
    save_file(build.network(4).state_dict(), base / "w.safetensors")
    with pytest.raises(ModelError, match=r"w.safetensors: weight '0.weight' has shape \(8, 4\)"):
        load(config(weights="w.safetensors"), base)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("m.pkl", "is a pickle, which can run code"),
        ("m.joblib", "is a pickle, which can run code"),
        ("m.pt", "holds weights alone.*factory: network.py:build, weights: m.pt"),
        ("m.xyz", r"is of an unknown format; expected an ONNX graph \(.onnx\), a torch.export"),
        ("folder", "is a folder without config.json"),
    ],
)
def test_other_formats_name_the_way_out(base, name, message):
    (base / "folder").mkdir()
    if name != "folder":
        (base / name).write_bytes(b"\x80\x02}.")
    with pytest.raises(ModelError, match=message):
        load(ModelConfig(path=name), base)


def test_a_model_file_that_is_not_there_suggests_the_nearest(base):
    (base / "model.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"modle.onnx does not exist; did you mean 'model.onnx'"):
        load(ModelConfig(path="modle.onnx"), base)


def test_a_network_to_train_is_not_loaded(base):
    with pytest.raises(ModelError, match="yet to be trained"):
        load(ModelConfig(train={}), base)


def test_numbers_go_in_the_stated_order():
    model = build.model(inputs=2)
    encoded = model.encode({"table": pd.DataFrame({"b": [1, 2], "a": [True, False]})})
    assert encoded.columns == {"x": ("b", "a")}
    np.testing.assert_array_equal(encoded.tensors["x"], [[1, 1], [2, 0]])
    assert encoded.tensors["x"].dtype == torch.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["x", "y"], r"column 'city', row 1: expected a number, came 'x' \(2 rows\)"),
        ([1.0, None], r"column 'city', row 2: the value is missing"),
    ],
)
def test_without_an_encoder_only_numbers_pass(values, message):
    with pytest.raises(DataError, match=message):
        build.model(inputs=1).encode({"table": pd.DataFrame({"city": values})})


def encoder(result):
    return FunctionEncoder(function=lambda frame: result, name="net.py:encode")


def encoded(result, rows=2):
    return encoder(result).encode({"table": build.numbers(rows, 3)})


@pytest.mark.parametrize(
    ("result", "columns"),
    [
        (torch.ones(2, 2), {"x": ("x[0]", "x[1]")}),
        (torch.ones(2), {"x": ("x[0]",)}),
        (
            {"a": torch.ones(2, 1), "b": torch.ones(2, 5, 2)},
            {"a": ("a[0]",), "b": ("b[0]", "b[1]")},
        ),
        ((torch.ones(2, 2), ["c2", "c0"]), {"x": ("c2", "c0")}),
        (({"a": torch.ones(2, 2)}, {"a": ["c1", "c1"]}), {"a": ("c1", "c1")}),
        ((torch.ones(2, 1), {"x": ["c1"]}), {"x": ("c1",)}),
    ],
)
def test_what_an_encoder_may_return(result, columns):
    assert encoded(result).columns == columns


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (np.ones((2, 2)), "expected a tensor for 'x', came ndarray"),
        ({}, "expected a tensor for 'x', came dict"),
        (torch.ones(3, 2), r"expected 2 rows in 'x', came shape \(3, 2\)"),
        (torch.tensor(1.0), r"expected 2 rows in 'x', came shape \(\)"),
        (torch.tensor([[1.0], [float("nan")]]), "'x' holds NaN or infinity in 1 rows"),
        ((torch.ones(2, 2), ["c0"]), "'x' has 2 columns, but 1 names came"),
        ((torch.ones(2, 1), ["c9"]), "'c9' of 'x' is not among the feature columns"),
        (
            ({"a": torch.ones(2, 1)}, {"b": ["c0"]}),
            r"expected the columns of \['a'\], came \['b'\]",
        ),
        (({"a": torch.ones(2, 1)}, 3), r"expected the columns of \['a'\], came int"),
    ],
)
def test_what_an_encoder_may_not_return(result, message):
    with pytest.raises(ModelError, match=message):
        encoded(result)


def test_an_encoder_that_fails_is_one_line(base):
    (base / "bad.py").write_text("def encode(frame):\n    return frame.no_such\n")
    model = load(config(encode="bad.py:encode"), base)
    with pytest.raises(
        ModelError, match=r"bad.py:encode failed: AttributeError.*as a pandas frame"
    ):
        model.encode({"table": build.numbers(2)})


def test_a_module_stays_where_it_is():
    network = build.network()
    assert from_module(network, "logit").network is network
    with pytest.raises(ModelError, match="model: expected an nn.Module, came str"):
        from_module("network", "logit")

"""One network in many formats: the same audit; and a first configuration for each."""

from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import nn

import workspace
from tables import people

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
FEATURES = ["skill", "commute", "age"]
BUILD = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
"""


def network() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        made = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        with torch.no_grad():
            made[0].weight *= torch.tensor([1.5, 0.05, 0.02])
            made[2].weight *= 3
    return made.eval()


def as_safetensors(folder, made):
    save_file(made.state_dict(), folder / "own.safetensors")
    return {"factory": "own.py:build", "weights": "own.safetensors", "output": "logit"}


def as_checkpoint(folder, made):
    wrapped = {f"module.{name}": tensor for name, tensor in made.state_dict().items()}
    torch.save({"epoch": 3, "model_state_dict": wrapped}, folder / "own.ckpt")
    return {"factory": "own.py:build", "weights": "own.ckpt", "output": "logit"}


def as_export(folder, made):
    rows = {0: torch.export.Dim("rows")}
    program = torch.export.export(made, (torch.randn(4, 3),), dynamic_shapes=(rows,))
    torch.export.save(program, folder / "own.pt2")
    return {"path": "own.pt2", "output": "logit"}


def as_torchscript(folder, made):
    torch.jit.save(torch.jit.script(made), folder / "own_script.pt")
    return {"path": "own_script.pt", "output": "logit"}


def as_onnx(folder, made):
    onnx = pytest.importorskip("onnx", reason='pip install "weight-audit[onnx]"')
    held = {name: tensor.numpy() for name, tensor in made.state_dict().items()}
    names = {"0.weight": "w1", "0.bias": "b1", "2.weight": "w2", "2.bias": "b2"}
    make = onnx.helper.make_node
    nodes = [
        make("Gemm", ["x", "w1", "b1"], ["h"], transB=1),
        make("Tanh", ["h"], ["a"]),
        make("Gemm", ["a", "w2", "b2"], ["y"], transB=1),
    ]
    shape = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "own",
        [shape("x", onnx.TensorProto.FLOAT, ["rows", 3])],
        [shape("y", onnx.TensorProto.FLOAT, ["rows", 1])],
        [onnx.numpy_helper.from_array(held[name], short) for name, short in names.items()],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), folder / "own.onnx")
    return {"path": "own.onnx", "output": "logit"}


def as_skops(folder, made):
    sio = pytest.importorskip("skops.io", reason='pip install "weight-audit[sklearn]"')
    from sklearn.neural_network import MLPClassifier

    draws = np.random.default_rng(0)
    fitted = MLPClassifier((4,), activation="tanh", max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one step of training; its weights are replaced
        fitted.fit(pd.DataFrame(draws.normal(size=(8, 3)), columns=FEATURES), [0, 1] * 4)
    held = {name: tensor.double().numpy() for name, tensor in made.state_dict().items()}
    fitted.coefs_ = [held["0.weight"].T, held["2.weight"].T]
    fitted.intercepts_ = [held["0.bias"], held["2.bias"]]
    sio.dump(fitted, folder / "own.skops")
    return {"path": "own.skops"}


def as_keras(folder, made):
    from builders_keras import dense, stack, written_h5

    held = {name: tensor.numpy() for name, tensor in made.state_dict().items()}
    weights = {
        f"d{layer}": {f"d{layer}/kernel:0": held[f"{layer}.weight"].T,
                      f"d{layer}/bias:0": held[f"{layer}.bias"]}
        for layer in (0, 2)
    }  # fmt: skip
    first = dense("d0", 4, "tanh", batch_input_shape=[None, 3])
    written_h5(folder / "own.h5", stack(first, dense("d2", 1)), weights)
    return {"path": "own.h5", "output": "logit"}


FORMATS = {
    "checkpoint": as_checkpoint,
    "torch.export": as_export,
    "onnx": as_onnx,
    "sklearn": as_skops,
    "keras": as_keras,
    "torchscript": as_torchscript,
}
PLAIN = {"explain": {"methods": []}, "weights": {"gaps": []}}
QUICK = {
    "explain": {"rows": 100},
    "weights": {"gaps": ["demographic_parity"], "permutations": 100, "rows": 300},
}
SAME = (
    "data", "metrics", "disparities", "explanations", "weights", "not_assessed", "findings",
    "verdict",
)  # fmt: skip
LEDGERS = {"weights", "not_assessed", "findings"}


def audited(space, model, *options, **changes):
    (space.folder / "own.py").write_text(BUILD)
    space.write(model=model, data__features={"include": FEATURES}, **(QUICK | changes))
    code, _, err = space.audit("run", "audit.yaml", "--output", "out", *options)
    assert code == 0, err
    return space.evidence()


def leaves(value, layers, path=""):
    """Yield everything in a value by its path; layers are called by their places."""
    if isinstance(value, dict):
        for key in value.keys() - {"id", "evidence"}:  # identifiers hold names of layers
            yield from leaves(value[key], layers, f"{path}.{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, layers, f"{path}[{place}]")
    elif isinstance(value, str):
        yield path, LAYER.sub(lambda found: layers.get(found[1], found[1]) + found[2], value)
    else:
        yield path, value


LAYER = re.compile(r"^(\w+)(|\.bias|\[.*|\.bias\[.*)$")


def shown(evidence, part):
    layers = {layer["name"]: f"layer {n}" for n, layer in enumerate(evidence["model"]["layers"])}
    held = evidence[part]
    if part == "findings":  # what the loader has to say of the file
        held = [finding for finding in held if finding["code"] != "MODEL_NOTE"]
    return dict(leaves(held, layers))


def close(one, other):
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-5)
    return one == other


def require_equal(one, other, part):
    left, right = shown(one, part), shown(other, part)
    assert left.keys() == right.keys()
    assert left
    assert not {path: (left[path], right[path]) for path in left
                if not close(left[path], right[path])}  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The audit of the network as its factory and safetensors say it."""
    import audit

    folder = tmp_path_factory.mktemp("first")
    people().to_csv(folder / "people.csv", index=False)
    (folder / "own.py").write_text(BUILD)
    model = as_safetensors(folder, network())
    space = workspace.Workspace(folder=folder, monkeypatch=None, capsys=None)
    space.write(model=model, data__features={"include": FEATURES}, **QUICK)
    audit.run(folder / "audit.yaml").save(folder / "out")
    found = space.evidence()
    assert {"unit", "weight", "bias"} == {item["level"] for item in found["weights"]["ledgers"]}
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_network_gives_the_same_audit(space, first, name):
    made = network()
    trust = ["--trust"] if name == "torchscript" else []
    second = audited(space, FORMATS[name](space.folder, made), *trust)
    for part in SAME:
        if name != "torchscript" or part not in LEDGERS:
            require_equal(first, second, part)


def test_a_program_says_why_it_has_no_ledger(space):
    found = audited(space, as_torchscript(space.folder, network()), "--trust")
    assert {item["status"] for item in found["weights"]["ledgers"]} == {"not applicable"}
    note = "--trust was given: the program inside own_script.pt was run"
    assert found["model"]["notes"] == [note]
    reasons = {item["reason"] for item in found["not_assessed"]}
    assert "the network is a TorchScript program, whose steps cannot be followed" in reasons
    assert note in (space.folder / "out" / "report.html").read_text()


def test_a_program_is_refused_without_trust(space):
    space.write(model=as_torchscript(space.folder, network()), data__features={"include": FEATURES})
    code, out, err = space.audit("run", "audit.yaml", "--output", "out")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "run with --trust" in err
    assert not (space.folder / "out").exists()


def test_python_says_trust_too(space):
    import audit

    model = as_torchscript(space.folder, network())
    space.write(model=model, data__features={"include": FEATURES}, **PLAIN)
    found = audit.run(space.folder / "audit.yaml", trust=True)
    assert found.evidence.model.kind == "torchscript"


def test_a_wrong_number_of_inputs_is_told(space):
    space.write(model=as_export(space.folder, network()), data__features={"include": FEATURES[:2]})
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "the network takes 3 inputs, data.features has 2: skill, commute" in err


@pytest.mark.parametrize("name", ["torch.export", "torchscript", "onnx"])
def test_a_first_configuration_names_the_file_and_runs(space, name):
    said = FORMATS[name](space.folder, network())
    people()[[*FEATURES, "sex", "hired"]].to_csv(space.folder / "small.csv", index=False)
    code, _, err = space.audit("init", said["path"], "small.csv")
    assert code == 0, err
    text = (space.folder / "audit.yaml").read_text()
    values = yaml.safe_load(text)
    assert values["model"]["path"] == said["path"]
    assert values["model"]["output"] == "logit"
    assert "# classes: [0, 1]" in text
    values["data"]["features"] = {"include": FEATURES}
    values |= PLAIN
    (space.folder / "audit.yaml").write_text(yaml.safe_dump(values))
    trust = ["--trust"] if name == "torchscript" else []
    code, _, err = space.audit("run", "audit.yaml", "--output", "out", *trust)
    assert code == 0, err


def test_a_black_box_and_its_white_twin_give_the_same_metrics(space, first, monkeypatch):
    made = network()
    as_export(space.folder, made)
    import audit.models.torch_export as loader
    from audit.models.answering import AnswerModel

    def ask(inputs):
        rows = torch.tensor(inputs["table"].to_numpy(), dtype=torch.float32)
        with torch.no_grad():
            return made(rows).numpy().astype(np.float64)

    twin = AnswerModel(
        ask=ask, output="logit", format="onnx", architecture="a graph", sha256="0" * 64,
        reason="it was told not to", width=3,
    )  # fmt: skip
    monkeypatch.setattr(loader, "load_export", lambda *_, **__: twin)
    black = audited(space, {"path": "own.pt2", "output": "logit"}, explain={"methods": []})
    for part in ("metrics", "disparities"):
        require_equal(first, black, part)
    assert black["model"]["kind"] == "black box"
    assert black["model"]["opaque"] == "it was told not to"
    reasons = {item["reason"] for item in black["not_assessed"]}
    assert "it was told not to" in reasons
    assert "it was told not to" in (space.folder / "out" / "report.html").read_text()


def test_the_order_of_classes_is_that_of_the_configuration(space, first):
    made = network()
    with torch.no_grad():
        made[2].weight.neg_()
        made[2].bias.neg_()
    model = as_export(space.folder, made) | {"classes": [1, 0]}
    turned = audited(space, model, **PLAIN)
    for part in ("metrics", "disparities"):
        require_equal(first, turned, part)

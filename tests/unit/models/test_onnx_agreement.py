"""ONNX graphs become torch networks that answer as onnxruntime does, and can be looked into."""

import math
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from audit.config import ModelConfig
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.onnx_agreement import largest_difference
from audit.models.onnx_opening import opened
from audit.models.onnx_session import session_of
from audit.models.onnx_twin import twin_of
from audit.weights.tracing import trace
from builders_models import numbers
from builders_onnx import (
    FLOAT,
    INT64,
    STRING,
    asked,
    loaded,
    ml,
    mlp_nodes,
    model,
    node,
    saved,
    weights,
)

ROWS = 40
CLOSE = 1e-5


def both(path, frame, feeds, **settings):
    """Return what the torch twin says and what onnxruntime says by itself."""
    found = loaded(path, path.parent, **settings)
    assert isinstance(found, TorchModel), found.reason
    with torch.no_grad():
        here = found.answer(found.encode({"table": frame}).tensors).double().numpy()
    return found, here, asked(path, "y", **feeds)


def require_same(here, there):
    scale = np.abs(there).max()
    assert scale > 0
    assert np.abs(here - there.reshape(here.shape)).max() <= CLOSE * scale


def table(columns, seed=0):
    frame = numbers(ROWS, columns, seed=seed)
    return frame, frame.to_numpy().astype(np.float32)


@pytest.mark.parametrize("hidden", [(), (5,), (16, 8), (4, 4, 4)], ids=str)
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.ELU])
def test_a_stack_of_layers_answers_alike_and_can_be_traced(tmp_path, hidden, activation):
    torch.manual_seed(0)
    sizes, layers = [3, *hidden, 1], []
    for place, (before, after) in enumerate(pairwise(sizes)):
        layers += [nn.Linear(before, after)] + ([activation()] if place < len(hidden) else [])
    network = nn.Sequential(*layers)
    nodes, kept = mlp_nodes(network)
    path = saved(model(nodes, weights=kept), tmp_path)
    frame, x = table(3)
    found, here, there = both(path, frame, {"x": x}, output="logit")
    require_same(here, there)
    with torch.no_grad():
        require_same(here, network(torch.from_numpy(x)).double().numpy())
    chain = trace(found, found.encode({"table": frame}))
    names = [name for name, layer in network.named_children() if isinstance(layer, nn.Linear)]
    assert [layer.name for layer in chain.layers] == names
    assert chain.columns == ("c0", "c1", "c2")


# One operator between two linear layers of widths 3 → 6 → 1.
ELEMENTWISE = [
    ("Relu", {}),
    ("Sigmoid", {}),
    ("Tanh", {}),
    ("LeakyRelu", {"alpha": 0.2}),
    ("Elu", {"alpha": 0.7}),
    ("Celu", {"alpha": 0.7}),
    ("Selu", {}),
    ("Softplus", {}),
    ("Softsign", {}),
    ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}),
    ("HardSwish", {}),
    ("Mish", {}),
    ("ThresholdedRelu", {"alpha": 0.4}),
    ("Softmax", {"axis": -1}),
    ("Softmax", {"axis": 1}),
    ("LogSoftmax", {}),
    ("Erf", {}),
    ("Exp", {}),
    ("Abs", {}),
    ("Neg", {}),
    ("Identity", {}),
    ("Flatten", {"axis": 1}),
    ("Dropout", {}),
]
COMBINED = {
    "gelu by erf and division": [
        node("Div", ["h", "root2"], ["g1"]),
        node("Erf", ["g1"], ["g2"]),
        node("Add", ["g2", "one"], ["g3"]),
        node("Mul", ["h", "g3"], ["g4"]),
        node("Mul", ["g4", "half"], ["k"]),
    ],
    "gelu by erf and halves first": [
        node("Mul", ["h", "rooted"], ["g1"]),
        node("Erf", ["g1"], ["g2"]),
        node("Add", ["one", "g2"], ["g3"]),
        node("Mul", ["half", "h"], ["g4"]),
        node("Mul", ["g4", "g3"], ["k"]),
    ],
    "swish": [node("Sigmoid", ["h"], ["g1"]), node("Mul", ["h", "g1"], ["k"])],
    "clip": [node("Clip", ["h", "low", "high"], ["k"])],
    "clip from below": [node("Clip", ["h", "low"], ["k"])],
    "scaled": [node("Mul", ["h", "half"], ["k"])],
    "one less": [node("Sub", ["one", "h"], ["k"])],
    "squared": [node("Pow", ["h", "two"], ["k"])],
    "a vector added": [node("Add", ["h", "vector"], ["k"])],
    "divided by a vector": [node("Div", ["h", "vector"], ["k"])],
    "residual": [node("Relu", ["h"], ["g1"]), node("Add", ["h", "g1"], ["k"])],
    "two branches": [
        node("Relu", ["h"], ["g1"]),
        node("Tanh", ["h"], ["g2"]),
        node("Concat", ["g1", "g2"], ["g3"], axis=1),
        node("Slice", ["g3", "from", "to", "axis"], ["k"]),
    ],
    "gathered": [node("Gather", ["h", "places"], ["k"], axis=1)],
    "transposed twice": [
        node("Transpose", ["h"], ["g1"], perm=[1, 0]),
        node("Transpose", ["g1"], ["k"], perm=[1, 0]),
    ],
    "unsqueezed": [
        node("Unsqueeze", ["h", "axis"], ["g1"]),
        node("Squeeze", ["g1", "axis"], ["k"]),
    ],
    "less its mean": [
        node("ReduceMean", ["h"], ["g1"], axes=[1]),
        node("Sub", ["h", "g1"], ["k"]),
    ],
    "layer normalisation": [
        node("LayerNormalization", ["h", "vector", "vector"], ["k"], axis=-1, epsilon=1e-3)
    ],
    "batch normalisation": [
        node("BatchNormalization", ["h", "vector", "mean", "mean", "vector"], ["k"], epsilon=1e-4)
    ],
    "reshaped": [node("Reshape", ["h", "cube"], ["g1"]), node("Reshape", ["g1", "flat"], ["k"])],
    "a shape that is computed": [
        node("Shape", ["h"], ["g1"]),
        node("Gather", ["g1", "first"], ["g2"]),
        node("Unsqueeze", ["g2", "zero"], ["g3"]),
        node("Concat", ["g3", "minus"], ["g4"], axis=0),
        node("Reshape", ["h", "g4"], ["k"]),
    ],
    "cast": [node("Cast", ["h"], ["g1"], to=11), node("Cast", ["g1"], ["k"], to=1)],
    "a product of two rows": [node("Mul", ["h", "h"], ["k"])],
}
CONSTANTS = {
    "root2": np.float32(math.sqrt(2)),
    "rooted": np.float32(math.sqrt(0.5)),
    "one": np.float32([1]),
    "two": np.float32(2),
    "half": np.float32(0.5),
    "low": np.float32(-0.3),
    "high": np.float32(0.6),
    "vector": np.abs(weights(6, seed=5)) + 0.5,
    "mean": weights(6, seed=6),
    "from": np.int64([2]),
    "to": np.int64([8]),
    "axis": np.int64([1]),
    "places": np.int64([5, 0, -1, 2, 3, 1]),
    "cube": np.int64([-1, 2, 3]),
    "flat": np.int64([0, -1]),
    "first": np.int64(0),
    "zero": np.int64([0]),
    "minus": np.int64([-1]),
}


def between(nodes, **settings):
    kept = {"w1": weights(3, 6, seed=1), "b1": weights(6, seed=2), "w2": weights(6, 1, seed=3)}
    chain = [
        node("MatMul", ["x", "w1"], ["m"]),
        node("Add", ["b1", "m"], ["h"]),
        *nodes,
        node("MatMul", ["k", "w2"], ["y"]),
    ]
    used = {name for one in chain for name in one.input}
    kept |= {name: value for name, value in CONSTANTS.items() if name in used}
    return model(chain, weights=kept, **settings)


@pytest.mark.parametrize(("op", "stated"), ELEMENTWISE, ids=str)
def test_an_operator_answers_as_in_onnxruntime(tmp_path, op, stated):
    opset = 18 if op == "Mish" else 17
    path = saved(between([node(op, ["h"], ["k"], **stated)], opset=opset), tmp_path)
    frame, x = table(3)
    _, here, there = both(path, frame, {"x": x}, output="logit")
    require_same(here, there)


@pytest.mark.parametrize("case", COMBINED)
def test_operators_together_answer_as_in_onnxruntime(tmp_path, case):
    path = saved(between(COMBINED[case]), tmp_path)
    frame, x = table(3)
    _, here, there = both(path, frame, {"x": x}, output="logit")
    require_same(here, there)


@pytest.mark.parametrize(
    "case", ["gelu by erf and division", "gelu by erf and halves first", "swish", "clip", "scaled"]
)
def test_an_activation_in_several_operators_does_not_break_the_chain(tmp_path, case):
    found = loaded(between(COMBINED[case]), tmp_path, output="logit")
    frame, _ = table(3)
    chain = trace(found, found.encode({"table": frame}))
    assert [tuple(layer.weight.shape) for layer in chain.layers] == [(6, 3), (1, 6)]


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 20])
def test_opsets_that_state_things_differently_are_read_alike(tmp_path, opset):
    bounds = {"min": -0.3, "max": 0.6} if opset < 11 else {}
    squeezed = [node("Squeeze", ["u"], ["k"], axes=[1])] if opset < 13 else [
        node("Squeeze", ["u", "axis"], ["k"])
    ]  # fmt: skip
    raised = [node("Unsqueeze", ["s"], ["u"], axes=[1])] if opset < 13 else [
        node("Unsqueeze", ["s", "axis"], ["u"])
    ]  # fmt: skip
    clip = node("Clip", ["h"] if bounds else ["h", "low", "high"], ["c"], **bounds)
    nodes = [clip, node("Softmax", ["c"], ["s"], axis=1), *raised, *squeezed]
    path = saved(between(nodes, opset=opset), tmp_path)
    frame, x = table(3)
    _, here, there = both(path, frame, {"x": x}, output="logit")
    require_same(here, there)


CONVOLUTIONS = {
    "padded": {"pads": [1, 1, 1, 1]},
    "unevenly padded": {"pads": [0, 1, 2, 1]},
    "strided": {"strides": [2, 2]},
    "dilated": {"dilations": [2, 2]},
    "grouped": {"group": 2},
}
POOLS = {
    "largest": ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "largest, padded": ("MaxPool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    "largest, unevenly padded": ("MaxPool", {"kernel_shape": [3, 3], "pads": [0, 0, 1, 1]}),
    "mean": ("AveragePool", {"kernel_shape": [2, 2], "strides": [1, 1]}),
    "mean, padded": ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    "mean of all": ("GlobalAveragePool", {}),
    "largest of all": ("GlobalMaxPool", {}),
}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_a_small_convolutional_network_answers_as_in_onnxruntime(tmp_path, convolution, pool):
    stated = CONVOLUTIONS[convolution]
    op, settings = POOLS[pool]
    channels = 2 // stated.get("group", 1)
    kept = {"w": weights(4, channels, 3, 3, seed=1), "b": weights(4, seed=2)}
    body = [
        node("Conv", ["x", "w", "b"], ["c"], **stated),
        node("BatchNormalization", ["c", "scale", "b", "b", "scale"], ["n"]),
        node("Relu", ["n"], ["r"]),
        node(op, ["r"], ["p"], **settings),
        node("Flatten", ["p"], ["f"]),
    ]
    kept["scale"] = np.abs(weights(4, seed=3)) + 1
    shape = ["n", 2, 8, 8]
    draft = model(
        body, inputs={"x": (FLOAT, shape)}, outputs={"f": (FLOAT, ["n", "k"])}, weights=kept
    )
    x = weights(ROWS, 2, 8, 8, seed=4)
    width = asked(saved(draft, tmp_path, "draft.onnx"), "f", x=x).shape[1]
    kept["out"] = weights(width, 1, seed=5) / (10 * width)
    ends = [node("MatMul", ["f", "out"], ["m"]), node("Sigmoid", ["m"], ["y"])]
    path = saved(model([*body, *ends], inputs={"x": (FLOAT, shape)}, weights=kept), tmp_path)
    frame = pd.DataFrame(x.reshape(ROWS, -1), columns=[f"p{place}" for place in range(128)])
    found, here, there = both(path, frame, {"x": x})
    require_same(here, there)
    assert (found.output, found.width) == ("probability", 128)
    encoded = found.encode({"table": frame})
    assert encoded.columns == {"x": tuple(frame.columns)}
    encoded.tensors["x"].requires_grad_()
    found.logit(encoded.tensors).sum().backward()
    assert encoded.tensors["x"].grad.abs().sum() > 0


@pytest.mark.parametrize("batch", [1, 7])
def test_a_file_that_fixes_how_many_rows_it_takes_is_asked_in_turns(tmp_path, batch):
    kept = {"w": weights(6, 1), "shape": np.int64([batch, 6])}
    nodes = [node("Reshape", ["x", "shape"], ["r"]), node("MatMul", ["r", "w"], ["y"])]
    path = saved(model(nodes, inputs={"x": (FLOAT, [batch, 2, 3])}, weights=kept), tmp_path)
    frame, x = table(6)
    found = loaded(path, tmp_path, output="logit")
    assert isinstance(found, TorchModel)
    there = x @ kept["w"]
    require_same(found.answer(found.encode({"table": frame}).tensors).detach().numpy(), there)
    assert "onnxruntime" in found.notes[-1]


def test_numbers_in_double_precision_stay_so(tmp_path):
    made = model(
        [node("Gemm", ["x", "w", "b"], ["y"], alpha=2.0, beta=0.5)],
        inputs={"x": (11, ["n", 3])},
        outputs={"y": (11, ["n", "k"])},
        weights={"w": weights(3, 1, dtype=np.float64), "b": np.float64([3.0])},
    )
    path = saved(made, tmp_path)
    frame, _ = table(3)
    found, here, there = both(path, frame, {"x": frame.to_numpy()}, output="logit")
    assert found.network.state_dict()["linear.weight"].dtype == torch.float64
    assert np.abs(here - there[:, 0]).max() < 1e-14


def test_scaling_before_the_network_is_done_before_it_and_columns_keep_their_names(tmp_path):
    kept = {"m": np.float32([2000, 0, 5]), "s": np.float32([1, 2, 0.1]), "w": weights(3, 1)}
    nodes = [
        node("Sub", ["x", "m"], ["a"]),
        node("Div", ["a", "s"], ["b"]),
        node("MatMul", ["b", "w"], ["c"]),
        node("Sigmoid", ["c"], ["y"]),
    ]
    path = saved(model(nodes, weights=kept), tmp_path)
    frame, _ = table(3)
    frame = frame * kept["s"] + kept["m"]
    x = frame.to_numpy().astype(np.float32)
    found, here, there = both(path, frame, {"x": x})
    require_same(here, there)
    chain = trace(found, found.encode({"table": frame}))
    assert (len(chain.layers), chain.columns) == (1, ("c0", "c1", "c2"))
    assert any("before the network" in note for note in found.notes)


def sklearn_graph(tail, **settings):
    """A frame of two numbers and a category, as sklearn exports one, up to `tail`."""
    nodes = [
        node("Concat", ["age", "hours"], ["numbers"], axis=1),
        ml(
            "Imputer",
            ["numbers"],
            ["full"],
            imputed_value_floats=[40.0, 0.0],
            replaced_value_float=np.nan,
        ),
        ml("Scaler", ["full"], ["scaled"], offset=[40.0, 1.0], scale=[0.1, 2.0]),
        ml("OneHotEncoder", ["job"], ["hot"], cats_strings=["clerk", "cook"], zeros=1),
        node("Reshape", ["hot", "flat"], ["codes"]),
        node("Concat", ["scaled", "codes"], ["all"], axis=1),
        *tail,
    ]
    inputs = {
        "age": (FLOAT, ["n", 1]),
        "hours": (FLOAT, ["n", 1]),
        "job": (STRING, ["n", 1]),
    }
    kept = {"flat": np.int64([-1, 2])} | settings.pop("weights", {})
    return model(nodes, inputs=inputs, weights=kept, **settings)


CLASSIFIER = {
    "coefficients": [-1.0, 0.5, -0.25, 2.0, 1.0, -0.5, 0.25, -2.0],
    "intercepts": [0.3, -0.3],
    "classlabels_strings": ["no", "yes"],
    "multi_class": 0,
}
MAPS = {"label": (STRING, ["m"]), "y": (FLOAT, ["m", "k"])}
PEOPLE = pd.DataFrame(
    {
        "hours": [0.5, -1.0, 2.0],
        "job": ["cook", "clerk", "judge"],
        "age": [20.0, np.nan, 61.0],
        "spare": ["a", "b", "c"],
    }
)


def feeds_of(frame):
    return {
        "age": frame[["age"]].to_numpy().astype(np.float32),
        "hours": frame[["hours"]].to_numpy().astype(np.float32),
        "job": frame[["job"]].to_numpy().astype(object),
    }


def test_columns_of_a_frame_are_found_by_name_and_coded_as_the_file_says(tmp_path):
    tail = [
        ml("LinearClassifier", ["all"], ["label", "y"], post_transform="LOGISTIC", **CLASSIFIER)
    ]
    path = saved(sklearn_graph(tail, outputs=MAPS), tmp_path)
    found, here, there = both(path, PEOPLE, feeds_of(PEOPLE))
    require_same(here, there[:, 1])
    assert (found.output, found.classes) == ("probability", ("no", "yes"))
    assert found.features == ("age", "hours", "job")
    encoded = found.encode({"table": PEOPLE})
    assert encoded.columns == {"x": ("age", "hours", "job", "job")}
    assert encoded.tensors["x"][2].tolist() == pytest.approx([2.1, 2.0, 0.0, 0.0])
    assert len(trace(found, encoded).layers) == 1


@pytest.mark.parametrize("link", ["LOGISTIC", "SOFTMAX"])
def test_a_linear_model_of_two_rows_that_are_no_mirror_keeps_both(tmp_path, link):
    stated = CLASSIFIER | {"intercepts": [0.3, 0.1], "post_transform": link}
    tail = [
        ml("LinearClassifier", ["all"], ["label", "p"], **stated),
        ml("Normalizer", ["p"], ["y"], norm="L1"),
    ]
    path = saved(sklearn_graph(tail, outputs=MAPS), tmp_path)
    found, here, there = both(path, PEOPLE, feeds_of(PEOPLE))
    assert found.output == "probabilities"
    require_same(here, there)


def test_maps_from_class_to_probability_are_read_as_columns(tmp_path):
    tail = [
        node("MatMul", ["all", "w"], ["m"]),
        node("Sigmoid", ["m"], ["p"]),
        node("Sub", ["one", "p"], ["q"]),
        node("Concat", ["q", "p"], ["both"], axis=1),
        ml("ZipMap", ["both"], ["y"], classlabels_int64s=[1, 2]),
    ]
    made = sklearn_graph(tail, weights={"w": weights(4, 1), "one": np.float32(1)})
    kind = made.graph.output[0].type
    kind.Clear()
    kind.sequence_type.elem_type.map_type.key_type = INT64
    kind.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = FLOAT
    found = loaded(saved(made, tmp_path), tmp_path)
    assert (found.output, found.classes) == ("probability", (1, 2))
    assert found.notes[0] == "the file answers with 1 - p and p, the network here with p"
    del made.graph.output[:]
    made.graph.output.append(onnx_output("p"))
    there = asked(saved(made, tmp_path, "p.onnx"), "p", **feeds_of(PEOPLE))
    require_same(found.answer(found.encode({"table": PEOPLE}).tensors).detach().numpy(), there)


def onnx_output(name):
    from onnx import helper

    return helper.make_tensor_value_info(name, FLOAT, ["m", "k"])


def forest(**stated):
    """One tree: above 0 in the first column is class 1 with 0.75."""
    return ml(
        "TreeEnsembleClassifier",
        ["x"],
        ["label", "y"],
        nodes_treeids=[0, 0, 0],
        nodes_nodeids=[0, 1, 2],
        nodes_featureids=[0, 0, 0],
        nodes_values=[0.0, 0.0, 0.0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0],
        class_treeids=[0, 0, 0, 0],
        class_nodeids=[1, 1, 2, 2],
        class_ids=[0, 1, 0, 1],
        class_weights=[0.9, 0.1, 0.25, 0.75],
        classlabels_int64s=[0, 1],
        **stated,
    )


@pytest.mark.parametrize("batch", ["n", 1, 3])
def test_what_has_no_twin_is_a_black_box_that_says_why(tmp_path, batch):
    inputs = {"x": (FLOAT, [batch, 3])}
    outputs = {"label": (INT64, ["m"]), "y": (FLOAT, ["m", "k"])}
    made = model([forest()], inputs=inputs, outputs=outputs, opset=15)
    found = loaded(made, tmp_path)
    assert isinstance(found, AnswerModel)
    assert found.reason == "operator TreeEnsembleClassifier has no torch twin"
    frame = pd.DataFrame({"a": [-1.0, 1.0, 0.0, 2.0], "b": 0.0, "c": 0.0})
    expected = [[0.9, 0.1], [0.25, 0.75], [0.9, 0.1], [0.25, 0.75]]
    assert found.ask({"table": frame}) == pytest.approx(np.array(expected), abs=1e-6)
    assert (found.output, found.classes, found.width) == ("probabilities", (0, 1), 3)
    assert len(found.sha256) == 64


def test_weights_in_half_precision_are_asked_and_not_converted(tmp_path):
    nodes = [
        node("Cast", ["x"], ["h"], to=10),
        node("MatMul", ["h", "w"], ["m"]),
        node("Cast", ["m"], ["y"], to=1),
    ]
    found = loaded(model(nodes, weights={"w": weights(3, 1).astype(np.float16)}), tmp_path,
                   output="logit")  # fmt: skip
    assert isinstance(found, AnswerModel)
    assert found.reason == "weights in float16 (w) are not converted"
    assert found.ask({"table": table(3)[0]}).shape == (ROWS,)


def test_quantised_layers_are_asked_and_not_converted(tmp_path):
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("MatMul", ["d", "w"], ["y"]),
    ]
    found = loaded(model(nodes, weights={"w": weights(3, 1)}), tmp_path, output="logit")
    assert found.reason == "operator DynamicQuantizeLinear has no torch twin"


def test_the_comparison_can_be_made_on_the_data_themselves(tmp_path):
    path = saved(between(COMBINED["residual"]), tmp_path)
    config = ModelConfig(path=path.name, output="logit")
    file, (frame, x) = opened(config, tmp_path), table(3)
    session = session_of(file.model, file.answer.tensor, file.graph.inputs, file.name)
    values = file.inputs.values({"table": frame})
    assert np.array_equal(values["x"].array, x)
    assert largest_difference(file, twin_of(file), session, values) <= CLOSE
    twisted = twin_of(file)
    with torch.no_grad():
        next(twisted.network.parameters())[0, 0] += 0.01
    assert largest_difference(file, twisted, session, values) > CLOSE


def test_a_choice_between_graphs_is_asked_and_not_converted(tmp_path):
    from onnx import helper

    branches = [
        helper.make_graph(
            [node("MatMul", ["x", name], ["z"])],
            "branch",
            [],
            [helper.make_tensor_value_info("z", FLOAT, ["n", 1])],
        )
        for name in ("w", "v")
    ]
    choice = node("If", ["which"], ["y"], then_branch=branches[0], else_branch=branches[1])
    kept = {"which": np.bool_([False]), "w": weights(3, 1), "v": weights(3, 1, seed=1)}
    found = loaded(model([choice], weights=kept), tmp_path, output="logit")
    assert found.reason == "operator If has no torch twin"
    frame, x = table(3)
    require_same(found.ask({"table": frame}), x @ kept["v"])


def test_an_encoder_of_ones_own_gives_the_inputs_by_name(tmp_path):
    (tmp_path / "coding.py").write_text(
        "import torch\n"
        "def encode(frame):\n"
        "    a = torch.tensor(frame[['a']].to_numpy(), dtype=torch.float32)\n"
        "    b = torch.tensor(frame[['b']].to_numpy(), dtype=torch.float32)\n"
        "    return {'left': a, 'right': b}, {'left': ['a'], 'right': ['b']}\n"
    )
    nodes = [
        node("MatMul", ["left", "w"], ["l"]),
        node("Tanh", ["right"], ["r"]),
        node("Add", ["l", "r"], ["y"]),
    ]
    inputs = {"left": (FLOAT, ["n", 1]), "right": (FLOAT, ["n", 1])}
    made = model(nodes, inputs=inputs, weights={"w": np.float32([[3.0]])})
    found = loaded(made, tmp_path, output="logit", encode="coding.py:encode")
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, 1.0]})
    answers = found.answer(found.encode({"table": frame}).tensors)
    assert answers.tolist() == pytest.approx([3.0, 6.0 + math.tanh(1.0)], abs=1e-6)
    assert found.code[0].name.endswith("encode")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 8), nn.Linear(8, 8, bias=False)
        self.norm, self.out = nn.LayerNorm(8), nn.Linear(8, 2)

    def forward(self, x):
        hidden = nn.functional.gelu(self.first(x))
        hidden = hidden + self.second(self.norm(hidden))
        return torch.softmax(self.out(nn.functional.elu(hidden)), dim=-1)


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.pool, self.out = nn.MaxPool2d(2), nn.Linear(64, 1)

    def forward(self, x):
        hidden = self.pool(torch.relu(self.norm(self.conv(x))))
        return torch.sigmoid(self.out(hidden.view(hidden.size(0), -1)))


def stack():
    layers = [nn.Linear(5, 8), nn.GELU(), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1)]
    return nn.Sequential(*layers, nn.Sigmoid())


@pytest.mark.parametrize(
    ("build", "shape", "dynamo"),
    [
        (stack, (5,), False),
        (stack, (5,), True),
        (Net, (5,), False),
        (Pictures, (1, 8, 8), False),
        (Pictures, (1, 8, 8), True),
    ],
    ids=["stack", "stack-dynamo", "residual", "pictures", "pictures-dynamo"],
)
def test_what_torch_exports_answers_as_the_network_did(tmp_path, build, shape, dynamo):
    pytest.importorskip("onnxscript", reason="torch exports with onnxscript")
    torch.manual_seed(1)
    network = build().eval()
    x = torch.randn(ROWS, *shape)
    path = tmp_path / "network.onnx"
    rows = {"dynamic_shapes": ({0: torch.export.Dim("n")},)} if dynamo else {
        "dynamic_axes": {"x": {0: "n"}}
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns about itself
        torch.onnx.export(network, (x[:3],), path, input_names=["x"], output_names=["y"],
                          dynamo=dynamo, verbose=False, **rows)  # fmt: skip
    frame = pd.DataFrame(x.reshape(ROWS, -1).numpy())
    frame.columns = [f"c{place}" for place in range(frame.shape[1])]
    found, here, there = both(path, frame, {"x": x.numpy()})
    require_same(here, there)
    with torch.no_grad():
        require_same(here, network(x).double().numpy())
    if build is stack:
        chain = trace(found, found.encode({"table": frame}))
        assert [layer.name for layer in chain.layers] == ["0", "4"]


def mixed_people(rows=120):
    draw = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "age": draw.normal(40, 10, rows).astype(np.float32),
            "hours": draw.normal(38, 5, rows).astype(np.float32),
            "job": draw.choice(["clerk", "cook", "judge"], rows),
            "grade": draw.integers(0, 4, rows),
        }
    )
    wanted = (frame["age"] / 10 + frame["grade"] + draw.normal(size=rows) > 5.5).to_numpy()
    return frame, np.where(wanted, "yes", "no")


def estimators():
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

    def prepared(scaler):
        coded = OneHotEncoder(handle_unknown="ignore")
        numbers = make_pipeline(SimpleImputer(), scaler)
        return ColumnTransformer(
            [("numbers", numbers, ["age", "hours"]), ("codes", coded, ["job", "grade"])]
        )

    network = MLPClassifier((6, 3), max_iter=30, tol=1.0, random_state=0)
    return {
        "network": make_pipeline(prepared(StandardScaler()), network),
        "logistic": make_pipeline(prepared(MinMaxScaler()), LogisticRegression()),
    }


@pytest.mark.parametrize("name", ["network", "logistic"])
def test_what_skl2onnx_exports_answers_as_the_pipeline_did_and_can_be_traced(tmp_path, name):
    skl2onnx = pytest.importorskip("skl2onnx", reason="sklearn pipelines are exported with it")
    frame, labels = mixed_people()
    pipeline = estimators()[name].fit(frame, labels)
    path = saved(skl2onnx.to_onnx(pipeline, frame[:1], target_opset=17), tmp_path)
    found = loaded(path, tmp_path)
    assert isinstance(found, TorchModel), found.reason
    assert (found.output, found.classes) == ("probability", ("no", "yes"))
    encoded = found.encode({"table": frame[["grade", "job", "hours", "age"]]})
    with torch.no_grad():
        require_same(found.score(encoded.tensors).numpy(), pipeline.predict_proba(frame)[:, 1])
    assert set(encoded.columns["x"]) == set(frame.columns)
    assert len(encoded.columns["x"]) == 2 + 3 + 4
    assert len(trace(found, encoded).layers) == (3 if name == "network" else 1)

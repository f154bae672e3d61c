"""ONNX files for tests, put together node by node, and asked through onnxruntime alone."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from audit.config import ModelConfig
from audit.models.onnx_file import load_onnx

torch.set_num_threads(1)
FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
ACTIVATIONS = {nn.ReLU: "Relu", nn.Tanh: "Tanh", nn.Sigmoid: "Sigmoid", nn.ELU: "Elu"}


def node(op, inputs, outputs, *, domain="", **attributes):
    return helper.make_node(op, inputs, outputs, domain=domain, **attributes)


def ml(op, inputs, outputs, **attributes):
    return node(op, inputs, outputs, domain="ai.onnx.ml", **attributes)


def model(nodes, *, inputs=None, outputs=None, weights=None, opset=17, functions=()):
    """Inputs and outputs: name to (type, shape); by default x, n rows of 3, and y."""
    inputs = inputs or {"x": (FLOAT, ["n", 3])}
    outputs = outputs or {"y": (FLOAT, ["n", "k"])}
    graph = helper.make_graph(
        list(nodes),
        "made",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in (weights or {}).items()],
    )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    imports += [helper.make_opsetid(one.domain, 1) for one in functions]
    made = helper.make_model(graph, opset_imports=imports, functions=list(functions))
    made.ir_version = 8
    return made


def weights(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def mlp_nodes(network: nn.Sequential, start="x", end="y"):
    """Return nodes and weights of a stack of Linear layers and activations, as torch names them."""
    nodes, kept, last = [], {}, start
    modules = list(network.named_children())
    for place, (name, module) in enumerate(modules):
        out = end if place == len(modules) - 1 else f"{name}_out"
        if isinstance(module, nn.Linear):
            kept[f"{name}.weight"] = module.weight.detach().numpy()
            kept[f"{name}.bias"] = module.bias.detach().numpy()
            given = [last, f"{name}.weight", f"{name}.bias"]
            nodes.append(node("Gemm", given, [out], transB=1, name=f"/{name}/Gemm"))
        else:
            op = ACTIVATIONS[type(module)]
            nodes.append(node(op, [last], [out], name=f"/{name}/{op}"))
        last = out
    return nodes, kept


def saved(made: onnx.ModelProto, folder: Path, name="network.onnx") -> Path:
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path


def loaded(made, folder: Path, **settings):
    path = made if isinstance(made, Path) else saved(made, folder)
    config = ModelConfig(path=path.name, **settings)
    return load_onnx(config, path.parent, device=torch.device("cpu"))


def asked(path: Path, output: str, **feeds) -> np.ndarray:
    """Return what onnxruntime says, by itself."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run([output], feeds)[0], dtype=np.float64)

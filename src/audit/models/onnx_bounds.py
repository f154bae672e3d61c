"""How large the tensors inside an ONNX graph become, told before any of them is computed."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from audit.errors import ModelError
from audit.models.onnx_graph import Graph, Port, inferred

if TYPE_CHECKING:
    import onnx

LARGEST = 2**24
SMALL = 1024
SCORES = "audit its scores instead: predictions: {score: column}"
SIZING = frozenset(
    {
        "ConstantOfShape",
        "Expand",
        "Tile",
        "Range",
        "Pad",
        "Resize",
        "Upsample",
        "OneHot",
        "MaxUnpool",
        "CenterCropPad",
    }
)


def require_bounded(model: onnx.ModelProto, graph: Graph, width: int | None, name: str) -> None:
    """Refuse a graph that makes a huge tensor of one row, or one whose size the rows decide.

    Parameters
    ----------
    model : onnx.ModelProto
    graph : Graph
        What leads to the answer, constants folded.
    width : int or None
        Numbers in a row of the input, where that is known.
    name : str
        Of the file, for messages.

    Raises
    ------
    ModelError
        Naming the operator.
    """
    found = inferred(_for_one_row(model, width or 1))
    for node in graph.nodes:
        for output in filter(None, node.outputs):
            _require_small(node.op, found.get(output), name)


def _require_small(op: str, port: Port | None, name: str) -> None:
    shape = port.shape if port is not None else None
    count = prod(size or 1 for size in shape or ())
    if count > LARGEST:
        raise ModelError(
            f"{name}: operator {op} makes {count:,} numbers of one row, more than {LARGEST:,}",
            SCORES,
        )
    if op in SIZING and (shape is None or None in shape):
        raise ModelError(
            f"{name}: operator {op} makes a tensor of a size that the file does not fix", SCORES
        )


def _for_one_row(model: onnx.ModelProto, width: int) -> onnx.ModelProto:
    """Return the graph for an input of one row; large weights by their shape only."""
    import onnx

    light = onnx.ModelProto(ir_version=model.ir_version)
    light.opset_import.extend(model.opset_import)
    light.graph.node.extend(model.graph.node)
    for item in model.graph.input:
        light.graph.input.add().CopyFrom(_fixed(item, width))
    for tensor in model.graph.initializer:
        if prod(tensor.dims) <= SMALL:
            light.graph.initializer.add().CopyFrom(tensor)
        else:
            light.graph.input.append(
                onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            )
    return light


def _fixed(item: onnx.ValueInfoProto, width: int) -> onnx.ValueInfoProto:
    import onnx

    copy = onnx.ValueInfoProto()
    copy.CopyFrom(item)
    for place, dim in enumerate(copy.type.tensor_type.shape.dim):
        if not dim.dim_value > 0:
            dim.dim_value = 1 if place == 0 else width
    return copy

"""An ONNX graph as plain values: nodes, constants as arrays, and what is known of shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.models.onnx_tensors import as_array, dtype_of

if TYPE_CHECKING:
    import onnx

Array = NDArray[Any]
Shape = tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True)
class Port:
    """An input or an output of a graph, or what is known of a tensor inside it.

    Attributes
    ----------
    name : str
    dtype : str
        Numpy's name, ``str`` for texts, or nothing where it is no tensor (a list of maps).
    shape : tuple of int or None, or None
        None for a size that depends on the rows, and as a whole where the rank is unknown.
    """

    name: str
    dtype: str = ""
    shape: Shape | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator: its inputs (an absent one has no name), outputs and attributes.

    Attributes
    ----------
    attributes : mapping of str to any
        Numbers, texts, lists of them, arrays; a graph inside stays as it is in the file.
    captured : tuple of str
        Tensors that graphs inside take from around them.
    """

    op: str
    name: str = ""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    captured: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Operators in the order of computation.

    Attributes
    ----------
    inputs, outputs : tuple of Port
    nodes : tuple of Node
    constants : mapping of str to ndarray
        Weights and everything else that does not depend on the rows.
    known : mapping of str to Port
        Types and shapes inside, where they follow from those of the inputs.
    opset : int
        Of the default domain.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    known: Mapping[str, Port]
    opset: int

    def with_nodes(self, nodes: Iterable[Node], constants: Mapping[str, Array]) -> Graph:
        """Return the graph with other nodes, and more constants."""
        return replace(self, nodes=tuple(nodes), constants={**self.constants, **constants})

    def made_by(self, name: str) -> Node | None:
        """Return the node that makes a tensor; None for inputs and constants."""
        return next((node for node in self.nodes if name in node.outputs), None)

    def users(self, name: str) -> tuple[Node, ...]:
        """Return the nodes that take a tensor."""
        return tuple(node for node in self.nodes if name in node.inputs)

    def rank(self, name: str) -> int | None:
        """Return the number of dimensions of a tensor, where it is known."""
        if name in self.constants:
            return int(self.constants[name].ndim)
        port = self.known.get(name)
        return None if port is None or port.shape is None else len(port.shape)

    def leading_to(self, name: str) -> Graph:
        """Return the graph with only those nodes that a tensor depends on."""
        needed, kept = {name}, []
        for node in reversed(self.nodes):
            if needed.intersection(node.outputs):
                kept.append(node)
                needed.update(node.inputs, node.captured)
        return replace(
            self,
            nodes=tuple(reversed(kept)),
            inputs=tuple(port for port in self.inputs if port.name in needed),
            outputs=(self.known.get(name, Port(name=name)),),
        )


def graph_of(model: onnx.ModelProto) -> Graph:
    """Return the graph of a model that was checked.

    Weights that are listed among the inputs too, as old files do, are weights.
    """
    graph = model.graph
    constants = {tensor.name: as_array(tensor) for tensor in graph.initializer}
    nodes = []
    for item in graph.node:
        node = _node(item)
        if node.op == "Constant":
            constants[node.outputs[0]] = _constant(node.attributes)
        else:
            nodes.append(node)
    ports = [_port(item) for item in graph.input]
    opsets = [used.version for used in model.opset_import if used.domain in {"", "ai.onnx"}]
    return Graph(
        inputs=tuple(port for port in ports if port.name not in constants),
        outputs=tuple(_port(item) for item in graph.output),
        nodes=tuple(nodes),
        constants=constants,
        known=inferred(model) | {port.name: port for port in ports},
        opset=max(opsets, default=1),
    )


def _node(item: onnx.NodeProto) -> Node:
    return Node(
        op=item.op_type,
        name=item.name,
        inputs=tuple(item.input),
        outputs=tuple(item.output),
        attributes={attribute.name: _value(attribute) for attribute in item.attribute},
        captured=tuple(sorted(_inside(item))),
    )


def _inside(item: onnx.NodeProto) -> set[str]:
    """Return every name that the graphs inside a node take, their own tensors included."""
    names: set[str] = set()
    for attribute in item.attribute:
        for graph in (attribute.g, *attribute.graphs):
            names.update(output.name for output in graph.output)
            for node in graph.node:
                names.update(node.input, _inside(node))
    return names


def _value(attribute: onnx.AttributeProto) -> Any:  # noqa: ANN401 - any attribute
    import onnx

    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, onnx.TensorProto):
        return as_array(value)
    if attribute.type == onnx.AttributeProto.STRINGS:
        return [item.decode("utf-8", "replace") for item in value]
    if attribute.type == onnx.AttributeProto.FLOAT:
        return float(str(np.float32(value)))  # 1e-05 as it was written, not 9.99999974e-06
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _constant(attributes: Mapping[str, Any]) -> Array:
    ((name, value),) = attributes.items()
    if name.startswith("value_string"):
        return np.array(value, dtype=object)
    if name.startswith("value_float"):
        return np.array(value, dtype=np.float32)
    return np.asarray(value)


def _port(item: onnx.ValueInfoProto) -> Port:
    import onnx

    if not item.type.HasField("tensor_type"):
        return Port(name=item.name)
    tensor = item.type.tensor_type
    shape = tuple(
        int(dim.dim_value) if dim.HasField("dim_value") and dim.dim_value > 0 else None
        for dim in tensor.shape.dim
    )
    found = dtype_of(tensor.elem_type)
    dtype = "str" if tensor.elem_type == onnx.TensorProto.STRING else found.name if found else ""
    return Port(name=item.name, dtype=dtype, shape=shape if tensor.HasField("shape") else None)


def inferred(model: onnx.ModelProto) -> dict[str, Port]:
    """Return what onnx finds out about the tensors inside; nothing new where it gives up."""
    import onnx.shape_inference

    try:
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:  # of a graph whose sizes contradict each other; the comparison tells
        graph = model.graph
    found = [_port(item) for item in (*graph.value_info, *graph.output)]
    return {port.name: port for port in found}

"""Shapes that a graph computes from its own tensors, where they follow from what the file says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audit.models.onnx_arrays import ARRAYS
from audit.models.onnx_graph import Array, Graph, Node
from audit.models.onnx_step import NoTwinError, Step

ROWS = 0  # in a Reshape, a 0 in front stands for as many rows as there are
CARRYING = frozenset(
    {"Gather", "Unsqueeze", "Squeeze", "Concat", "Cast", "Identity", "Slice", "Reshape"}
)


def resolved(graph: Graph) -> Graph:
    """Return the graph with the shapes of its Reshape operators as constants, where possible.

    ``x.view(x.size(0), -1)`` becomes a handful of operators that take the first dimension of x.
    """
    shapes: dict[str, Array] = {}
    constants: dict[str, Array] = {}
    nodes = []
    for node in graph.nodes:
        found = _shape(graph, node, shapes)
        if found is not None:
            shapes[node.outputs[0]] = found
        target = (
            shapes.get(node.inputs[1]) if node.op == "Reshape" and len(node.inputs) > 1 else None
        )
        if target is not None and target.ndim == 1 and not (target[1:] == ROWS).any():
            name = f"{node.outputs[0]}/shape"
            constants[name] = target
            nodes.append(replace(node, inputs=(node.inputs[0], name), attributes={}))
        else:
            nodes.append(node)
    return graph.with_nodes(nodes, constants)


def _shape(graph: Graph, node: Node, shapes: dict[str, Array]) -> Array | None:
    """Return the whole numbers that a node makes, with 0 for the number of rows."""
    if node.op == "Shape":
        port = graph.known.get(node.inputs[0])
        if port is None or not port.shape or None in port.shape[1:] or node.attributes:
            return None
        return np.array([ROWS, *port.shape[1:]], dtype=np.int64)
    names = [name for name in node.inputs if name]
    values = [shapes[name] if name in shapes else graph.constants.get(name) for name in names]
    if node.op not in CARRYING or not any(name in shapes for name in names):
        return None
    if any(value is None for value in values):
        return None
    try:
        return ARRAYS[node.op](Step(node=node, graph=graph), [v for v in values if v is not None])
    except (NoTwinError, ValueError, TypeError, IndexError):
        return None

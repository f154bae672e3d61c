"""Rows drawn at random for an ONNX graph, to see what it does and to compare two readings."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from audit.models.onnx_graph import Array, Graph, Port
from audit.models.onnx_inputs import Value, row_shape
from audit.models.onnx_preparing import Preparation

ROWS, FEW, MANY = 32, 2, 1_000_000
CATEGORIES = ("cats_strings", "keys_strings")
WHOLE = 3
SIZES = (1.0, 0.3, 0.1, 0.03)  # so that not every row drives a sigmoid to its end


def drawn(
    graph: Graph, rows: int = ROWS, preparation: Preparation | None = None, seed: int = 0
) -> dict[str, Value] | None:
    """Return random inputs of a graph, or None where the file does not say how many it takes.

    Texts are categories that the graph knows, whole numbers 0, 1 or 2, other numbers normal, of
    a few sizes up to 1: after the preparation, if one is given.
    """
    draw = np.random.default_rng(seed)
    values = {}
    for port in graph.inputs:
        shape = row_shape(port)
        shape = _width(graph, port.name) if shape is None else shape
        if shape is None or not port.dtype or prod(shape) > MANY:
            return None
        sources = np.array([f"{port.name}[{place}]" for place in range(prod(shape))], dtype=object)
        array = _array(draw, graph, port, (rows, *shape))
        values[port.name] = Value(array=array, sources=sources.reshape(shape))
    return values if preparation is None else _settled(values, preparation)


def _settled(values: dict[str, Value], preparation: Preparation) -> dict[str, Value]:
    spread = _spread(preparation, values)
    settled = {}
    for name, value in values.items():
        array = value.array
        if array.dtype.kind == "f":
            pairs = [spread.get(str(source), (0.0, 1.0)) for source in value.sources.flat]
            centre, scale = (
                np.reshape(part, value.sources.shape) for part in zip(*pairs, strict=True)
            )
            array = (centre + scale * array).astype(array.dtype)
        settled[name] = Value(array=array, sources=value.sources)
    return settled


def _array(draw: np.random.Generator, graph: Graph, port: Port, shape: tuple[int, ...]) -> Array:
    if port.dtype == "str":
        return draw.choice(np.array(_vocabulary(graph, port.name), dtype=object), size=shape)
    kind = np.dtype(port.dtype)
    if kind.kind in "iub":
        return draw.integers(0, WHOLE, size=shape).astype(kind)
    sizes = np.resize(SIZES, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    return (sizes * draw.normal(size=shape)).astype(kind)


def _spread(preparation: Preparation, values: dict[str, Value]) -> dict[str, tuple[float, float]]:
    """Return where each number goes through 0 when it is prepared, and what makes it move by 1."""
    at = [
        preparation.values({name: _filled(value, level) for name, value in values.items()})
        for level in (0, 1)
    ]
    found: dict[str, tuple[float, float]] = {}
    for name in preparation.tensors:
        start, moved = (values[name].array[0].astype(float) for values in at)
        sources = at[0][name].sources
        for source, low, high in zip(sources.flat, start.flat, moved.flat, strict=True):
            slope = high - low
            if slope and np.isfinite(slope):
                found.setdefault(str(source), (-low / slope, 1 / abs(slope)))
    return found


def _filled(value: Value, level: int) -> Value:
    first = value.array[:1]
    array = np.full_like(first, level) if first.dtype.kind == "f" else first
    return Value(array=array, sources=value.sources)


def width_of(graph: Graph) -> int | None:
    """Return how many numbers a row of the only input has, or None where that is not known."""
    if len(graph.inputs) != 1:
        return None
    shape = row_shape(graph.inputs[0])
    shape = _width(graph, graph.inputs[0].name) if shape is None else shape
    return None if shape is None else prod(shape)


def _width(graph: Graph, name: str) -> tuple[int, ...] | None:
    """Return how many numbers a row has, from the first weights that it meets."""
    for node in graph.users(name):
        found = _taken(graph, node.op, node.inputs, node.attributes)
        if found is not None:
            return (found,)
        if node.op in {"Cast", "Identity"} and (inner := _width(graph, node.outputs[0])):
            return inner
    return None


def _taken(
    graph: Graph, op: str, inputs: tuple[str, ...], attributes: Mapping[str, Any]
) -> int | None:
    weight = graph.constants.get(inputs[1]) if len(inputs) > 1 else None
    if op in {"Gemm", "MatMul"} and weight is not None and weight.ndim > 1:
        return int(weight.shape[1 if attributes.get("transB") else 0])
    if op in {"Sub", "Add", "Mul", "Div"} and weight is not None and weight.size > 1:
        return int(weight.shape[-1])
    if op == "Scaler" and len(attributes.get("offset", ())) > 1:
        return len(attributes["offset"])
    return None


def _vocabulary(graph: Graph, name: str) -> list[str]:
    """Return the categories that a text may be, found downstream of it."""
    waiting, seen = [name], {name}
    while waiting:
        for node in graph.users(waiting.pop(0)):
            known = next(
                (node.attributes[key] for key in CATEGORIES if key in node.attributes), None
            )
            if known:
                return list(known)
            waiting += [out for out in node.outputs if out not in seen]
            seen.update(node.outputs)
    return ["a"]

"""Operators on plain arrays: for constants, and for what is done to columns before the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from audit.models.onnx_graph import Array, Graph
from audit.models.onnx_step import NoTwinError, Step
from audit.models.onnx_tensors import dtype_of

LARGEST = 2**28
ArrayOperator = Callable[[Step, Sequence[Array]], Array]


def _cast(step: Step, values: Sequence[Array]) -> Array:
    kind = dtype_of(step.stated("to", 0))
    step.require(kind is not None and values[0].dtype.kind != "O", "of texts")
    return values[0].astype(kind)


def _reshape(step: Step, values: Sequence[Array]) -> Array:
    shape = _numbers(step, "shape", values)
    copied = [
        values[0].shape[place] if size == 0 and not step.stated("allowzero", 0) else size
        for place, size in enumerate(shape)
    ]
    return values[0].reshape(copied)


def _numbers(step: Step, name: str, values: Sequence[Array]) -> list[int]:
    if name in step.node.attributes:
        return [int(item) for item in step.node.attributes[name]]
    return [int(item) for item in np.ravel(values[1])] if len(values) > 1 else []


def _unsqueeze(step: Step, values: Sequence[Array]) -> Array:
    return np.expand_dims(values[0], tuple(_numbers(step, "axes", values)))


def _squeeze(step: Step, values: Sequence[Array]) -> Array:
    return np.squeeze(values[0], tuple(_numbers(step, "axes", values)) or None)


def _gather(step: Step, values: Sequence[Array]) -> Array:
    return np.take(values[0], values[1].astype(np.int64), axis=step.stated("axis", 0))


def _slice(step: Step, values: Sequence[Array]) -> Array:
    if "starts" in step.node.attributes:
        starts, ends = step.stated("starts"), step.stated("ends")
        axes, steps = step.stated("axes"), None
    else:
        lists = [np.ravel(value).tolist() for value in values[1:]]
        starts, ends, axes, steps = [*lists, None, None][:4]
    pieces = [slice(None)] * values[0].ndim
    places = zip(axes or range(len(starts)), starts, ends, steps or [1] * len(starts), strict=True)
    for axis, start, end, by in places:
        pieces[axis] = slice(start, end, by)
    return values[0][tuple(pieces)]


def _arithmetic(function: Any) -> ArrayOperator:  # noqa: ANN401 - a ufunc
    def apply(_: Step, values: Sequence[Array]) -> Array:
        shape = np.broadcast_shapes(*(value.shape for value in values))
        if np.prod(shape, dtype=object) > LARGEST:
            raise NoTwinError.of("arithmetic", f"makes a constant of more than {LARGEST:,} numbers")
        result: Array = function(*values)
        return result

    return apply


def _divide(left: Array, right: Array) -> Array:
    if np.issubdtype(left.dtype, np.integer):  # rounds to zero, as C does
        return np.trunc(left / right).astype(left.dtype)
    return np.asarray(left / right)


ARRAYS: Mapping[str, ArrayOperator] = {
    "Identity": lambda step, values: values[0],
    "Dropout": lambda step, values: values[0],
    "Cast": _cast,
    "Reshape": _reshape,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Gather": _gather,
    "Slice": _slice,
    "Concat": lambda step, values: np.concatenate(values, axis=step.stated("axis")),
    "Transpose": lambda step, values: np.transpose(values[0], step.stated("perm")),
    "Add": _arithmetic(np.add),
    "Sub": _arithmetic(np.subtract),
    "Mul": _arithmetic(np.multiply),
    "Div": _arithmetic(_divide),
    "Neg": lambda step, values: -values[0],
    "Sqrt": lambda step, values: np.sqrt(values[0]),
    "Reciprocal": lambda step, values: (1 / values[0]).astype(values[0].dtype),
}


def folded(graph: Graph) -> Graph:
    """Compute what depends on no row, and let other names of a constant be the constant."""
    constants, kept = dict(graph.constants), []
    for node in graph.nodes:
        step = Step(node=node, graph=graph.with_nodes((), constants))
        names = [name for name in node.inputs if name]
        values = [constants[name] for name in names if name in constants]
        if node.op in ARRAYS and names and len(values) == len(names):
            constants[node.outputs[0]] = _computed(step, values)
        else:
            kept.append(node)
    return graph.with_nodes(kept, constants)


def _computed(step: Step, values: Sequence[Array]) -> Array:
    try:
        with np.errstate(all="ignore"):
            return np.asarray(ARRAYS[step.node.op](step, values))
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise NoTwinError.of(step.node.op, f"of constants cannot be computed: {error}") from error

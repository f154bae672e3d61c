"""What a graph does to columns before the first layer: scaling, coding categories, joining.

It becomes the encoder, so that the network starts where weights do, and every number that goes into
it is still known by its column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audit.data.columns import category_text
from audit.errors import ModelError
from audit.models.model import Encoded
from audit.models.onnx_arrays import ARRAYS
from audit.models.onnx_graph import Array, Graph
from audit.models.onnx_inputs import Inputs, Value
from audit.models.onnx_step import NoTwinError, Step

ROWS = 2
ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Div"})
CHANGING = ARITHMETIC | {"OneHotEncoder", "Imputer", "LabelEncoder"}
Preparing = Callable[[Step, Sequence[Value]], Value]


def _each(step: Step, values: Sequence[Value]) -> Value:
    """Apply arithmetic with a constant, number by number."""
    constant = [step.graph.constants.get(name) for name in step.node.inputs]
    arrays = [values[0].array if item is None else item for item in constant]
    result = ARRAYS[step.node.op](step, arrays)
    step.require(result.shape == values[0].array.shape, "that changes the shape")
    return Value(array=result, sources=values[0].sources)


def _cast(step: Step, values: Sequence[Value]) -> Value:
    array = values[0].array
    if array.dtype == object and step.stated("to") == 8:  # noqa: PLR2004 - ONNX's number for texts
        return values[0]
    return Value(array=ARRAYS["Cast"](step, [array]), sources=values[0].sources)


def _same(step: Step, values: Sequence[Value]) -> Value:
    return values[0]


def _joined(step: Step, values: Sequence[Value]) -> Value:
    axis = step.stated("axis")
    arrays = [value.array for value in values]
    axis = axis + arrays[0].ndim if axis < 0 else axis
    step.require(axis >= 1, "of rows")
    return Value(
        array=np.concatenate(arrays, axis=axis),
        sources=np.concatenate([value.sources for value in values], axis=axis - 1),
    )


def _gathered(step: Step, values: Sequence[Value]) -> Value:
    axis, array = step.stated("axis", 0), values[0].array
    axis = axis + array.ndim if axis < 0 else axis
    step.require(axis >= 1, "of rows")
    places = step.weight(1).astype(np.int64)
    return Value(
        array=np.take(array, places, axis=axis),
        sources=np.take(values[0].sources, places, axis=axis - 1),
    )


def _reshaped(step: Step, values: Sequence[Value]) -> Value:
    """Reshape each row by itself; whether rows stay rows is told by the sizes."""
    array, sources = values[0].array, values[0].sources
    shape = step.numbers("shape", 1) or []
    step.require(len(shape) == ROWS and shape[0] in {0, -1, len(array)}, "of rows")
    step.require(shape[1] in {-1, sources.size} and shape != [-1, -1], "of rows")
    return Value(array=array.reshape(len(array), -1), sources=sources.reshape(-1))


def _flattened(step: Step, values: Sequence[Value]) -> Value:
    step.require(step.stated("axis", 1) == 1, "of rows")
    array = values[0].array
    return Value(array=array.reshape(len(array), -1), sources=values[0].sources.reshape(-1))


def _one_hot(step: Step, values: Sequence[Value]) -> Value:
    """Add a last dimension, one number for each category; an unseen one is nothing, or refused."""
    array, sources = values[0].array, values[0].sources
    texts = step.stated("cats_strings")
    known = np.array(texts or step.stated("cats_int64s"), dtype=object if texts else np.int64)
    found = array[..., None] == known
    unseen = ~found.any(axis=-1)
    if not step.stated("zeros", 1) and unseen.any():
        raise ModelError(
            f"column {np.broadcast_to(sources, array.shape)[unseen][0]!r}: the network never saw "
            f"category {category_text(array[unseen][0])!r} ({int(unseen.sum())} rows)",
            "correct the value, or leave these rows out",
        )
    copies = np.broadcast_to(sources[..., None], (*sources.shape, len(known)))
    return Value(array=found.astype(np.float32), sources=copies)


def _imputed(step: Step, values: Sequence[Value]) -> Value:
    array = values[0].array
    step.require(array.dtype.kind == "f", "of other than fractions")
    filler = np.asarray(step.stated("imputed_value_floats"), dtype=array.dtype)
    gap = step.stated("replaced_value_float", 0.0)
    missing = np.isnan(array) if np.isnan(gap) else array == gap
    return Value(array=np.where(missing, filler, array), sources=values[0].sources)


def _coded(step: Step, values: Sequence[Value]) -> Value:
    keys = step.stated("keys_strings", step.stated("keys_int64s"))
    codes = step.stated("values_int64s", step.stated("values_floats"))
    step.require(bool(keys) and bool(codes), "of such keys or values")
    kind = np.int64 if "values_int64s" in step.node.attributes else np.float32
    rest = step.stated("default_int64" if kind is np.int64 else "default_float", -1)
    table = dict(zip(keys, codes, strict=True))
    flat = [table.get(value, rest) for value in values[0].array.ravel().tolist()]
    array = np.array(flat, dtype=kind).reshape(values[0].array.shape)
    return Value(array=array, sources=values[0].sources)


PREPARING: Mapping[str, Preparing] = {
    **dict.fromkeys(ARITHMETIC, _each),
    "Identity": _same,
    "Cast": _cast,
    "Concat": _joined,
    "Gather": _gathered,
    "Reshape": _reshaped,
    "Flatten": _flattened,
    "OneHotEncoder": _one_hot,
    "Imputer": _imputed,
    "LabelEncoder": _coded,
}


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """The part of a graph that is done to columns.

    Attributes
    ----------
    graph : Graph
        With the nodes of this part only.
    tensors : tuple of str
        What the rest of the graph takes.
    """

    graph: Graph
    tensors: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Tell whether anything is done to numbers, or texts become numbers."""
        return any(node.op in CHANGING for node in self.graph.nodes)

    def values(self, inputs: Mapping[str, Value]) -> dict[str, Value]:
        """Return the tensors that the rest of the graph takes.

        Raises
        ------
        NoTwinError
            If an operator does something that this twin does not.
        ModelError
            If a category was never seen in training and the file refuses such ones.
        """
        made = dict(inputs)
        for node in self.graph.nodes:
            step = Step(node=node, graph=self.graph)
            made[node.outputs[0]] = PREPARING[node.op](step, [made[n] for n in step.flowing])
        return {name: made[name] for name in self.tensors}


def preparation_of(graph: Graph, sample: Mapping[str, Value]) -> Preparation:
    """Split off the operators that prepare columns, as far as they work on a few rows.

    Parameters
    ----------
    graph : Graph
    sample : mapping of str to Value
        For each input, a few rows such as it may get.
    """
    made, kept = dict(sample), []
    for node in graph.nodes:
        step = Step(node=node, graph=graph)
        if node.op not in PREPARING or not step.flowing or not set(step.flowing) <= set(made):
            continue
        try:
            value = PREPARING[node.op](step, [made[name] for name in step.flowing])
        except (NoTwinError, ValueError, TypeError, IndexError):
            continue
        made[node.outputs[0]] = value
        kept.append(node)
    done = {node.outputs[0] for node in kept}
    rest = [node for node in graph.nodes if node.outputs[0] not in done]
    needed = {name for node in rest for name in (*node.inputs, *node.captured)}
    tensors = tuple(name for name in made if name in needed)
    return Preparation(graph=graph.with_nodes(kept, {}), tensors=tensors)


@dataclass(frozen=True, kw_only=True)
class OnnxEncoder:
    """Prepares the columns of a data set as the graph does, up to its first layer.

    Attributes
    ----------
    inputs : Inputs
    preparation : Preparation
    arguments : mapping of str to str
        From a tensor of the graph to its name in the network.
    flat : frozenset of str
        Tensors that are passed as one row of numbers, whatever their shape in the graph.
    """

    inputs: Inputs
    preparation: Preparation
    arguments: Mapping[str, str]
    flat: frozenset[str] = frozenset()

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame ``inputs["table"]``.

        Raises
        ------
        ModelError
            If the features are not what the graph takes.
        DataError
            If a value is missing, no number where one is expected, or never seen in training.
        """
        return self.prepared(self.inputs.values(inputs))

    def prepared(self, values: Mapping[str, Value]) -> Encoded:
        """Return the network's tensors from what goes into the graph."""
        tensors, columns = {}, {}
        for name, value in self.preparation.values(values).items():
            array, sources = value.array, value.sources
            if name in self.flat:
                array, sources = array.reshape(len(array), -1), sources.reshape(-1)
            argument = self.arguments[name]
            tensors[argument] = torch.from_numpy(np.ascontiguousarray(array))
            columns[argument] = _last(sources)
        return Encoded(tensors=tensors, columns=columns)


def _last(sources: Array) -> tuple[str, ...]:
    """Name the column of each position along the last dimension, joined where there are several."""
    if sources.ndim == 1:
        return tuple(map(str, sources))
    if sources.ndim == 0:
        return (str(sources),)
    table = sources.reshape(-1, sources.shape[-1])
    return tuple(
        "+".join(dict.fromkeys(map(str, table[:, place]))) for place in range(table.shape[1])
    )

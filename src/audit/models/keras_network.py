"""A torch network from a Keras configuration: a plain row of layers where it is one."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from torch import fx, nn

from audit.errors import ModelError
from audit.models.keras_builder import LARGEST, Builder, Part
from audit.models.keras_modules import Shaped
from audit.models.keras_spec import ONNX, NetworkSpec, input_shape
from audit.models.keras_weights import Shape, Weights


@dataclass(frozen=True, kw_only=True)
class Built:
    """A network, and what its ends are.

    Attributes
    ----------
    network : nn.Module
        In evaluation mode, on the CPU.
    inputs : mapping of str to tuple of int
        The shape of one row, by the name of the input.
    answer : tuple of int
        The shape of one row of the answer.
    last : tuple of nn.Module
        The modules that lead to the answer in a row, the last one first.
    """

    network: nn.Module
    inputs: dict[str, Shape]
    answer: Shape
    last: tuple[nn.Module, ...]


def build(spec: NetworkSpec, weights: Weights, version: int, file: str) -> Built:
    """Return the network of a configuration.

    Raises
    ------
    ModelError
        If a layer has no twin, does not fit, or its weights are not there.
    """
    builder = Builder(weights=weights, version=version, file=file)
    inputs = _inputs(spec, file)
    builder.shapes.update(inputs)
    _open(builder, inputs)
    answer = builder.network(spec, [_opened(builder, name) for name in inputs])
    parts = builder.parts
    if len(inputs) == 1 and _is_row(parts, next(iter(inputs)), answer):
        kept = [part for part in parts if not isinstance(part.module, nn.Identity)] or parts
        network: nn.Module = nn.Sequential(OrderedDict((part.name, part.module) for part in kept))
    else:
        network = _branching(parts, inputs, answer)
    return Built(
        network=network.eval(),
        inputs=inputs,
        answer=builder.shapes[answer],
        last=_back_from(parts, answer),
    )


def _inputs(spec: NetworkSpec, file: str) -> dict[str, Shape]:
    known = {layer.name: layer for layer in spec.layers}
    found: dict[str, Shape] = {}
    for name, _ in spec.inputs:
        layer = known.get(name)
        if layer is None or layer.kind != "InputLayer":
            raise ModelError(f"{file}: its input {name!r} is no InputLayer", ONNX)
        found[name] = _row_shape(name, input_shape(layer.settings), file)
    if not found:
        raise ModelError(f"{file} takes no input", ONNX)
    return found


def _row_shape(name: str, shape: object, file: str) -> Shape:
    sizes = shape[1:] if isinstance(shape, list) else None
    whole = sizes and all(isinstance(size, int) and 0 < size < LARGEST for size in sizes)
    if not sizes or not whole:
        raise ModelError(
            f"{file}: input {name!r} has shape {shape}, expected (rows, and fixed sizes)",
            "build the network for inputs of a fixed shape and save it again",
        )
    return tuple(sizes)


def _open(builder: Builder, inputs: dict[str, Shape]) -> None:
    """Give the only input the shape that it has inside, where that is no row of numbers."""
    for name, shape in inputs.items():
        if len(inputs) == 1 and len(shape) > 1:
            output = f"{name} in shape"
            part = Part(
                name=builder.unique("shape"), module=Shaped(shape), inputs=(name,), output=output
            )
            builder.parts.append(part)
            builder.shapes[output] = shape


def _opened(builder: Builder, name: str) -> str:
    return f"{name} in shape" if f"{name} in shape" in builder.shapes else name


def _is_row(parts: Sequence[Part], start: str, answer: str) -> bool:
    """Tell whether each part takes what the one before it made, once, and nothing else."""
    last = start
    for part in parts:
        if part.inputs != (last,):
            return False
        last = part.output
    names = [part.name for part in parts]
    return bool(parts) and last == answer and len(set(names)) == len(names)


def _branching(parts: Sequence[Part], inputs: dict[str, Shape], answer: str) -> nn.Module:
    graph, root = fx.Graph(), nn.Module()
    made = {
        name: graph.placeholder(argument)
        for name, argument in zip(inputs, arguments(tuple(inputs)), strict=True)
    }
    for part in parts:
        root.add_module(part.name, part.module)
        given = tuple(made[name] for name in part.inputs)
        made[part.output] = graph.call_module(part.name, given)
    graph.output(made[answer])
    return fx.GraphModule(root, graph, class_name="KerasNetwork")


def arguments(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a network's inputs as Python can pass them."""
    if len(names) == 1:
        return ("x",)
    plain = [re.sub(r"\W", "_", name) for name in names]
    safe = len(set(plain)) == len(plain) and all(
        name.isidentifier() and not hasattr(nn.Module, name) for name in plain
    )
    return tuple(plain if safe else [f"x{place}" for place in range(len(names))])


def _back_from(parts: Sequence[Part], answer: str) -> tuple[nn.Module, ...]:
    makers = {part.output: part for part in parts}
    found = []
    part = makers.get(answer)
    while part is not None:
        found.append(part.module)
        part = makers.get(part.inputs[0]) if len(part.inputs) == 1 else None
    return tuple(found)

"""The layers of a Keras configuration one after the other, as modules that take tensors by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.keras_layers import LAYERS
from audit.models.keras_spec import MOST_LAYERS, ONNX, LayerSpec, NetworkSpec, Ref
from audit.models.keras_step import Modules, Step
from audit.models.keras_weights import Place, Shape, Weights

LARGEST = 1 << 28
ROWS = 3
DAMAGED = (
    TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, RuntimeError,
    MemoryError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Part:
    """A module, the tensors it takes and the one it makes."""

    name: str
    module: nn.Module
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """The modules of a layer, and copies without numbers to follow shapes with."""

    modules: Modules
    blank: nn.Sequential | nn.Module
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]


@dataclass(kw_only=True)
class Builder:
    """A network in the making.

    Attributes
    ----------
    weights : Weights
    version : int
        Of Keras.
    file : str
    shapes : dict of str to tuple of int
        Of one row of each tensor that is there.
    """

    weights: Weights
    version: int
    file: str
    shapes: dict[str, Shape] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    made: dict[Place, Made] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def network(self, spec: NetworkSpec, given: Sequence[str], place: Place = ()) -> str:
        """Add the layers of a network, and return the tensor it answers with."""
        if len(spec.outputs) != 1 or len(given) != len(spec.inputs):
            raise ModelError(
                f"{self.file}: {spec.name!r} takes {len(spec.inputs)} inputs and answers with "
                f"{len(spec.outputs)} outputs, expected one answer",
                "save the part of the network that gives the score: keras.Model(inputs, score)",
            )
        tensors: dict[Ref, str] = dict(zip(spec.inputs, given, strict=True))
        waiting = [
            (layer, number, call)
            for layer in spec.layers
            if layer.kind != "InputLayer"
            for number, call in enumerate(layer.calls)
        ]
        while waiting and spec.outputs[0] not in tensors:
            later = []
            for layer, number, call in waiting:
                if all(ref in tensors for ref in call) and call:
                    inputs = tuple(tensors[ref] for ref in call)
                    tensors[layer.name, number] = self._layer(layer, inputs, place)
                else:
                    later.append((layer, number, call))
            if len(later) == len(waiting):
                break
            waiting = later
        if spec.outputs[0] not in tensors:
            raise ModelError(f"{self.file}: {spec.name!r} does not lead from its inputs to "
                             f"{spec.outputs[0][0]!r}", ONNX)  # fmt: skip
        return tensors[spec.outputs[0]]

    def _layer(self, layer: LayerSpec, inputs: tuple[str, ...], place: Place) -> str:
        here = (*place, (layer.name, layer.stored))
        if layer.inner is not None:
            return self.network(layer.inner, inputs, here)
        if len(self.parts) > MOST_LAYERS:
            raise ModelError(f"{self.file} calls its layers more than {MOST_LAYERS:,} times", ONNX)
        made = self._made(layer, inputs, here)
        shape = _shape_after(made.blank, made.shapes, self.file, layer)
        value = inputs
        for (_, module), name in zip(made.modules, made.names, strict=True):
            output = f"t{len(self.parts)}"
            self.parts.append(Part(name=name, module=module, inputs=value, output=output))
            value = (output,)
        self.shapes[value[0]] = shape
        return value[0]

    def _made(self, layer: LayerSpec, inputs: tuple[str, ...], place: Place) -> Made:
        shapes = tuple(self.shapes[name] for name in inputs)
        if place in self.made:
            if self.made[place].shapes != shapes:
                raise ModelError(
                    f"{self.file}: layer {layer.name!r} is called on rows of shapes "
                    f"{self.made[place].shapes} and {shapes}",
                    ONNX,
                )
            return self.made[place]
        step = Step(
            spec=layer, shapes=shapes, place=place, weights=self.weights,
            version=self.version, file=self.file,
        )  # fmt: skip
        modules = _modules(step)
        stem = "_".join(name for name, _ in place)
        self.made[place] = Made(
            modules=modules,
            blank=_blank(modules),
            names=tuple(self.unique(f"{stem}_{end}" if end else stem) for end, _ in modules),
            shapes=shapes,
        )
        return self.made[place]

    def unique(self, stem: str) -> str:
        """Return a name that no layer has yet, fit for a module."""
        stem = re.sub(r"\W+", "_", stem).strip("_") or "layer"
        name, number = stem, 1
        while name in self.taken or hasattr(nn.Sequential, name) or name[0].isdigit():
            number += 1
            name = f"{stem}_{number}" if not stem[0].isdigit() else f"layer_{stem}_{number}"
        self.taken.add(name)
        return name


def _modules(step: Step) -> Modules:
    kind, name = step.spec.kind, step.spec.name
    if kind not in LAYERS:
        raise ModelError(f"{step.file}: layer {name!r} is a {kind}, which is not converted", ONNX)
    try:
        return LAYERS[kind](step)
    except DAMAGED as error:
        raise ModelError(
            f"{step.file}: layer {name!r} ({kind}) is damaged: {type(error).__name__}: {error}",
            "save the model again with Keras",
        ) from error


def _blank(modules: Modules) -> nn.Module:
    copies = [deepcopy(module).to("meta").eval() for _, module in modules]
    return copies[0] if len(copies) == 1 else nn.Sequential(*copies)


def _shape_after(blank: nn.Module, shapes: tuple[Shape, ...], file: str, layer: LayerSpec) -> Shape:
    """Follow shapes without computing, so that no layer can ask for all memory."""
    first = next(blank.parameters(), None)
    dtype = first.dtype if first is not None else torch.float32
    try:
        given = [torch.empty((ROWS, *shape), dtype=dtype, device="meta") for shape in shapes]
        with torch.no_grad():
            found: Tensor = blank(*given)
    except DAMAGED as error:
        raise ModelError(
            f"{file}: layer {layer.name!r} ({layer.kind}) does not fit rows of shape "
            f"{', '.join(map(str, shapes))}: {error}",
            "save the model again with Keras",
        ) from error
    if found.numel() > LARGEST:
        raise ModelError(
            f"{file}: layer {layer.name!r} makes {found.numel():,} numbers for {ROWS} rows",
            f"expected at most {LARGEST:,}",
        )
    return tuple(found.shape[1:])

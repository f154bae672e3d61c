"""A torch network from an ONNX graph: a plain row of layers where it is one."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from torch import fx, nn

from audit.errors import ModelError
from audit.models.onnx_graph import Graph, Node
from audit.models.onnx_modules import Applied, WithConstant, reshaped
from audit.models.onnx_operators import module_for
from audit.models.onnx_step import NoTwinError, Step

WEIGHT = re.compile(r"[._/](weight|kernel|W)$")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A module, the tensors it takes and the one it makes."""

    name: str
    module: nn.Module
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A tensor that goes into the network.

    Attributes
    ----------
    tensor : str
        Its name in the graph.
    argument : str
        Its name in the network's forward.
    shape : tuple of int or None
        Of one row, where it is not one row of numbers already.
    """

    tensor: str
    argument: str
    shape: tuple[int, ...] | None = None


def network_of(graph: Graph, entries: Sequence[Entry], answer: str) -> nn.Module:
    """Return the network that computes `answer` from `entries`.

    Raises
    ------
    NoTwinError
        If an operator has no torch twin.
    """
    parts = [*_openings(entries), *_parts(graph.leading_to(answer), entries)]
    if len(entries) == 1 and _is_row(parts, entries[0].tensor, answer):
        kept = [part for part in parts if not isinstance(part.module, nn.Identity)]
        return nn.Sequential(OrderedDict((part.name, part.module) for part in kept or parts)).eval()
    return _branching(parts, entries, answer).eval()


def _openings(entries: Sequence[Entry]) -> list[Part]:
    """Give the tensors that are passed as one row of numbers the shape that they have inside."""
    return [
        Part(
            name=f"shape_{entry.argument}",
            module=Applied(reshaped, "reshape", (-1, *entry.shape)),
            inputs=(entry.tensor,),
            output=entry.tensor,
        )
        for entry in entries
        if entry.shape is not None
    ]


def _parts(graph: Graph, entries: Sequence[Entry]) -> list[Part]:
    parts: list[Part] = []
    made = {entry.tensor for entry in entries}
    taken = {f"shape_{entry.argument}" for entry in entries}
    for node in graph.nodes:
        if node.outputs[0] in made:
            continue
        step = Step(node=node, graph=graph)
        module = module_for(step)
        if not set(step.flowing) <= made:
            raise NoTwinError.of(node.op, "takes what the network's input is made of")
        name = _unique(_name(node, module, graph), taken)
        parts.append(Part(name=name, module=module, inputs=step.flowing, output=node.outputs[0]))
        made.add(node.outputs[0])
    return parts


def _name(node: Node, module: nn.Module, graph: Graph) -> str:
    """Name a layer as the network did that was exported, where the file still tells."""
    weights = [name for name in node.inputs if name in graph.constants and WEIGHT.search(name)]
    path = [word for word in node.name.split("/") if word]
    if weights and any(True for _ in module.parameters()):
        stem = WEIGHT.sub("", weights[0])
    elif len(path) > 1:
        stem = "_".join(path[:-1])
    else:
        stem = module.words.split()[0] if isinstance(module, Applied | WithConstant) else ""
    return re.sub(r"\W+", "_", stem).strip("_") or type(module).__name__.lower()


def _unique(stem: str, taken: set[str]) -> str:
    name, number = stem, 1
    while name in taken or hasattr(nn.Sequential, name):
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return name


def _is_row(parts: Sequence[Part], start: str, answer: str) -> bool:
    """Tell whether each part takes what the one before it made, and nothing else."""
    last = start
    for part in parts:
        if part.inputs != (last,):
            return False
        last = part.output
    return bool(parts) and last == answer


def _branching(parts: Sequence[Part], entries: Sequence[Entry], answer: str) -> nn.Module:
    graph, root = fx.Graph(), nn.Module()
    made = {entry.tensor: graph.placeholder(entry.argument) for entry in entries}
    for part in parts:
        root.add_module(part.name, part.module)
        given = tuple(made[name] for name in part.inputs)
        made[part.output] = graph.call_module(part.name, given)
    if answer not in made:
        raise ModelError("the answer of the graph does not depend on its input", "export it again")
    graph.output(made[answer])
    return fx.GraphModule(root, graph, class_name="OnnxNetwork")

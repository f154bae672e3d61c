"""Following a network back from its answer, through its last steps.

``torch.fx`` records what a forward does. Parts that it cannot follow (control flow, loops) stay
whole; where the network itself is such a one, the part that gave its answer is followed instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, fx, nn

from audit.weights.chain import NotAChainError
from audit.weights.recording import Record
from audit.weights.tracing import Step

CALLS = ("call_module", "call_function", "call_method")


class Called(nn.Module):
    """A module that takes its tensors from one mapping, so that any forward can be followed."""

    def __init__(self, inner: nn.Module, given: Mapping[int | str, Any]) -> None:
        super().__init__()
        self.inner, self.given = inner, dict(given)

    def forward(self, tensors: dict[int | str, Tensor]) -> Any:  # noqa: ANN401 - what it gives
        """Call the module."""
        taken = {
            key: tensors[key] if isinstance(value, Tensor) else value
            for key, value in self.given.items()
        }
        args = [taken[key] for key in sorted(key for key in taken if isinstance(key, int))]
        return self.inner(*args, **{k: v for k, v in taken.items() if isinstance(k, str)})


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The last steps of a network, each of which takes what the one before it gave.

    Attributes
    ----------
    steps : tuple of Step
    part : nn.Module
        The part of the network that was followed: the network itself, or one that gave its answer.
    called : Called
        That part.
    graph : fx.Graph
        What it does.
    before : fx.Node
        What the first of the steps takes.
    """

    steps: tuple[Step, ...]
    before: fx.Node
    part: nn.Module
    called: Called
    graph: fx.Graph


class _Tracer(fx.Tracer):
    def __init__(self, whole: frozenset[nn.Module]) -> None:
        super().__init__()
        self.whole = whole

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return m in self.whole or super().is_leaf_module(m, module_qualified_name)


def ending_of(record: Record, part: nn.Module | None = None) -> Ending:
    """Return the last steps of a network, or of a part of it that gave the answer.

    Raises
    ------
    NotAChainError
        If nothing can be followed.
    """
    module = record.network if part is None else part
    called = Called(module, record.calls[module][0].given)
    graph = _graph(called)
    if graph is None:
        return _inside(record, module)
    steps, before = _back(record, called, graph)
    whole = called.get_submodule(str(before.target)) if before.op == "call_module" else None
    if whole in record.calls and not _of_torch(whole):
        # A part that could not be followed along with the rest may be by itself.
        with suppress(NotAChainError):
            found = ending_of(record, whole)
            return replace(found, steps=(*found.steps, *steps))
    return Ending(steps=steps, before=before, part=module, called=called, graph=graph)


def _inside(record: Record, module: nn.Module) -> Ending:
    """Follow the outermost part that gave what the module gave, and ends in Linear layers."""
    for part in record.parts_like(module):
        with suppress(NotAChainError):
            found = ending_of(record, part)
            if any(isinstance(step.module, nn.Linear) for step in found.steps):
                return found
    raise NotAChainError(
        f"the forward of {type(module).__name__} cannot be followed, and no part that gives its "
        "answer ends in Linear layers"
    )


def _back(record: Record, called: Called, graph: fx.Graph) -> tuple[tuple[Step, ...], fx.Node]:
    """Return the steps in a row that lead to the answer, and the node before them."""
    (output,) = (node for node in graph.nodes if node.op == "output")
    node = output.args[0]
    if not isinstance(node, fx.Node):
        raise NotAChainError(f"{record.names[called.inner]} gives {type(node).__name__}, no tensor")
    steps: list[Step] = []
    while _is_step(node, called):
        steps.append(_step(node, called, record))
        (node,) = node.all_input_nodes
    return tuple(reversed(steps)), node


def is_input(node: fx.Node) -> bool:
    """Tell whether a node is one of the tensors that a `Called` takes."""
    return any(given.op == "placeholder" for given in node.all_input_nodes)


def _is_step(node: fx.Node, called: Called) -> bool:
    if node.op not in CALLS or len(node.all_input_nodes) != 1 or is_input(node):
        return False
    if node.op != "call_module":
        return True
    module = called.get_submodule(str(node.target))
    return isinstance(module, (nn.Linear, nn.BatchNorm1d)) or not has_parameters(module)


def has_parameters(module: nn.Module) -> bool:
    """Tell whether a module, or a part of it, has parameters."""
    return any(True for _ in module.parameters())


def _step(node: fx.Node, called: Called, record: Record) -> Step:
    module = called.get_submodule(str(node.target)) if node.op == "call_module" else None
    return Step(
        node=node, name=node.name if module is None else record.names[module], module=module
    )


def _graph(called: Called) -> fx.Graph | None:
    """Return what a module does; None where that cannot be followed."""
    return _traced(called, frozenset()) or _traced(called, _wholes(called.inner))


def _traced(called: Called, whole: frozenset[nn.Module]) -> fx.Graph | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:  # the network's own code meets what stands for a tensor
            return _Tracer(whole).trace(called)
        except Exception:
            return None


def _wholes(module: nn.Module) -> frozenset[nn.Module]:
    """Return the parts that cannot be followed by themselves, as small as possible."""
    found: frozenset[nn.Module] = frozenset()
    for child in module.children():
        called = Called(child, {0: Tensor()})
        if _of_torch(child) or _traced(called, frozenset()):
            continue
        inner = _wholes(child)
        found |= inner if inner and _traced(called, inner) else {child}
    return found


def _of_torch(module: nn.Module) -> bool:
    return type(module).__module__.startswith("torch.nn") and type(module) is not nn.Sequential

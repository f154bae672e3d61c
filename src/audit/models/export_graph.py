"""From the graph of a torch.export archive to a network of layers again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from audit.errors import ModelError
from audit.models.export_archive import ExportFile
from audit.models.export_operators import (
    ACTIVATIONS,
    CHECKS,
    LINEAR,
    NORMALISING,
    PASSED_ON,
    TRAINING,
    batch_norm,
    linear,
    operator_of,
)
from audit.models.export_stack import as_stack
from audit.models.export_values import INSTEAD, Stored, output_names, plain_name, value_of

ATEN = "torch.ops.aten."
TABLE = 2
PLACES = ("device", "layout", "pin_memory", "memory_format")


@dataclass
class Building:
    """A network in the making.

    Attributes
    ----------
    file : ExportFile
    graph : fx.Graph
    values : dict
        What each name of the graph stands for: a step, or a stored tensor.
    parts : dict of str to Module or Tensor
        What the steps name: layers and tensors.
    """

    file: ExportFile
    graph: fx.Graph = field(default_factory=fx.Graph)
    values: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """An operator that is a layer: what it takes, how it is called, how to make it."""

    source: Any
    name: str
    make: Callable[[], nn.Module]


def build(file: ExportFile) -> nn.Module:
    """Return the network: a plain stack of layers where it is one, otherwise a graph of steps.

    Raises
    ------
    ModelError
        If an operator is not among the known ones, or the graph is damaged.
    """
    building = Building(file=file)
    try:
        building.values.update({name: Stored(tensor) for name, tensor in file.stored.items()})
        for name in file.inputs:
            building.values[name] = building.graph.placeholder(plain_name(name))
        _require_evaluation(file)
        for node in file.graph["nodes"]:
            _add(building, node)
        building.graph.output(_used(building, building.values[file.output]))
        building.graph.lint()
        found = fx.GraphModule(building.parts, building.graph, "ExportedNetwork")
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{file.name} is damaged: {type(error).__name__}: {error}") from error
    return as_stack(found) or found


def _require_evaluation(file: ExportFile) -> None:
    for node in file.graph["nodes"]:
        flag = TRAINING.get(_short(node))
        given = [item["arg"] for item in node["inputs"] if item["name"] == flag]
        if {"as_bool": True} in given:
            raise ModelError(
                f"{file.name} was exported in training mode ({_short(node)})",
                "call network.eval() and export it again",
            )


def _short(node: Mapping[str, Any]) -> str:
    return str(node["target"]).removeprefix(ATEN)


def _add(building: Building, node: Mapping[str, Any]) -> None:
    """Add one operator of the graph: a layer where it is one, else a step."""
    if _short(node).startswith(CHECKS):
        return
    given = {
        item["name"]: value_of(item["arg"], building.values, building.file.name)
        for item in node["inputs"]
    }
    short = _out_of_place(_short(node), given)
    call = operator_of(ATEN + short if node["target"].startswith(ATEN) else node["target"])
    if call is None:
        raise ModelError(
            f"{building.file.name}: operator {node['target']!r} is not known here", INSTEAD
        )
    if _turns(building, short, given):
        building.values[output_names(node)[0]] = Stored(given["self"].name, turned=True)
    elif short.partition(".")[0] in PASSED_ON:
        building.values[output_names(node)[0]] = given["self"]
    elif layer := _layer(building, node, short, given):
        building.values[output_names(node)[0]] = _called(building, layer)
    else:
        _step(building, node, call)


def _out_of_place(short: str, given: Mapping[str, Any]) -> str:
    """Return the operator that works on a copy, where nobody else sees what this one overwrites."""
    name, _, overload = short.partition(".")
    source = given.get("self")
    alone = isinstance(source, fx.Node) and source.op == "call_module" and not source.users
    return f"{name[:-1]}.{overload}" if name.endswith("_") and alone else short


def _turns(building: Building, short: str, given: Mapping[str, Any]) -> bool:
    """Say whether the operator transposes a weight, as the product with a Linear layer's does."""
    source = given.get("self")
    if not isinstance(source, Stored) or source.turned:
        return False
    if building.file.tensors[source.name].ndim != TABLE:
        return False
    swapped = short == "transpose.int" and {given["dim0"] % 2, given["dim1"] % 2} == {0, 1}
    return (
        swapped or short == "t.default" or (short == "permute.default" and given["dims"] == [1, 0])
    )


def _layer(
    building: Building, node: Mapping[str, Any], short: str, given: Mapping[str, Any]
) -> Layer | None:
    if short in ACTIVATIONS:
        source = given.get("self", given.get("input"))
        found: Layer | None = Layer(
            source, output_names(node)[0], lambda: ACTIVATIONS[short](given)
        )
    elif short in LINEAR:
        found = _linear(building, given, short)
    elif short in NORMALISING:
        found = _normalising(building, node, given)
    else:
        found = None
    return found if found is not None and isinstance(found.source, fx.Node) else None


def _linear(building: Building, given: Mapping[str, Any], short: str) -> Layer | None:
    """Recognise x W' + b, as one operator or as a product with a transposed weight."""
    source, weight, bias = (given.get(part) if part else None for part in LINEAR[short])
    if not isinstance(weight, Stored) or not (bias is None or isinstance(bias, Stored)):
        return None
    if given.get("alpha", 1) != 1 or given.get("beta", 1) != 1:
        return None
    whole = building.file.tensors[weight.name]
    if whole.ndim != TABLE or (short != "linear.default") != weight.turned:
        return None
    shift = None if bias is None else building.file.tensors[bias.name]
    if shift is not None and shift.shape != whole.shape[:1]:
        return None
    name = weight.name.removesuffix(".weight") if weight.name.endswith(".weight") else ""
    return Layer(source, name or f"{weight.name}_linear", lambda: linear(whole, shift))


def _normalising(
    building: Building, node: Mapping[str, Any], given: Mapping[str, Any]
) -> Layer | None:
    parts = {key: given.get(key) for key in ("weight", "bias", "running_mean", "running_var")}
    mean = parts["running_mean"]
    stored = all(part is None or isinstance(part, Stored) for part in parts.values())
    if not stored or not isinstance(mean, Stored) or _rank(building, node) != TABLE:
        return None
    tensors = {
        key: None if part is None else building.file.tensors[part.name]
        for key, part in parts.items()
    }
    return Layer(
        given["input"],
        mean.name.removesuffix(".running_mean"),
        lambda: batch_norm(tensors, given["eps"]),
    )


def _called(building: Building, layer: Layer) -> fx.Node:
    """Call a layer; one that was made before is called again."""
    made, name = layer.make(), layer.name
    while name in building.parts and not _same(building.parts[name], made):
        name += "_"
    building.parts.setdefault(plain_name(name), made)
    return building.graph.call_module(name, (layer.source,))


def _same(one: Any, other: nn.Module) -> bool:  # noqa: ANN401 - a module or a tensor
    if type(one) is not type(other) or not list(other.parameters()):
        return False
    states = (one.state_dict(), other.state_dict())
    return states[0].keys() == states[1].keys() and all(
        torch.equal(states[0][key], states[1][key]) for key in states[0]
    )


def _step(building: Building, node: Mapping[str, Any], call: Callable[..., Any]) -> None:
    """Add an operator as it is; where the network lies is left to whoever asks it."""
    args, kwargs = [], {}
    for item in node["inputs"]:
        value = _used(building, value_of(item["arg"], building.values, building.file.name))
        if item.get("kind") != 2:  # noqa: PLR2004 - the schema's number for keyword arguments
            args.append(value)
        elif item["name"] not in PLACES:
            kwargs[item["name"]] = value
    step = building.graph.call_function(call, tuple(args), kwargs)
    names = output_names(node)
    several = len(names) > 1 or "as_tensors" in node["outputs"][0]
    for place, name in enumerate(names):
        import operator

        taken = building.graph.call_function(operator.getitem, (step, place)) if several else step
        building.values[name] = taken


def _used(building: Building, value: Any) -> Any:  # noqa: ANN401 - any argument
    """Bring stored tensors into the graph, as steps that fetch them."""
    if isinstance(value, list):
        return [_used(building, item) for item in value]
    if not isinstance(value, Stored):
        return value
    tensor = building.file.tensors[value.name]
    weight = tensor.is_floating_point() and not value.name.endswith(("running_mean", "running_var"))
    building.parts.setdefault(plain_name(value.name), nn.Parameter(tensor) if weight else tensor)
    fetched = building.graph.get_attr(value.name)
    return building.graph.call_method("t", (fetched,)) if value.turned else fetched


def _rank(building: Building, node: Mapping[str, Any]) -> int:
    return len(building.file.sizes(output_names(node)[0]))

"""What the units are called that feed the Linear layers at the end of a larger network."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from math import prod
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.conv import _ConvNd

from audit.models.model import Encoded
from audit.weights.following import Ending, has_parameters, is_input
from audit.weights.recording import Record

INPUT = "input"
JOINING = (torch.cat, torch.concat, torch.concatenate, torch.hstack)
TURNING = {"permute", "transpose", "movedim", "moveaxis", "swapaxes", "swapdims", "t", "T", "mT"}
NORMALISATIONS = (
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.BatchNorm3d,
    nn.GroupNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.LayerNorm,
    nn.RMSNorm,
)
COLUMNS, SEQUENCE, GRID = 1, 2, 3
PLACES = {SEQUENCE: "at step {}", GRID: "at row {}, column {}"}


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What feeds a chain.

    Attributes
    ----------
    start : str
        Where it comes from: ``input``, a layer, or several.
    names : tuple of str
        Of each of its units; rows, columns and steps are counted from 1.
    """

    start: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Where a stretch of units comes from.

    Attributes
    ----------
    owner : str
        A layer, or a tensor that goes into the network.
    how : str
        The step that made the units, to tell two stretches of one owner apart.
    shape : tuple of int
        Of one row.
    given : bool
        Whether it is a tensor that goes into the network.
    spatial : bool
        Whether what follows the first number of the shape are places.
    """

    owner: str
    how: str
    shape: tuple[int, ...]
    given: bool = False
    spatial: bool = False


def feed_of(record: Record, ending: Ending, node: fx.Node, width: int) -> Feed:
    """Name the units that a step of an ending takes.

    Parameters
    ----------
    record : Record
    ending : Ending
    node : fx.Node
        What gives the units.
    width : int
        How many there are.
    """
    shapes = _Shapes(ending)
    sources = list(_sources(record, ending, node, shapes.known))
    if sum(prod(source.shape) for source in sources) != width:
        owner = _owner(record, ending, node, shapes.known)
        sources = [_Source(owner=owner, how=node.name, shape=(width,))]
    met = Counter(source.owner for source in sources)
    start = INPUT if all(source.given for source in sources) else _together(list(met))
    names = [
        name for source in sources for name in _names(source, record.encoded, met[source.owner] > 1)
    ]
    return Feed(start=start, names=tuple(names))


def _together(owners: Sequence[str]) -> str:
    """Name several layers by the part of the network that they lie in, if they share one."""
    paths = zip(*(owner.split(".")[:-1] for owner in owners), strict=False)
    shared = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, paths)]
    return ".".join(shared) if shared and len(owners) > 1 else " + ".join(owners)


class _Shapes(fx.Interpreter):
    """The shape of each row of what each step gives."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.called, graph=ending.graph)
        self.known: dict[fx.Node, tuple[int, ...]] = {}
        with torch.no_grad():
            self.run(ending.called.given)

    def run_node(self, n: fx.Node) -> Any:  # noqa: ANN401 - what a step gives
        value = super().run_node(n)
        first = value[0] if isinstance(value, tuple) and value else value
        if isinstance(first, Tensor) and first.ndim:
            self.known[n] = tuple(first.shape[1:])
        return value


def _sources(
    record: Record, ending: Ending, node: fx.Node, shapes: dict[fx.Node, tuple[int, ...]]
) -> Iterator[_Source]:
    """Go back through steps that have no parameters, to where units come from."""
    shape, turned, last = shapes.get(node, ()), False, node
    while not is_input(last) and not _own(last, ending):
        taken = [before for before in last.all_input_nodes if before in shapes]  # no sizes
        if len(taken) != 1:
            break
        (before,) = taken
        turned = turned or _called(last) in TURNING
        spread = shapes.get(before, ())
        if len(shape) == COLUMNS and prod(spread) == shape[0] and not turned:
            shape = spread
        last = before
    parts = _joined(last) if len(shape) == COLUMNS else []
    for part in parts:
        yield from _sources(record, ending, part, shapes)
    if not parts:
        given = is_input(last) and ending.part is record.network
        owner = _given(last, record) if given else _owner(record, ending, last, shapes)
        yield _Source(
            owner=owner, how=node.name, shape=shape, given=given, spatial=_convolves(last, ending)
        )


def _called(node: fx.Node) -> str:
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")


def _own(node: fx.Node, ending: Ending) -> bool:
    """Tell whether a step makes units of its own; a normalisation keeps those of its layer."""
    if node.op != "call_module":
        return False
    module = ending.called.get_submodule(str(node.target))
    if isinstance(module, NORMALISATIONS):
        return not any(_own(before, ending) for before in node.all_input_nodes)
    return has_parameters(module)


def _convolves(node: fx.Node, ending: Ending) -> bool:
    if node.op != "call_module":
        return False
    module = ending.called.get_submodule(str(node.target))
    if isinstance(module, NORMALISATIONS):
        return any(_convolves(before, ending) for before in node.all_input_nodes)
    return isinstance(module, _ConvNd)


def _joined(node: fx.Node) -> list[fx.Node]:
    """Return what a step puts side by side, or nothing if that is not what it does."""
    if node.target not in JOINING:
        return []
    parts = node.args[0] if node.args else node.kwargs.get("tensors", ())
    along = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
    sideways = node.target is torch.hstack or along in (1, -1)
    return [part for part in parts if isinstance(part, fx.Node)] if sideways else []  # type: ignore[union-attr]  # a list of nodes


def _given(node: fx.Node, record: Record) -> str:
    """Return the name of a tensor that goes into the network."""
    key = node.args[1] if node.target is operator.getitem else 0
    return str(key) if key in record.encoded.tensors else next(iter(record.encoded.tensors))


def _owner(
    record: Record, ending: Ending, node: fx.Node, shapes: dict[fx.Node, tuple[int, ...]]
) -> str:
    """Return the last layer with parameters that a value has gone through.

    Of several that lead to it, one of its width: what weighs steps against each other has another.
    """
    before, found = {node}, []
    for earlier in reversed(list(ending.graph.nodes)):
        if earlier in before and _own(earlier, ending):
            found.append(earlier)
        elif earlier in before:
            before.update(earlier.all_input_nodes)
    wide = [own for own in found if set(shapes.get(node, ())) <= set(shapes.get(own, ()))]
    for own in (*wide, *found):
        return record.names[ending.called.get_submodule(str(own.target))]
    outside = record.done_before(ending.part)
    return INPUT if outside is None else record.names[outside]


def _names(source: _Source, encoded: Encoded, several: bool) -> list[str]:
    """Return the names of a stretch of units."""
    if source.given:
        return _input_names(source, encoded)
    owner = f"{source.how} of {source.owner}" if several else source.owner
    shape = [size for size in source.shape if size > 1] or [1]
    return [_place(owner, place, spatial=source.spatial) for place in _all_places(shape)]


def _input_names(source: _Source, encoded: Encoded) -> list[str]:
    """Return the user's columns, or the places in a picture or a series."""
    columns = encoded.columns.get(source.owner, ())
    layout = encoded.layouts.get(source.owner)
    if len(source.shape) == COLUMNS and len(columns) == source.shape[0]:
        return list(columns)
    channels = layout.names if layout is not None and layout.kind != "words" else ()
    if len(source.shape) in PLACES and len(channels) == source.shape[0]:
        return [
            f"{source.owner} {channels[first]} {_where(rest)}"
            for first, *rest in _all_places(source.shape)
        ]
    return [_place(source.owner, place, spatial=False) for place in _all_places(source.shape)]


def _all_places(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(size) for size in shape))


def _place(owner: str, place: tuple[int, ...], *, spatial: bool) -> str:
    if not spatial or len(place) not in PLACES:
        return f"{owner}[{','.join(map(str, place))}]"
    return f"{owner}[{place[0]}] {_where(place[1:])}"


def _where(rest: Sequence[int]) -> str:
    return PLACES[len(rest) + 1].format(*(number + 1 for number in rest))

"""The chain of Linear layers that a network is, or that it ends in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import nn

from audit.models.inference import evaluating
from audit.models.model import Encoded, TorchModel
from audit.weights.chain import Chain, NotAChainError
from audit.weights.following import Ending, ending_of
from audit.weights.recording import Record, record_of
from audit.weights.tracing import Draft, Step, drafted, require_answers, trace
from audit.weights.unit_names import feed_of

KINDS: Mapping[str, tuple[str, str]] = {
    "Conv": ("convolution", "convolutions"),
    "Linear": ("Linear layer", "Linear layers"),
    "Embedding": ("embedding", "embeddings"),
    "LSTM": ("recurrent layer", "recurrent layers"),
    "GRU": ("recurrent layer", "recurrent layers"),
    "RNN": ("recurrent layer", "recurrent layers"),
    "Attention": ("attention layer", "attention layers"),
    "Norm": ("normalisation", "normalisations"),
}
"""What a layer is called whose type has this in its name."""
FEW = 32
OTHER = ("other layer", "other layers")


@dataclass(frozen=True, kw_only=True)
class Head:
    """The chain that a network is, or that it ends in.

    Attributes
    ----------
    chain : Chain
    first : nn.Module or None
        Its first layer in the network, whose input is what feeds the chain; None where the chain
        is the whole network and takes its one table.
    before : str
        What of the network lies before the chain, in words; empty where nothing does.
    """

    chain: Chain
    first: nn.Module | None = None
    before: str = ""


def head_of(model: TorchModel, encoded: Encoded) -> Head:
    """Return the longest chain of Linear layers that a network ends in.

    Parameters
    ----------
    model : TorchModel
        Left as it is: parameters are copied to double precision.
    encoded : Encoded
        Some rows, on which the chain is held against the network.

    Raises
    ------
    NotAChainError
        If it does not end in one. Names what stands in the way.
    """
    try:
        return Head(chain=trace(model, encoded))
    except NotAChainError:
        if isinstance(model.network, torch.jit.ScriptModule):
            raise
    few = replace(encoded, tensors={name: t[:FEW] for name, t in encoded.tensors.items()})
    record = record_of(model, few)
    with evaluating(model.network):
        ending = ending_of(record)
        return _longest(model, record, ending)


def _longest(model: TorchModel, record: Record, ending: Ending) -> Head:
    linear = [n for n, step in enumerate(ending.steps) if isinstance(step.module, nn.Linear)]
    reason = NotAChainError(f"the network does not end in a Linear layer: {_last(record, ending)}")
    for place in linear:
        try:
            return _head(model, record, ending, place)
        except NotAChainError as error:
            reason = error
    raise reason


def _last(record: Record, ending: Ending) -> str:
    node = ending.steps[0].node if ending.steps else None
    before = ending.before if node is None else node.all_input_nodes[0]
    if before.op == "call_module":
        module = ending.called.get_submodule(str(before.target))
        return f"layer {record.names[module]} is a {type(module).__name__}"
    return f"step {before.name} is no layer"


def _head(model: TorchModel, record: Record, ending: Ending, place: int) -> Head:
    """Return the chain that begins at one of the steps."""
    steps = ending.steps[place:]
    first = steps[0].module
    assert first is not None  # noqa: S101 - a Linear layer, see _longest
    x = record.fed(first).double()
    x = x.cpu() if x.device.type == "mps" else x
    layers = drafted(Draft(sample=x), steps)
    feed = feed_of(record, ending, steps[0].node.all_input_nodes[0], x.shape[1])
    chain = Chain(layers=layers, form=model.form, columns=feed.names, start=feed.start)
    require_answers(chain, x, record.scores)
    return Head(chain=chain, first=first, before=_before(model.network, steps))


def _before(network: nn.Module, steps: tuple[Step, ...]) -> str:
    """Say in words which layers with parameters are no part of the chain."""
    within = {step.module for step in steps}
    found = Counter(
        _kind(module)
        for module in network.modules()
        if module not in within and any(True for _ in module.parameters(recurse=False))
    )
    if not found:
        return ""
    counted = [f"{n} {words[n > 1]}" for words, n in found.items()]
    *rest, last = counted
    listed = f"{', '.join(rest)} and {last}" if rest else last
    verb = "is" if sum(found.values()) == 1 else "are"
    return f"{listed} before it {verb} not in this ledger: their work is in its units"


def _kind(module: nn.Module) -> tuple[str, str]:
    name = type(module).__name__
    return next((words for part, words in KINDS.items() if part in name), OTHER)

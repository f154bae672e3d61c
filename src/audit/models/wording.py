"""Any network in words: what it is built of, layer by layer."""

from __future__ import annotations

from torch import nn

from audit.models.layers import ACTIVATIONS, Network
from audit.models.records import LayerRecord

ANSWERS = (nn.Sigmoid, nn.Softmax)
OWN_NORM = "norm"  # what `mlp` calls its normalisations
BATCH = (nn.BatchNorm1d, nn.BatchNorm2d)
OVER_LAYER = (nn.LayerNorm, nn.GroupNorm)


def describe(network: nn.Module) -> tuple[str, tuple[LayerRecord, ...], int]:
    """Return the architecture in words, the layers that hold parameters, and how many these are."""
    layers = tuple(
        _layer(name or type(module).__name__, module)
        for name, module in network.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    )
    total = sum(parameter.numel() for parameter in network.parameters())
    return _words(network, layers), layers, total


def _layer(name: str, module: nn.Module) -> LayerRecord:
    own = list(module.parameters(recurse=False))
    return LayerRecord(
        name=name,
        kind=type(module).__name__,
        shape=tuple(own[0].shape),
        parameters=sum(parameter.numel() for parameter in own),
    )


def _words(network: nn.Module, layers: tuple[LayerRecord, ...]) -> str:
    if isinstance(network, Network):
        chain = [network.trunk.words, *map(str, _linear_chain(network.head))]
        return f"{network.title} {' → '.join(chain)}{_details(network)}"
    widths = _linear_chain(network)
    if not widths:
        return f"{type(network).__name__}, {len(layers)} layers with parameters"
    kind = "MLP" if len(widths) > 2 else "linear"  # noqa: PLR2004 - input and output alone
    return f"{kind} {' → '.join(map(str, widths))}{_details(network)}"


def _linear_chain(network: nn.Module) -> list[int]:
    """Return the widths of a plain stack of linear layers, or nothing if it is another network."""
    if not isinstance(network, nn.Sequential):
        return []
    plain = (*(type(make()) for make in ACTIVATIONS.values()), nn.Dropout, *ANSWERS, nn.Flatten)
    for name, module in network.named_children():
        own = name.startswith(OWN_NORM) and isinstance(module, BATCH + OVER_LAYER)
        if not own and not isinstance(module, (nn.Linear, *plain)):
            return []
    linear = [module for module in network if isinstance(module, nn.Linear)]
    return [linear[0].in_features, *(layer.out_features for layer in linear)] if linear else []


def _details(network: nn.Module) -> str:
    """Return the activations, and what normalises them in a network of the audit's own."""
    kinds = {make: name for name, make in ACTIVATIONS.items()}
    own = isinstance(network, Network)
    modules = list(network.modules() if own else network.children())
    names = [kinds[type(module)] for module in modules if type(module) in kinds]
    told = [" and ".join(dict.fromkeys(names))] if names else []
    if any(isinstance(module, BATCH) for module in modules):
        told.append("batch normalisation")
    if any(isinstance(module, OVER_LAYER) for module in modules):
        told.append("layer normalisation")
    return "".join(f", {words}" for words in told)

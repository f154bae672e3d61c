"""Networks that the audit builds itself, by name and arguments, and any network in words."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from audit.errors import ModelError, nearest
from audit.models.records import LayerRecord

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "sigmoid": nn.Sigmoid,
}
GAINS = {"relu": "relu", "gelu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
ANSWERS = (nn.Sigmoid, nn.Softmax)


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """How to build a network again.

    Attributes
    ----------
    name : str
        Name of an architecture.
    arguments : dict
        Plain values for its builder.
    """

    name: str
    arguments: dict[str, Any]


def mlp(
    *,
    inputs: int,
    hidden: Sequence[int],
    activation: str = "relu",
    dropout: float = 0.0,
    outputs: int = 1,
) -> nn.Sequential:
    """Build a multilayer perceptron with layers fc1, act1, drop1, fc2, ..., out.

    Parameters
    ----------
    inputs, outputs : int
        Width of the encoded input and of the answer.
    hidden : sequence of int
        Units of each hidden layer; empty for a linear model.
    activation : {"relu", "tanh", "gelu", "sigmoid"}
    dropout : float
        In [0, 1). At 0 there are no dropout layers.
    """
    if activation not in ACTIVATIONS:
        raise ModelError.unknown("activation", activation, ACTIVATIONS)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    width = inputs
    for number, units in enumerate(hidden, start=1):
        layers[f"fc{number}"] = nn.Linear(width, units)
        layers[f"act{number}"] = ACTIVATIONS[activation]()
        if dropout:
            layers[f"drop{number}"] = nn.Dropout(dropout)
        width = units
    layers["out"] = nn.Linear(width, outputs)
    return nn.Sequential(layers)


ARCHITECTURES: Mapping[str, Callable[..., nn.Module]] = {"mlp": mlp}


def build(blueprint: Blueprint) -> nn.Module:
    """Build the network of a blueprint.

    Raises
    ------
    ModelError
        If the architecture is unknown or does not take these arguments.
    """
    if blueprint.name not in ARCHITECTURES:
        raise ModelError.unknown("architecture", blueprint.name, ARCHITECTURES)
    try:
        return ARCHITECTURES[blueprint.name](**blueprint.arguments)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"architecture {blueprint.name!r} cannot be built from {blueprint.arguments}: {error}"
        ) from error


def initialise(network: nn.Module, scheme: str, activation: str) -> None:
    """Draw the weights of every linear layer anew; torch's seed decides.

    Parameters
    ----------
    scheme : {"he", "xavier", "default"}
        Normal with He's variance (He et al. 2015), uniform with Glorot's (Glorot and Bengio 2010),
        biases 0; or what torch draws by itself.
    activation : str
        For the gain of the hidden layers; the last layer has gain 1.
    """
    if scheme not in INITIALISERS:
        raise ModelError(f"unknown initialisation {scheme!r}", nearest(scheme, INITIALISERS))
    linear = [module for module in network.modules() if isinstance(module, nn.Linear)]
    for layer in linear:
        INITIALISERS[scheme](layer, GAINS[activation] if layer is not linear[-1] else "linear")


def _he(layer: nn.Linear, gain: str) -> None:
    nn.init.kaiming_normal_(layer.weight, nonlinearity=gain)  # type: ignore[arg-type]  # a name torch knows
    nn.init.zeros_(layer.bias)


def _xavier(layer: nn.Linear, gain: str) -> None:
    nn.init.xavier_uniform_(layer.weight, gain=nn.init.calculate_gain(gain))  # type: ignore[arg-type]  # a name torch knows
    nn.init.zeros_(layer.bias)


def _default(layer: nn.Linear, gain: str) -> None:
    layer.reset_parameters()


INITIALISERS: Mapping[str, Callable[[nn.Linear, str], None]] = {
    "he": _he,
    "xavier": _xavier,
    "default": _default,
}


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
    chain = _linear_chain(network)
    if not chain:
        return f"{type(network).__name__}, {len(layers)} layers with parameters"
    activations = _activation_names(network)
    kind = "MLP" if len(chain) > 2 else "linear"  # noqa: PLR2004 - input and output alone
    return f"{kind} {' → '.join(map(str, chain))}" + (f", {activations}" if activations else "")


def _linear_chain(network: nn.Module) -> list[int]:
    """Return the widths of a plain stack of linear layers, or nothing if it is another network."""
    if not isinstance(network, nn.Sequential):
        return []
    plain = (*(type(make()) for make in ACTIVATIONS.values()), nn.Dropout, *ANSWERS, nn.Flatten)
    if not all(isinstance(module, (nn.Linear, *plain)) for module in network):
        return []
    linear = [module for module in network if isinstance(module, nn.Linear)]
    return [linear[0].in_features, *(layer.out_features for layer in linear)] if linear else []


def _activation_names(network: nn.Module) -> str:
    kinds = {make: name for name, make in ACTIVATIONS.items()}
    names = [kinds[type(module)] for module in network.children() if type(module) in kinds]
    return " and ".join(dict.fromkeys(names))

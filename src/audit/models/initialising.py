"""Drawing the weights of a network anew, and the unit of its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import nn

from audit.errors import ModelError, nearest
from audit.models.layers import Network
from audit.models.transformer import Attention, Block

GAINS = {"relu": "relu", "gelu": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
Weighted = nn.Linear | nn.Conv1d | nn.Conv2d
NORMALISING = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)


def initialise(network: nn.Module, scheme: str, activation: str) -> None:
    """Draw the weights of every layer anew, in the order of the layers; torch's seed decides.

    Parameters
    ----------
    scheme : {"he", "xavier", "default"}
        Of Linear layers and convolutions: normal with He's variance (He et al. 2015), uniform with
        Glorot's (Glorot and Bengio 2010), biases 0; or what torch draws by itself. Attention, which
        no activation follows, has Glorot's under both. Embeddings are normal with variance
        1/width, that of padding 0. Normalisations start as the identity.
    activation : str
        For the gain of the hidden layers; layers that no activation follows have gain 1.
    """
    if scheme not in INITIALISERS:
        raise ModelError(f"unknown initialisation {scheme!r}", nearest(scheme, INITIALISERS))
    weighted = [module for module in network.modules() if isinstance(module, Weighted)]
    attention, plain = _without_activation(network)
    for module in network.modules():
        if isinstance(module, Weighted):
            glorot = id(module) in attention and scheme == "he"
            last = module is weighted[-1] or id(module) in plain
            INITIALISERS["xavier" if glorot else scheme](
                module, "linear" if last else GAINS[activation]
            )
        elif isinstance(module, nn.Embedding):
            _embed(module)
        elif isinstance(module, NORMALISING):
            module.reset_parameters()


def _without_activation(network: nn.Module) -> tuple[set[int], set[int]]:
    """Return the layers of attention, and all those that no activation follows."""
    modules = list(network.modules())
    attention = {
        id(layer) for part in modules if isinstance(part, Attention) for layer in part.children()
    }
    return attention, attention | {id(part.down) for part in modules if isinstance(part, Block)}


def _he(layer: Weighted, gain: str) -> None:
    nn.init.kaiming_normal_(layer.weight, nonlinearity=gain)  # type: ignore[arg-type]  # a name torch knows
    _no_bias(layer)


def _xavier(layer: Weighted, gain: str) -> None:
    nn.init.xavier_uniform_(layer.weight, gain=nn.init.calculate_gain(gain))  # type: ignore[arg-type]  # a name torch knows
    _no_bias(layer)


def _default(layer: Weighted, gain: str) -> None:
    layer.reset_parameters()


def _no_bias(layer: Weighted) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _embed(layer: nn.Embedding) -> None:
    nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.embedding_dim))
    if layer.padding_idx is not None:
        with torch.no_grad():
            layer.weight[layer.padding_idx] = 0


INITIALISERS: Mapping[str, Callable[[Weighted, str], None]] = {
    "he": _he,
    "xavier": _xavier,
    "default": _default,
}


def scale_output(network: nn.Module, mean: float, scale: float) -> None:
    """Make the network answer ``mean + scale × answer``, by the weights of its last layer.

    For a network that was trained on a standardised target, to answer in the user's unit.

    Raises
    ------
    ModelError
        If the network does not end in a Linear layer of its own, or the numbers are not finite or
        the scale not above 0.
    """
    _require_scale(mean, scale)
    layer = output_layer(network)
    _replace(layer, layer.weight.double() * scale, layer.bias.double() * scale + mean)


def unscale_output(network: nn.Module, mean: float, scale: float) -> None:
    """Undo `scale_output`: make the network answer ``(answer - mean) / scale``.

    Raises
    ------
    ModelError
        As `scale_output`.
    """
    _require_scale(mean, scale)
    layer = output_layer(network)
    _replace(layer, layer.weight.double() / scale, (layer.bias.double() - mean) / scale)


def output_layer(network: nn.Module) -> nn.Linear:
    """Return the last layer of a network that the audit built.

    Raises
    ------
    ModelError
        If it is another network.
    """
    head = network.head if isinstance(network, Network) else network
    last = head[-1] if isinstance(head, nn.Sequential) and len(head) else None
    if not isinstance(last, nn.Linear) or last.bias is None:
        raise ModelError("expected a network that ends in a Linear layer with a bias")
    return last


def _require_scale(mean: float, scale: float) -> None:
    if not (math.isfinite(mean) and math.isfinite(scale) and scale > 0):
        raise ModelError(f"expected a finite mean and a scale above 0, came {mean} and {scale}")


def _replace(layer: nn.Linear, weight: torch.Tensor, bias: torch.Tensor) -> None:
    """Write weights that were computed in double precision, rounded once."""
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)

"""A network of one's own: built by the user's function, or handed over as a module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.encoders import FunctionEncoder, NumericEncoder
from audit.models.inference import seeded
from audit.models.model import Encoder, TorchModel, pick_device
from audit.models.records import Output
from audit.models.weights_file import load_into, read_state
from audit.user_code import CodeRecord, find_function

UNWEIGHTED = "no weights are named: the audited weights are those the factory made, trained or not"


def load_factory(
    config: ModelConfig, base: Path, *, device: torch.device | None = None
) -> TorchModel:
    """Build the network that ``model.factory`` names and put its weights in.

    Parameters
    ----------
    config : ModelConfig
        With factory and output, and weights and encode where wanted.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.

    Raises
    ------
    ModelError
        If the code fails or returns no ``nn.Module``, or the weights do not fit.
    """
    factory = find_function(config.factory or "", base, ModelError)
    with seeded(0, torch.device("cpu")):  # weights that the factory draws are the same each time
        network = factory()
    _require_module(network, factory.record.name)
    if config.weights is not None:
        load_into(network, read_state(base / config.weights), config.weights.name)
    encoder, code = chosen_encoder(config, base)
    place = device or pick_device()
    return TorchModel(
        network=network.to(place),
        encoder=encoder,
        output=require_output(config, "a factory"),
        kind="factory",
        notes=() if config.weights is not None else (UNWEIGHTED,),
        device=place,
        code=(factory.record, *code),
    )


def from_module(
    network: nn.Module, output: Output, encode: Callable[[Any], Any] | None = None
) -> TorchModel:
    """Wrap a network that is in memory already; it stays on its device.

    Parameters
    ----------
    network : nn.Module
    output : {"logit", "logits", "probability", "probabilities"}
    encode : callable, optional
        From the frame of features to tensors; by default numeric columns in their order.

    Raises
    ------
    ModelError
        If `network` is no ``nn.Module``.
    """
    _require_module(network, "model")
    first = next(network.parameters(), None)
    function = FunctionEncoder(function=encode, name="encode") if encode else NumericEncoder()
    return TorchModel(
        network=network,
        encoder=function,
        output=output,
        kind="module",
        device=first.device if first is not None else torch.device("cpu"),
    )


def chosen_encoder(config: ModelConfig, base: Path) -> tuple[Encoder, tuple[CodeRecord, ...]]:
    """Return the encoder that ``model.encode`` names, or plain numbers, and the code that was run.

    Raises
    ------
    ModelError
        If the function cannot be found or imported.
    """
    if config.encode is None:
        return NumericEncoder(), ()
    encode = find_function(config.encode, base, ModelError)
    return FunctionEncoder(function=encode, name=encode.record.name), (encode.record,)


def require_output(config: ModelConfig, what: str) -> Output:
    """Return what the configuration declares that the network answers with.

    Raises
    ------
    ModelError
        If it declares nothing.
    """
    if config.output is None:
        raise ModelError(
            f"model.output is missing: {what} does not say what it answers with",
            "say output: logit, logits, probability or probabilities",
        )
    return config.output


def _require_module(network: object, name: str) -> None:
    if not isinstance(network, nn.Module):
        raise ModelError(
            f"{name}: expected an nn.Module, came {type(network).__name__}",
            "return the network itself, built but not called",
        )

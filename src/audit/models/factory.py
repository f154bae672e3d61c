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
from audit.user_code import CodeRecord, UserFunction, find_function

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
    encode = find_function(config.encode, base, ModelError) if config.encode else None
    if config.output is None:
        raise ModelError("model.output is missing", "say logit, logits, probability or ...")
    place = device or pick_device()
    return TorchModel(
        network=network.to(place),
        encoder=_encoder(encode),
        output=config.output,
        kind="factory",
        notes=() if config.weights is not None else (UNWEIGHTED,),
        device=place,
        code=_records(factory, encode),
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


def _encoder(encode: UserFunction | None) -> Encoder:
    if encode is None:
        return NumericEncoder()
    return FunctionEncoder(function=encode, name=encode.record.name)


def _records(factory: UserFunction, encode: UserFunction | None) -> tuple[CodeRecord, ...]:
    return (factory.record,) if encode is None else (factory.record, encode.record)


def _require_module(network: object, name: str) -> None:
    if not isinstance(network, nn.Module):
        raise ModelError(
            f"{name}: expected an nn.Module, came {type(network).__name__}",
            "return the network itself, built but not called",
        )

"""Keras models (.keras, .h5, .hdf5) as torch networks; Keras itself is not needed, or run."""

from __future__ import annotations

from math import prod
from pathlib import Path

import torch

from audit.config import ModelConfig
from audit.models.factory import chosen_encoder
from audit.models.keras_answer import output_of
from audit.models.keras_encoder import encoder_for
from audit.models.keras_network import build
from audit.models.keras_opening import opened_keras
from audit.models.model import TorchModel, pick_device


def load_keras(
    config: ModelConfig, base: Path, *, device: torch.device | None = None
) -> TorchModel:
    """Load the Keras model that ``model.path`` names.

    Layers are rebuilt from a list of known ones and their arrays; Lambda layers and custom classes
    are refused, since their code is never run.

    Parameters
    ----------
    config : ModelConfig
        With path; output where the network does not end in a sigmoid or softmax, and encode where
        wanted. The features are the network's inputs in their order, channels last.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.

    Raises
    ------
    ModelError
        If h5py is not installed, the file is damaged or hostile, or a layer cannot be rebuilt; the
        layer is named.
    """
    path = base / (config.path or "")
    with opened_keras(path) as file:
        built = build(file.spec, file.weights, file.version, path.name)
    output = output_of(built.last, built.answer, config, path.name)
    chosen, code = chosen_encoder(config, base)
    encoder = encoder_for(built.inputs, chosen, path.name)
    alone = len(built.inputs) == 1
    place = device or pick_device()
    return TorchModel(
        network=built.network.to(place),
        encoder=encoder,
        output=output,
        kind="keras",
        device=place,
        code=code,
        features=None if alone or config.encode else tuple(built.inputs),
        width=prod(next(iter(built.inputs.values()))) if alone and not config.encode else None,
        classes=config.classes,
        outputs=built.answer[0] if output in {"logits", "probabilities"} else None,
    )

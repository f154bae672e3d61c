"""Which loader reads what the configuration names, and the way out of what none reads."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch

from audit.config import ModelConfig
from audit.errors import ModelError, nearest
from audit.models.model import TorchModel
from audit.models.weights_file import PICKLES, READERS, WAY_OUT
from audit.registry import LOADERS

FORMATS = {
    ".onnx": "an ONNX graph",
    ".pt2": "a torch.export archive",
    ".keras": "a Keras model",
    ".h5": "a Keras or HDF5 file",
    ".skops": "a skops file",
}
READ = "this version reads a bundle, or a factory with weights"
INSTEAD = (
    "name a factory that builds the network and its weights, or audit its scores: "
    "predictions: {score: column}"
)


def load(config: ModelConfig, base: Path, *, device: torch.device | None = None) -> TorchModel:
    """Load the network that the configuration names.

    Parameters
    ----------
    config : ModelConfig
        With bundle, factory or path; a network to train is made by `audit.models.training.train`.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.

    Raises
    ------
    ModelError
        If the network cannot be loaded; the message says what to do.
    """
    for name in LOADERS:
        if getattr(config, name, None) is not None:
            return cast(TorchModel, LOADERS.resolve(name)(config, base, device=device))
    if config.path is not None:
        raise unread(base / config.path)
    raise ModelError("model.train names a network that is yet to be trained", "run audit train")


def unread(path: Path) -> ModelError:
    """Return the error for a model file of a format that this version does not read."""
    if not path.exists():
        names = [sibling.name for sibling in path.parent.glob("*")]
        return ModelError(f"model file {path.name} does not exist", nearest(path.name, names))
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        return ModelError(f"{path.name} is a pickle, which can run code when it is read", WAY_OUT)
    if (path / "model.json").is_file():
        return ModelError(f"{path.name}/ is a bundle", "name it under model.bundle")
    if suffix in READERS:
        return ModelError(
            f"{path.name} holds weights alone, which say nothing of the network",
            "name a factory that builds it: model: {factory: network.py:build, weights: "
            f"{path.name}, output: logit}}",
        )
    kind = FORMATS.get(suffix, "a folder" if path.is_dir() else "of an unknown format")
    return ModelError(f"{path.name} is {kind}; {READ}", INSTEAD)

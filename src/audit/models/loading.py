"""Which loader reads what the configuration names, and the way out of what none reads."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import cast

import torch

from audit.config import ModelConfig
from audit.errors import ModelError, nearest
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.recognising import FORMATS, format_of
from audit.models.weights_file import PICKLES, READERS, pickle_refused
from audit.registry import LOADERS

Loaded = TorchModel | AnswerModel
SECTIONS = ("bundle", "factory")
ZIP_START = b"PK"
TORCH_STARTS = (ZIP_START, b"\x80\x02")  # a zip archive, or the pickle of older versions
INSTEAD = (
    "name a factory that builds the network and its weights, or audit its scores: "
    "predictions: {score: column}"
)


def load(
    config: ModelConfig, base: Path, *, device: torch.device | None = None, trust: bool = False
) -> Loaded:
    """Load the model that the configuration names.

    Parameters
    ----------
    config : ModelConfig
        With bundle, factory or path; a network to train is made by `audit.models.training.train`.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.
    trust : bool
        Whether code inside a model file may run; only formats that hold code ask.

    Returns
    -------
    TorchModel or AnswerModel
        The second where the model could not become a torch network; it says why.

    Raises
    ------
    ModelError
        If the model cannot be loaded; the message says what to do.
    """
    for name in SECTIONS:
        if getattr(config, name) is not None:
            found = LOADERS.resolve(name)(config, base, device=device)
            return _with_classes(cast(Loaded, found), config)
    if config.path is None:
        raise ModelError("model.train names a network that is yet to be trained", "run audit train")
    return _with_classes(_read(config, base, config.path, device, trust), config)


def _read(
    config: ModelConfig, base: Path, path: Path, device: torch.device | None, trust: bool
) -> Loaded:
    place = base / path
    require_content(place)
    name = format_of(place)
    if name is None:
        raise unread(place)
    loader = LOADERS.resolve(name)
    permission = {"trust": trust} if "trust" in signature(loader).parameters else {}
    return cast(Loaded, loader(config, base, device=device, **permission))


def require_content(path: Path) -> None:
    """Refuse a file that cannot be opened, or that holds nothing.

    Raises
    ------
    ModelError
        Naming it.
    """
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            empty = not file.read(1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if empty:
        raise ModelError(f"{path.name} is empty: it has 0 bytes", "save the model again")


def _unreadable(path: Path, error: OSError | ValueError) -> ModelError:
    why = getattr(error, "strerror", None) or str(error)
    return ModelError(f"{path.name} cannot be read ({why})", "check the path and its permissions")


def _with_classes(model: Loaded, config: ModelConfig) -> Loaded:
    """Let the configuration say the order of classes, unless the file says another order."""
    if config.classes is None:
        return model
    stated = tuple(config.classes)
    ours, theirs = ([str(item) for item in names] for names in (stated, model.classes or stated))
    if ours != theirs and set(ours) & set(theirs):
        raise ModelError(
            f"model.classes: {list(stated)} contradicts the file, which says {list(theirs)}",
            "leave model.classes out, or name the classes in the order of the file",
        )
    several = model.output in {"logits", "probabilities"} and model.outputs is None
    return replace(model, classes=stated, outputs=len(stated) if several else model.outputs)


def unread(path: Path) -> ModelError:
    """Return the error for a model file of a format that this version does not read."""
    lost = _lost(path)
    if lost is not None:
        return lost
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        return pickle_refused(path)
    if (path / "model.json").is_file():
        return ModelError(f"{path.name}/ is a bundle", "name it under model.bundle")
    if suffix in READERS and path.is_file():
        return _weights_alone(path)
    kind = "a folder without config.json" if path.is_dir() else "of an unknown format"
    return ModelError(f"{path.name or path} is {kind}", f"expected {_known()}; or {INSTEAD}")


def _lost(path: Path) -> ModelError | None:
    """Return the error for a path at which nothing can be read."""
    if path.is_symlink() and not path.exists():
        return ModelError(
            f"{path.name} is a link to a file that does not exist", "name the file itself"
        )
    if not path.exists():
        names = [sibling.name for sibling in path.absolute().parent.glob("*")]
        return ModelError(f"model file {path.name} does not exist", nearest(path.name, names))
    if not path.is_file() and not path.is_dir():
        return ModelError(f"{path.name} is neither a file nor a folder", f"expected {_known()}")
    return None


def _weights_alone(path: Path) -> ModelError:
    torch_file = path.suffix.lower() != ".safetensors"
    with path.open("rb") as file:
        start = file.read(2)
    cut = start == ZIP_START and not zipfile.is_zipfile(path)
    if torch_file and (cut or start not in TORCH_STARTS):
        return ModelError(f"{path.name} is damaged or no file of torch", "save the model again")
    return ModelError(
        f"{path.name} holds weights alone, which say nothing of the network",
        "name a factory that builds it: model: {factory: network.py:build, weights: "
        f"{path.name}, output: logit}}",
    )


def _known() -> str:
    return ", ".join(known.words for known in FORMATS.values())

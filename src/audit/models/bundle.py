"""The bundle folder: weights as safetensors, everything else as plain JSON; no pickle anywhere."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.architectures import build
from audit.models.blueprints import require_matching
from audit.models.description import DESCRIPTION, describe_model, read_description, to_json
from audit.models.model import TorchModel, pick_device
from audit.models.weights_file import load_into, read_safetensors, weights_sha256

WEIGHTS, INITIAL = "model.safetensors", "initial.safetensors"


def bundle_files(
    model: TorchModel, initial_state: Mapping[str, Tensor] | None = None
) -> dict[str, bytes]:
    """Return the files of a bundle by name.

    Parameters
    ----------
    model : TorchModel
        Built from a blueprint, with a built-in encoder.
    initial_state : mapping of str to Tensor, optional
        Weights before training.

    Raises
    ------
    ModelError
        If the model cannot be written as a bundle.
    """
    description = describe_model(model, initial_state)
    files = {DESCRIPTION: to_json(description), WEIGHTS: packed(model.network.state_dict())}
    return files | ({INITIAL: packed(initial_state)} if initial_state else {})


def packed(state: Mapping[str, Tensor]) -> bytes:
    """Return a state dict as the content of a .safetensors file."""
    from safetensors.torch import save

    return save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})


def save_bundle(
    folder: Path, model: TorchModel, initial_state: Mapping[str, Tensor] | None = None
) -> Path:
    """Write a bundle: into a folder beside it first, which then takes its place.

    Parameters
    ----------
    folder : Path
        New, empty, or an earlier bundle, which is replaced.
    model : TorchModel
        Built from a blueprint, with a built-in encoder.
    initial_state : mapping of str to Tensor, optional
        Weights before training.

    Raises
    ------
    ModelError
        If the model cannot be written as a bundle, the folder holds something else, or it cannot
        be written.
    """
    files = bundle_files(model, initial_state)
    require_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as place:
            draft = Path(place) / "new"
            draft.mkdir()
            for name, content in files.items():
                (draft / name).write_bytes(content)
            if folder.exists():
                folder.replace(Path(place) / "old")
            draft.replace(folder)
    except OSError as error:
        raise ModelError(
            f"bundle {folder} cannot be written: {error.strerror or error}", "choose another folder"
        ) from error
    return folder


def require_free(folder: Path) -> None:
    """Refuse a folder that a bundle would take the place of, unless it is an earlier bundle.

    Raises
    ------
    ModelError
        If `folder` is a file, or holds something else than a bundle.
    """
    if folder.is_file():
        raise ModelError(f"{folder} is a file", "name a folder for the bundle")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / DESCRIPTION).is_file():
        raise ModelError(
            f"{folder} holds something else than a bundle, which would be lost",
            "choose another folder",
        )


def load_bundle(
    config: ModelConfig, base: Path, *, device: torch.device | None = None
) -> TorchModel:
    """Load the bundle that ``model.bundle`` names.

    Raises
    ------
    ModelError
        As `read_bundle`.
    """
    return read_bundle(base / (config.bundle or ""), device=device)


def read_bundle(folder: Path, *, device: torch.device | None = None) -> TorchModel:
    """Load a bundle; the network is built without drawing weights, then given those of the file.

    Raises
    ------
    ModelError
        If a file is missing or damaged, the weights do not fit the architecture, this does not fit
        the encoder, or their hash is not the stated one.
    """
    description = read_description(folder)
    require_matching(description.architecture, description.preprocessing)
    with torch.device("meta"):
        network = build(description.architecture)
    load_into(network, _read_weights(folder / WEIGHTS), WEIGHTS)
    _require_hash(network.state_dict(), description.sha256, folder / WEIGHTS)
    place = device or pick_device()
    return TorchModel(
        network=network.to(place).eval(),
        encoder=description.preprocessing,
        output=description.output,
        kind="bundle",
        device=place,
        blueprint=description.architecture,
        training=description.training,
        classes=description.classes,
    )


def read_initial(folder: Path) -> dict[str, Tensor] | None:
    """Return the weights before training, or None if the bundle keeps none.

    Raises
    ------
    ModelError
        If they are missing or damaged, or their hash is not the stated one.
    """
    stated = read_description(folder).initial_sha256
    if stated is None:
        return None
    state = _read_weights(folder / INITIAL)
    _require_hash(state, stated, folder / INITIAL)
    return state


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ModelError(
            f"bundle {path.parent.name} has no {path.name}", "write it again with audit train"
        )
    return read_safetensors(path)


def _require_hash(state: Mapping[str, Tensor], stated: str, path: Path) -> None:
    if weights_sha256(state) != stated:
        raise ModelError(
            f"{path.parent.name}/{path.name}: the weights are not those that {DESCRIPTION} states "
            f"(expected {stated[:12]}…, came {weights_sha256(state)[:12]}…)",
            "write the bundle again with audit train",
        )

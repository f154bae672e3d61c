"""TorchScript archives: programs, so they are read only where the user trusts them."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import nn

from audit.canonical import sha256_file
from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.archive import opened
from audit.models.factory import chosen_encoder, require_output
from audit.models.model import TorchModel, pick_device
from audit.user_code import CodeRecord

TRUSTED = "--trust was given: the program inside {name} was run"


def load_torchscript(
    config: ModelConfig,
    base: Path,
    *,
    device: torch.device | None = None,
    trust: bool = False,
) -> TorchModel:
    """Load the TorchScript archive that ``model.path`` names.

    Gradients flow through it. Its layers are steps of a program, so the weight ledgers say that
    they cannot follow it.

    Parameters
    ----------
    config : ModelConfig
        With path and output, and encode where wanted.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.
    trust : bool
        Whether the program in the file may run.

    Raises
    ------
    ModelError
        If it is not trusted, or damaged.
    """
    path = base / (config.path or "")
    if not trust:
        raise ModelError(
            f"{path.name} is a TorchScript archive: a program, which would run",
            "run with --trust if you made it yourself, or export the network with torch.export",
        )
    output = require_output(config, "a TorchScript archive")
    encoder, code = chosen_encoder(config, base)
    place = device or pick_device()
    return TorchModel(
        network=_read(path, place).eval(),
        encoder=encoder,
        output=output,
        kind="torchscript",
        device=place,
        code=(CodeRecord(name=path.name, sha256=sha256_file(path)), *code),
        notes=(TRUSTED.format(name=path.name),),
    )


def _read(path: Path, device: torch.device) -> nn.Module:
    with opened(path):  # names and sizes are checked; trust is in the code, not in the size
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns that TorchScript is going away
            network: nn.Module = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]  # torch's own
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(
            f"{path.name} is damaged or of another torch: {error}", "save it again"
        ) from error
    return network

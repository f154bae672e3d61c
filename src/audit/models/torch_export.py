"""torch.export archives (.pt2): rebuilt from their graph, so that nothing in them is run."""

from __future__ import annotations

import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.export_archive import DTYPES, ExportFile, read_export
from audit.models.export_graph import build
from audit.models.factory import chosen_encoder, require_output
from audit.models.model import TorchModel, pick_device

LARGEST = 1 << 28
ROWS = 3
TRUSTED = "--trust was given: torch.export.load read {name}, which can run code in the file"
NO_LAYERS = "the graph of {name} is kept as steps; only layers in a row have a weight ledger"
TABLE = 2


def load_export(
    config: ModelConfig,
    base: Path,
    *,
    device: torch.device | None = None,
    trust: bool = False,
) -> TorchModel:
    """Load the torch.export archive that ``model.path`` names.

    Parameters
    ----------
    config : ModelConfig
        With path and output, and encode where wanted.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.
    trust : bool
        Whether torch may read what cannot be rebuilt from the graph; that can run code in the file.

    Raises
    ------
    ModelError
        If the file is damaged or hostile, holds an operator that is not known, or was exported
        for one number of rows alone.
    """
    path = base / (config.path or "")
    output = require_output(config, "a torch.export archive")
    encoder, code = chosen_encoder(config, base)
    try:
        network, width, notes = _rebuilt(path)
    except ModelError:
        if not trust:
            raise
        network, width, notes = Trusted(path), None, (TRUSTED.format(name=path.name),)
    place = device or pick_device()
    return TorchModel(
        network=network.to(place).eval(),
        encoder=encoder,
        output=output,
        kind="torch.export",
        device=place,
        code=code,
        notes=notes,
        width=width if config.encode is None else None,
        classes=config.classes,
    )


def _rebuilt(path: Path) -> tuple[nn.Module, int | None, tuple[str, ...]]:
    file = read_export(path)
    network = build(file)
    _require_any_rows(file, network)
    stack = isinstance(network, nn.Sequential)
    return network, _width(file), () if stack else (NO_LAYERS.format(name=path.name),)


def _width(file: ExportFile) -> int | None:
    sizes = [file.sizes(name) for name in file.inputs]
    return sizes[0][1] if len(sizes) == 1 and len(sizes[0]) == TABLE else None


class Trusted(nn.Module):
    """A network as torch itself reads it, which can run code in the file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about its own old formats
            try:
                self.exported = torch.export.load(path).module()
            except Exception as error:
                raise ModelError(
                    f"{path.name} cannot be read by torch either: {type(error).__name__}: {error}"
                ) from error

    def train(self, mode: bool = True) -> Trusted:
        """Set the mode of this module alone: an exported network has one mode and refuses both."""
        self.training = mode
        return self

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:  # noqa: ANN401 - the network's own answer
        """Return what the network says."""
        return self.exported(*inputs, **named)


class _Bounded(fx.Interpreter):
    """Follows the shapes of a graph without computing, so that no step can ask for all memory."""

    def run_node(self, n: fx.Node) -> Any:  # noqa: ANN401 - whatever a step gives
        """Return what a step gives, unless it is too large."""
        found = super().run_node(n)
        if isinstance(found, Tensor) and found.numel() > LARGEST:
            raise ModelError(
                f"step {n.name} makes {found.numel():,} numbers for {ROWS} rows",
                f"expected at most {LARGEST:,}",
            )
        return found


def _require_any_rows(file: ExportFile, network: nn.Module) -> None:
    """Refuse a graph that a number of rows is baked into, and one that asks for too much memory."""
    fixed = file.sizes(file.inputs[0])[0] if file.inputs and file.sizes(file.inputs[0]) else None
    rows = ROWS + 2 if fixed == ROWS else ROWS
    shapes = [
        [rows if i == 0 else size or ROWS for i, size in enumerate(file.sizes(name))]
        for name in file.inputs
    ]
    kinds = [file.graph["tensor_values"][name]["dtype"] for name in file.inputs]
    blank = deepcopy(network).to("meta")
    given = [
        torch.empty(shape, dtype=DTYPES[kind], device="meta")
        for shape, kind in zip(shapes, kinds, strict=True)
    ]
    try:
        with torch.no_grad():
            answer = (
                _Bounded(blank).run(*given) if isinstance(blank, fx.GraphModule) else blank(*given)
            )
        held = isinstance(answer, Tensor) and answer.ndim > 0 and len(answer) == rows
    except ModelError:
        raise
    except Exception as error:
        if fixed is None:
            raise ModelError(f"{file.name} is damaged: {type(error).__name__}: {error}") from error
        held = False
    if not held:
        raise ModelError(
            f"{file.name} was exported for exactly {fixed} rows at a time",
            "export it again with a dynamic first dimension: torch.export.export(network, (x,), "
            "dynamic_shapes=({0: torch.export.Dim('rows')},))",
        )

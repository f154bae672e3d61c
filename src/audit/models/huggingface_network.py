"""The network in a Hugging Face folder, built only where its sizes are those of its weights."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as registering

from audit.errors import AuditError, ModelError
from audit.models.huggingface_folder import SAVED, Folder
from audit.models.inference import seeded

EXTRA = 'pip install "weight-audit[huggingface]"'
TOKENS = 1 << 14  # in one pass through the network
MOST_NUMBERS = 1 << 28
SPARE = 1_000


class TextClassifier(nn.Module):
    """A sequence classifier that gives its logits, for a few rows at a time.

    Columns that are padding in every row are left out, which changes no answer and saves time.
    """

    def __init__(self, inner: nn.Module, *, padded_right: bool) -> None:
        super().__init__()
        self.inner, self.padded_right = inner, padded_right

    def forward(self, **tokens: Tensor) -> Tensor:
        """Return the logits, shape (n, labels)."""
        kept = self._without_padding(tokens)
        length = next(iter(kept.values())).shape[1]
        rows = max(TOKENS // length, 1)
        parts = zip(*(torch.split(tensor, rows) for tensor in kept.values()), strict=True)
        return torch.cat([self.inner(**dict(zip(kept, part, strict=True))).logits
                          for part in parts])  # fmt: skip

    def _without_padding(self, tokens: dict[str, Tensor]) -> dict[str, Tensor]:
        mask = tokens.get("attention_mask")
        if mask is None or not self.padded_right:
            return tokens
        used = max(int(mask.any(dim=0).sum()), 1)
        return {name: tensor[:, :used] for name, tensor in tokens.items()}


def read_network(folder: Folder) -> nn.Module:
    """Return the network of a folder, in evaluation mode, on the CPU.

    Raises
    ------
    ModelError
        If transformers is not installed, does not know the network, or its weights do not fit.
    """
    transformers = library(folder)
    automatic = transformers.AutoModelForSequenceClassification
    try:
        with quiet(), seeded(0, torch.device("cpu")):
            config = transformers.AutoConfig.from_pretrained(
                str(folder.path), local_files_only=True, trust_remote_code=False
            )
            _require_fit(automatic, config, folder)
            network, found = automatic.from_pretrained(
                str(folder.path),
                config=config,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=torch.float32,
                attn_implementation="eager",
                output_loading_info=True,
            )
    except AuditError:
        raise
    except Exception as error:
        raise failed(folder, "the network", error) from error
    _require_complete(found, folder)
    return network.eval()  # type: ignore[no-any-return]  # a module


def library(folder: Folder) -> Any:  # noqa: ANN401 - a module
    """Return transformers.

    Raises
    ------
    ModelError
        If it is not installed.
    """
    try:
        import tokenizers  # noqa: F401 - what transformers reads tokenizer.json with
        import transformers
    except ImportError as error:
        raise ModelError(f"{folder.name} needs transformers, which is not installed", EXTRA) from (
            error
        )
    return transformers


def failed(folder: Folder, what: str, error: Exception) -> ModelError:
    """Return the error for something that transformers could not read."""
    return ModelError(
        f"{folder.name}: transformers cannot read {what}: {type(error).__name__}: {error}",
        f"save it again: {SAVED}",
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers off the network and its bars and warnings off the screen."""
    from huggingface_hub import constants
    from transformers.utils import logging as own

    log = logging.getLogger("transformers")
    level, bars = log.level, own.is_progress_bar_enabled()
    offline, stated = constants.HF_HUB_OFFLINE, os.environ.get("HF_HUB_OFFLINE")
    log.setLevel(logging.CRITICAL)
    own.disable_progress_bar()  # type: ignore[no-untyped-call]  # of transformers
    constants.HF_HUB_OFFLINE, os.environ["HF_HUB_OFFLINE"] = True, "1"
    try:
        yield
    finally:
        log.setLevel(level)
        if bars:
            own.enable_progress_bar()  # type: ignore[no-untyped-call]  # of transformers
        constants.HF_HUB_OFFLINE = offline
        os.environ.pop("HF_HUB_OFFLINE")
        if stated is not None:
            os.environ["HF_HUB_OFFLINE"] = stated


def _require_fit(automatic: Any, config: Any, folder: Folder) -> None:  # noqa: ANN401 - of transformers
    """Build the network without memory, and hold its sizes against those of the weights."""
    stored = _stored(folder)
    with _counting(folder, most=4 * len(stored) + SPARE), torch.device("meta"):
        blank = automatic.from_config(config, trust_remote_code=False)
    needed = sum(parameter.numel() for parameter in blank.parameters())
    there = sum(torch.Size(shape).numel() for shape in stored.values())
    shapes = {name: tuple(tensor.shape) for name, tensor in blank.state_dict().items()}
    for name, shape in stored.items():
        if shapes.get(name, shape) != shape:
            raise ModelError(
                f"{folder.name}: weight {name!r} has shape {shape}, config.json asks for "
                f"{shapes[name]}",
                f"save both together: {SAVED}",
            )
    if needed > there + MOST_NUMBERS:
        raise ModelError(
            f"{folder.name}: config.json describes {needed:,} weights, the files hold {there:,}",
            f"save both together: {SAVED}",
        )


def _stored(folder: Folder) -> dict[str, tuple[int, ...]]:
    from safetensors import SafetensorError, safe_open

    found: dict[str, tuple[int, ...]] = {}
    for file in folder.weights:
        try:
            with safe_open(file, framework="pt") as tensors:
                for name in tensors.keys():  # noqa: SIM118 - no mapping
                    found[name] = tuple(tensors.get_slice(name).get_shape())
        except (SafetensorError, OSError, ValueError, OverflowError, RuntimeError) as error:
            raise ModelError(
                f"{folder.name}{file.name} is truncated or not a safetensors file: {error}",
                f"save it again: {SAVED}",
            ) from error
    return found


@contextmanager
def _counting(folder: Folder, most: int) -> Iterator[None]:
    """Stop a network from being built that has far more tensors, or numbers, than its files."""
    seen = {"tensors": 0, "numbers": 0}

    def count(_: nn.Module, name: str, tensor: Tensor | None, *, own: bool) -> None:
        seen["tensors"] += 1
        seen["numbers"] += 0 if own or tensor is None else tensor.numel()
        if seen["tensors"] > most or seen["numbers"] > MOST_NUMBERS:
            raise ModelError(
                f"{folder.name}: config.json describes a network far larger than its weights "
                f"(at {name!r})",
                f"save both together: {SAVED}",
            )

    hooks = (
        registering.register_module_parameter_registration_hook(
            lambda owner, name, tensor: count(owner, name, tensor, own=True)
        ),
        registering.register_module_buffer_registration_hook(
            lambda owner, name, tensor: count(owner, name, tensor, own=False)
        ),
        registering.register_module_module_registration_hook(
            lambda owner, name, _: count(owner, name, None, own=True)
        ),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _require_complete(found: dict[str, Any], folder: Folder) -> None:
    missing = sorted(found.get("missing_keys") or ())
    if missing:
        raise ModelError(
            f"{folder.name}: the files lack {len(missing)} weights of {folder.architecture}, "
            f"such as {missing[0]!r}: transformers would draw them at random",
            f"train the network for classification and save it: {SAVED}",
        )

"""Weights from a file that cannot run code, checked before they are used."""

from __future__ import annotations

import hashlib
import json
import pickle
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from audit.errors import ModelError, nearest
from audit.models.archive import opened

State = dict[str, Tensor]
NESTED = ("model_state_dict", "state_dict", "model_state", "model", "network", "net")
PREFIXES = ("module.", "_orig_mod.", "model.")
PICKLES = (".pkl", ".pickle", ".joblib")
WAY_OUT = (
    "save the weights alone, torch.save(model.state_dict(), 'network.pt') or "
    "safetensors.torch.save_file(model.state_dict(), 'network.safetensors'), and name a factory"
)


def read_state(path: Path) -> State:
    """Read a state dict from .safetensors, .pt, .pth, .bin or .ckpt, on the CPU.

    Nothing in the file is run: torch files are read with ``weights_only``, other pickles refused.
    A state dict nested in a checkpoint is found.

    Raises
    ------
    ModelError
        If the file is missing, damaged, of another kind, or holds more than weights.
    """
    if path.suffix.lower() in PICKLES:
        raise pickle_refused(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(READERS)
        raise ModelError(f"{path.name}: expected weights in one of {known}", WAY_OUT)
    if not path.is_file():
        there = [item.name for item in path.parent.glob("*") if item.suffix.lower() in READERS]
        raise ModelError(f"weights file {path.name} does not exist", nearest(path.name, there))
    return reader(path)


def pickle_refused(path: Path) -> ModelError:
    """Return the error for a pickle, with the ways out of it."""
    return ModelError(
        f"{path.name} is a pickle, which can run code when it is read",
        f"of scikit-learn: skops.io.dump(model, '{path.stem}.skops'); of torch: {WAY_OUT}",
    )


def read_safetensors(path: Path) -> State:
    """Read a safetensors file.

    Raises
    ------
    ModelError
        If it is truncated or not a safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path, device="cpu"))
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError, OverflowError) as error:
        raise ModelError(
            f"{path.name} is truncated or not a safetensors file: {error}",
            "write it again with safetensors.torch.save_file",
        ) from error


def _read_torch(path: Path) -> State:
    archive = zipfile.is_zipfile(path)
    if archive:
        with opened(path) as found:
            _require_weights(found, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about its own old formats
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=archive)
    except pickle.UnpicklingError as error:
        raise _not_plain(path, error) from error
    except Exception as error:
        raise ModelError(f"{path.name} is damaged or not a torch file: {error}", WAY_OUT) from error
    return _find_state(content, path)


def _require_weights(archive: zipfile.ZipFile, path: Path) -> None:
    if any("/code/" in f"/{name}" for name in archive.namelist()):
        raise ModelError(
            f"{path.name} is a TorchScript archive, which is a program and not weights alone",
            f"name it under model.path ({path.name} then needs --trust), or {WAY_OUT}",
        )


def _not_plain(path: Path, error: Exception) -> ModelError:
    if "GLOBAL" in str(error):  # the word of torch's reader for a name that a pickle would import
        problem = "holds pickled objects that could run code, not weights alone"
    else:
        problem = "is damaged, not a torch file, or a pickle that could run code"
    return ModelError(f"{path.name} {problem}", WAY_OUT)


READERS: Mapping[str, Callable[[Path], State]] = {
    ".safetensors": read_safetensors,
    ".pt": _read_torch,
    ".pth": _read_torch,
    ".bin": _read_torch,
    ".ckpt": _read_torch,
}


def _find_state(content: object, path: Path) -> State:
    if _is_state(content):
        return dict(content)  # type: ignore[call-overload, no-any-return]  # _is_state tells
    parts = content if isinstance(content, dict) else {}
    found = [key for key in NESTED if _is_state(parts.get(key))]
    if len(found) > 1:
        raise ModelError(
            f"{path.name}: expected one state dict, came {' and '.join(map(repr, found))}", WAY_OUT
        )
    if found:
        return dict(parts[found[0]])
    came = f"keys {sorted(map(str, content))[:8]}" if isinstance(content, dict) else type(content)
    raise ModelError(f"{path.name}: expected a state dict (name to tensor), came {came}", WAY_OUT)


def _is_state(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in value.items())
    )


def load_into(network: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Put weights into a network, each into its place.

    The prefixes that wrappers add (``module.``, ``_orig_mod.``, ``model.``) are taken off where
    the network does not use them.

    Raises
    ------
    ModelError
        If a key is missing or left over, a shape differs (the first is named), or a weight is not
        finite.
    """
    expected = network.state_dict()
    given = _without_prefixes(state, expected)
    _require_fit(given, expected, source)
    for name, tensor in given.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise ModelError(
                f"{source}: weight {name!r} holds NaN or infinity", "train the network again"
            )
    network.load_state_dict(given, assign=any(value.is_meta for value in expected.values()))


def _without_prefixes(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> State:
    given = dict(state)
    for _ in range(3):  # wrappers nest
        for prefix in PREFIXES:
            wrapped = bool(given) and all(key.startswith(prefix) for key in given)
            if wrapped and not any(key.startswith(prefix) for key in expected):
                given = {key.removeprefix(prefix): value for key, value in given.items()}
    return given


def _require_fit(given: State, expected: Mapping[str, Tensor], source: str) -> None:
    for name in expected:
        if name in given and given[name].shape != expected[name].shape:
            raise ModelError(
                f"{source}: weight {name!r} has shape {tuple(given[name].shape)}, the network "
                f"expects {tuple(expected[name].shape)}",
                "give the weights of this network, or the network of these weights",
            )
        if name in given and expected[name].is_floating_point():
            _require_fractions(name, given[name], source)
    missing = [name for name in expected if name not in given]
    extra = [name for name in given if name not in expected]
    if missing or extra:
        raise ModelError(
            f"{source} does not fit the network: {_listed('missing', missing, extra)}",
            "give the weights of this network, or the network of these weights",
        )


def _require_fractions(name: str, given: Tensor, source: str) -> None:
    if not given.is_floating_point():
        raise ModelError(
            f"{source}: weight {name!r} holds {str(given.dtype).removeprefix('torch.')} values, "
            "the network expects fractions",
            "save the weights as floating point",
        )


def _listed(word: str, missing: list[str], extra: list[str], limit: int = 5) -> str:
    parts = []
    for label, names in ((word, missing), ("not expected", extra)):
        if names:
            more = f" and {len(names) - limit} more" if len(names) > limit else ""
            parts.append(f"{label} {', '.join(map(repr, names[:limit]))}{more}")
    return "; ".join(parts)


def weights_sha256(state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, dtypes, shapes and values, whatever the file format or order."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        header = json.dumps([name, str(tensor.dtype), list(tensor.shape)])
        digest.update(header.encode() + b"\n")
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()

"""Which format a model file has, by its name and its first bytes; nothing in it is read further."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_NAMES = 100_000


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format of model files, named like its loader.

    Attributes
    ----------
    words : str
        For messages.
    suffixes : tuple of str
    """

    words: str
    suffixes: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    "onnx": Format(words="an ONNX graph (.onnx)", suffixes=(".onnx",)),
    "torch.export": Format(words="a torch.export archive (.pt2)", suffixes=(".pt2",)),
    "torchscript": Format(words="a TorchScript archive (.pt)"),
    "sklearn": Format(words="a skops file (.skops)", suffixes=(".skops",)),
    "keras": Format(
        words="a Keras model (.keras, .h5, .hdf5)", suffixes=(".keras", ".h5", ".hdf5")
    ),
    "huggingface": Format(words="a Hugging Face folder (with config.json)"),
}
TORCH = (".pt", ".pth", ".ts", ".torchscript")


def format_of(path: Path) -> str | None:
    """Return the format of a model file or folder, or None if no loader reads it."""
    if path.is_dir():
        return "huggingface" if (path / "config.json").is_file() else None
    if not path.is_file():
        return None
    suffix = path.suffix.lower()
    for name, known in FORMATS.items():
        if suffix in known.suffixes:
            return name
    return _in_archive(path) if suffix in TORCH else None


def _in_archive(path: Path) -> str | None:
    """Tell TorchScript and torch.export archives from pickled weights: all three can be .pt."""
    names = member_names(path)
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        return "torchscript"
    if "archive_format" in inner or "models/model.json" in inner:
        return "torch.export"
    return None


def member_names(path: Path) -> tuple[str, ...]:
    """Return the names inside a zip archive; none where it is none, or is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(archive.namelist()[:MOST_NAMES])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ()

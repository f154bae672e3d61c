"""What a Keras file holds: its configuration, its weights, and the version that wrote it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.errors import ModelError
from audit.models.archive import member_bytes, member_json, opened
from audit.models.keras_hdf5 import Node, opened_hdf5
from audit.models.keras_spec import NetworkSpec, network_spec
from audit.models.keras_weights import NamedWeights, StoredWeights, Weights

ARCHIVE = ".keras"
WEIGHTS = "model.weights.h5"
LATEST = 3
WHOLE = "save the whole model, model.save('network.keras'), or rebuild it and save it whole"


@dataclass(frozen=True, kw_only=True)
class KerasFile:
    """A Keras file that lies open.

    Attributes
    ----------
    spec : NetworkSpec
    weights : Weights
    version : int
        Of Keras: 1, 2 or 3.
    """

    spec: NetworkSpec
    weights: Weights
    version: int


@contextmanager
def opened_keras(path: Path) -> Iterator[KerasFile]:
    """Open a .keras archive, or a whole model in .h5 or .hdf5; nothing in it is run.

    Raises
    ------
    ModelError
        If it is missing, damaged, hostile, holds weights alone, or code.
    """
    if not path.is_file():
        raise ModelError(f"model file {path.name} does not exist")
    reader = _archive if path.suffix.lower() == ARCHIVE else _legacy
    with reader(path) as file:
        yield file


@contextmanager
def _archive(path: Path) -> Iterator[KerasFile]:
    with opened(path) as archive:
        config = member_json(archive, "config.json")
        about = member_json(archive, "metadata.json")
        content = member_bytes(archive, WEIGHTS)
    version = about.get("keras_version") if isinstance(about, dict) else None
    size = path.stat().st_size
    with opened_hdf5(io.BytesIO(content), path.name, size) as root:
        yield KerasFile(
            spec=network_spec(config, path.name),
            weights=StoredWeights(root=root),
            version=_version(version, LATEST),
        )


@contextmanager
def _legacy(path: Path) -> Iterator[KerasFile]:
    with opened_hdf5(path, path.name, path.stat().st_size) as root:
        text = root.text("model_config")
        weights = root.down("model_weights")
        if text is None or weights is None:
            raise ModelError(f"{path.name} holds no whole Keras model, weights at most", WHOLE)
        yield KerasFile(
            spec=network_spec(_parsed(text, path.name), path.name),
            weights=NamedWeights(root=weights),
            version=_version(_written_by(root, weights), 1),
        )


def _written_by(root: Node, weights: Node) -> str | None:
    return root.text("keras_version") or weights.text("keras_version")


def _parsed(text: str, file: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        told = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ModelError(f"{file}: model_config: expected JSON, came {told}") from error


def _version(text: object, usual: int) -> int:
    first = str(text).partition(".")[0] if text is not None else ""
    return int(first) if first.isdecimal() and first.isascii() and len(first) < LATEST else usual

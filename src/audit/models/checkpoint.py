"""The file from which an interrupted training goes on: safetensors with JSON in the header."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from audit.errors import ModelError
from audit.models.records import EpochRecord
from audit.models.standing import Standing
from audit.models.weights_file import State

KIND = "weight-audit checkpoint"
PARTS = ("weights", "best", "optimizer", "chance")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the header of the file says."""

    training: dict[str, Any]
    epochs: tuple[EpochRecord, ...]
    best_epoch: int


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The file of one training.

    Attributes
    ----------
    path : Path
    training : dict
        All that the weights depend on, as plain values and hashes.
    """

    path: Path
    training: Mapping[str, Any]

    def read(self) -> Standing | None:
        """Return where the training stands, or None where there is no file.

        Raises
        ------
        ModelError
            If the file is damaged, or of a training with other data or settings.
        """
        if not self.path.exists():
            return None
        said, tensors = self._content()
        self._require_same(said.training)
        parts: dict[str, State] = {part: {} for part in PARTS}
        for name, tensor in tensors.items():
            part, _, key = name.partition("/")
            if part not in parts:
                raise self.damaged(f"{name!r} is no part of a checkpoint")
            parts[part][key] = tensor
        if not 1 <= said.best_epoch <= len(said.epochs):
            raise self.damaged(f"epoch {said.best_epoch} of {len(said.epochs)} is said to be best")
        return Standing(epochs=said.epochs, best_epoch=said.best_epoch, **parts)

    def write(self, standing: Standing) -> None:
        """Put the file in place of the one of the epoch before: whole, or not at all.

        Raises
        ------
        ModelError
            If it cannot be written.
        """
        from safetensors.torch import save

        tensors = {
            f"{part}/{name}": tensor.contiguous()
            for part in PARTS
            for name, tensor in getattr(standing, part).items()
        }
        said = Said(
            training=dict(self.training), epochs=standing.epochs, best_epoch=standing.best_epoch
        )
        header = {"kind": KIND, "said": json.dumps(asdict(said), sort_keys=True, allow_nan=False)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = _draft(self.path)
            with draft.open("wb") as file:
                file.write(save(tensors, metadata=header))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise ModelError(
                f"checkpoint {self.path} cannot be written: {error.strerror or error}",
                "choose another folder",
            ) from error

    def _content(self) -> tuple[Said, State]:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata() or {}
                if header.get("kind") != KIND:
                    raise self.damaged("it is another safetensors file")
                said = _adapter().validate_json(header.get("said", ""))
                return said, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        except ValidationError as error:
            raise self.damaged(error.errors()[0]["msg"]) from error
        except (SafetensorError, OSError, ValueError, RuntimeError, OverflowError) as error:
            raise self.damaged(str(error)) from error

    def damaged(self, problem: str) -> ModelError:
        """Return the error for a file that is no checkpoint, or not whole."""
        return ModelError(
            f"{self.path.name} is not a checkpoint of audit train, or damaged: {problem}",
            "delete it to train from the start",
        )

    def _require_same(self, found: Mapping[str, Any]) -> None:
        other = [name for name, value in self.training.items() if found.get(name) != value]
        if other:
            raise ModelError(
                f"{self.path.name} is of a training that was interrupted, with "
                f"{_told(other[0], found.get(other[0]), self.training[other[0]])}",
                "go on with what it was started with, delete it to train from the start, or choose "
                "another folder",
            )


def beside(folder: Path) -> Path:
    """Return where the checkpoint of a training lies whose bundle goes into `folder`."""
    place = folder.resolve()
    return place.with_name(f"{place.name}.checkpoint.safetensors")


def discard(path: Path) -> None:
    """Remove a checkpoint, and what an interrupted writing left of one."""
    _draft(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _told(name: str, before: Any, now: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        return f"other {name}: {keys[0]} was {before.get(keys[0])}, is {now.get(keys[0])}"
    return f"other {name}"


def _adapter() -> TypeAdapter[Said]:
    return TypeAdapter(Said)

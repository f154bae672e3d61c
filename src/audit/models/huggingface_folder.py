"""What a Hugging Face folder holds, looked at before any library reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from audit.errors import ModelError
from audit.models.archive import LARGEST_JSON

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
OTHERS = ("pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack")
SUFFIX = "ForSequenceClassification"
LARGEST = 1 << 24
MOST = 10_000  # layers, heads, labels
COUNTED = ("layer", "head", "block", "expert", "label", "group")
SAVED = "model.save_pretrained(folder) and tokenizer.save_pretrained(folder)"


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder whose files hold no surprise.

    Attributes
    ----------
    path : Path
    config : mapping
        What config.json says.
    architecture : str
        The class of the network.
    weights : tuple of Path
        Files of tensors.
    """

    path: Path
    config: Mapping[str, Any]
    architecture: str
    weights: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Return its name, for messages."""
        return f"{self.path.name}/"


def opened_folder(path: Path) -> Folder:
    """Look at the folder of a sequence classifier.

    Raises
    ------
    ModelError
        If it names code of its own, holds pickled weights or an adapter alone, lacks a file, is
        damaged or hostile, or is no sequence classifier.
    """
    for file in sorted(path.glob("*.json")):
        _require_modest(file)
    config = _read(path / CONFIG)
    for file in (path / CONFIG, path / TOKENIZER_CONFIG):
        _require_no_code(file)
    _require_whole(path, config)
    _require_bounded(config, f"{path.name}/{CONFIG}")
    return Folder(
        path=path,
        config=config,
        architecture=_architecture(path, config),
        weights=_weights(path),
    )


def _require_modest(file: Path) -> None:
    if file.stat().st_size > LARGEST_JSON:
        raise ModelError(
            f"{file.parent.name}/{file.name} has {file.stat().st_size:,} bytes, expected at most "
            f"{LARGEST_JSON:,}"
        )
    _parsed(file)


def _parsed(file: Path) -> Any:  # noqa: ANN401 - any JSON value
    where = f"{file.parent.name}/{file.name}"
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError, OSError) as error:
        told = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ModelError(f"{where}: expected JSON, came {told}", f"save it again: {SAVED}") from (
            error
        )


def _read(file: Path) -> Mapping[str, Any]:
    found = _parsed(file)
    if not isinstance(found, dict):
        raise ModelError(f"{file.parent.name}/{file.name}: expected an object, came another value")
    return found


def _require_no_code(file: Path) -> None:
    if file.is_file() and "auto_map" in _read(file):
        raise ModelError(
            f"{file.parent.name}/{file.name} names code of its own (auto_map), which is never run",
            "use a network and a tokenizer that transformers has itself, or name a factory",
        )


def _require_whole(path: Path, config: Mapping[str, Any]) -> None:
    if (path / "adapter_config.json").exists():
        raise ModelError(
            f"{path.name}/ holds an adapter, not a whole network",
            f"merge it, network.merge_and_unload(), and save that: {SAVED}",
        )
    if config.get("quantization_config"):
        raise ModelError(f"{path.name}/ holds quantised weights", "save it before it is quantised")
    if not (path / TOKENIZER).is_file():
        raise ModelError(
            f"{path.name}/ has no {TOKENIZER}",
            "save the fast tokenizer beside the network: tokenizer.save_pretrained(folder)",
        )


def _architecture(path: Path, config: Mapping[str, Any]) -> str:
    stated = config.get("architectures")
    names = [name for name in stated if isinstance(name, str)] if isinstance(stated, list) else []
    found = next((name for name in names if name.endswith(SUFFIX)), None)
    if found is None:
        came = ", ".join(names) or "no architecture"
        raise ModelError(
            f"{path.name}/{CONFIG}: expected a network for sequence classification, came {came}",
            f"audit a network that ends in {SUFFIX}, saved with {SAVED}",
        )
    return found


def _weights(path: Path) -> tuple[Path, ...]:
    if (path / WEIGHTS).is_file():
        return (path / WEIGHTS,)
    if (path / INDEX).is_file():
        return _shards(path)
    pickled = [name for name in OTHERS if (path / name).exists()]
    if pickled:
        raise ModelError(
            f"{path.name}/ holds its weights as {pickled[0]}, which can run code when it is read"
            if "pytorch" in pickled[0]
            else f"{path.name}/ holds its weights as {pickled[0]}",
            "save them as safetensors, where you trust the file: "
            "model.save_pretrained(folder, safe_serialization=True)",
        )
    raise ModelError(f"{path.name}/ has no {WEIGHTS}", f"save the network: {SAVED}")


def _shards(path: Path) -> tuple[Path, ...]:
    named = _read(path / INDEX).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise ModelError(f"{path.name}/{INDEX} names no files", f"save it again: {SAVED}")
    files = sorted({str(name) for name in named.values()})
    for name in files:
        plain = PurePosixPath(name.replace("\\", "/")).name == name
        if not plain or not name.endswith(".safetensors") or not (path / name).is_file():
            raise ModelError(
                f"{path.name}/{INDEX}: expected .safetensors files in the folder, came {name!r}",
                f"save it again: {SAVED}",
            )
    return tuple(path / name for name in files)


def _require_bounded(config: Mapping[str, Any], where: str) -> None:
    """Refuse sizes beyond reason before a library makes lists of that length."""
    for key, value in _numbers(config, ""):
        most = MOST if any(word in key.lower() for word in COUNTED) else LARGEST
        if abs(value) > most:
            raise ModelError(f"{where}: {key} is {value:,}, expected at most {most:,}")
    labels = config.get("id2label")
    if isinstance(labels, dict) and len(labels) > MOST:
        raise ModelError(f"{where} names {len(labels):,} labels, expected two")


def _numbers(value: Any, key: str) -> Iterator[tuple[str, int | float]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, key)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield key, value

"""From the text of audit.yaml to a checked AuditConfig, or one line that says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from audit.config.needs import require_needs
from audit.config.settings import AuditConfig
from audit.config.tasks import require_task
from audit.errors import ConfigError, nearest
from audit.registry import EXPLAINERS, METRICS, MITIGATORS, REGIMES

LIMIT = 1 << 20
SHOWN = 80
SCHEMA_FILE = Path(__file__).with_name("audit.schema.json")


class _Loader(yaml.SafeLoader):
    """Safe YAML without anchors (they can expand without bound) and without repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's own types
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # no stub
            raise yaml.MarkedYAMLError(problem="aliases are not used here", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: Any,  # noqa: ANN401 - PyYAML's own type
        deep: bool = False,
    ) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key {key.value!r} occurs twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_config(path: str | Path) -> AuditConfig:
    """Read a configuration file.

    Parameters
    ----------
    path : str or Path
        An audit.yaml.

    Returns
    -------
    AuditConfig

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or says something unknown or impossible.
    """
    path = Path(path)
    values = _parse(_read(path), str(path))
    if not isinstance(values, dict):
        raise ConfigError(
            f"{path}: expected keys and values (data:, model:, ...), came {_came(values)}",
            "write a first one with: audit init MODEL DATA",
        )
    return config_from(values, str(path))


def config_from(values: Mapping[str, Any], source: str = "config") -> AuditConfig:
    """Check the values of a configuration.

    Raises
    ------
    ConfigError
        Naming the first key that is unknown, missing or wrong, and the nearest right one.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"{source}: expected keys and values (data:, model:, ...), came {_came(values)}"
        )
    try:
        config = AuditConfig.model_validate(dict(values))
    except ValidationError as error:
        raise _told(error, source) from error
    _require_known_names(config)
    require_needs(config)
    require_task(config)
    return config


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of audit.yaml, for editors that complete it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **AuditConfig.model_json_schema(),
        "title": "audit.yaml",
    }


def _require_known_names(config: AuditConfig) -> None:
    if config.metrics.names != "default":
        for name in config.metrics.names:
            METRICS.target(name)
    for name in config.explain.methods:
        EXPLAINERS.target(name)
    for item in config.mitigate:
        MITIGATORS.target(item.method)
    for name in config.report.regimes:
        REGIMES.target(name)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LIMIT:
            raise ConfigError(
                f"{path}: expected at most 1 MiB of YAML, came {path.stat().st_size:,} bytes"
            )
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file", "write a first one with: audit init MODEL DATA"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected UTF-8 text, came other bytes") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error


def _parse(text: str, source: str) -> Any:  # noqa: ANN401 - whatever the YAML holds
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{source}{line}: expected YAML, came {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise ConfigError(f"{source}: expected YAML, came {error}") from error


def _told(error: ValidationError, source: str) -> ConfigError:
    # Unknown keys first: a misspelt key also makes the right one missing.
    problems = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    first = problems[0]
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        where = ".".join(place[:-1])
        return ConfigError(
            f"{source}: unknown key {place[-1]!r}" + (f" in {where}" if where else ""),
            nearest(place[-1], [key for key in _known_keys(place[:-1]) if key != place[-1]]),
        )
    key = ".".join(place) or "the whole"
    if first["type"] == "missing":
        return ConfigError(f"{source}: {key}: expected a value, came none", _meaning(place))
    message = _plain(first["msg"])
    came = "" if "came" in message or not place else f", came {_came(first['input'])}"
    return ConfigError(f"{source}: {key}: {message}{came}", _meaning(place))


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ").replace("Input should be", "expected")
    message = re.sub(r" or instance of \w+", "", message).replace("a valid dictionary", "keys")
    return message[:1].lower() + message[1:]


def _place(location: Iterable[str | int]) -> list[str]:
    # Pydantic adds the names of the types it tried in a union; only keys and positions are told.
    parts = [str(part) for part in location if "[" not in str(part)]
    kept: list[str] = []
    for part in parts:
        known = _known_keys(kept)
        chosen = part.isdigit() or _is_chosen(kept) or part == parts[-1]
        if not kept or chosen or not known or part in known:
            kept.append(part)
    return kept


def _sections(place: Iterable[str]) -> list[type[BaseModel]]:
    models: list[type[BaseModel]] = [AuditConfig]
    before: list[str] = []
    for part in place:
        before.append(part)
        if part.isdigit() or _is_chosen(before[:-1]):
            continue
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        models = [section for field in fields for section in sections_in(field.annotation)]
    return models


def sections_in(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - a type annotation
    """Return the sections of a configuration that a type annotation holds, one or a few."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found = [section for arg in get_args(annotation) for section in sections_in(arg)]
    return list(dict.fromkeys(found))


def _is_chosen(place: list[str]) -> bool:
    """Say whether what follows `place` is a name that the user chose, as that of an input."""
    fields = [
        model.model_fields[place[-1]]
        for model in (_sections(place[:-1]) if place else ())
        if place[-1] in model.model_fields
    ]
    return any(get_origin(field.annotation) is dict for field in fields)


def _known_keys(place: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key for model in _sections(place) for key in model.model_fields))


def _meaning(place: list[str]) -> str:
    for model in _sections(place[:-1]) if place else ():
        field = model.model_fields.get(place[-1])
        if field is not None and field.description:
            return f"{place[-1]}: {' '.join(field.description.split())}"
    return ""


def _came(value: Any) -> str:  # noqa: ANN401 - whatever the YAML holds
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

"""From an entry under mitigate: in audit.yaml to a method with checked parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from audit.errors import ConfigError
from audit.mitigation.mitigator import Mitigator
from audit.registry import MITIGATORS

if TYPE_CHECKING:
    from audit.config import AuditConfig, Mitigation


def check(items: Iterable[Mitigation], config: AuditConfig) -> None:
    """Refuse wrong names and parameters before anything runs; no data are read.

    Raises
    ------
    ConfigError
        If a method, parameter, constraint or sensitive attribute is unknown, or a value is wrong.
    """
    known = [item.column for item in config.data.categorical]
    for item in items:
        if not known:
            raise ConfigError(
                f"mitigate: {item.method}: expected a sensitive attribute whose groups are known, "
                "came probabilities alone",
                "name a column of groups under data.sensitive, or leave mitigate out",
            )
        require_attribute(mitigator(item).attribute, known, item.method)


def require_attribute(name: str | None, known: Iterable[str], method: str) -> None:
    """Refuse a sensitive attribute that the data do not have.

    Raises
    ------
    ConfigError
        Naming the nearest one.
    """
    names = list(known)
    if name is not None and name not in names:
        raise ConfigError.unknown("sensitive attribute", name, names, f"mitigate: {method}")


def mitigator(item: Mitigation) -> Mitigator:
    """Build the method that `item` names, with its parameters.

    Raises
    ------
    ConfigError
        If the method or a parameter is unknown, or a value is wrong.
    """
    make = MITIGATORS.resolve(item.method)
    where = f"mitigate: {item.method}"
    try:
        made = make(**(item.model_extra or {}))
    except ValidationError as error:
        raise _told(error, make, where) from error
    except TypeError as error:
        raise ConfigError(f"{where}: {error}", "see what its class takes") from error
    if not isinstance(made, Mitigator):
        raise ConfigError(
            f"{where}: expected something with constraint, attribute, "
            f"needs_sensitive_at_prediction and apply, came {type(made).__name__}",
            "see audit.mitigation.mitigator.Mitigator",
        )
    return made


def _told(error: ValidationError, make: Any, where: str) -> ConfigError:  # noqa: ANN401 - any class
    # Unknown keys first: they are what is misspelt.
    problems = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    first = problems[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return ConfigError.unknown("parameter", name, getattr(make, "model_fields", ()), where)
    message = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    field = getattr(make, "model_fields", {}).get(str(first["loc"][0])) if first["loc"] else None
    return ConfigError(
        f"{where}: {name}: {message[:1].lower()}{message[1:]}, came {first['input']!r}",
        f"{name}: {field.description}" if field is not None and field.description else "",
    )

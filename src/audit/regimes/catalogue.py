"""Reading the regime files that ship with the package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import TypeAdapter

from audit.errors import ConfigError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """Something measured that a regime asks for.

    Exactly one of `metric` (each group's value), `ratio` (each group over the highest) and
    `unknown` (rows without a category) says what fills it.
    """

    key: str
    text: str
    metric: str | None = None
    ratio: str | None = None
    unknown: bool = False
    bound: float | None = None
    below: str = ""
    needs: Literal["scores"] | None = None


@dataclass(frozen=True, kw_only=True)
class HumanPart:
    """Something only a human can say; `key` names a statement of the configuration."""

    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Regime:
    """One law or standard, as its file says."""

    id: str
    title: str
    citation: str
    version: str
    as_of: str
    verification: Literal["verified", "unverified"]
    source: str
    applies: str
    caution: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    human: tuple[HumanPart, ...]

    @property
    def rates(self) -> tuple[str, ...]:
        """Rates whose impact ratios it asks for."""
        return tuple(item.ratio for item in self.quantities if item.ratio is not None)


def names() -> tuple[str, ...]:
    """Return the identifiers of the regimes that ship."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def regime(name: str) -> Regime:
    """Read a regime.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in names():
        raise ConfigError.unknown("regime", name, names())
    values = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(Regime).validate_python(values)

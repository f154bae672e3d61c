"""Comparison: a mitigated model with its baseline, and one audit with another of the same rows."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.comparison.joining import Joined, JoinedRow, join
    from audit.comparison.paired import Comparison, compare

__all__ = ["Comparison", "Joined", "JoinedRow", "compare", "join"]

_HOMES = {
    "Comparison": "paired",
    "Joined": "joining",
    "JoinedRow": "joining",
    "compare": "paired",
    "join": "joining",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

"""Cell tables of frames and files: what an engine counts for us."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.metrics.table.backends.files import cells_from_file
    from audit.metrics.table.backends.frame import cells_from_frame

__all__ = ["cells_from_file", "cells_from_frame"]

_HOMES = {"cells_from_file": "files", "cells_from_frame": "frame"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

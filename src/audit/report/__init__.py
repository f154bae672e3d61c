"""The report: one HTML file, a pure function of the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.report.rendering import render

__all__ = ["render"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name == "render":
        from audit.report.rendering import render

        return render
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The report: one HTML file, a pure function of the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.report.rendering import render
    from audit.report.side_by_side import render_side_by_side

__all__ = ["render", "render_side_by_side"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name == "render":
        from audit.report.rendering import render

        return render
    if name == "render_side_by_side":
        from audit.report.side_by_side import render_side_by_side

        return render_side_by_side
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

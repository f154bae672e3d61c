"""Fairness and interpretability audits of neural networks.

`run` audits what a configuration names; `audit_model` audits a network in memory; `metrics` holds
the group metrics alone. Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from audit._version import __version__

if TYPE_CHECKING:
    from audit import metrics
    from audit.api import audit_model
    from audit.comparing import compare
    from audit.errors import AuditError
    from audit.pipeline import run
    from audit.result import AuditResult

_PUBLIC = {
    "AuditError": "audit.errors",
    "AuditResult": "audit.result",
    "audit_model": "audit.api",
    "compare": "audit.comparing",
    "run": "audit.pipeline",
}

__all__ = ["AuditError", "AuditResult", "__version__", "audit_model", "compare", "metrics", "run"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name stands for
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name == "metrics":
        return import_module("audit.metrics")
    raise AttributeError(f"module 'audit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

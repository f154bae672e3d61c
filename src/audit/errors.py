"""The errors a user can cause: what was expected, what came, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Self


class AuditError(Exception):
    """A mistake in what the user gave, told in one line.

    Parameters
    ----------
    problem : str
        What was expected and what came, naming the file, column, row or key.
    hint : str, optional
        What to do about it.
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem = one_line(problem)
        self.hint = one_line(hint)
        super().__init__(f"{self.problem}; {self.hint}" if hint else self.problem)

    @classmethod
    def unknown(cls, kind: str, name: str, known: Iterable[str], where: str = "") -> Self:
        """Build the error for a name that is not among the known ones."""
        place = f" in {where}" if where else ""
        return cls(f"unknown {kind} {name!r}{place}", nearest(name, known))


class ConfigError(AuditError):
    """The configuration cannot be read or says something impossible."""


class DataError(AuditError):
    """The data cannot be read, or do not hold what the configuration says."""


class ModelError(AuditError):
    """The network cannot be loaded, or does not answer as declared."""


class MetricError(AuditError):
    """A metric was asked for something it cannot be computed from."""


class EvidenceError(AuditError):
    """An evidence file or an audit folder cannot be read or written."""


def nearest(name: str, known: Iterable[str], limit: int = 12) -> str:
    """Say which known names come closest to `name`, or which there are."""
    names = [str(item) for item in known]
    close = get_close_matches(name, names, n=3, cutoff=0.6) or [
        item for item in names if item.lower() == name.lower()
    ]
    if close:
        return "did you mean " + " or ".join(repr(item) for item in close) + "?"
    if not names:
        return "there are none"
    listed = ", ".join(repr(item) for item in names[:limit])
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"there are {listed}{more}"


def one_line(text: str, limit: int = 600) -> str:
    """Fold `text` to one printable line, so that a hostile name cannot break the message."""
    folded = "".join(char if char.isprintable() else " " for char in text)
    folded = " ".join(folded.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"

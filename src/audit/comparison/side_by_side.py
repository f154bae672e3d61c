"""Two audits of the same rows, as they are written and rendered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pydantic import TypeAdapter

from audit.canonical import canonical_json
from audit.comparison.joining import JoinedRow

SCHEMA_VERSION = "1.0.0"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two audits: what it is called, what it audited, what it concluded."""

    name: str
    title: str
    date: str
    evidence_sha256: str
    model_sha256: str | None
    architecture: str
    verdict: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Two audits of the same rows, figure by figure.

    Attributes
    ----------
    schema_version, tool : str
    first, second : Side
    data_sha256 : str
        Of the rows both audited.
    rows : tuple of JoinedRow
    note : str
        What the intervals can and cannot show.
    """

    schema_version: str
    tool: str
    first: Side
    second: Side
    data_sha256: str
    rows: tuple[JoinedRow, ...]
    note: str

    def to_json(self) -> bytes:
        """Serialise to canonical JSON."""
        return canonical_json(TypeAdapter(SideBySide).dump_python(self, mode="json"))

    def outcomes(self) -> dict[str, int]:
        """Count how many disparities came out in which way."""
        return dict(Counter(row.outcome for row in self.rows if row.subject == "disparity"))

"""Two audits of the same rows side by side: joined, written, rendered."""

from __future__ import annotations

from pathlib import Path

from audit import folder
from audit._version import __version__
from audit.canonical import sha256_hex
from audit.comparison.joining import Joined, join
from audit.comparison.side_by_side import SCHEMA_VERSION, Side, SideBySide
from audit.errors import EvidenceError
from audit.evidence import Evidence, from_json, to_json

COMPARISON, PAGE = "comparison.json", "comparison.html"


def compare(first: Evidence, second: Evidence) -> SideBySide:
    """Put two audits of the same rows side by side.

    Parameters
    ----------
    first, second : Evidence, or AuditResult
        The audit from before and the one from after.

    Raises
    ------
    EvidenceError
        If they did not audit the same rows.
    """
    one, two = (getattr(item, "evidence", item) for item in (first, second))
    joined: Joined = join(one, two)
    return SideBySide(
        schema_version=SCHEMA_VERSION,
        tool=f"weight-audit {__version__}",
        first=_side(one),
        second=_side(two),
        data_sha256=one.data.sha256,
        rows=joined.rows,
        note=joined.note,
    )


def compare_folders(first: Path, second: Path, target: Path | None) -> SideBySide:
    """Compare the audits in two folders, and write the comparison if `target` is given.

    Raises
    ------
    EvidenceError
        If a folder holds no audit, the rows differ, or `target` cannot be written to.
    """
    found = compare(_read(first), _read(second))
    if target is not None:
        from audit.report import render_side_by_side

        folder.require_writable(target, marker=COMPARISON)
        folder.write(target, {COMPARISON: found.to_json(), PAGE: render_side_by_side(found)})
    return found


def _read(place: Path) -> Evidence:
    path = place / folder.EVIDENCE
    try:
        return from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise EvidenceError(
            f"{path}: cannot be read ({error.strerror})", "give the folder that audit run wrote"
        ) from error


def _side(evidence: Evidence) -> Side:
    return Side(
        name=evidence.name,
        title=evidence.title,
        date=evidence.date,
        evidence_sha256=sha256_hex(to_json(evidence)),
        model_sha256=evidence.model.sha256,
        architecture=evidence.model.architecture,
        verdict=evidence.verdict.word,
        sentence=evidence.verdict.sentence,
    )

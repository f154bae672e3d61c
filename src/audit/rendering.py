"""Rendering a report again from its evidence."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from audit.errors import EvidenceError
from audit.evidence import from_json
from audit.report import render


def render_file(source: Path, target: Path) -> Path:
    """Render the report of the evidence in `source` to `target`, whole or not at all.

    Raises
    ------
    EvidenceError
        If `source` is not evidence, or `target` cannot be written.
    """
    if target.is_dir() or (target.exists() and target.suffix.lower() not in (".html", ".htm")):
        raise EvidenceError(
            f"{target}: expected an HTML file to write, came another", "name one with --output"
        )
    try:
        content = source.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"{source}: cannot be read ({error.strerror})", "give the audit.json of an audit"
        ) from error
    try:
        page = render(from_json(content, str(source)))
    except (ValueError, ArithmeticError, KeyError) as error:
        raise EvidenceError(
            f"{source}: cannot be rendered: {error}", "write it again with: audit run"
        ) from error
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.absolute().parent)
    except OSError as error:
        raise EvidenceError(f"{target}: cannot be written ({error.strerror})") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(page)
        Path(draft).chmod(0o644)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return target

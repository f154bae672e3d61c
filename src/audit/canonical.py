"""Canonical JSON (RFC 8785), hashes and stable identifiers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import rfc8785

CHUNK = 1 << 20


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Serialise a JSON value to its one canonical form.

    Parameters
    ----------
    value : object
        Made of dict, list, tuple, str, int, float, bool and None. NaN and infinity are refused.

    Returns
    -------
    bytes
        UTF-8, keys sorted, shortest numbers, no white space (RFC 8785).
    """
    return rfc8785.dumps(value)


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in chunks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def stable_id(kind: str, /, **parts: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return an identifier that depends on what is measured and not on what came out.

    Two audits that measure the same thing give it the same identifier, so that their results can
    be joined on it.
    """
    return f"{kind}-{sha256_hex(canonical_json(parts))[:16]}"

"""Reading a .skops archive in bounded memory and time, before any type in it is looked at.

skops checks types, not sizes: it unpacks whatever the archive claims, visits a node again for each
reference to it (2^100 times in a file of a few kilobytes), and trusts numpy's headers. So the
archive is first written anew in memory, with what the schema names alone, each part unpacked to no
more than its stated size, and without the references: what remains is a plain tree.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.errors import ModelError
from audit.models.archive import opened

SCHEMA = "schema.json"
SCHEMA_BYTES = 32 * 1024**2
UNPACKED_BYTES = 2 * 1024**3
RATIO, ALLOWANCE = 100, 16 * 1024**2  # unpacked to packed; small files may do better
DIRECTORY_BYTES = 16 * 1024**2
DEPTH = 200
NUMPY_MAGIC = b"\x93NUMPY"
END, END_64, END_BYTES = b"PK\x05\x06", b"PK\x06\x07", 22
ENCRYPTED = 0x1
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
AGAIN = "save it again: skops.io.dump(estimator, 'pipeline.skops')"


def safe_archive(path: Path) -> bytes:
    """Return a skops archive written anew: nothing but what its schema names, sizes checked.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bytes
        An uncompressed zip archive with the same estimator.

    Raises
    ------
    ModelError
        If it is no skops archive, is damaged, or claims more than it may: bytes, depth, names
        outside the archive.
    """
    if not path.is_file():
        raise ModelError(f"model file {path.name} does not exist", "check model.path")
    _require_archive(path)
    try:
        with opened(path) as archive:
            _require_plain_members(archive, path)
            schema, named = _schema(archive, path)
            return _written(archive, schema, named, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{path.name} is damaged: {error}", AGAIN) from error
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}") from error


def _require_archive(path: Path) -> None:
    """Look at the end of the file, since a directory of the archive is read whole when opened."""
    with path.open("rb") as file:
        start = file.read(4)
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - (1 << 16) - END_BYTES))
        tail = file.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) < place + END_BYTES:
        pickle = start[:1] == b"\x80"
        came = "a pickle, which can run code when it is read" if pickle else "no zip archive"
        raise ModelError(f"{path.name}: expected a skops archive, came {came}", AGAIN)
    (directory,) = struct.unpack_from("<I", tail, place + 12)
    if directory > DIRECTORY_BYTES or tail[:place].rfind(END_64) == place - 20:
        raise ModelError(
            f"{path.name}: its table of contents is larger than that of an estimator", AGAIN
        )


def _require_plain_members(archive: zipfile.ZipFile, path: Path) -> None:
    seen: set[str] = set()
    for member in archive.infolist():
        if member.filename in seen:
            raise ModelError(f"{path.name} holds {member.filename!r} twice", AGAIN)
        seen.add(member.filename)
        if member.compress_type not in PACKINGS or member.flag_bits & ENCRYPTED:
            raise ModelError(
                f"{path.name}: {member.filename!r} is encrypted, or not packed as zip files are",
                "save it with skops.io.dump(..., compression=zipfile.ZIP_DEFLATED)",
            )


def _schema(archive: zipfile.ZipFile, path: Path) -> tuple[dict[str, Any], set[str]]:
    """Return the schema without references, and the names of the arrays it needs."""
    schema = _parsed(_member(archive, SCHEMA, SCHEMA_BYTES, path), path)
    named: set[str] = set()
    total = 0
    for part in _parts(schema, path):
        part.pop("__id__", None)
        file = part.get("file")
        if isinstance(file, str):
            named.add(file)
            total += _stated_size(archive, file, path)
            _require_total(total, path)
    return schema, named


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(content)
    except RecursionError as error:
        raise _too_deep(path) from error
    except ValueError as error:
        raise ModelError(f"{path.name}: {SCHEMA} is no JSON: {error}", AGAIN) from error
    if not isinstance(schema, dict) or "__loader__" not in schema:
        raise ModelError(f"{path.name}: {SCHEMA} describes no object", AGAIN)
    return schema


def _too_deep(path: Path) -> ModelError:
    return ModelError(f"{path.name}: its schema is nested deeper than {DEPTH} levels", AGAIN)


def _parts(schema: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """Give every object of the schema, without recursion."""
    stack: list[tuple[Any, int]] = [(schema, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > DEPTH:
            raise _too_deep(path)
        if isinstance(value, dict):
            yield value
        inner = value.values() if isinstance(value, dict) else value
        stack.extend((item, depth + 1) for item in inner if isinstance(item, dict | list))


def _stated_size(archive: zipfile.ZipFile, name: str, path: Path) -> int:
    try:
        return archive.getinfo(name).file_size
    except KeyError:
        raise ModelError(f"{path.name} holds no {name!r}, which its schema names", AGAIN) from None


def _require_total(total: int, path: Path) -> None:
    limit = min(UNPACKED_BYTES, RATIO * path.stat().st_size + ALLOWANCE)
    if total > limit:
        raise ModelError(
            f"{path.name} unpacks to {total:,} bytes, more than the {limit:,} expected of a file "
            f"of {path.stat().st_size:,}",
            AGAIN,
        )


def _member(archive: zipfile.ZipFile, name: str, limit: int, path: Path) -> bytes:
    """Unpack one part, never more than it states."""
    stated = _stated_size(archive, name, path)
    if stated > limit:
        raise ModelError(f"{path.name}: {name} states {stated:,} bytes, at most {limit:,} fit")
    _require_total(stated, path)
    with archive.open(name) as file:
        content = file.read(stated + 1)
    if len(content) != stated:
        raise ModelError(f"{path.name}: {name} does not hold the {stated:,} bytes it states", AGAIN)
    return content


def _written(
    archive: zipfile.ZipFile, schema: dict[str, Any], named: set[str], path: Path
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for name in sorted(named):
            content = _member(archive, name, UNPACKED_BYTES, path)
            _require_honest_array(content, name, path)
            new.writestr(name, content)
        new.writestr(SCHEMA, json.dumps(schema))
    return buffer.getvalue()


def _require_honest_array(content: bytes, name: str, path: Path) -> None:
    """Refuse an array whose header claims more numbers than follow, and archives inside."""
    if content.startswith(b"PK"):
        raise ModelError(
            f"{path.name}: {name} is an archive inside the archive (a sparse matrix)",
            "call densify() on the estimator, or make the matrix dense, and save it again",
        )
    if not content.startswith(NUMPY_MAGIC):
        return
    from numpy.lib import format as npy

    file = io.BytesIO(content)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        shape, _, dtype = readers[npy.read_magic(file)](file)
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError, SyntaxError) as error:
        raise ModelError(f"{path.name}: {name} is no numpy array: {error}", AGAIN) from error
    claimed, held = math.prod(shape) * max(1, dtype.itemsize), len(content) - file.tell()
    if claimed > held or any(length < 0 for length in shape):
        raise ModelError(
            f"{path.name}: {name} claims an array of shape {shape}, {claimed:,} bytes, but holds "
            f"{held:,}",
            AGAIN,
        )

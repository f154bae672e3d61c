"""Zip archives from strangers: names and sizes are checked before anything in them is read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from audit.errors import ModelError

MODEST = 64 << 20
LARGEST_RATIO = 100
MOST_MEMBERS = 100_000
LARGEST_JSON = 64 << 20
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks no other one bit by bit
BROKEN = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError)


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose names and sizes hold no surprise; nothing is unpacked to disk.

    Raises
    ------
    ModelError
        If it is damaged or encrypted, a name points outside it, it is packed otherwise than by
        deflate, or it would unpack to more than 64 MiB and 100 times its own size.
    """
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise ModelError(
            f"{path.name} is damaged or no archive: {error}", "save it again"
        ) from error
    with archive:
        _require_modest(archive, path)
        _require_inside(archive, path)
        yield archive


def _require_modest(archive: zipfile.ZipFile, path: Path) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise ModelError(
            f"{path.name}: expected at most {MOST_MEMBERS:,} members, came {len(members):,}"
        )
    odd = [member.filename for member in members if member.compress_type not in PACKINGS]
    if odd:
        raise ModelError(
            f"{path.name}: {odd[0][:80]!r} is packed in an unusual way, expected stored or "
            "deflated",
            "save the model again",
        )
    size = path.stat().st_size
    declared = sum(member.file_size for member in members)
    if declared > max(MODEST, LARGEST_RATIO * size):
        raise ModelError(
            f"{path.name} has {size:,} bytes and would unpack to {declared:,}: it looks like a zip "
            "bomb, and was not read",
            "save the model again",
        )


def _require_inside(archive: zipfile.ZipFile, path: Path) -> None:
    for name in archive.namelist():
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name[:3]:
            raise ModelError(
                f"{path.name} holds a name that points outside it: {name[:80]!r}",
                "save the model again; this file was made to do harm, or is damaged",
            )


def member_bytes(archive: zipfile.ZipFile, name: str, limit: int | None = None) -> bytes:
    """Return a member of an archive, not longer than it declares.

    Raises
    ------
    ModelError
        If it is missing, damaged, or larger than `limit` bytes.
    """
    where = Path(archive.filename or "archive").name
    try:
        declared = archive.getinfo(name).file_size
        if limit is not None and declared > limit:
            raise ModelError(f"{where}: {name} has {declared:,} bytes, expected at most {limit:,}")
        with archive.open(name) as member:
            content = member.read(declared + 1)  # a member can hold more than it declares
    except KeyError as error:
        raise ModelError(f"{where} has no {name}", "save the model again") from error
    except BROKEN as error:
        raise ModelError(f"{where}: {name} is damaged: {error}", "save the model again") from error
    if len(content) != declared:
        raise ModelError(
            f"{where}: {name} declares {declared:,} bytes and holds another number of them",
            "save the model again; this file was made to do harm, or is damaged",
        )
    return content


def member_json(archive: zipfile.ZipFile, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON member of an archive.

    Raises
    ------
    ModelError
        If it is missing, damaged, too large, or nested too deep.
    """
    content = member_bytes(archive, name, LARGEST_JSON)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        told = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        where = Path(archive.filename or "archive").name
        raise ModelError(f"{where}: {name}: expected JSON, came {told}", "save it again") from error

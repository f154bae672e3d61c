"""An audit's folder: written whole or not at all, and checked by its hashes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit.canonical import canonical_json, sha256_file, sha256_hex
from audit.errors import EvidenceError

EVIDENCE = "audit.json"
REPORT = "report.html"
RUN = "run.json"
SUMS = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What `verify` found: the files whose content is not what SHA256SUMS says."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    checked: int

    @property
    def intact(self) -> bool:
        """Whether every file is as it was written."""
        return not (self.changed or self.missing or self.added)


def require_writable(folder: Path, marker: str = EVIDENCE) -> None:
    """Refuse a folder that an audit cannot be written to, before any work is done.

    `marker` is the file by which an earlier result of the same kind is known.

    Raises
    ------
    EvidenceError
        If it is a file, cannot be written to, or holds files that no audit wrote.
    """
    if folder.exists() and not folder.is_dir():
        raise EvidenceError(f"{folder}: expected a folder for the results, came a file")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / marker).is_file():
        raise EvidenceError(
            f"{folder}: expected an empty folder or an earlier audit, came other files",
            "name another folder with --output",
        )
    try:
        with _staging(folder):
            pass
    except OSError as error:
        raise EvidenceError(
            f"{folder}: cannot be written to ({error.strerror})",
            "name another folder with --output",
        ) from error


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write an audit's files and SHA256SUMS; on any failure the folder is as it was.

    Parameters
    ----------
    folder : Path
        Made if missing. Files of an earlier audit that are not written again are removed.
    files : mapping of str to bytes
        Relative path, with forward slashes, to content.

    Raises
    ------
    EvidenceError
        If the folder cannot be written to.
    """
    sums = _sums({name: sha256_hex(content) for name, content in files.items()})
    everything = {**files, SUMS: sums.encode()}
    try:
        with _staging(folder) as staging:
            for name, content in everything.items():
                _write(staging / name, content)
            with _uninterrupted():
                _move(staging, folder, everything)
    except OSError as error:
        raise EvidenceError(f"{folder}: cannot be written to ({error.strerror})") from error


def verify(folder: Path) -> Check:
    """Recompute the hash of every file of an audit's folder.

    Raises
    ------
    EvidenceError
        If there is no readable SHA256SUMS.
    """
    stated = _stated(folder)
    there = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {SUMS}
    common = sorted(there & set(stated))
    return Check(
        changed=tuple(name for name in common if sha256_file(folder / name) != stated[name]),
        missing=tuple(sorted(set(stated) - there)),
        added=tuple(sorted(there - set(stated))),
        checked=len(common),
    )


def first_run(folder: Path) -> str | None:
    """Return the date of the first run into this folder, if there was one."""
    try:
        values = json.loads((folder / RUN).read_bytes())
        first = values["first_run"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return first if isinstance(first, str) else None


def run_record(first: str, started: str, seconds: float) -> bytes:
    """Return run.json: times, which stand apart from the evidence. No user, no host."""
    return canonical_json({"first_run": first, "started": started, "seconds": round(seconds, 3)})


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    parent = folder.absolute().parent
    made = [path for path in (parent, *parent.parents) if not path.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=parent))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.exists():
            for path in made:
                path.rmdir()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _move(staging: Path, folder: Path, files: Mapping[str, bytes]) -> None:
    old = set(_stated(folder)) if (folder / SUMS).is_file() else set()
    if not folder.exists():
        staging.chmod(0o777 & ~_umask())
        staging.rename(folder)
        return
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(folder / name)
    for name in sorted(old - set(files)):
        _inside(folder, name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _stated(folder: Path) -> dict[str, str]:
    path = folder / SUMS
    try:
        text = path.read_bytes().decode("utf-8")
        pairs = [line.split("  ", maxsplit=1) for line in text.split("\n") if line]
        stated = {name: digest for digest, name in pairs}
    except FileNotFoundError:
        raise EvidenceError(
            f"{path}: no such file", "give the folder that audit run wrote"
        ) from None
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path}: cannot be read: {error}") from error
    if text != _sums(stated):
        raise EvidenceError(f"{path}: its lines are not those that were written")
    for name in stated:
        _inside(folder, name)
    return stated


def _sums(digests: Mapping[str, str]) -> str:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise EvidenceError(f"{folder / SUMS}: names a file outside the folder: {name!r}")
    return path


@contextmanager
def _uninterrupted() -> Iterator[None]:
    # Ctrl-C while files are moved would leave a mixture; it takes effect right after.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
        if waiting:
            raise KeyboardInterrupt

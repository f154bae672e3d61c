"""A folder is written whole or not at all, and one changed byte is noticed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from audit import folder
from audit.errors import EvidenceError

FILES = {"audit.json": b"{}", "report.html": b"<p>", "run.json": b'{"first_run":"2026-01-02"}'}


def contents(path: Path) -> dict[str, bytes]:
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_what_is_written_is_intact(tmp_path):
    target = tmp_path / "deep" / "audit"
    folder.write(target, {**FILES, "model/baseline/model.json": b"{}"})
    found = folder.verify(target)
    assert found.intact
    assert found.checked == 4
    assert [p.name for p in target.parent.iterdir()] == ["audit"]


@pytest.mark.parametrize("name", [*FILES, "model/x.bin"])
def test_one_changed_byte_is_noticed(tmp_path, name):
    folder.write(tmp_path / "a", {**FILES, "model/x.bin": b"weights"})
    path = tmp_path / "a" / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    found = folder.verify(tmp_path / "a")
    assert found.changed == (name,)
    assert not found.intact


def test_missing_and_added_files_are_noticed(tmp_path):
    folder.write(tmp_path / "a", FILES)
    (tmp_path / "a" / "report.html").unlink()
    (tmp_path / "a" / "more.txt").write_text("x")
    found = folder.verify(tmp_path / "a")
    assert (found.missing, found.added) == (("report.html",), ("more.txt",))


def test_a_second_run_replaces_and_removes_what_is_no_longer_written(tmp_path):
    target = tmp_path / "a"
    folder.write(target, {**FILES, "model/old.bin": b"old"})
    (target / "notes.txt").write_text("mine")
    folder.write(target, {**FILES, "audit.json": b"[]"})
    assert contents(target)["audit.json"] == b"[]"
    assert "model/old.bin" not in contents(target)
    assert contents(target)["notes.txt"] == b"mine"


def test_a_failure_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    target = tmp_path / "a"
    folder.write(target, FILES)
    before = contents(target)

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "_write", full)
    with pytest.raises(EvidenceError, match="No space left on device"):
        folder.write(target, {**FILES, "audit.json": b"new"})
    with pytest.raises(EvidenceError, match="No space left"):
        folder.write(tmp_path / "b" / "c", FILES)
    assert contents(target) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]


def test_an_interrupt_while_files_are_moved_takes_effect_after(tmp_path, monkeypatch):
    target = tmp_path / "a"
    folder.write(target, FILES)
    move = folder._move

    def interrupted(*parts: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        move(*parts)

    monkeypatch.setattr(folder, "_move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.write(target, {**FILES, "audit.json": b"new"})
    assert folder.verify(target).intact
    assert contents(target)["audit.json"] == b"new"


def test_an_unsuitable_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(EvidenceError, match="expected a folder for the results, came a file"):
        folder.require_writable(tmp_path / "file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    with pytest.raises(EvidenceError, match="came other files; name another folder"):
        folder.require_writable(tmp_path / "full")
    with pytest.raises(EvidenceError, match="cannot be written to"):
        folder.require_writable(tmp_path / "file" / "below")
    folder.require_writable(tmp_path / "new" / "deeper")
    assert not (tmp_path / "new").exists()


def test_sums_that_lead_outside_are_refused(tmp_path):
    folder.write(tmp_path / "a", FILES)
    (tmp_path / "a" / "SHA256SUMS").write_text(f"{'0' * 64}  ../secret\n")
    with pytest.raises(EvidenceError, match="names a file outside the folder"):
        folder.verify(tmp_path / "a")
    (tmp_path / "a" / "SHA256SUMS").write_text("nonsense\n")
    with pytest.raises(EvidenceError, match="cannot be read|not those"):
        folder.verify(tmp_path / "a")


def test_the_first_run_is_remembered(tmp_path):
    assert folder.first_run(tmp_path) is None
    folder.write(tmp_path / "a", FILES)
    assert folder.first_run(tmp_path / "a") == "2026-01-02"
    (tmp_path / "a" / "run.json").write_text('{"first_run": 3}')
    assert folder.first_run(tmp_path / "a") is None

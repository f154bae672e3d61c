"""Archives whose directory lies about what is in them."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile

import pytest

from audit.errors import ModelError
from audit.models.archive import LARGEST_JSON, member_bytes, member_json, opened

HELD = 48 << 20


def lying(path, claimed):
    """An archive with 48 MiB of zeros whose directory says that they are `claimed` bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(HELD))
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + place
        content[start : start + 4] = struct.pack("<I", claimed)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("claimed", [0, 1, 100, 70_000])
def test_a_member_larger_than_it_declares_is_refused_in_little_memory(tmp_path, claimed):
    path = lying(tmp_path / "model.keras", claimed)
    tracemalloc.start()
    with opened(path) as archive, pytest.raises(ModelError, match=r"model\.keras: config\.json"):
        member_bytes(archive, "config.json")
    assert tracemalloc.get_traced_memory()[1] < HELD // 8
    tracemalloc.stop()


def test_a_member_smaller_than_it_declares_is_refused(tmp_path):
    path = lying(tmp_path / "model.keras", HELD + 9)
    with (
        opened(path) as archive,
        pytest.raises(ModelError, match="holds another number of them|damaged"),
    ):
        member_bytes(archive, "config.json")


def test_what_it_declares_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b'{"a": [1, 2]}')
        archive.writestr("empty", b"")
    with opened(tmp_path / "a.zip") as archive:
        assert member_json(archive, "config.json") == {"a": [1, 2]}
        assert member_bytes(archive, "empty") == b""


def test_more_than_a_limit_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("config.json", bytes(LARGEST_JSON + 1))
    with opened(tmp_path / "a.zip") as archive, pytest.raises(ModelError, match="at most 67,108"):
        member_json(archive, "config.json")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_an_unusual_packing_is_refused(tmp_path, packing):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", packing) as archive:
        archive.writestr("config.json", bytes(HELD))
    with (
        pytest.raises(ModelError, match="packed in an unusual way, expected stored or deflated"),
        opened(tmp_path / "a.zip"),
    ):
        pass


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "expected JSON"), (b"[" * 200_000, "nested too deep"), (b"\xff", "expected JSON")],
    ids=["cut short", "deep", "no text"],
)
def test_what_is_no_json_is_told(tmp_path, content, said):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", content)
    with opened(tmp_path / "a.zip") as archive, pytest.raises(ModelError, match=said):
        member_json(archive, "config.json")

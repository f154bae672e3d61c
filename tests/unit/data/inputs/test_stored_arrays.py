"""Arrays in files: read a few rows at a time, never unpickled, broken ones told in one line."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from audit.data.inputs.stored import open_array
from audit.errors import DataError

ARRAY = np.arange(24).reshape(6, 4)


def npy(array, **options):
    written = io.BytesIO()
    np.save(written, array, **options)
    return written.getvalue()


def opened(path, key=None):
    return open_array(path, key, path.name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=some.arrays(
        st.sampled_from(["u1", "<f4", ">f8", "?", "<i2"]),
        some.array_shapes(min_dims=1, max_dims=4, max_side=6),
    ),
    data=st.data(),
)
def test_any_rows_come_in_any_order(tmp_path, array, data):
    np.save(tmp_path / "a.npy", array)
    rows = data.draw(st.lists(st.integers(0, len(array) - 1)))
    found = opened(tmp_path / "a.npy").read(np.array(rows, dtype=np.int64))
    assert found.tobytes() == array[rows].tobytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(place=st.integers(0, 200), byte=st.integers(0, 255), name=st.sampled_from(["npy", "npz"]))
def test_a_file_with_a_wrong_byte_is_read_or_told(tmp_path, place, byte, name):
    written = io.BytesIO()
    (np.save if name == "npy" else np.savez_compressed)(written, ARRAY)
    content = bytearray(written.getvalue())
    content[place % len(content)] = byte
    (tmp_path / f"a.{name}").write_bytes(content)
    with contextlib.suppress(DataError):  # nothing else may be raised
        array = opened(tmp_path / f"a.{name}")
        assert array.read(np.arange(len(array))).shape == array.shape


@pytest.mark.parametrize("packed", [np.savez, np.savez_compressed])
def test_an_archive_is_unpacked_and_leaves_nothing_behind(tmp_path, monkeypatch, packed):
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(unpacked))
    packed(tmp_path / "a.npz", ARRAY)
    array = opened(tmp_path / "a.npz")
    assert array.read(np.array([5, 0])).tolist() == ARRAY[[5, 0]].tolist()
    file = array.file
    del array
    gc.collect()
    assert file.closed
    assert not list(unpacked.iterdir())


def test_there_must_be_room_for_what_is_unpacked(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", np.zeros(1_000_000))
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("audit.data.inputs.stored.shutil.disk_usage", lambda _: usage)
    with pytest.raises(DataError, match=r"unpacked it takes 8,000,128 bytes, 1,000 are free"):
        opened(tmp_path / "a.npz")


class Touches:
    """Would write a file if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_objects_are_never_unpickled(tmp_path, name):
    save = np.save if name == "a.npy" else np.savez
    save(tmp_path / name, np.array([Touches(tmp_path / "ran")], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="expected an array of numbers, came object"):
        opened(tmp_path / name)
    assert not (tmp_path / "ran").exists()


HUGE = npy(ARRAY).replace(b"(6, 4), }", b"(6000000000000, 4), }")


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.txt", b"", "expected a .npy or .npz file, came '.txt'"),
        ("a.npy", b"", "a.npy: cannot be read"),
        ("a.npy", b"PK\3\4", "a.npy: cannot be read"),
        ("a.npy", npy(ARRAY)[:-8], "expected 192 bytes for an array of shape (6, 4), came 184"),
        ("a.npy", HUGE, "for an array of shape (6000000000000, 4), came"),
        ("a.npy", npy(np.array(["text"])), "expected an array of numbers, came <U4"),
        ("a.npy", npy(np.array([1j])), "expected an array of numbers, came complex128"),
        ("a.npy", npy(np.zeros(2, "f4,i4")), "expected an array of numbers, came ["),
        ("a.npy", npy(np.zeros((0, 4))), "expected an array with rows, came one of shape (0, 4)"),
        ("a.npy", npy(np.float64(3)), "expected an array with rows, came one of shape ()"),
        ("a.npy", npy(np.asfortranarray(ARRAY)), "came an array in Fortran order; save numpy.asc"),
        ("a.npz", b"", "a.npz: cannot be read"),
        ("a.npz", npy(ARRAY), "a.npz: cannot be read"),
    ],
)
def test_what_is_no_array_is_told(tmp_path, name, content, line):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        opened(tmp_path / name)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_array_of_an_archive_must_be_named_where_there_are_several(tmp_path):
    np.savez(tmp_path / "a.npz", faces=ARRAY, labels=ARRAY)
    with pytest.raises(DataError, match="expected one array, came 2; name one with key; there are"):
        opened(tmp_path / "a.npz")
    with pytest.raises(DataError, match="no array 'face'; did you mean 'faces'"):
        opened(tmp_path / "a.npz", "face")
    np.save(tmp_path / "a.npy", ARRAY)
    with pytest.raises(DataError, match="a .npy file holds one array, key is 'faces'"):
        opened(tmp_path / "a.npy", "faces")
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(DataError, match="expected one array, came 0; name one with key"):
        opened(tmp_path / "b.npz")


def test_a_file_that_shrinks_meanwhile_is_told(tmp_path):
    np.save(tmp_path / "a.npy", ARRAY)
    array = opened(tmp_path / "a.npy")
    os.truncate(tmp_path / "a.npy", 150)
    with pytest.raises(DataError, match="a.npy: the file has become shorter while it was read"):
        array.read(np.array([5]))

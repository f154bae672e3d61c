"""The hash of an input is of what the network sees, in row order, whatever the file."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image

from audit.data.inputs import checking
from builders_inputs import build, index, pixels, write_pictures

COUNT = 20
FOLDER = {"kind": "image", "folder": "pictures", "column": "file"}
ARRAY = {"kind": "image", "array": "faces.npy"}


def sha(data):
    return data.record.inputs[0].sha256


def test_pixels_are_hashed_not_files(tmp_path):
    images = pixels(COUNT)
    names = write_pictures(tmp_path / "pictures", images)
    frame = index(COUNT, file=names)
    first = sha(build(frame, tmp_path, {"face": FOLDER}))
    for name in names:
        path = tmp_path / "pictures" / name
        Image.open(path).save(path, compress_level=0)
    assert sha(build(frame, tmp_path, {"face": FOLDER})) == first
    np.save(tmp_path / "faces.npy", images)
    np.savez_compressed(tmp_path / "faces.npz", images)
    assert sha(build(frame, tmp_path, {"face": ARRAY})) == first
    assert sha(build(frame, tmp_path, {"face": ARRAY | {"array": "faces.npz"}})) == first


def test_the_hash_of_images_is_that_of_the_bytes_of_every_row(tmp_path):
    images = pixels(COUNT)
    np.save(tmp_path / "faces.npy", images)
    expected = hashlib.sha256(f"image (8, 8, 3) 0 to 255 {COUNT}".encode())
    for image in images:
        expected.update(image.tobytes())
    assert sha(build(index(COUNT), tmp_path, {"face": ARRAY})) == expected.hexdigest()


def test_a_value_the_order_or_a_channel_changes_it(tmp_path):
    images = pixels(COUNT)
    changed = images.copy()
    changed[3, 2, 1, 0] += 1
    found = []
    for array in (images, changed, images[::-1], images[..., :1], images.astype("f4")):
        np.save(tmp_path / "faces.npy", np.ascontiguousarray(array))
        found.append(sha(build(index(COUNT), tmp_path, {"face": ARRAY})))
    assert len(set(found)) == len(found)


def test_texts_are_hashed_with_where_they_end(tmp_path):
    asked = {"words": {"kind": "text", "column": "essay"}}
    found = [
        sha(build(index(4, essay=texts), tmp_path, asked))
        for texts in (["ab", "c", "d", "e"], ["a", "bc", "d", "e"], ["ab", "c", "d", "e "])
    ]
    assert len(set(found)) == 3


def test_every_gap_is_the_same_gap_and_zero_has_no_sign(tmp_path):
    asked = {"radar": {"kind": "series", "array": "radar.npy"}}
    values = np.zeros((4, 3), np.float32)
    values[0, 0] = np.nan
    np.save(tmp_path / "radar.npy", values)
    first = sha(build(index(4), tmp_path, asked))
    values.view(np.uint32)[0, 0] = 0xFFC12345
    values[1:] = -0.0
    np.save(tmp_path / "radar.npy", values)
    assert sha(build(index(4), tmp_path, asked)) == first
    named = {"radar": asked["radar"] | {"channels": ["range"]}}
    assert sha(build(index(4), tmp_path, named)) != first


@pytest.mark.parametrize("size", [1, 7, COUNT])
def test_the_size_of_batches_does_not_matter(tmp_path, monkeypatch, size):
    np.save(tmp_path / "faces.npy", pixels(COUNT))
    expected = sha(build(index(COUNT), tmp_path, {"face": ARRAY}))
    monkeypatch.setattr(checking, "MOST", size)
    assert sha(build(index(COUNT), tmp_path, {"face": ARRAY})) == expected


def test_rows_without_a_label_are_hashed_too(tmp_path):
    np.save(tmp_path / "faces.npy", pixels(COUNT))
    whole = sha(build(index(COUNT), tmp_path, {"face": ARRAY}))
    frame = index(COUNT).astype({"hired": object})
    frame.loc[5, "hired"] = None
    assert sha(build(frame, tmp_path, {"face": ARRAY})) == whole

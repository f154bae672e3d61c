"""Images from a folder, an array and a sheet are the same images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from audit.data.inputs.batches import ImageBatch
from builders_inputs import SIDE, build, every, index, pixels, write_pictures

COUNT = 20
FOLDER = {"kind": "image", "folder": "pictures", "column": "file"}


@pytest.fixture(params=[1, 3], ids=["grey", "rgb"])
def images(request):
    return pixels(COUNT, channels=request.param)


def taken(data, name="face"):
    return data.inputs[name].take(every(data))


def test_a_folder_of_pictures_gives_their_pixels(tmp_path, images):
    names = write_pictures(tmp_path / "pictures", images)
    data = build(index(COUNT, file=names), tmp_path, {"face": FOLDER})
    batch = taken(data)
    assert isinstance(batch, ImageBatch)
    assert batch.pixels.dtype == np.uint8
    assert np.array_equal(batch.pixels, images)
    assert len(data.inputs["face"]) == len(batch) == COUNT


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_an_array_gives_its_entries(tmp_path, images, suffix):
    save = np.save if suffix == ".npy" else np.savez_compressed
    save(tmp_path / f"faces{suffix}", images)
    inputs = {"face": {"kind": "image", "array": f"faces{suffix}"}}
    assert np.array_equal(taken(build(index(COUNT), tmp_path, inputs)).pixels, images)


def test_a_sheet_is_cut_into_its_tiles(tmp_path, images):
    padded = np.concatenate([images, np.zeros((1, *images.shape[1:]), np.uint8)])
    sheet = padded.reshape(3, 7, SIDE, SIDE, -1).swapaxes(1, 2).reshape(3 * SIDE, 7 * SIDE, -1)
    Image.fromarray(sheet.squeeze()).save(tmp_path / "sheet.png")
    inputs = {"face": {"kind": "image", "sheet": "sheet.png", "size": [SIDE, SIDE]}}
    assert np.array_equal(taken(build(index(COUNT), tmp_path, inputs)).pixels, images)
    inputs["face"]["column"] = "tile"
    turned = build(index(COUNT, tile=np.arange(COUNT)[::-1]), tmp_path, inputs)
    assert np.array_equal(taken(turned).pixels, images[::-1])


def test_tiles_that_are_no_squares_keep_height_and_width(tmp_path):
    sheet = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    Image.fromarray(sheet).save(tmp_path / "sheet.png")
    inputs = {"face": {"kind": "image", "sheet": "sheet.png", "size": [2, 3]}}
    found = taken(build(index(4), tmp_path, inputs)).pixels
    assert np.array_equal(found[1], sheet[:2, 3:])
    assert np.array_equal(found[2], sheet[2:, :3])


def test_decimal_pixels_stay_decimal(tmp_path):
    images = np.random.default_rng(1).normal(size=(COUNT, SIDE, SIDE))
    np.save(tmp_path / "faces.npy", images)
    data = build(index(COUNT), tmp_path, {"face": {"kind": "image", "array": "faces.npy"}})
    batch = taken(data)
    assert batch.pixels.dtype == np.float32
    assert np.array_equal(batch.pixels[..., 0], images.astype(np.float32))
    assert "decimal numbers" in data.record.inputs[0].shape


def test_an_array_among_several_is_named(tmp_path, images):
    np.savez(tmp_path / "all.npz", faces=images, other=np.zeros(3))
    inputs = {"face": {"kind": "image", "array": "all.npz", "key": "faces"}}
    assert np.array_equal(taken(build(index(COUNT), tmp_path, inputs)).pixels, images)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".gif"])
def test_formats_that_lose_nothing_give_the_same_pixels(tmp_path, suffix):
    grey = np.repeat(np.arange(0, 256, 4, dtype=np.uint8).reshape(1, SIDE, SIDE, 1), 3, axis=-1)
    folder = tmp_path / "pictures"
    folder.mkdir()
    options = {"lossless": True} if suffix == ".webp" else {}
    Image.fromarray(grey[0]).save(folder / f"0{suffix}", **options)
    frame = index(4, file=[f"0{suffix}"] * 4)
    data = build(frame, tmp_path, {"face": FOLDER | {"mode": "rgb"}})
    assert np.array_equal(taken(data).pixels, np.repeat(grey, 4, axis=0))


def test_a_jpeg_is_read(tmp_path, images):
    names = write_pictures(tmp_path / "pictures", images, ".jpg")
    found = taken(build(index(COUNT, file=names), tmp_path, {"face": FOLDER})).pixels
    assert found.shape == images.shape


def test_the_first_frame_of_a_gif_counts(tmp_path):
    (tmp_path / "pictures").mkdir()
    frames = [Image.new("RGB", (SIDE, SIDE), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "pictures/0.gif", save_all=True, append_images=frames[1:])
    data = build(index(4, file=["0.gif"] * 4), tmp_path, {"face": FOLDER})
    assert (taken(data).pixels == [255, 0, 0]).all()


def test_a_gif_of_greys_is_grey_where_that_is_stated(tmp_path):
    images = pixels(4, channels=1)
    names = write_pictures(tmp_path / "pictures", images, ".gif")
    frame = index(4, file=names)
    grey = build(frame, tmp_path, {"face": FOLDER | {"mode": "grey"}})
    assert np.array_equal(taken(grey).pixels, images)
    coloured = build(frame, tmp_path, {"face": FOLDER})
    assert np.array_equal(taken(coloured).pixels, np.repeat(images, 3, axis=-1))


@given(order=st.permutations(range(COUNT)), rows=st.lists(st.integers(0, COUNT - 1)))
def test_positions_say_which_image_a_row_is(tmp_path_factory, order, rows):
    images = pixels(COUNT)
    base = tmp_path_factory.mktemp("positions")
    np.save(base / "faces.npy", images)
    inputs = {"face": {"kind": "image", "array": "faces.npy", "column": "place"}}
    data = build(index(COUNT, place=list(order)), base, inputs)
    places = np.array(rows, dtype=np.int64)
    batch = data.inputs["face"].take(places)
    assert np.array_equal(batch.pixels, images[np.array(order)[places]])
    assert batch.rows.tolist() == rows


def test_rows_without_a_label_are_left_out_of_inputs(tmp_path, images):
    names = write_pictures(tmp_path / "pictures", images)
    frame = index(COUNT, file=names).astype({"hired": object})
    frame.loc[[0, 7], "hired"] = None
    data = build(frame, tmp_path, {"face": FOLDER})
    batch = taken(data)
    kept = np.delete(np.arange(COUNT), [0, 7])
    assert np.array_equal(batch.pixels, images[kept])
    assert batch.rows.tolist() == data.row_ids.tolist() == kept.tolist()


def test_a_file_may_stand_for_several_rows(tmp_path, images):
    write_pictures(tmp_path / "pictures", images[:2])
    data = build(index(COUNT, file=["0.png", "1.png"] * 10), tmp_path, {"face": FOLDER})
    assert np.array_equal(taken(data).pixels[1::2], np.repeat(images[1:2], 10, axis=0))


def test_files_may_lie_in_folders_of_the_folder(tmp_path, images):
    (tmp_path / "pictures").mkdir()
    names = write_pictures(tmp_path / "pictures/train", images)
    frame = index(COUNT, file=[f"train/{name}" for name in names])
    assert np.array_equal(taken(build(frame, tmp_path, {"face": FOLDER})).pixels, images)

"""Each image that is not as the others is told in one line that names its row and file."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageCms

from audit.errors import DataError
from builders_inputs import SIDE, build, index, pixels, write_pictures

COUNT = 6
BAD = 4  # the place of the bad row, row 5 for people
FOLDER = {"kind": "image", "folder": "pictures", "column": "file"}


def saved(mode, size=(SIDE, SIDE), suffix=".png", **options):
    def write(path):
        Image.new(mode, size).save(path.with_suffix(suffix), **options)
        path.with_suffix(suffix).rename(path)

    return write


def png(width, height, depth, colours, rows):
    def chunk(kind, content):
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def cut_short(path):
    Image.fromarray(pixels(1)[0]).save(path)
    path.write_bytes(path.read_bytes()[:100])


def written(content):
    return lambda path: path.write_bytes(content)


SIXTEEN = png(SIDE, SIDE, 16, 2, (b"\0" + b"\x12\x34" * 3 * SIDE) * SIDE)
BOMB = png(60_000, 60_000, 8, 2, b"\0" * 100)
LARGE = png(10_000, 10_000, 8, 2, b"\0" * 100)


@pytest.mark.parametrize(
    ("write", "line"),
    [
        (saved("RGB", (9, SIDE)), "expected 8 × 8 pixels (height × width), came 8 × 9 pixels"),
        (saved("L"), "expected a picture in rgb, came one in grey"),
        (saved("P"), "with 8 bits a value, came a palette"),
        (saved("RGBA"), "came colours with transparency"),
        (saved("LA"), "came grey with transparency"),
        (saved("1"), "came black and white only"),
        (saved("I;16"), "came 16 bits a value"),
        (written(SIXTEEN), "came 16 bits a value"),
        (saved("RGB", transparency=(1, 2, 3)), "came a transparent colour"),
        (saved("CMYK", suffix=".jpg"), "came printing colours (CMYK)"),
        (saved("RGB", suffix=".tiff"), "expected a picture in one of PNG, JPEG, BMP, GIF, WEBP"),
        (saved("RGB", suffix=".eps"), "expected a picture in one of PNG"),
        (written(b""), "expected a picture in one of PNG"),
        (written(b"<svg onload='alert(1)'/>"), "expected a picture in one of PNG"),
        (cut_short, "the picture cannot be decoded"),
        (written(BOMB), "the picture is too large to open"),
        (written(LARGE), "the picture is too large to open"),
        (lambda path: path.mkdir(), "no such file"),
        (lambda path: None, "no such file; put it there, or leave the row out"),
    ],
)
def test_a_picture_that_is_not_as_the_others(tmp_path, write, line):
    names = write_pictures(tmp_path / "pictures", pixels(COUNT))
    names[BAD] = "bad.png"
    write(tmp_path / "pictures/bad.png")
    with pytest.raises(DataError) as caught:
        build(index(COUNT, file=names), tmp_path, {"face": FOLDER})
    message = str(caught.value)
    assert message.startswith("data.inputs.face: row 5, pictures/bad.png: ")
    assert line in message
    assert "\n" not in message


def test_a_profile_of_colours_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (SIDE, SIDE), "red").save(tmp_path / "pictures/0.png", icc_profile=profile)
    data = build(index(4, file=["0.png"] * 4), tmp_path, {"face": FOLDER})
    assert (data.inputs["face"].take(np.arange(4)).pixels == [255, 0, 0]).all()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("../secret.png", "row 5, pictures/../secret.png: expected a file inside the folder"),
        ("sub/../../secret.png", "expected a file inside the folder"),
        ("out.png", "row 5, pictures/out.png: expected a file inside the folder"),
        ("outside/secret.png", "expected a file inside the folder"),
        ("no\0name.png", "cannot be a file"),
        ("x" * 5000, "cannot be a file"),
        ("", "no such file"),
        (".", "no such file"),
        (None, "column 'file', row 5: expected the name of a file, came none"),
        (7, "column 'file', row 5: expected the name of a file, came 7"),
    ],
)
def test_a_name_that_is_no_file_of_the_folder(tmp_path, name, line):
    names = write_pictures(tmp_path / "pictures", pixels(COUNT))
    Image.new("RGB", (SIDE, SIDE)).save(tmp_path / "secret.png")
    (tmp_path / "pictures/out.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "pictures/outside").symlink_to(tmp_path)
    frame = index(COUNT, file=pd.Series(names, dtype=object))
    frame.loc[BAD, "file"] = name
    with pytest.raises(DataError) as caught:
        build(frame, tmp_path, {"face": FOLDER})
    assert line in str(caught.value)


def test_an_absolute_name_is_refused_even_of_a_file_that_is_there(tmp_path):
    names = write_pictures(tmp_path / "pictures", pixels(COUNT))
    Image.new("RGB", (SIDE, SIDE)).save(tmp_path / "secret.png")
    names[BAD] = str(tmp_path / "secret.png")
    with pytest.raises(DataError, match="expected a file inside the folder"):
        build(index(COUNT, file=names), tmp_path, {"face": FOLDER})


def test_a_link_that_stays_inside_is_a_file_like_any_other(tmp_path):
    names = write_pictures(tmp_path / "pictures", pixels(COUNT))
    (tmp_path / "pictures/twin.png").symlink_to("0.png")
    data = build(index(COUNT, file=["twin.png", *names[1:]]), tmp_path, {"face": FOLDER})
    assert np.array_equal(data.inputs["face"].take(np.array([0])).pixels[0], pixels(COUNT)[0])


def test_what_is_no_regular_file_is_never_opened(tmp_path):
    import os

    names = write_pictures(tmp_path / "pictures", pixels(COUNT))
    os.mkfifo(tmp_path / "pictures/pipe.png")
    names[BAD] = "pipe.png"
    with pytest.raises(DataError, match="row 5, pictures/pipe.png: no such file"):
        build(index(COUNT, file=names), tmp_path, {"face": FOLDER})


def test_a_gif_of_colours_is_not_grey(tmp_path):
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (SIDE, SIDE), "red").save(tmp_path / "pictures/0.gif")
    with pytest.raises(DataError, match="expected a picture in grey, came one in rgb"):
        build(index(4, file=["0.gif"] * 4), tmp_path, {"face": FOLDER | {"mode": "grey"}})


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        ({"size": [9, 9]}, "row 1, pictures/0.png: expected 9 × 9 pixels"),
        ({"mode": "grey"}, "row 1, pictures/0.png: expected a picture in grey, came one in rgb"),
        ({"folder": "picturs"}, "no such folder relative to the configuration; did you mean"),
        ({"column": "fil"}, "no column 'fil' (input); did you mean 'file'"),
        ({"column": "hired"}, "column 'hired' is the target"),
    ],
)
def test_what_is_stated_must_hold(tmp_path, monkeypatch, stated, line):
    monkeypatch.delenv("AUDIT_DATA", raising=False)
    names = write_pictures(tmp_path / "pictures", pixels(COUNT))
    with pytest.raises(DataError) as caught:
        build(index(COUNT, file=names), tmp_path, {"face": FOLDER | stated})
    assert str(caught.value).startswith("data.inputs.face: ")
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("sheet", "line"),
    [
        ((SIDE + 1, 4 * SIDE), "expected whole tiles of 8 × 8 pixels (height × width), came a"),
        ((SIDE, 4 * SIDE), "expected an entry for each of the 6 rows of the table, came 4"),
        ((3 * SIDE, 4 * SIDE), "expected an entry for each of the 6 rows of the table, came 12"),
    ],
)
def test_a_sheet_that_does_not_fit(tmp_path, sheet, line):
    Image.fromarray(np.zeros((*sheet, 3), np.uint8)).save(tmp_path / "sheet.png")
    inputs = {"face": {"kind": "image", "sheet": "sheet.png", "size": [SIDE, SIDE]}}
    with pytest.raises(DataError) as caught:
        build(index(COUNT), tmp_path, inputs)
    assert line in str(caught.value)

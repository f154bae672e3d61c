"""Images: agreement with the slow twin, and refusals that name the input and the row."""

import numpy as np
import pytest

import builders_networks as build
from audit.data.inputs.batches import ImageBatch
from audit.errors import DataError
from audit.models.input_fitting import fit_images
from oracles.inputs import images

TRAIN = np.arange(10)


def fitted(pixels):
    return fit_images("camera", build.Images(pixels=pixels), TRAIN)


def encode(encoder, pixels):
    return encoder.encode({"camera": batch(pixels)}).tensors["camera"].numpy()


def batch(pixels):
    return ImageBatch(pixels=pixels, rows=np.arange(len(pixels)) + 4)


@pytest.mark.parametrize("name", ["camera", "grey"])
def test_agrees_with_the_loop_over_pixels(name):
    pixels = build.sources()[name].pixels
    encoder = fitted(pixels)
    expected = images(pixels[TRAIN].tolist(), pixels[10:].tolist())
    np.testing.assert_allclose(encode(encoder, pixels[10:]), expected, atol=1e-5)


def test_the_layout_says_what_the_dimensions_are():
    encoder = fitted(build.sources()["camera"].pixels)
    found = encoder.encode({"camera": batch(build.sources()["camera"].pixels)})
    assert found.columns == {"camera": ("camera",)}
    layout = found.layouts["camera"]
    assert (layout.kind, layout.source) == ("image", "camera")
    assert layout.names == ("red", "green", "blue")
    assert encoder.shape.size == (3, 9, 10)
    assert fitted(build.sources()["grey"].pixels).channels == ("grey",)


def test_a_constant_channel_has_scale_one():
    pixels = np.zeros((10, 4, 4, 3), dtype=np.float32)
    pixels[..., 1] = 0.1
    pixels[0, 0, 0, 2] = 1
    encoder = fitted(pixels)
    assert encoder.scale[:2] == (1.0, 1.0)
    assert encoder.scale[2] < 0.2


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 9, 11, 3), np.uint8), "9 × 10 pixels, rgb, came 9 × 11"),
        (np.zeros((2, 9, 10, 1), np.uint8), "9 × 10 pixels, rgb, came 9 × 10 pixels, grey"),
        (np.zeros((2, 9, 10, 3), np.float32), "whole numbers from 0 to 255, came fractions"),
    ],
)
def test_other_images_than_in_training_are_refused(pixels, message):
    with pytest.raises(DataError, match=f"input 'camera': the network was trained.*{message}"):
        encode(fitted(build.sources()["camera"].pixels), pixels)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_no_number_is_named_by_its_row(value):
    pixels = build.sources()["grey"].pixels.copy()
    encoder = fitted(pixels)
    pixels[2, 3, 3, 0] = pixels[5, 0, 0, 0] = value
    with pytest.raises(DataError, match=r"input 'camera', row 7: .* NaN or infinity \(2 rows\)"):
        encode(encoder, pixels)
    with pytest.raises(DataError, match="input 'camera', row 103: expected finite pixels"):
        fitted(pixels)


@pytest.mark.parametrize("shape", [(10, 4, 4, 2), (10, 4, 4, 4)])
def test_other_channels_cannot_be_learnt(shape):
    with pytest.raises(DataError, match="expected images of 1 or 3 channels"):
        fitted(np.zeros(shape, np.uint8))


def test_numbers_of_another_kind_cannot_be_learnt():
    with pytest.raises(DataError, match="uint8 or float32 numbers, came 3 of int64"):
        fitted(np.zeros((10, 4, 4, 3), np.int64))


def test_images_that_change_their_size_on_the_way_are_refused(monkeypatch):
    class Growing(build.Images):
        def take(self, rows):
            side = 4 if rows[0] == 0 else 5
            return ImageBatch(pixels=np.zeros((len(rows), side, 4, 1), np.uint8), rows=rows)

    monkeypatch.setattr("audit.models.input_fitting.NUMBERS", 80)
    with pytest.raises(DataError, match=r"row 6: .* shape \(4, 4, 1\) .*, came \(5, 4, 1\)"):
        fit_images("camera", Growing(pixels=np.zeros((10, 4, 4, 1), np.uint8)), TRAIN)

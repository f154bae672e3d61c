"""The built-in encoder of images: pixels in standard deviations of the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from audit.data.inputs.batches import ImageBatch
from audit.errors import DataError
from audit.models.layers import Shape
from audit.models.model import Encoded
from audit.models.named_input import encoded, given, place

CHANNELS: Mapping[int, tuple[str, ...]] = {1: ("grey",), 3: ("red", "green", "blue")}
PIXELS = {"uint8": "whole numbers from 0 to 255", "float32": "fractions"}


@dataclass(frozen=True, kw_only=True)
class ImageEncoder:
    """Encodes an image into a float32 tensor (rows, channels, height, width).

    Attributes
    ----------
    name : str
        Of the input, and of the tensor.
    channels : tuple of str
        ``grey``, or ``red``, ``green`` and ``blue``.
    height, width : int
    mean, scale : tuple of float
        Of each channel over all pixels of the training rows; a constant channel has scale 1.
    pixels : {"uint8", "float32"}
        What the training rows hold: whole numbers from 0 to 255, or fractions.
    """

    name: str
    channels: tuple[str, ...]
    height: int
    width: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    pixels: Literal["uint8", "float32"] = "uint8"
    kind: Literal["image"] = "image"

    @property
    def shape(self) -> Shape:
        """Return what one row is."""
        size = (len(self.channels), self.height, self.width)
        return Shape(name=self.name, kind="image", size=size)

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the images of this input.

        Raises
        ------
        DataError
            If they have another size, mode or kind of numbers than in training, or a pixel is not
            finite.
        """
        batch = given(inputs, self.name, ImageBatch)
        self._require_same(batch)
        mean, scale = (np.array(values, dtype=np.float32) for values in (self.mean, self.scale))
        scaled = (batch.pixels.astype(np.float32) - mean) / scale
        tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(scaled, 3, 1)))
        return encoded(self.name, tensor, "image", self.channels)

    def _require_same(self, batch: ImageBatch) -> None:
        came = tuple(batch.pixels.shape[1:])
        if came != (self.height, self.width, len(self.channels)):
            raise DataError(
                f"input {self.name!r}: the network was trained on images of "
                f"{_size(self.height, self.width, len(self.channels))}, came {_size(*came)}",
                "bring the images to that size and mode",
            )
        dtype = batch.pixels.dtype.name
        if dtype != self.pixels:
            raise DataError(
                f"input {self.name!r}: the network was trained on pixels that are "
                f"{PIXELS[self.pixels]}, came {PIXELS.get(dtype, dtype)}",
                "give the pixels in the same unit",
            )
        require_finite(self.name, batch)


def require_finite(name: str, batch: ImageBatch) -> None:
    """Refuse pixels that are no numbers.

    Raises
    ------
    DataError
        Naming the first row that has one.
    """
    if batch.pixels.dtype.kind != "f":
        return
    bad = ~np.isfinite(batch.pixels).reshape(len(batch), -1).all(axis=1)
    if bad.any():
        raise DataError(
            f"{place(name, batch.rows, bad)}: expected finite pixels, came NaN or infinity "
            f"({int(bad.sum())} rows)",
            "correct the image, or leave the row out",
        )


def _size(height: int, width: int, channels: int) -> str:
    mode = {1: "grey", 3: "rgb"}.get(channels, f"{channels} channels")
    return f"{height} × {width} pixels, {mode}"

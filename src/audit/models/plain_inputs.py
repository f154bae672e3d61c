"""Named inputs for networks of one's own: arrays for their encoder, or tensors without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audit.data.inputs.batches import ImageBatch, SeriesBatch, TextBatch
from audit.errors import DataError, ModelError
from audit.models.model import Layout

COLOURS = {1: ("grey",), 3: ("red", "green", "blue")}
IMAGE, SERIES = 4, 3
WHOLE = 255.0


def plain(batch: Any) -> Any:  # noqa: ANN401 - of any kind
    """Return what a user's encoder is given.

    Pixels of shape (n, height, width, channels), values of shape (n, steps, channels) with NaN in
    gaps, a list of texts, or a frame.
    """
    if isinstance(batch, ImageBatch):
        return batch.pixels
    if isinstance(batch, SeriesBatch):
        return batch.values
    return batch.texts if isinstance(batch, TextBatch) else batch


def tensor_of(name: str, batch: ImageBatch | SeriesBatch | TextBatch) -> Tensor:
    """Return the tensor of an input without an encoder.

    Images become (n, channels, height, width), whole pixels divided by 255; series become (n,
    channels, steps).

    Raises
    ------
    DataError
        If a series has a gap.
    ModelError
        If it is text.
    """
    if isinstance(batch, TextBatch):
        raise ModelError(
            f"{name!r} is text, which a network of one's own takes as numbers",
            "name an encoder: model.encode",
        )
    if isinstance(batch, ImageBatch):
        whole = batch.pixels.dtype == np.uint8
        values = batch.pixels.astype(np.float32) / (WHOLE if whole else 1.0)
        return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))
    gaps = np.isnan(batch.values).any(axis=(1, 2))
    if gaps.any():
        first = int(np.flatnonzero(gaps)[0])
        raise DataError(
            f"{name!r}, row {batch.rows[first] + 1}: the series has a gap ({int(gaps.sum())} rows)",
            "fill gaps in, leave these rows out, or name an encoder: model.encode",
        )
    return torch.from_numpy(np.ascontiguousarray(batch.values.transpose(0, 2, 1)))


def layouts_of(tensors: Mapping[str, Tensor], inputs: Mapping[str, Any]) -> dict[str, Layout]:
    """Say what the dimensions of tensors mean that are named, and shaped, as an input is."""
    found = {name: _layout(name, tensor, inputs.get(name)) for name, tensor in tensors.items()}
    return {name: layout for name, layout in found.items() if layout is not None}


def _layout(name: str, tensor: Tensor, batch: object) -> Layout | None:
    if isinstance(batch, ImageBatch) and tensor.ndim == IMAGE:
        channels = tensor.shape[1]
        names = COLOURS.get(channels, tuple(f"channel {place + 1}" for place in range(channels)))
        same = tuple(tensor.shape[2:]) == batch.pixels.shape[1:3]
        return Layout(kind="image", names=names, source=name) if same else None
    if isinstance(batch, SeriesBatch) and tensor.ndim == SERIES:
        same = tuple(tensor.shape[1:]) == batch.values.shape[:0:-1]
        return Layout(kind="series", names=batch.channels, source=name) if same else None
    return None

"""The built-in encoder of series: channels in standard deviations, and where they have gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from audit.data.inputs.batches import SeriesBatch
from audit.errors import DataError
from audit.models.layers import Shape
from audit.models.model import Encoded
from audit.models.named_input import encoded, given, place


@dataclass(frozen=True, kw_only=True)
class SeriesEncoder:
    """Encodes channels over time into a float32 tensor (rows, channels and gaps, steps).

    A value becomes (value - mean) / scale and a gap 0. For each channel that had gaps in training
    a further channel, ``NAME missing``, is 1 where there is one.

    Attributes
    ----------
    name : str
        Of the input, and of the tensor.
    channels : tuple of str
    steps : int
    mean, scale : tuple of float
        Of each channel over all values of the training rows; a constant channel has scale 1.
    gaps : tuple of bool
        Whether the channel had gaps in training. A gap elsewhere is refused, since the network
        never saw one.
    """

    name: str
    channels: tuple[str, ...]
    steps: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    gaps: tuple[bool, ...]
    kind: Literal["series"] = "series"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the channels of the tensor, in order."""
        pairs = zip(self.channels, self.gaps, strict=True)
        return (*self.channels, *(f"{name} missing" for name, gap in pairs if gap))

    @property
    def shape(self) -> Shape:
        """Return what one row is."""
        return Shape(name=self.name, kind="series", size=(len(self.names), self.steps))

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the series of this input.

        Raises
        ------
        DataError
            If they have other channels or another length than in training, a gap in a channel that
            had none there, or an infinite value.
        """
        batch = given(inputs, self.name, SeriesBatch)
        require_shape(self.name, batch, self.channels, self.steps)
        require_no_infinity(self.name, batch)
        gap = np.isnan(batch.values)
        self._require_known_gaps(batch, gap)
        standard = (batch.values.astype(np.float64) - self.mean) / self.scale
        values = np.where(gap, 0.0, standard)
        whole = np.concatenate([values, gap[:, :, list(self.gaps)]], axis=2).astype(np.float32)
        tensor = torch.from_numpy(np.ascontiguousarray(whole.swapaxes(1, 2)))
        return encoded(self.name, tensor, "series", self.names)

    def _require_known_gaps(self, batch: SeriesBatch, gap: NDArray[np.bool_]) -> None:
        for number, (channel, known) in enumerate(zip(self.channels, self.gaps, strict=True)):
            bad = np.asarray(gap[:, :, number].any(axis=1))
            if not known and bad.any():
                raise DataError(
                    f"{place(self.name, batch.rows, bad)}: channel {channel!r} has a gap, and had "
                    f"none in any training row ({int(bad.sum())} rows)",
                    "fill it in, leave the rows out, or train on rows that have gaps there too",
                )


def require_shape(name: str, batch: SeriesBatch, channels: tuple[str, ...], steps: int) -> None:
    """Refuse series of other channels, or of another length.

    Raises
    ------
    DataError
        Saying which were expected and which came.
    """
    if batch.channels != channels:
        raise DataError(
            f"input {name!r}: expected channels {', '.join(channels)}, came "
            f"{', '.join(batch.channels)}",
            f"name the same ones in this order under data.inputs.{name}.channels",
        )
    if batch.values.shape[1:] != (steps, len(channels)):
        raise DataError(
            f"input {name!r}: expected {steps:,} steps of {len(channels)} channels, came "
            f"{batch.values.shape[1]:,} of {batch.values.shape[2]}",
            "cut all series to one length",
        )


def require_no_infinity(name: str, batch: SeriesBatch) -> None:
    """Refuse infinite values.

    Raises
    ------
    DataError
        Naming the first row that has one.
    """
    bad = np.asarray(np.isinf(batch.values).any(axis=(1, 2)))
    if bad.any():
        raise DataError(
            f"{place(name, batch.rows, bad)}: expected finite values, came infinity "
            f"({int(bad.sum())} rows)",
            "correct the value, or leave it out as a gap",
        )

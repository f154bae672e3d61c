"""Convolutional networks: over the pixels of an image, or over the steps of a series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.layers import (
    NORMALISATIONS,
    Network,
    Shape,
    Trunk,
    activated,
    require_few,
    topped,
)

GRID = 4
SPATIAL = ("image", "series")


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """The layers of convolutions over one or two dimensions."""

    convolution: Callable[..., nn.Module]
    batch: Callable[[int], nn.Module]
    largest: Callable[..., nn.Module]
    mean: Callable[..., nn.Module]


DIMENSIONS: Mapping[int, Dimension] = {
    1: Dimension(
        convolution=nn.Conv1d, batch=nn.BatchNorm1d, largest=nn.MaxPool1d, mean=nn.AvgPool1d
    ),
    2: Dimension(
        convolution=nn.Conv2d, batch=nn.BatchNorm2d, largest=nn.MaxPool2d, mean=nn.AvgPool2d
    ),
}


class ConvolutionTrunk(Trunk):
    """Convolutions, each halving the picture, then means over a grid of at most 4 by 4.

    The grid keeps where something is, and a head on it stays small. Its windows are fixed by the
    size of the input: unlike adaptive pooling these have gradients that are the same each time.

    Parameters
    ----------
    shape : Shape
        Of an image or a series.
    channels : sequence of int
        Of each convolution.
    kernel : int
        Width of the convolutions, in pixels or steps.
    activation, normalisation : str
        ``layer`` normalises over channels and places of a row together.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        channels: Sequence[int],
        kernel: int,
        activation: str,
        normalisation: str,
    ) -> None:
        super().__init__()
        if shape.kind not in SPATIAL:
            raise ModelError(f"expected an image or a series to convolve, came a {shape.kind}")
        if not channels:
            raise ModelError("expected channels of at least one convolution, came none")
        require_few("convolutions", len(channels))
        before, *size = shape.size
        build = DIMENSIONS[len(size)]
        for number, after in enumerate(channels, start=1):
            around = kernel // 2
            self.add_module(
                f"conv{number}", build.convolution(before, after, kernel, padding=around)
            )
            if normalise := _normalisation(normalisation, build):
                self.add_module(f"norm{number}", normalise(after))
            self.add_module(f"act{number}", activated(activation))
            self.add_module(f"pool{number}", build.largest(2, ceil_mode=True))
            size = [-(-(length + 2 * around - kernel + 1) // 2) for length in size]
            before = after
        windows = [-(-length // GRID) for length in size]
        self.add_module("grid", build.mean(tuple(windows), ceil_mode=True))
        self.add_module("flat", nn.Flatten())
        self.width = before
        for length, window in zip(size, windows, strict=True):
            self.width *= -(-length // window)
        self.words = f"{'×'.join(map(str, shape.size))} → conv {', '.join(map(str, channels))}"

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors, shape (n, width), of images or series (n, channels, ...)."""
        for layer in self.children():
            x = layer(x)
        return x


def _normalisation(name: str, build: Dimension) -> Callable[[int], nn.Module] | None:
    if name not in NORMALISATIONS:
        raise ModelError.unknown("normalisation", name, NORMALISATIONS)
    return {"none": None, "batch": build.batch, "layer": _over_all}[name]


def _over_all(channels: int) -> nn.Module:
    return nn.GroupNorm(1, channels)


def cnn(
    *,
    inputs: Sequence[Mapping[str, Any]],
    channels: Sequence[int],
    kernel: int,
    activation: str = "relu",
    normalisation: str = "none",
    **head: Any,  # noqa: ANN401 - settings of `mlp`
) -> Network:
    """Build a small convolutional network for one image, or one series.

    Parameters
    ----------
    inputs : sequence of one mapping
        The name, kind and size of the input.
    channels, kernel : sequence of int, int
        Of the convolutions.
    activation, normalisation : str
        Of convolutions and head.
    **head
        The other arguments of `mlp`.
    """
    (given,) = inputs
    same = {"activation": activation, "normalisation": normalisation}
    trunk = ConvolutionTrunk(Shape.read(given), channels=channels, kernel=kernel, **same)
    return topped("CNN", trunk, **same, **head)

"""Mean images, series and attribution maps of groups, summed batch by batch on a coarse grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.data.inputs.batches import ImageBatch, SeriesBatch
from audit.explainers.regions import block_sums

IMAGE_SIDE, IMAGE_NUMBERS = 64, 1 << 17
SERIES_STEPS, SERIES_NUMBERS = 128, 1 << 15
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Cells of the last two dimensions of a map.

    Attributes
    ----------
    height, width : int
    block : int
        A cell is so many positions wide, and as many high unless rows are kept apart.
    rows : bool
        Whether rows are kept apart, because they are channels.
    """

    height: int
    width: int
    block: int
    rows: bool = False

    @property
    def tops(self) -> tuple[int, ...]:
        """Return where cells begin from top to bottom."""
        return tuple(range(0, self.height, 1 if self.rows else self.block))

    @property
    def lefts(self) -> tuple[int, ...]:
        """Return where cells begin from left to right."""
        return tuple(range(0, self.width, self.block))

    def sums(self, values: Floats) -> Floats:
        """Return the sum of each cell."""
        return block_sums(values, self.tops, self.lefts)


def image_grid(height: int, width: int, channels: int, pictures: int) -> Grid:
    """Return the finest grid of at most 64 by 64 cells that all pictures have room for."""

    def fits(block: int) -> bool:
        rows, columns = -(-height // block), -(-width // block)
        numbers = pictures * rows * columns * (channels + 1)
        return max(rows, columns) <= IMAGE_SIDE and numbers <= IMAGE_NUMBERS

    return Grid(height=height, width=width, block=_smallest(fits, max(height, width)))


def series_grid(channels: int, steps: int, pictures: int) -> Grid:
    """Return the finest grid of at most 128 steps that all pictures have room for."""

    def fits(block: int) -> bool:
        cells = -(-steps // block)
        return cells <= SERIES_STEPS and pictures * channels * cells * 2 <= SERIES_NUMBERS

    return Grid(height=channels, width=steps, block=_smallest(fits, steps), rows=True)


def _smallest(fits: Callable[[int], bool], largest: int) -> int:
    return next((block for block in range(1, largest) if fits(block)), largest)


class Sums:
    """Running sums of one input over the rows of each group.

    Attributes
    ----------
    attribution : ndarray, shape (groups, cells high, cells wide)
        Weighted means once every row was added.
    low, high : float
        The smallest and the largest pixel that was seen.
    """

    def __init__(self, grid: Grid, groups: int) -> None:
        self.grid = grid
        self.attribution = np.zeros((groups, len(grid.tops), len(grid.lefts)))
        self._content: Floats | None = None
        self._counts: Floats | None = None
        self.low, self.high = np.inf, -np.inf

    def add(self, share: Floats, attribution: Floats, content: Floats | None) -> None:
        """Add some rows.

        Parameters
        ----------
        share : ndarray, shape (groups, rows)
            What part of its group each row is.
        attribution : ndarray, shape (rows, height, width)
        content : ndarray, shape (rows, ..., height, width), or None
            What was seen there; NaN in a gap.
        """
        self.attribution += np.tensordot(share, self.grid.sums(attribution), axes=1)
        if content is None:
            return
        known = np.isfinite(content)
        self.low = min(self.low, float(content.min(where=known, initial=np.inf)))
        self.high = max(self.high, float(content.max(where=known, initial=-np.inf)))
        self._content = self._added(self._content, share, np.where(known, content, 0.0))
        self._counts = self._added(self._counts, share, known.astype(np.float64))

    def _added(self, sums: Floats | None, share: Floats, values: Floats) -> Floats:
        more = np.tensordot(share, self.grid.sums(values), axes=1)
        return more if sums is None else sums + more

    def mean(self, group: int) -> Floats | None:
        """Return the mean of what a group's rows hold in each cell, NaN where that is nothing."""
        if self._content is None or self._counts is None:
            return None
        counts = self._counts[group]
        mean: Floats = np.full(counts.shape, np.nan)
        np.divide(self._content[group], counts, out=mean, where=counts > 0)
        return mean

    def missing(self, group: int) -> Floats:
        """Return for each row of the map the share of the group's positions that are gaps."""
        if self._counts is None:
            return np.zeros(0)
        missing: Floats = 1 - self._counts[group].sum(axis=-1) / self.grid.width
        return missing


def pixels_of(batch: object, height: int, width: int) -> Floats | None:
    """Return the pixels of images as (rows, channels, height, width), where they are known.

    Images that the encoder brought to another size are sampled at as many places.
    """
    if not isinstance(batch, ImageBatch):
        return None
    rows = np.arange(height) * batch.pixels.shape[1] // height
    columns = np.arange(width) * batch.pixels.shape[2] // width
    found: Floats = batch.pixels[:, rows][:, :, columns].astype(np.float64)
    return found.transpose(0, 3, 1, 2)


def measurements_of(batch: object, channels: Sequence[str], steps: int) -> Floats | None:
    """Return the measurements of series as (rows, channels, steps), where they are known."""
    if not isinstance(batch, SeriesBatch) or batch.values.shape[1] != steps:
        return None
    if not set(channels) <= set(batch.channels):
        return None
    places = [batch.channels.index(channel) for channel in channels]
    return batch.values[:, :, places].astype(np.float64).transpose(0, 2, 1)

"""Regions of images and channels of series: positions that a user can name."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audit.models.model import Layout

PATCHES = 8
MISSING = " missing"
Floats = NDArray[np.float64]


def edges(size: int) -> tuple[int, ...]:
    """Return where the patches along one side of an image begin, and its end: 8 of them at most."""
    count = min(PATCHES, size)
    return tuple(place * size // count for place in range(count + 1))


def patches(height: int, width: int) -> tuple[str, ...]:
    """Return the names of an image's patches, row by row: the pixels in them, counted from 0."""
    rows, columns = edges(height), edges(width)
    return tuple(
        f"{_span('row', top, bottom)}, {_span('column', left, right)}"
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    )


def _span(what: str, start: int, end: int) -> str:
    return f"{what} {start}" if end - start == 1 else f"{what}s {start}–{end - 1}"


def fold_image(values: Floats) -> tuple[tuple[str, ...], Floats]:
    """Sum attributions over channels and over the pixels of each patch.

    Parameters
    ----------
    values : ndarray, shape (rows, channels, height, width)

    Returns
    -------
    features : tuple of str
    folded : ndarray, shape (rows, patches)
    """
    height, width = values.shape[2:]
    pixels = block_sums(values.sum(axis=1), edges(height)[:-1], edges(width)[:-1])
    return patches(height, width), pixels.reshape(len(values), -1)


def block_sums(values: Floats, tops: tuple[int, ...], lefts: tuple[int, ...]) -> Floats:
    """Sum the last two dimensions over blocks that begin at these places."""
    return np.add.reduceat(np.add.reduceat(values, tops, axis=-2), lefts, axis=-1)


def series_channels(layout: Layout) -> tuple[str, ...]:
    """Return the user's channel of each channel of a series: that of its gaps is the channel's."""
    return tuple(_owner(name, layout.names) for name in layout.names)


def _owner(name: str, names: tuple[str, ...]) -> str:
    base = name.removesuffix(MISSING)
    return base if base in names else name


def fold_channels(values: Floats, layout: Layout) -> tuple[tuple[str, ...], Floats]:
    """Sum the attributions of a channel and of its gaps, step by step.

    Parameters
    ----------
    values : ndarray, shape (rows, channels and gaps, steps)

    Returns
    -------
    channels : tuple of str
    folded : ndarray, shape (rows, channels, steps)
    """
    owners = series_channels(layout)
    channels = tuple(dict.fromkeys(owners))
    folded = np.zeros((len(values), len(channels), values.shape[2]))
    for place, owner in enumerate(owners):
        folded[:, channels.index(owner)] += values[:, place]
    return channels, folded

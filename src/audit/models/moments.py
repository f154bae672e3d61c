"""Mean and scale of channels in one pass over many values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CONSTANT = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Number, mean and sum of squared deviations of each channel.

    Chunks are merged by the update of Chan, Golub and LeVeque (1983), which loses no digits where
    the mean is large. The same chunks in the same order give the same bits.

    Attributes
    ----------
    count, mean, squares : ndarray of float64, shape (channels,)
    """

    count: Floats
    mean: Floats
    squares: Floats

    @classmethod
    def none(cls, channels: int) -> Moments:
        """Return the moments of no values."""
        return cls(count=np.zeros(channels), mean=np.zeros(channels), squares=np.zeros(channels))

    def with_values(self, values: NDArray[np.floating]) -> Moments:
        """Return the moments with further values, shape (..., channels); NaN counts as no value."""
        table = values.reshape(-1, values.shape[-1]).astype(np.float64)
        there = ~np.isnan(table)
        count = there.sum(axis=0).astype(np.float64)
        mean = np.where(there, table, 0.0).sum(axis=0) / np.maximum(count, 1)
        squares = (np.where(there, table - mean, 0.0) ** 2).sum(axis=0)
        return self._merged(Moments(count=count, mean=mean, squares=squares))

    def _merged(self, other: Moments) -> Moments:
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        apart = other.mean - self.mean
        return Moments(
            count=count,
            mean=self.mean + apart * share,
            squares=self.squares + other.squares + apart**2 * self.count * share,
        )

    @property
    def scale(self) -> Floats:
        """Return the standard deviations, shape (channels,); 1 where a channel is constant."""
        found = np.sqrt(self.squares / np.maximum(self.count, 1))
        return np.where(found <= CONSTANT * np.maximum(1.0, np.abs(self.mean)), 1.0, found)

"""One pass over an input before anything runs: every row is read once, checked and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from audit.data.inputs.batches import ImageBatch, Rows, SeriesBatch, TextBatch

BYTES = 1 << 22
MOST = 1024

Batch = ImageBatch | TextBatch | SeriesBatch


class Source(Protocol):
    """An input that is no table, over all rows of the index table."""

    @property
    def rows(self) -> Rows:
        """Return the row of the index table that each row is."""
        ...

    @property
    def shape(self) -> str:
        """Return the shape of one row, in words."""
        ...

    @property
    def weight(self) -> int:
        """Return how many bytes one row takes."""
        ...

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def take(self, rows: Rows) -> Any:  # noqa: ANN401 - a batch of its kind
        """Return the given rows, in that order."""
        ...


def content_hash(source: Source, told: Callable[[int], None], see: Callable[[Any], None]) -> str:
    """Return the SHA-256 of every row in order, whatever file it came from.

    Parameters
    ----------
    source : Source
    told : callable
        Told how many rows are done.
    see : callable
        Shown each batch on the way.

    Raises
    ------
    DataError
        Naming the first row that is not as it should be.
    """
    digest = hashlib.sha256()
    size = max(1, min(MOST, BYTES // max(1, source.weight)))
    for start in range(0, len(source), size):
        batch: Batch = source.take(np.arange(start, min(start + size, len(source))))
        if not start:
            digest.update(f"{batch.header()} {len(source)}".encode("utf-8", "surrogatepass"))
        for part in batch.content():
            digest.update(part)
        see(batch)
        told(start + len(batch))
    return digest.hexdigest()

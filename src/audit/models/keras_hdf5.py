"""HDF5 files from strangers: plain groups and plain arrays only, and sizes before memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import ModelError
from audit.models.archive import LARGEST_JSON, LARGEST_RATIO, MODEST

EXTRA = 'pip install "weight-audit[keras]"'
AGAIN = "save the model again with Keras"
BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError)
FILTERS = frozenset({1, 2, 3, 32000})  # deflate, shuffle, fletcher32, lzf
WIDEST = 8
MOST_NAMES = 100_000


@dataclass(frozen=True, kw_only=True)
class Node:
    """A group of an HDF5 file.

    Attributes
    ----------
    group : h5py.Group
    file : str
        For messages.
    limit : int
        Bytes that one array may take.
    """

    group: Any
    file: str
    limit: int

    def names(self) -> tuple[str, ...]:
        """Return the names in it, at most 100,000."""
        with reading(self.file):
            if len(self.group) > MOST_NAMES:
                raise ModelError(f"{self.file} holds {len(self.group):,} names in one group")
            return tuple(self.group)

    def down(self, *path: str) -> Node | None:
        """Return a group below, or None if it is not there.

        Raises
        ------
        ModelError
            If a link on the way leads elsewhere, or to something that is no group.
        """
        import h5py

        group = self.group
        for name in path:
            group = self._member(group, name)
            if group is None:
                return None
            if not isinstance(group, h5py.Group):
                raise ModelError(f"{self.file}: expected a group at {name!r}, came an array", AGAIN)
        return Node(group=group, file=self.file, limit=self.limit)

    def array(self, *path: str, shape: tuple[int, ...], what: str) -> NDArray[Any]:
        """Return an array of numbers.

        Parameters
        ----------
        *path : str
        shape : tuple of int
            What it must have.
        what : str
            For messages.

        Raises
        ------
        ModelError
            If it is missing, stands in another file, is no plain array of numbers, or has another
            shape, or one that takes more memory than the file can hold.
        """
        import h5py

        parent = self.down(*path[:-1])
        found = None if parent is None else parent._member(parent.group, path[-1])
        if not isinstance(found, h5py.Dataset):
            raise ModelError(f"{self.file} has no array for {what}", AGAIN)
        with reading(self.file):
            _require_plain(found, self.file, what)
            _require_size(found, self, what, shape)
            return np.asarray(found[()])

    def text(self, name: str) -> str | None:
        """Return an attribute as text, or None if it is not there."""
        value = self._attribute(name)
        if value is None:
            return None
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if not isinstance(value, str):
            raise ModelError(f"{self.file}: expected text in attribute {name!r}", AGAIN)
        return value

    def texts(self, name: str) -> tuple[str, ...] | None:
        """Return an attribute as texts, put together where Keras split it, or None."""
        whole = self._attribute(name)
        if whole is not None:
            return _as_texts(whole)
        parts: list[str] = []
        for place in range(MOST_NAMES):
            part = self._attribute(f"{name}{place}")
            if part is None:
                break
            parts.extend(_as_texts(part))
        return tuple(parts) or None

    def _attribute(self, name: str) -> Any:  # noqa: ANN401 - whatever stands there
        import h5py

        with reading(self.file):
            if name not in self.group.attrs:
                return None
            known = self.group.attrs.get_id(name)
            shape = known.shape or ()
            if known.dtype.kind not in "SUfiu" and h5py.check_string_dtype(known.dtype) is None:
                raise ModelError(f"{self.file}: expected text in attribute {name!r}", AGAIN)
            if prod(shape) * max(known.dtype.itemsize, 1) > LARGEST_JSON:
                raise ModelError(
                    f"{self.file}: attribute {name!r} claims shape {shape} of {known.dtype}", AGAIN
                )
            return self.group.attrs[name]

    def _member(self, group: Any, name: str) -> Any:  # noqa: ANN401 - a group, an array or None
        import h5py

        with reading(self.file):
            link = group.get(name, getlink=True)
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                kind = "another file" if isinstance(link, h5py.ExternalLink) else "another name"
                raise ModelError(
                    f"{self.file}: {name!r} is a link to {kind}, which is not followed", AGAIN
                )
            return group[name]


def _as_texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - an attribute
    items = np.asarray(value).reshape(-1).tolist()
    return tuple(item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
                 for item in items)  # fmt: skip


def _require_plain(found: Any, file: str, what: str) -> None:  # noqa: ANN401 - a data set
    if found.external or found.is_virtual:
        raise ModelError(
            f"{file}: the values of {what} stand in another file, which is not read", AGAIN
        )
    kind = found.dtype
    if kind.kind not in "fiub" or kind.itemsize > WIDEST or found.shape is None:
        raise ModelError(f"{file}: expected numbers for {what}, came {kind}", AGAIN)
    made = found.id.get_create_plist()
    used = {made.get_filter(place)[0] for place in range(made.get_nfilters())}
    if not used <= FILTERS:
        raise ModelError(
            f"{file}: {what} is compressed with filter {min(used - FILTERS)}",
            "save the model without compression plugins",
        )


def _require_size(found: Any, node: Node, what: str, shape: tuple[int, ...]) -> None:  # noqa: ANN401 - a data set
    if tuple(found.shape) != shape:
        raise ModelError(
            f"{node.file}: {what} has shape {tuple(found.shape)}, the layer expects {shape}",
            AGAIN,
        )
    if prod(found.shape) * found.dtype.itemsize > node.limit:
        raise ModelError(
            f"{node.file}: {what} claims shape {tuple(found.shape)}, more than a file of its "
            "size can hold",
            AGAIN,
        )


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Turn what h5py says of a damaged file into one line."""
    try:
        yield
    except BROKEN as error:
        raise ModelError(f"{file} is damaged: {error}", AGAIN) from error


@contextmanager
def opened_hdf5(source: Path | IO[bytes], file: str, size: int) -> Iterator[Node]:
    """Open an HDF5 file to read, whatever its arrays claim.

    Raises
    ------
    ModelError
        If h5py is not installed, or the file is none of HDF5.
    """
    try:
        import h5py
    except ImportError as error:
        raise ModelError(f"{file} needs h5py, which is not installed", EXTRA) from error
    try:
        opened = h5py.File(source, "r")
    except BROKEN as error:
        raise ModelError(f"{file} is damaged or no HDF5 file: {error}", AGAIN) from error
    with opened:
        yield Node(group=opened, file=file, limit=max(MODEST, LARGEST_RATIO * size))

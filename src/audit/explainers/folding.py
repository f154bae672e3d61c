"""From positions in tensors to what the user can look at: columns, regions, words, channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from audit.explainers.entrance import Entrance
from audit.explainers.regions import fold_channels, fold_image
from audit.explainers.words import WordValues, fold_words
from audit.models.model import Encoded, Tensors

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Folded:
    """Attributions of some rows.

    Attributes
    ----------
    features : tuple of str
        Columns, patches and channels.
    values : ndarray of float64, shape (rows, features)
    words : tuple of WordValues
        One for each tensor of words.
    """

    features: tuple[str, ...]
    values: Floats
    words: tuple[WordValues, ...]


def fold_all(entrance: Entrance, encoded: Encoded, values: Tensors, *, several: bool) -> Folded:
    """Fold the attributions of each tensor by its layout; each row keeps its sum.

    Parameters
    ----------
    values : dict of str to Tensor
        By tensor, and by key of an entry.
    several : bool
        Whether there are several inputs: then features are named after theirs.
    """
    plain: dict[str, Floats] = {}
    columns: dict[str, tuple[str, ...]] = {}
    words = []
    for name, table in by_tensor(entrance, values).items():
        layout = encoded.layouts.get(name)
        prefix = f"{layout.source if layout else name}: " if several else ""
        if layout is None:
            plain[name] = table
            columns[name] = tuple(f"{prefix}{column}" for column in encoded.columns[name])
        elif layout.kind == "words":
            numbers = _array(encoded.tensors[name])
            padding = _array(entrance.padding(encoded.tensors, name))
            found = fold_words(numbers, padding, table, layout.names)
            words.append(WordValues(name=name, prefix=prefix, words=layout.names, values=found))
        elif layout.kind == "image":
            patches, plain[name] = fold_image(table)
            columns[name] = tuple(f"{prefix or 'image '}{patch}" for patch in patches)
        else:
            channels, steps = fold_channels(table, layout)
            plain[name] = steps.sum(axis=2)
            columns[name] = tuple(f"{prefix}{channel}" for channel in channels)
    rows = len(next(iter(values.values())))
    features, folded = fold(plain, columns, rows)
    return Folded(features=features, values=folded, words=tuple(words))


def by_tensor(entrance: Entrance, values: Tensors) -> dict[str, Floats]:
    """Return the attributions of each tensor as float64, of embeddings summed to its numbers."""
    entered = {entry.key: entry for entry in entrance.entries}
    found = {
        name: _array(tensor.detach().double())
        for name, tensor in values.items()
        if name not in entered
    }
    for entry in (entered[name] for name in values if name in entered):
        part = _array(values[entry.key].detach().double().sum(dim=-1))
        found[entry.tensor] = found[entry.tensor] + part if entry.tensor in found else part
    return found


def fold(
    values: Mapping[str, Floats], columns: Mapping[str, tuple[str, ...]], rows: int
) -> tuple[tuple[str, ...], Floats]:
    """Sum attributions over the positions that stem from the same column.

    Parameters
    ----------
    values : mapping of str to ndarray of float64
        First dimension rows, last dimension columns; dimensions between them are summed over. A
        tensor of one dimension is one column.
    columns : mapping of str to tuple of str
        The user's column of each position along the last dimension.
    rows : int

    Returns
    -------
    features : tuple of str
        In order of first appearance.
    folded : ndarray of float64, shape (rows, features)
        Each row sums to the sum of its attributions.
    """
    features = tuple(dict.fromkeys(name for key in values for name in columns[key]))
    place = {name: number for number, name in enumerate(features)}
    folded = np.zeros((rows, len(features)))
    for key, table in values.items():
        flat = table.reshape(rows, -1, len(columns[key])).sum(axis=1)
        for position, name in enumerate(columns[key]):
            folded[:, place[name]] += flat[:, position]
    return features, folded


def _array(tensor: Tensor) -> NDArray[Any]:
    return tensor.cpu().numpy()

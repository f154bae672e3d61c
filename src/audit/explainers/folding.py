"""From positions in tensors back to the user's columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from audit.models.model import Tensors


def fold(
    values: Tensors, columns: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Sum attributions over the positions that stem from the same column.

    Parameters
    ----------
    values : dict of str to Tensor
        First dimension rows, last dimension columns; dimensions between them are summed over. A
        tensor of one dimension is one column.
    columns : mapping of str to tuple of str
        The user's column of each position along the last dimension.

    Returns
    -------
    features : tuple of str
        In order of first appearance.
    folded : ndarray of float64, shape (rows, features)
        Each row sums to the sum of its attributions.
    """
    features = tuple(dict.fromkeys(name for key in values for name in columns[key]))
    place = {name: number for number, name in enumerate(features)}
    rows = len(next(iter(values.values())))
    folded = np.zeros((rows, len(features)))
    for key, tensor in values.items():
        width = len(columns[key])
        table = tensor.detach().cpu().double().numpy().reshape(rows, -1, width).sum(axis=1)
        for position, name in enumerate(columns[key]):
            folded[:, place[name]] += table[:, position]
    return features, folded

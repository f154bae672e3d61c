"""One input of several, by its name, held against what the network was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from audit.data.inputs.batches import ImageBatch, SeriesBatch, TextBatch
from audit.errors import DataError, nearest
from audit.models.model import Encoded, Layout

Shaped = Literal["image", "words", "series"]
Batch = TypeVar("Batch", ImageBatch, TextBatch, SeriesBatch, pd.DataFrame)
WORDS: Mapping[type[Any], str] = {
    ImageBatch: "images",
    TextBatch: "texts",
    SeriesBatch: "series",
    pd.DataFrame: "a table",
}


def given(inputs: Mapping[str, Any], name: str, kind: type[Batch]) -> Batch:
    """Return the batch of an input.

    Raises
    ------
    DataError
        If it is not there, or of another kind.
    """
    if name not in inputs:
        raise DataError(
            f"the network expects input {name!r}, which is not among the inputs",
            nearest(name, inputs),
        )
    found = inputs[name]
    if not isinstance(found, kind):
        came = WORDS.get(type(found), type(found).__name__)
        raise DataError(
            f"input {name!r}: the network expects {WORDS[kind]}, came {came}",
            f"check data.inputs.{name}.kind",
        )
    return found


def encoded(name: str, tensor: Tensor, kind: Shaped, names: tuple[str, ...]) -> Encoded:
    """Return the tensor of one input that is no table.

    Parameters
    ----------
    name : str
        Of the input, and of the tensor.
    tensor : Tensor
    kind, names
        Of its layout.
    """
    layout = Layout(kind=kind, names=names, source=name)
    return Encoded(tensors={name: tensor}, columns={name: (name,)}, layouts={name: layout})


def place(name: str, rows: NDArray[np.int64], bad: NDArray[np.bool_]) -> str:
    """Return the input and the first bad row, counted from 1, for a message."""
    return f"input {name!r}, row {int(rows[int(np.flatnonzero(bad)[0])]) + 1}"

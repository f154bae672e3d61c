"""Rows with what the loss needs to know of each: target and weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audit.data.dataset import Dataset, Rows
from audit.models.encoded_rows import EncodedRows, encoded_rows
from audit.models.losses import Standard, row_weights, targets
from audit.models.model import Tensors, TorchModel


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Rows with what the loss needs to know of each.

    Attributes
    ----------
    rows : EncodedRows
    target : Tensor, shape (rows,)
        As `audit.models.losses.targets` gives it.
    weights : Tensor, shape (rows,)
        Of mean 1.
    unit : Standard
        In which a regression's target is.
    """

    rows: EncodedRows
    target: Tensor
    weights: Tensor
    unit: Standard

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def take(self, places: Tensor) -> tuple[Tensors, Tensor, Tensor]:
        """Return tensors, targets and weights of some of the rows."""
        there = places.to(self.target.device)
        return self.rows.take(places), self.target[there], self.weights[there]


def examples(model: TorchModel, dataset: Dataset, rows: Rows, unit: Standard) -> Examples:
    """Encode `rows` with their targets and weights, on the device of the network.

    Raises
    ------
    DataError
        If a value cannot be encoded.
    ModelError
        If every row has weight 0.
    """
    weights = torch.from_numpy(row_weights(dataset, rows).astype(np.float32))
    return Examples(
        rows=encoded_rows(model, dataset, rows),
        target=targets(dataset, rows, unit).to(model.device),
        weights=weights.to(model.device),
        unit=unit,
    )

"""The rows that ledgers need, encoded once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.data.dataset import Dataset, Rows
from audit.models.inference import evaluating, seeded
from audit.models.model import Encoded, TorchModel

BATCH = 8192
FEW = 256
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Population:
    """Encoded rows.

    Attributes
    ----------
    dataset : Dataset
    rows : ndarray of int64, shape (rows,)
        In rising order.
    x : Tensor, shape (rows, columns)
        Double precision.
    """

    dataset: Dataset
    rows: Rows
    x: Tensor

    def places(self, rows: Rows) -> NDArray[np.int64]:
        """Return where some of the rows stand."""
        return np.searchsorted(self.rows, rows)

    def take(self, rows: Rows) -> Population:
        """Return some of the rows, each once."""
        wanted = np.unique(rows)
        return Population(dataset=self.dataset, rows=wanted, x=self.x[self.places(wanted)])

    def pooled(self, rows: Rows) -> Floats:
        """Return weights over all rows that take the weighted mean of some of them."""
        weights = np.ones(len(rows))
        if self.dataset.weights is not None:
            weights = self.dataset.weights[rows]
        found = np.zeros(len(self.rows))
        found[self.places(rows)] = weights / weights.sum()
        return found


def encode_few(model: TorchModel, dataset: Dataset, rows: Rows) -> Encoded:
    """Encode the first of some rows, to look at the network with."""
    part = rows[:FEW]
    with evaluating(model.network), seeded(0, model.device):
        return model.encode({name: source.take(part) for name, source in dataset.inputs.items()})


def encode_rows(model: TorchModel, dataset: Dataset, rows: Rows, like: Tensor) -> Population:
    """Encode rows whose encoding is one table, in the precision and place of `like`."""
    parts = []
    with evaluating(model.network), seeded(0, model.device), torch.no_grad():
        for _, inputs in dataset.batches(rows, BATCH):
            (table,) = model.encode(inputs).tensors.values()
            parts.append(table.to(like.device).to(like.dtype))
    return Population(dataset=dataset, rows=rows, x=torch.cat(parts))

"""The rows that ledgers need, encoded once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from audit.data.dataset import Dataset, Rows
from audit.models.inference import evaluating, seeded
from audit.models.model import Encoded, Tensors, TorchModel
from audit.weights.heads import Head
from audit.weights.recording import TABLE, as_table
from audit.weights.tracing import require_answers

BATCH = 8192
FEW, LEAST = 256, 8
NUMBERS = 1 << 24
WIDER = {False: 32, True: 256}
"""How much wider than a number, and than a word, what a network makes of it may be."""
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
    part = rows[: min(FEW, batch_of(model, dataset, rows))]
    with evaluating(model.network), seeded(0, model.device):
        return model.encode({name: source.take(part) for name, source in dataset.inputs.items()})


def batch_of(model: TorchModel, dataset: Dataset, rows: Rows) -> int:
    """Return how many rows a network may be asked about at once, so that memory stays small."""
    first = rows[:1]
    with evaluating(model.network), seeded(0, model.device):
        encoded = model.encode(
            {name: source.take(first) for name, source in dataset.inputs.items()}
        )
    numbers = sum(
        tensor.numel() * WIDER[not tensor.is_floating_point()]
        for tensor in encoded.tensors.values()
        if tensor.ndim > TABLE or not tensor.is_floating_point()
    )
    return min(BATCH, max(LEAST, NUMBERS // max(numbers, 1)))


def encode_rows(model: TorchModel, dataset: Dataset, rows: Rows, head: Head) -> Population:
    """Return what feeds a chain, for some rows, in double precision.

    What lies before the chain runs in the network's own precision.

    Raises
    ------
    NotAChainError
        If the chain does not answer as the network does for one of the rows.
    """
    like, parts = head.chain.layers[0].weight, []
    size = BATCH if head.first is None else batch_of(model, dataset, rows)
    with evaluating(model.network), seeded(0, model.device), torch.no_grad():
        for _, inputs in dataset.batches(rows, size):
            tensors = model.encode(inputs).tensors
            if head.first is None:
                (table,) = tensors.values()
                parts.append(table.to(like.device).to(like.dtype))
            else:
                parts.append(_fed(model, tensors, head, head.first))
    return Population(dataset=dataset, rows=rows, x=torch.cat(parts))


def _fed(model: TorchModel, tensors: Tensors, head: Head, first: nn.Module) -> Tensor:
    """Ask the network, and return what its chain is fed with."""
    seen: list[Tensor] = []
    # A copy, since a later step may work in place.
    hook = first.register_forward_pre_hook(lambda _, given: seen.append(given[0].clone()))
    try:
        said = model.score(tensors)
    finally:
        hook.remove()
    chain = head.chain
    like = chain.layers[0].weight
    x = as_table(seen, chain.layers[0].name, len(said)).to(like.device).to(like.dtype)
    require_answers(chain, x, said)
    return x

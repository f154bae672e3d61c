"""Rows as a network takes them: held as tensors where they are few, else encoded when needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from audit.data.dataset import Dataset, Rows
from audit.models.inference import evaluating
from audit.models.model import Encoded, Tensors, TorchModel

HELD = 256 << 20
"""Bytes of tensors that are held; more are encoded again each time."""
TOGETHER = 32 << 20
"""Bytes of a table that the network is asked about at once."""


@dataclass(frozen=True, kw_only=True)
class EncodedRows:
    """Some rows of a data set, in the form that a network takes.

    Whether they are held makes no difference to what `take` and `answers` give.

    Attributes
    ----------
    encoding : TorchModel
        Whose encoder it is, and on whose device the tensors lie.
    dataset : Dataset
    rows : ndarray of int64
    row_bytes : int
        Of the tensors of one row.
    shaped : bool
        Whether an image, a text or a series is among the inputs.
    held : dict of str to Tensor or None
        The tensors of all rows, where they are few.
    """

    encoding: TorchModel
    dataset: Dataset
    rows: Rows
    row_bytes: int
    shaped: bool
    held: Tensors | None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def take(self, places: Tensor) -> Tensors:
        """Return the tensors of some of the rows, counted from 0, in that order."""
        if self.held is None:
            return _encoded(self.encoding, self.dataset, self.rows[places.cpu().numpy()]).tensors
        there = places.to(self.encoding.device)
        return {name: tensor[there] for name, tensor in self.held.items()}

    def answers(self, model: TorchModel, size: int) -> Tensor:
        """Return what a network in evaluation mode answers for all rows, without gradients.

        Parameters
        ----------
        model : TorchModel
            With the same encoder.
        size : int
            Rows at once; of tables, as many as take 32 MiB.
        """
        with torch.no_grad(), evaluating(model.network):
            parts = [model.answer(tensors) for tensors in self._parts(size)]
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _parts(self, size: int) -> Iterator[Tensors]:
        step = size if self.shaped else max(1, TOGETHER // self.row_bytes)
        if self.held is not None and step >= len(self):
            yield self.held
            return
        for places in torch.split(torch.arange(len(self)), step):
            yield self.take(places)


def encoded_rows(model: TorchModel, dataset: Dataset, rows: Rows) -> EncodedRows:
    """Encode `rows`, or promise to: their tensors are held where they take 256 MiB or less.

    Raises
    ------
    DataError
        If a value cannot be encoded.
    """
    first = _encoded(model, dataset, rows[:1])
    row_bytes = max(1, sum(tensor.nbytes for tensor in first.tensors.values()))
    shaped = bool(first.layouts)
    held = None
    if row_bytes * len(rows) <= HELD:
        step = max(1, TOGETHER // row_bytes) if shaped else len(rows)
        held = _together(model, dataset, rows, first.tensors, step)
    return EncodedRows(
        encoding=model, dataset=dataset, rows=rows, row_bytes=row_bytes, shaped=shaped, held=held
    )


def is_shaped(model: TorchModel, dataset: Dataset, rows: Rows) -> bool:
    """Say whether a network takes an image, a text or a series."""
    return bool(_encoded(model, dataset, rows[:1]).layouts)


def _together(
    model: TorchModel, dataset: Dataset, rows: Rows, first: Tensors, step: int
) -> Tensors:
    if step >= len(rows):
        return _encoded(model, dataset, rows).tensors
    whole = {name: tensor.new_empty(len(rows), *tensor.shape[1:]) for name, tensor in first.items()}
    for start in range(0, len(rows), step):
        part = _encoded(model, dataset, rows[start : start + step]).tensors
        for name, tensor in part.items():
            whole[name][start : start + len(tensor)] = tensor
    return whole


def _encoded(model: TorchModel, dataset: Dataset, rows: Rows) -> Encoded:
    found = model.encode({name: source.take(rows) for name, source in dataset.inputs.items()})
    # Strides decide how torch adds numbers up, even those of a dimension of one.
    plain = {name: t.reshape(-1).view(t.shape) for name, t in found.tensors.items()}
    return replace(found, tensors=plain)

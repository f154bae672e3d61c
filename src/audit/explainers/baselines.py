"""What an input is compared with: the mean of the encoded rows, or zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.data.dataset import Dataset, Rows
from audit.explainers.entrance import Entrance
from audit.models.embedding_entry import Entry, embedded
from audit.models.model import Tensors

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """What rows are compared with.

    Attributes
    ----------
    rows : dict of str to Tensor
        One row for each tensor that has the same baseline for everybody.
    words : mapping of str to Tensor
        By key of an entry of words: the embedding that stands at every place that is no padding. A
        row's padding stays, so that masks stay those of the row.
    """

    rows: Tensors
    words: Mapping[str, Tensor] = field(default_factory=dict)

    def of(self, entrance: Entrance, tensors: Tensors) -> Tensors:
        """Return the baseline of some rows: one row for each tensor, or one for each row."""
        names = {entry.key: entry.tensor for entry in entrance.entries}
        found = dict(self.rows)
        for key, word in self.words.items():
            padding = entrance.padding(tensors, names[key])
            found[key] = torch.where(padding.unsqueeze(-1), tensors[key], word)
        return found

    def points(self, entrance: Entrance, tensors: Tensors) -> Tensors:
        """Return everything that the network takes at the baseline of some rows."""
        rows = len(next(iter(tensors.values())))
        points = {
            name: value if len(value) == rows else value.expand(rows, *value.shape[1:])
            for name, value in self.of(entrance, tensors).items()
        }
        return {name: points.get(name, tensor) for name, tensor in tensors.items()}


def find_baselines(
    entrance: Entrance, dataset: Dataset, rows: Rows, kind: str, weights: Floats
) -> Baselines:
    """Return the weighted mean of the encoded `rows`, or zeros.

    Of words: the mean embedding of all words of these rows, or that of padding.
    """
    found = _Means(entrance)
    place = 0
    for part, inputs in dataset.batches(rows, entrance.batch):
        share = torch.from_numpy(weights[place : place + len(part)] / weights.sum())
        found.add(entrance.enter(entrance.model.encode(inputs)), share)
        place += len(part)
    return found.zero() if kind == "zero" else found.mean()


def words_baseline(entrance: Entrance, kind: str) -> str:
    """Return in words what words are compared with; nothing where there are none."""
    if not entrance.texts:
        return ""
    return (
        "; of a text, the embedding of padding in place of each word"
        if kind == "zero"
        else "; of a text, the mean embedding of their words in place of each word"
    )


class _Means:
    """Running sums of encoded rows."""

    def __init__(self, entrance: Entrance) -> None:
        self.entrance = entrance
        self.words = {e.key: e for e in entrance.entries if e.tensor in entrance.texts}
        self.sums: Tensors = {}
        self.counts: Tensors = {}
        self.like: Tensors = {}

    def add(self, tensors: Tensors, share: Tensor) -> None:
        for name, tensor in tensors.items():
            if not tensor.is_floating_point():
                continue
            self.like[name] = tensor[:1]
            double = tensor.cpu().double()
            if name in self.words:
                kept = (~self.entrance.padding(tensors, self.words[name].tensor)).cpu().double()
                weight = kept * share.unsqueeze(1)
                self._add(self.counts, name, weight.sum())
                self._add(self.sums, name, torch.tensordot(weight, double, dims=2))
            else:
                self._add(self.sums, name, torch.tensordot(share, double, dims=1))

    def _add(self, sums: Tensors, name: str, value: Tensor) -> None:
        sums[name] = sums[name] + value if name in sums else value

    def mean(self) -> Baselines:
        words = {
            name: self._as(self.sums[name] / self.counts[name].clamp(min=1e-300), name)
            for name in self.words
        }
        return self._with(words, self.sums)

    def zero(self) -> Baselines:
        words = {name: self._padding(name, entry) for name, entry in self.words.items()}
        zeros = {name: torch.zeros_like(total) for name, total in self.sums.items()}
        return self._with(words, zeros)

    def _with(self, words: Tensors, rows: Tensors) -> Baselines:
        single = {
            name: self._as(row, name).unsqueeze(0)
            for name, row in rows.items()
            if name not in self.words
        }
        return Baselines(rows=single, words=words)

    def _padding(self, name: str, entry: Entry) -> Tensor:
        token = self.entrance.padding_token(entry.tensor)
        if token is None:
            return torch.zeros_like(self.like[name][0, 0])
        number = torch.tensor([token], device=self.like[name].device)
        return embedded(self.entrance.network, entry, number)[0]

    def _as(self, value: Tensor, name: str) -> Tensor:
        like = self.like[name]
        return value.to(like.dtype).to(like.device)

"""A network, and what it takes, in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import overload

import torch
from torch import Tensor, nn

from audit.data.dataset import Dataset, Rows
from audit.models.inference import seeded
from audit.models.model import Tensors, TorchModel
from audit.weights.chain import NotAChainError
from audit.weights.population import batch_of

KEPT = 1 << 27
Normalisation = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Folded(nn.Module):
    """What a batch normalisation computes in evaluation mode: a scale and a shift a channel."""

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d, name: str) -> None:
        super().__init__()
        if norm.running_mean is None or norm.running_var is None:
            raise NotAChainError(f"layer {name} keeps no running statistics")
        scale = 1 / torch.sqrt(norm.running_var.double() + norm.eps)
        scale = scale if norm.weight is None else scale * norm.weight.detach().double()
        shift = -norm.running_mean.double() * scale
        shift = shift if norm.bias is None else shift + norm.bias.detach().double()
        self.weight, self.bias = nn.Parameter(scale), nn.Parameter(shift)

    def forward(self, value: Tensor) -> Tensor:
        """Scale and shift each channel, the second dimension."""
        shape = (1, -1) + (1,) * (value.ndim - 2)
        return value * self.weight.reshape(shape) + self.bias.reshape(shape)


def doubled(model: TorchModel) -> nn.Module:
    """Copy a network to double precision on the CPU, batch normalisation folded."""
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.network.modules()):
        raise NotAChainError("a part of the network is a TorchScript program")
    copy = deepcopy(model.network).cpu().eval()
    for name, module in list(copy.named_modules()):
        for part, child in list(module.named_children()):
            if isinstance(child, Normalisation):
                where = f"{name}.{part}" if name else part
                setattr(module, part, Folded(child, where))
    return copy.double()


class Batches(Sequence[Tensors]):
    """What a network takes for some rows, floating-point numbers in double precision.

    Encoded again each time where it is much, so that memory stays small.
    """

    def __init__(self, model: TorchModel, dataset: Dataset, rows: Rows) -> None:
        self.model, self.dataset = model, dataset
        size = batch_of(model, dataset, rows)
        self.parts = [rows[at : at + size] for at in range(0, len(rows), size)]
        self.kept: dict[int, Tensors] = {}

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.parts)

    @overload
    def __getitem__(self, place: int) -> Tensors: ...
    @overload
    def __getitem__(self, place: slice) -> list[Tensors]: ...
    def __getitem__(self, place: int | slice) -> Tensors | list[Tensors]:
        """Return the tensors of a batch."""
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if place in self.kept:
            return self.kept[place]
        tensors = {name: _doubled(tensor) for name, tensor in self.encoded(place).items()}
        numbers = sum(tensor.numel() for tensor in tensors.values())
        if numbers * len(self.parts) <= KEPT:
            self.kept[place] = tensors
        return tensors

    def encoded(self, place: int) -> Tensors:
        """Return the tensors of a batch as the network itself takes them."""
        part, sources = self.parts[place], self.dataset.inputs.items()
        with seeded(0, self.model.device):
            return self.model.encode({name: source.take(part) for name, source in sources}).tensors


def _doubled(tensor: Tensor) -> Tensor:
    return tensor.cpu().double() if tensor.is_floating_point() else tensor.cpu()

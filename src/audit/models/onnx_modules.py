"""Modules for operators that torch has as functions; plain numbers inside, so that fx follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class Applied(nn.Module):
    """Applies a function of tensors with fixed arguments.

    Parameters
    ----------
    function : callable
        Takes the tensors that flow, then `arguments`.
    words : str
        What it is called in the network's description.
    arguments : any
        Plain values.
    """

    def __init__(self, function: Callable[..., Any], words: str, *arguments: Any) -> None:  # noqa: ANN401 - plain values of any type
        super().__init__()
        self.function, self.words, self.arguments = function, words, arguments

    def forward(self, *tensors: Tensor) -> Any:  # noqa: ANN401 - a tensor, or fx's stand-in for one
        """Apply the function."""
        return self.function(*tensors, *self.arguments)

    def extra_repr(self) -> str:
        """Say which function with which arguments."""
        return ", ".join([self.words, *map(str, self.arguments)])


class WithConstant(nn.Module):
    """Applies a function to the tensor that flows and a constant one.

    Parameters
    ----------
    function : callable
    words : str
    value : Tensor
        A buffer of the module.
    first : bool
        Whether the constant is the first argument.
    """

    value: Tensor

    def __init__(
        self, function: Callable[[Tensor, Tensor], Tensor], words: str, value: Tensor, first: bool
    ) -> None:
        super().__init__()
        self.function, self.words, self.first = function, words, first
        self.register_buffer("value", value)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(self.value, x) if self.first else self.function(x, self.value)

    def extra_repr(self) -> str:
        """Say which function."""
        return self.words


def clipped(x: Tensor, low: float | None, high: float | None) -> Tensor:
    """Return x kept between two numbers."""
    return x if low is None and high is None else torch.clamp(x, low, high)


def hard_sigmoid(x: Tensor, alpha: float, beta: float) -> Tensor:
    """Return alpha x + beta, kept between 0 and 1."""
    return torch.clamp(alpha * x + beta, 0.0, 1.0)


def transposed(x: Tensor, order: tuple[int, ...] | None) -> Tensor:
    """Return x with its dimensions in another order, by default reversed."""
    return x.permute(order if order is not None else tuple(reversed(range(x.ndim))))


def reshaped(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return x in another shape, in which 0 stands for the size that is there."""
    return x.reshape([x.shape[place] if size == 0 else size for place, size in enumerate(shape)])


def sliced(x: Tensor, pieces: tuple[tuple[int, int, int, int], ...]) -> Tensor:
    """Return the part of x from start to end by step along each axis stated."""
    for axis, start, end, step in pieces:
        size = x.shape[axis]
        first, last, _ = slice(start, end, step).indices(size)
        x = x.index_select(axis, torch.arange(first, max(last, first), step, device=x.device))
    return x


def squeezed(x: Tensor, axes: tuple[int, ...] | None) -> Tensor:
    """Return x without the dimensions of size 1 at `axes`."""
    return torch.squeeze(x) if axes is None else torch.squeeze(x, axes)


def unsqueezed(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return x with dimensions of size 1 put in, so that they stand at `axes`."""
    rank = x.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x


def normalized(x: Tensor, norm: str) -> Tensor:
    """Return each row divided by its norm: MAX, L1 or L2; a row of zeros stays as it is."""
    if norm == "MAX":
        size = x.amax(dim=-1, keepdim=True)
    else:
        size = torch.linalg.vector_norm(x, ord=1 if norm == "L1" else 2, dim=-1, keepdim=True)
    return x / torch.where(size == 0, torch.ones_like(size), size)


def joined(*given: Any) -> Tensor:  # noqa: ANN401 - tensors, then the axis
    """Return tensors side by side along an axis, the last argument."""
    return torch.cat(given[:-1], dim=given[-1])


def flattened(x: Tensor, axis: int) -> Tensor:
    """Return x as a matrix: the dimensions before `axis` are its rows."""
    return x.reshape(int(torch.tensor(x.shape[:axis]).prod()) if axis else 1, -1)

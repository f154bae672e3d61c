"""Modules for what Keras does and torch has no module for; tensors keep Keras's own layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class ChannelsLast(nn.Module):
    """A module for channels first, given and giving tensors with the channels last."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, value: Tensor) -> Tensor:
        """Apply the module."""
        return self.inner(value.movedim(-1, 1)).movedim(1, -1)  # type: ignore[no-any-return]  # a module's answer


class Padded(nn.Module):
    """Pads the dimensions after the channels, as Keras does for ``padding: same``."""

    def __init__(self, pads: Sequence[tuple[int, int]], value: float = 0.0) -> None:
        super().__init__()
        self.pads = [side for pair in reversed(pads) for side in pair]
        self.value = value

    def forward(self, tensor: Tensor) -> Tensor:
        """Pad."""
        return functional.pad(tensor, self.pads, value=self.value)


class SameAverage(nn.Module):
    """Average pooling over what lies inside: padding counts neither above nor below the line."""

    def __init__(self, pool: nn.Module, pads: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.pool, self.pad = pool, Padded(pads)

    def forward(self, tensor: Tensor) -> Tensor:
        """Pool."""
        inside = self.pool(self.pad(torch.ones_like(tensor[:1, :1])))
        return self.pool(self.pad(tensor)) / inside  # type: ignore[no-any-return]  # a module's answer


class Pooled(nn.Module):
    """Mean or maximum over whole dimensions."""

    def __init__(self, dims: Sequence[int], *, mean: bool, keep: bool) -> None:
        super().__init__()
        self.dims, self.mean, self.keep = tuple(dims), mean, keep

    def forward(self, tensor: Tensor) -> Tensor:
        """Pool."""
        pool = torch.mean if self.mean else torch.amax
        return pool(tensor, dim=self.dims, keepdim=self.keep)


class Shaped(nn.Module):
    """Gives each row another shape."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, tensor: Tensor) -> Tensor:
        """Reshape."""
        return tensor.reshape(-1, *self.shape)

    def extra_repr(self) -> str:
        """Return the shape of a row."""
        return f"{self.shape}"


class Permuted(nn.Module):
    """Puts dimensions in another order."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = tuple(dims)

    def forward(self, tensor: Tensor) -> Tensor:
        """Permute."""
        return tensor.permute(0, *self.dims)


class Repeated(nn.Module):
    """Repeats each row's numbers along a new dimension."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, tensor: Tensor) -> Tensor:
        """Repeat."""
        return tensor.unsqueeze(1).expand(-1, self.times, -1)


class Cropped(nn.Module):
    """Cuts the dimensions after the channels."""

    def __init__(self, crops: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.crops = tuple(crops)

    def forward(self, tensor: Tensor) -> Tensor:
        """Crop."""
        for place, (start, end) in enumerate(self.crops, start=2):
            tensor = tensor.narrow(place, start, tensor.shape[place] - start - end)
        return tensor


class Moved(nn.Module):
    """Takes numbers to ``value * scale + shift``; neither is trained."""

    scale: Tensor
    shift: Tensor

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, tensor: Tensor) -> Tensor:
        """Scale and shift."""
        return tensor * self.scale + self.shift


class Kinked(nn.Module):
    """A ReLU with a threshold, a slope below it and a ceiling."""

    def __init__(self, *, slope: float, threshold: float, most: float | None) -> None:
        super().__init__()
        self.slope, self.threshold, self.most = slope, threshold, most

    def forward(self, tensor: Tensor) -> Tensor:
        """Apply it to each number."""
        above = tensor if self.most is None else tensor.clamp(max=self.most)
        below = self.slope * (tensor - self.threshold)
        return torch.where(tensor >= self.threshold, above, below)


class Elementwise(nn.Module):
    """A function of each number that torch has no module for."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, tensor: Tensor) -> Tensor:
        """Apply it to each number."""
        if self.name == "exponential":
            return tensor.exp()
        return (0.2 * tensor + 0.5).clamp(0, 1)  # hard_sigmoid of Keras 2

    def extra_repr(self) -> str:
        """Return the name of the function."""
        return self.name


class Slopes(nn.Module):
    """A leaky ReLU with a slope of its own for each number of a row."""

    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        self.slope = nn.Parameter(slope)

    def forward(self, tensor: Tensor) -> Tensor:
        """Apply it to each number."""
        return tensor.clamp(min=0) + self.slope * tensor.clamp(max=0)


class Merged(nn.Module):
    """Puts several tensors together, number by number."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        """Merge."""
        found = first
        for other in others:
            found = PAIRS[self.how](found, other)
        return found / (1 + len(others)) if self.how == "Average" else found


PAIRS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Add": torch.add,
    "Average": torch.add,
    "Subtract": torch.sub,
    "Multiply": torch.mul,
    "Maximum": torch.maximum,
    "Minimum": torch.minimum,
}


class Joined(nn.Module):
    """Puts tensors side by side."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *tensors: Tensor) -> Tensor:
        """Concatenate."""
        return torch.cat(tensors, dim=self.dim)

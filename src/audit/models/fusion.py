"""A network over several inputs: a branch for each, whose vectors go side by side into the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.convolutional import ConvolutionTrunk
from audit.models.layers import (
    NORMALISATIONS,
    Network,
    Shape,
    Trunk,
    activated,
    mlp,
    require_few,
)
from audit.models.textual import WindowTrunk

BEFORE = "input_"  # an input may be called as a method of a module is


class TableTrunk(Trunk):
    """One hidden layer over the columns of a table."""

    def __init__(self, shape: Shape, *, units: int, activation: str, normalisation: str) -> None:
        super().__init__()
        (columns,) = shape.size
        self.fc = nn.Linear(columns, units)
        if normalise := NORMALISATIONS[normalisation]:
            self.norm = normalise(units)
        self.act = activated(activation)
        self.width, self.words = units, f"{columns} → {units}"

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors, shape (n, units), of encoded rows (n, columns)."""
        for layer in self.children():
            x = layer(x)
        return x


class FusionTrunk(Trunk):
    """A branch for each input, and their vectors side by side in the order of the inputs.

    Attributes
    ----------
    branches : nn.ModuleDict
        By ``input_`` and the name of the input.
    names : tuple of str
        Of the inputs, in order.
    """

    def __init__(self, branches: Mapping[str, Trunk]) -> None:
        super().__init__()
        self.names = tuple(branches)
        self.branches = nn.ModuleDict({BEFORE + name: part for name, part in branches.items()})
        self.width = sum(part.width for part in branches.values())
        self.words = ", ".join(
            f"{name} ({part.words} → {part.width})"
            if not isinstance(part, TableTrunk)
            else f"{name} ({part.words})"
            for name, part in branches.items()
        )

    @property
    def widths(self) -> dict[str, int]:
        """Return how many numbers of the vector come from each input, in order."""
        return {name: self.branch(name).width for name in self.names}

    def branch(self, name: str) -> Trunk:
        """Return the branch of an input."""
        part: Any = self.branches[BEFORE + name]
        return part  # type: ignore[no-any-return]  # the branches are trunks

    def forward(self, *given: Tensor, **named: Tensor) -> Tensor:
        """Return the vectors, shape (n, width), of tensors by the names of their inputs.

        Raises
        ------
        ModelError
            If other tensors come than the inputs.
        """
        if given and not named:  # the only tensor goes by position
            named = dict(zip(self.names, given, strict=False))
        if set(named) != set(self.names):
            raise ModelError(
                f"the network takes {', '.join(self.names)}, came {', '.join(named) or 'nothing'}"
            )
        return torch.cat([self.branch(name)(named[name]) for name in self.names], dim=1)


class Fusion(Network):
    """A network of several inputs: one tensor goes by position, several by name."""

    def forward(self, *given: Tensor, **named: Tensor) -> Tensor:
        """Return the answer, shape (n, outputs)."""
        answer: Tensor = self.head(self.trunk(*given, **named))
        return answer


def fusion(
    *,
    inputs: Sequence[Mapping[str, Any]],
    channels: Sequence[int],
    kernel: int,
    embedding: int,
    activation: str = "relu",
    normalisation: str = "none",
    **head: Any,  # noqa: ANN401 - settings of `mlp`
) -> Fusion:
    """Build a network over inputs of any kinds.

    Images and series go through convolutions, texts through windows of words (the last of
    `channels` for each window), tables through one hidden layer of that width.

    Parameters
    ----------
    inputs : sequence of mapping
        The name, kind and size of each input.
    channels, kernel, embedding
        As of `cnn` and `text_cnn`.
    activation, normalisation : str
        Of branches and head; windows of words are not normalised.
    **head
        The other arguments of `mlp`.
    """
    shapes = [Shape.read(values) for values in inputs]
    require_few("inputs", len(shapes))
    if len({shape.name for shape in shapes}) < len(shapes) or not shapes:
        raise ModelError(f"expected inputs by name, came {[shape.name for shape in shapes]}")
    same: dict[str, Any] = {"activation": activation, "normalisation": normalisation}
    branches = {
        shape.name: _branch(shape, channels=channels, kernel=kernel, embedding=embedding, **same)
        for shape in shapes
    }
    trunk = FusionTrunk(branches)
    return Fusion("fusion", trunk, mlp(inputs=trunk.width, **same, **head))


def _branch(
    shape: Shape,
    *,
    channels: Sequence[int],
    kernel: int,
    embedding: int,
    activation: str,
    normalisation: str,
) -> Trunk:
    same = {"activation": activation, "normalisation": normalisation}
    if shape.kind == "table":
        return TableTrunk(shape, units=channels[-1], **same)
    if shape.kind == "text":
        return WindowTrunk(
            shape,
            channels=channels[-1],
            kernel=kernel,
            embedding=embedding,
            activation=activation,
        )
    return ConvolutionTrunk(shape, channels=channels, kernel=kernel, **same)

"""What the audit's own networks are put together from: stacks of layers, trunks and heads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from audit.errors import ModelError

ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "sigmoid": nn.Sigmoid,
}
NORMALISATIONS: Mapping[str, Callable[[int], nn.Module] | None] = {
    "none": None,
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}
RANKS: Mapping[str, int] = {"table": 1, "image": 3, "text": 2, "series": 2}
MOST_LAYERS = 1000

Kind = Literal["table", "image", "text", "series"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What one row of an input is.

    Attributes
    ----------
    name : str
    kind : {"table", "image", "text", "series"}
    size : tuple of int
        Of a table: columns. Of an image: channels, height, width. Of a text: words in the
        vocabulary, tokens. Of a series: channels, steps.
    """

    name: str
    kind: Kind
    size: tuple[int, ...]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Shape:
        """Build it from the plain values of a blueprint.

        Raises
        ------
        ModelError
            If these are no shape.
        """
        size, kind = tuple(values["size"]), values["kind"]
        whole = all(type(number) is int and number > 0 for number in size)
        if kind not in RANKS or len(size) != RANKS[kind] or not whole:
            raise ModelError(f"expected the size of an input, came {kind} {list(size)}")
        return cls(name=str(values["name"]), kind=kind, size=size)

    def plain(self) -> dict[str, Any]:
        """Return the plain values for a blueprint."""
        return {"name": self.name, "kind": self.kind, "size": list(self.size)}


def activated(name: str) -> nn.Module:
    """Return a new activation.

    Raises
    ------
    ModelError
        If its name is unknown.
    """
    if name not in ACTIVATIONS:
        raise ModelError.unknown("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]()


def mlp(
    *,
    inputs: int,
    hidden: Sequence[int],
    activation: str = "relu",
    dropout: float = 0.0,
    outputs: int = 1,
    normalisation: str = "none",
) -> nn.Sequential:
    """Build a multilayer perceptron with layers fc1, norm1, act1, drop1, fc2, ..., out.

    Parameters
    ----------
    inputs, outputs : int
        Width of the encoded input and of the answer.
    hidden : sequence of int
        Units of each hidden layer; empty for a linear model.
    activation : {"relu", "tanh", "gelu", "sigmoid"}
    dropout : float
        In [0, 1). At 0 there are no dropout layers.
    normalisation : {"none", "batch", "layer"}
        Of the pre-activations of each hidden layer.
    """
    activated(activation)
    if normalisation not in NORMALISATIONS:
        raise ModelError.unknown("normalisation", normalisation, NORMALISATIONS)
    require_few("hidden layers", len(hidden))
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    width = inputs
    for number, units in enumerate(hidden, start=1):
        layers[f"fc{number}"] = nn.Linear(width, units)
        if normalise := NORMALISATIONS[normalisation]:
            layers[f"norm{number}"] = normalise(units)
        layers[f"act{number}"] = activated(activation)
        if dropout:
            layers[f"drop{number}"] = nn.Dropout(dropout)
        width = units
    layers["out"] = nn.Linear(width, outputs)
    return nn.Sequential(layers)


def linear(*, inputs: int, outputs: int = 1) -> nn.Sequential:
    """Build one Linear layer, out: a linear or logistic regression."""
    return mlp(inputs=inputs, hidden=(), outputs=outputs)


def require_few(what: str, count: int) -> None:
    """Refuse more layers than anybody means, before they are built.

    Raises
    ------
    ModelError
        If there are more than a thousand.
    """
    if count > MOST_LAYERS:
        raise ModelError(f"expected at most {MOST_LAYERS:,} {what}, came {count:,}")


class Trunk(nn.Module):
    """The part of a network that turns its input into one vector for each row.

    Attributes
    ----------
    width : int
        Length of the vector.
    words : str
        How it comes about, for example ``3×48×48 → conv 16, 32``.
    """

    width: int
    words: str


class Network(nn.Module):
    """A trunk, and a head of Linear layers that answers from its vector.

    Parameters
    ----------
    title : str
        What such a network is called.
    trunk : Trunk
    head : nn.Sequential
        As `mlp` builds it: ledgers of weights are made of its layers.
    """

    def __init__(self, title: str, trunk: Trunk, head: nn.Sequential) -> None:
        super().__init__()
        self.title, self.trunk, self.head = title, trunk, head

    def forward(self, x: Tensor) -> Tensor:
        """Return the answer, shape (n, outputs)."""
        answer: Tensor = self.head(self.trunk(x))
        return answer


def topped(title: str, trunk: Trunk, **head: Any) -> Network:  # noqa: ANN401 - settings of `mlp`
    """Put a head on a trunk; `head` are the other arguments of `mlp`."""
    return Network(title, trunk, mlp(inputs=trunk.width, **head))

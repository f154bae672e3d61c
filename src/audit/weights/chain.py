"""A feed-forward network as values: Linear layers in a row, in double precision, biases apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.outputs import OutputForm, shaped
from audit.weights.results import Link


def _log_odds(form: OutputForm, answer: Tensor) -> Tensor:
    if form.logit is None:
        raise ModelError("a predicted value has no log odds", "ask for the link value")
    return form.logit(answer)


LINKS: Mapping[Link, Callable[[OutputForm, Tensor], Tensor]] = {
    "probability": lambda form, answer: form.score(answer),
    "value": lambda form, answer: form.score(answer),
    "log_odds": _log_odds,
}


def scored_by(form: OutputForm) -> Link:
    """Return the link under which the score itself is accounted for."""
    return "value" if form.logit is None else "probability"


class NotAChainError(ModelError):
    """There is no row of Linear layers to make a ledger of; says which layer stands in the way."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What happens to a tensor between two Linear layers, row by row and without parameters.

    Attributes
    ----------
    words : str
        For example ``ReLU()``; two networks are compared by it.
    apply : callable
        From a tensor to a new one; never in place.
    """

    words: str
    apply: Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A Linear layer and what follows it up to the next one.

    Attributes
    ----------
    name : str
    weight : Tensor, shape (out, in)
    bias : Tensor, shape (out,)
        Zeros where the layer has none.
    after : tuple of Operation
    """

    name: str
    weight: Tensor
    bias: Tensor
    after: tuple[Operation, ...]

    def linear(self, inputs: Tensor) -> Tensor:
        """Return the pre-activations, shape (rows, out)."""
        return nn.functional.linear(inputs, self.weight, self.bias)

    def finish(self, preactivations: Tensor) -> Tensor:
        """Return what feeds the next layer, or the answer."""
        value = preactivations
        for operation in self.after:
            value = operation.apply(value)
        return value

    def ablate(self, mask: Tensor, mean: Tensor) -> Layer:
        """Replace what the masked weights carry by its mean: the causal twin of their entries.

        ``W[mask] ← 0`` and ``b += (W ∘ mask) ū``. With a whole column masked this is exactly mean
        ablation of the unit that feeds it.

        Parameters
        ----------
        mask : Tensor of bool, shape (out, in)
        mean : Tensor, shape (in,)
            What the inputs of the layer are replaced by.
        """
        removed = self.weight * mask
        return replace(self, weight=self.weight - removed, bias=self.bias + removed @ mean)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A feed-forward network: a copy in double precision, which nothing here ever changes.

    A *cut* is a tensor that feeds a Linear layer; cut i feeds layer i.

    Attributes
    ----------
    layers : tuple of Layer
    form : OutputForm
    columns : tuple of str
        The user's column of each position of the input; of a chain that a larger network ends in,
        the name of each unit that feeds it.
    start : str
        The name of the first cut: ``input``, or what of the larger network feeds the chain.
    """

    layers: tuple[Layer, ...]
    form: OutputForm
    columns: tuple[str, ...]
    start: str = "input"

    @property
    def cuts(self) -> tuple[str, ...]:
        """Return the names of the cuts: the start, then the layers whose units feed the next."""
        return (self.start, *(layer.name for layer in self.layers[:-1]))

    def walk(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return for each layer what feeds it, (rows, in), and its pre-activation, (rows, out)."""
        steps = []
        fed = x
        for layer in self.layers:
            preactivation = layer.linear(fed)
            steps.append((fed, preactivation))
            fed = layer.finish(preactivation)
        return steps

    def answer(self, preactivation: Tensor, place: int) -> Tensor:
        """Return the answer, given the pre-activation of layer `place`; gradients flow."""
        value = self.layers[place].finish(preactivation)
        for layer in self.layers[place + 1 :]:
            value = layer.finish(layer.linear(value))
        return shaped(value, self.form, len(preactivation))

    def link(self, answer: Tensor, link: Link) -> Tensor:
        """Return the linked scores, shape (rows,), from an answer."""
        return LINKS[link](self.form, answer)

    def answers(self, x: Tensor) -> Tensor:
        """Return the answers about rows, shape (rows,) or (rows, classes)."""
        return self.answer(self.layers[0].linear(x), 0)

    def scores(self, x: Tensor, link: Link = "probability") -> Tensor:
        """Return the linked scores of rows, shape (rows,)."""
        return self.link(self.answers(x), link)

    def with_layers(self, layers: Sequence[Layer]) -> Chain:
        """Return the same chain with other layers."""
        return replace(self, layers=tuple(layers))

    def with_biases(self, biases: Sequence[Tensor]) -> Chain:
        """Return the same chain with other biases, one for each layer."""
        pairs = zip(self.layers, biases, strict=True)
        return self.with_layers([replace(layer, bias=bias) for layer, bias in pairs])


def activations(chain: Chain, x: Tensor, cut: int) -> Tensor:
    """Return what feeds layer `cut`, shape (rows, units), without gradients."""
    fed = x
    with torch.no_grad():
        for layer in chain.layers[:cut]:
            fed = layer.finish(layer.linear(fed))
    return fed

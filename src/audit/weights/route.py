"""The straight line from the parameters of one network to those of another, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.weights.chain import Chain
from audit.weights.path import integrate_path

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Route:
    """The straight line from the parameters of one network to those of another.

    Attributes
    ----------
    before, after : Chain
        The same layers.
    x : Tensor, shape (rows, columns)
    """

    before: Chain
    after: Chain
    x: Tensor

    def at(self, share: float) -> Chain:
        """Return the chain that lies `share` of the way."""
        pairs = zip(self.before.layers, self.after.layers, strict=True)
        return self.before.with_layers(
            [
                replace(
                    old,
                    weight=old.weight + share * (new.weight - old.weight),
                    bias=old.bias + share * (new.bias - old.bias),
                )
                for old, new in pairs
            ]
        )

    def scores(self, share: float) -> Floats:
        """Return the probabilities of the rows, shape (rows,)."""
        with torch.no_grad():
            return cast("Floats", self.at(share).scores(self.x).cpu().numpy())

    def slopes(self, share: float, signed: Tensor) -> tuple[Tensor, ...]:
        """Return how scores move along the route through each layer, and gaps with each weight.

        Parameters
        ----------
        share : float
        signed : Tensor, shape (rows, gaps)

        Returns
        -------
        tuple of Tensor
            Of the scores, (rows, layers); then for each layer of the gaps, (gaps, out, in + 1),
            the bias last.
        """
        chain = self.at(share)
        steps = chain.walk(self.x.clone().requires_grad_(True))
        answer = chain.answer(steps[-1][1], len(steps) - 1)
        score = chain.link(answer, "probability").sum()
        gradients = torch.autograd.grad(score, [preactivation for _, preactivation in steps])
        rows, gaps = [], []
        for (fed, _), slope, moved in zip(steps, gradients, self.moves(), strict=True):
            ones = torch.cat([fed.detach(), fed.new_ones(len(fed), 1)], dim=1)
            rows.append((slope * (ones @ moved.T)).sum(dim=1))
            gaps.append(torch.stack([(slope * s[:, None]).T @ ones for s in signed.T]))
        return (torch.stack(rows, dim=1), *gaps)

    def moves(self) -> list[Tensor]:
        """Return by how much weights and biases differ, (out, in + 1) for each layer."""
        pairs = zip(self.before.layers, self.after.layers, strict=True)
        return [
            torch.cat([new.weight - old.weight, (new.bias - old.bias)[:, None]], dim=1)
            for old, new in pairs
        ]


class Named(Protocol):
    """Names by place."""

    def __getitem__(self, place: int, /) -> str:
        """Return a name."""
        ...


@dataclass(frozen=True, kw_only=True)
class Change:
    """What moved the gaps.

    Attributes
    ----------
    before, after : ndarray of float64, shape (rows,)
        Probabilities.
    layer_names : tuple of str
    weight_names : sequence of str
    layers : ndarray of float64, shape (rows, layers), or None
        What of the difference of each row comes with each layer; None where only gaps are known.
    totals : ndarray of float64, shape (gaps, layers)
        What of the change of each gap comes with each layer.
    weights : ndarray of float64, shape (gaps, weights)
        What of the change of each gap comes with each weight or bias.
    points : int
        Evaluations of the network.
    """

    before: Floats
    after: Floats
    layer_names: tuple[str, ...]
    weight_names: Named
    layers: Floats | None
    totals: Floats
    weights: Floats
    points: int


def account_for_change(route: Route, signed: Floats, allowed: Floats) -> Change:
    """Integrate along the route.

    Parameters
    ----------
    route : Route
    signed : ndarray of float64, shape (rows, gaps)
        The weight of each row in each gap.
    allowed : ndarray of float64, shape (gaps,)
        The largest residual that counts as converged.
    """
    weights = torch.from_numpy(signed).to(route.x)

    def node(at: float) -> tuple[tuple[Tensor, ...], Floats]:
        parts = route.slopes(at, weights)
        return parts, signed.T @ parts[0].sum(dim=1).cpu().numpy()

    def gaps(at: float) -> Floats:
        return signed.T @ route.scores(at)

    integral = integrate_path(node, gaps, allowed)
    by_layer = zip(integral.parts[1:], route.moves(), strict=True)
    amounts = [(part * moved).flatten(start_dim=1) for part, moved in by_layer]
    layers = integral.parts[0].cpu().numpy()
    return Change(
        before=route.scores(0.0),
        after=route.scores(1.0),
        layer_names=tuple(layer.name for layer in route.after.layers),
        layers=layers,
        totals=signed.T @ layers,
        weight_names=_weight_names(route.after),
        weights=torch.cat(amounts, dim=1).cpu().numpy(),
        points=integral.points,
    )


def _weight_names(chain: Chain) -> tuple[str, ...]:
    names = []
    for layer in chain.layers:
        out, width = layer.weight.shape
        for k in range(out):
            names += [f"{layer.name}[{k},{h}]" for h in range(width)]
            names.append(f"{layer.name}.bias[{k}]")
    return tuple(names)

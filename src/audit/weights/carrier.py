"""The carrier ledger: centred layer integrated gradients, per unit and per weight."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.explainers.means import Mean
from audit.weights.chain import Chain
from audit.weights.quadrature import Lines, integrate
from audit.weights.results import Link
from audit.weights.samples import Sample
from audit.weights.statistics import Difference, products

RELATIVE, OF_ERROR, LEAST = 1e-3, 1e-2, 1e-12
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Account:
    """What passes through the units of a cut, row by row.

    Attributes
    ----------
    weight : ndarray of float64, shape (next units, units)
        Of the layer that the cut feeds.
    gradients : ndarray of float64, shape (rows, next units)
        Mean gradient along the line from the mean to the row, at the next pre-activation.
    departures : ndarray of float64, shape (rows, units)
        Activation less its mean.
    scores : ndarray of float64, shape (rows,)
        Linked scores.
    start : float
        Linked score of the mean.
    steps : int
        Evaluations of the network for a row, on average, rounded up.
    """

    weight: Floats
    gradients: Floats
    departures: Floats
    scores: Floats
    start: float
    steps: int

    def units(self) -> Floats:
        """Return what passes through each unit, shape (rows, units).

        Each row sums to its score less that of the mean, up to the residual.
        """
        return np.asarray(self.gradients @ self.weight * self.departures)

    def residuals(self) -> Floats:
        """Return by how much the units miss the score of each row, shape (rows,)."""
        return np.asarray(self.scores - self.start - self.units().sum(axis=1))

    def take(self, places: NDArray[np.int64]) -> Account:
        """Return the account of some of the rows."""
        return Account(
            weight=self.weight,
            gradients=self.gradients[places],
            departures=self.departures[places],
            scores=self.scores[places],
            start=self.start,
            steps=self.steps,
        )

    def weight_differences(self, sample: Sample) -> Difference:
        """Compare the groups weight by weight, (next units · units); no table of rows is formed."""
        found = products(self.gradients, self.departures, sample)
        factor = self.weight.ravel()
        return Difference(a=_scaled(found.a, factor), b=_scaled(found.b, factor))


def account_for(
    chain: Chain, cut: int, link: Link, *, fed: Tensor, mean: Tensor, urgency: Floats
) -> Account:
    """Integrate from the mean of a cut to each of its rows.

    Parameters
    ----------
    chain : Chain
    cut : int
        Which layer it feeds.
    link : {"probability", "log_odds"}
    fed : Tensor, shape (rows, units)
    mean : Tensor, shape (units,)
        What activations are compared with.
    urgency : ndarray of float64, shape (rows,)
        See `audit.weights.quadrature.integrate`.
    """
    layer = chain.layers[cut]

    def score(preactivation: Tensor) -> Tensor:
        return chain.link(chain.answer(preactivation, cut), link)

    with torch.no_grad():
        departures = fed - mean
        start = layer.linear(mean[None])
        scores, origin = score(layer.linear(fed)), score(start)
        direction = departures @ layer.weight.T
    lines = Lines(score=score, start=start[0], direction=direction)
    integral = integrate(lines, torch.from_numpy(urgency).to(fed.device))
    return Account(
        weight=layer.weight.cpu().numpy(),
        gradients=integral.gradients.cpu().numpy(),
        departures=departures.cpu().numpy(),
        scores=scores.cpu().numpy(),
        start=float(origin[0]),
        steps=-(-integral.points // max(1, len(fed))),
    )


def allowed_residual(total: Difference) -> float:
    """Return the largest residual of a gap that counts as converged: max(1e-3 |G|, .01 SE(G))."""
    return max(RELATIVE * abs(float(total.value[0])), OF_ERROR * float(total.error[0]), LEAST)


def _scaled(mean: Mean, factor: Floats) -> Mean:
    return replace(mean, value=mean.value * factor, variance=mean.variance * factor**2)

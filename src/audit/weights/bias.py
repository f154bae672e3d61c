"""The bias ledger: what of a gap is there only because of hidden biases.

Gauge: inputs are measured from their mean, so that the biases of the first layer become
``b₁ + W₁ x̄``; the output bias is solved for wherever the hidden biases stand, so that the pooled
mean score stays what it is. Both are needed for a share of biases to have a meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from torch import Tensor

from audit.weights.chain import Chain, NotAChainError
from audit.weights.path import integrate_path

GAUGE = (
    "{what} measured from their mean (x − x̄, b₁ + W₁x̄); output bias solved so that the pooled mean "
    "score stays what it is"
)
FARTHEST = 1e4
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A chain whose hidden biases are scaled, its output bias solved for.

    Attributes
    ----------
    chain : Chain
        In the input-centred gauge.
    mean : Tensor, shape (columns,)
        What inputs are measured from.
    x : Tensor, shape (rows, columns)
        Inputs less `mean`.
    pooled : Tensor, shape (rows,)
        Weights of the rows whose mean score is kept; they sum to 1.
    mean_score : float
    output : int
        Which output's bias is solved for: that of the class whose score it is.
    rising : bool
        Whether the score rises with it.
    """

    chain: Chain
    mean: Tensor
    x: Tensor
    pooled: Tensor
    mean_score: float
    output: int
    rising: bool

    def at(self, share: float) -> Chain:
        """Return the chain with `share` of its hidden biases.

        Raises
        ------
        NotAChainError
            If no output bias gives the mean score.
        """
        *hidden, last = self.chain.layers
        scaled = [replace(layer, bias=layer.bias * share) for layer in hidden]
        chain = self.chain.with_layers([*scaled, last])
        with torch.no_grad():
            preactivation = chain.walk(self.x)[-1][1]

        def excess(shift: float) -> float:
            moved = preactivation.clone()
            moved[:, self.output] += shift if self.rising else -shift
            with torch.no_grad():
                answer = chain.answer(moved, len(hidden))
                score = chain.link(answer, "probability")
            return float(self.pooled @ score) - self.mean_score

        bias = last.bias.clone()
        shift = _root(excess)
        bias[self.output] += shift if self.rising else -shift
        return chain.with_layers([*scaled, replace(last, bias=bias)])

    def slopes(self, share: float) -> Tensor:
        """Return how the score of each row moves with each hidden bias, (rows, hidden biases).

        The output bias moves along so that the mean score M stays: ``∂_b g − ∂_c g ∂_b M / ∂_c M``.
        """
        chain = self.at(share)
        steps = chain.walk(self.x.clone().requires_grad_(True))
        preactivations = [preactivation for _, preactivation in steps]
        answer = chain.answer(preactivations[-1], len(preactivations) - 1)
        gradients = torch.autograd.grad(chain.link(answer, "probability").sum(), preactivations)
        hidden, out = torch.cat(gradients[:-1], dim=1), gradients[-1][:, self.output]
        return hidden - out[:, None] * (self.pooled @ hidden) / (self.pooled @ out)


def _root(excess: Callable[[float], float]) -> float:
    """Return where a rising function is 0."""
    off = abs(excess(0.0))
    if off == 0:
        return 0.0
    start = max(1.0, off)  # predicted values may be off by any amount, probabilities by 1
    reach = start
    while excess(-reach) > 0 or excess(reach) < 0:
        reach *= 4
        if reach > FARTHEST * start:
            raise NotAChainError("without hidden biases no output bias gives the same mean score")
    return float(brentq(excess, -reach, reach, xtol=1e-13))


@dataclass(frozen=True, kw_only=True)
class BiasAccount:
    """What of each row's score comes with the hidden biases.

    Attributes
    ----------
    names : tuple of str
        ``fc1.bias[8]``, ...
    values : ndarray of float64, shape (rows, hidden biases)
        Each row sums to `scores` less `without`, up to the residual.
    scores, without : ndarray of float64, shape (rows,)
        Probabilities of the positive class, with hidden biases and without.
    points : int
        Evaluations of the network.
    """

    names: tuple[str, ...]
    values: Floats
    scores: Floats
    without: Floats
    points: int

    def residuals(self) -> Floats:
        """Return by how much the biases miss the difference of each row, shape (rows,)."""
        return np.asarray(self.scores - self.without - self.values.sum(axis=1))


def centre(chain: Chain, x: Tensor, pooled: Tensor) -> Scaled:
    """Put a chain into the input-centred gauge; its answers stay what they are.

    Parameters
    ----------
    x : Tensor, shape (rows, columns)
    pooled : Tensor, shape (rows,)
        Weights of the pooled mean, which sum to 1; 0 for rows that are not pooled.
    """
    mean = pooled @ x
    first = chain.layers[0]
    moved = replace(first, bias=first.bias + first.weight @ mean)
    with torch.no_grad():
        score = float(pooled @ chain.scores(x))
    output, rising = _moving(chain, x, pooled)
    return Scaled(
        chain=chain.with_layers([moved, *chain.layers[1:]]),
        mean=mean,
        x=x - mean,
        pooled=pooled,
        mean_score=score,
        output=output,
        rising=rising,
    )


def _moving(chain: Chain, x: Tensor, pooled: Tensor) -> tuple[int, bool]:
    """Return which output raises the mean score most, and whether it does; else lowers it.

    Of several classes that is the class whose score it is, in whatever order they come.
    """
    place = len(chain.layers) - 1
    with torch.no_grad():
        preactivation = chain.walk(x)[-1][1]
    leaf = preactivation.requires_grad_(True)
    with torch.enable_grad():
        score = pooled @ chain.link(chain.answer(leaf, place), "probability")
        (slopes,) = torch.autograd.grad(score, leaf)
    total = slopes.sum(dim=0)
    output = int(total.argmax())
    return output, bool(total[output] >= 0)


def account_for_biases(scaled: Scaled, signed: Floats, allowed: Floats) -> BiasAccount:
    """Integrate along the path from no hidden biases to all of them.

    Parameters
    ----------
    scaled : Scaled
    signed : ndarray of float64, shape (rows, gaps)
        The weight of each row in each gap.
    allowed : ndarray of float64, shape (gaps,)
        The largest residual that counts as converged.

    Raises
    ------
    NotAChainError
        If no output bias keeps the mean score.
    """
    hidden = scaled.chain.layers[:-1]
    with torch.no_grad():
        scores, without = (scaled.at(s).scores(scaled.x).cpu().numpy() for s in (1.0, 0.0))
    names = tuple(f"{layer.name}.bias[{k}]" for layer in hidden for k in range(len(layer.bias)))
    if not names:
        return BiasAccount(
            names=(), values=np.zeros((len(scores), 0)), scores=scores, without=without, points=2
        )
    biases = torch.cat([layer.bias for layer in hidden])

    def node(at: float) -> tuple[tuple[Tensor, ...], Floats]:
        slopes = scaled.slopes(at)
        return (slopes,), signed.T @ (slopes @ biases).cpu().numpy()

    def gaps(at: float) -> Floats:
        with torch.no_grad():
            return cast("Floats", signed.T @ scaled.at(at).scores(scaled.x).cpu().numpy())

    integral = integrate_path(node, gaps, allowed)
    return BiasAccount(
        names=names,
        values=(integral.parts[0] * biases).cpu().numpy(),
        scores=scores,
        without=without,
        points=integral.points,
    )

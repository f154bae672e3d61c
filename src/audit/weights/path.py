"""Integrals along one path of parameters, split where a gap is missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from audit.weights.quadrature import NODES, SHARES

PIECES = 4
ROUNDS = 8
Floats = NDArray[np.float64]
Node = Callable[[float], tuple[tuple[Tensor, ...], Floats]]


@dataclass(frozen=True, kw_only=True)
class PathIntegral:
    """Integrals from 0 to 1.

    Attributes
    ----------
    parts : tuple of Tensor
        Of the tensors that the nodes gave.
    points : int
        Evaluations of the network, gradients and ends of pieces together.
    """

    parts: tuple[Tensor, ...]
    points: int


def integrate_path(node: Node, gaps: Callable[[float], Floats], allowed: Floats) -> PathIntegral:
    """Integrate along a path, halving pieces on which the slopes miss the rise of a gap.

    Parameters
    ----------
    node : callable
        From a place on the path, in [0, 1], to what is integrated, and to the slope of each gap
        that follows from it.
    gaps : callable
        From a place on the path to each gap.
    allowed : ndarray, shape (gaps,)
        The errors of all pieces together stay below this, or `ROUNDS` rounds are used up.

    Returns
    -------
    PathIntegral
    """
    known: dict[float, Floats] = {}

    def gap(at: float) -> Floats:
        if at not in known:
            known[at] = gaps(at)
        return known[at]

    pieces = [(place / PIECES, (place + 1) / PIECES) for place in range(PIECES)]
    total: tuple[Tensor, ...] = ()
    budget, used = 1.0, 0
    for round_ in range(ROUNDS):
        bound = np.inf if round_ == ROUNDS - 1 else budget / len(pieces)
        undone = []
        for low, high in pieces:
            parts, slope = _piece(node, low, high)
            used += len(NODES)
            error = float(np.max(np.abs(slope - (gap(high) - gap(low))) / allowed))
            if error <= bound:
                budget -= error
                total = _added(total, parts)
            else:
                undone += [(low, (low + high) / 2), ((low + high) / 2, high)]
        if not undone:
            break
        pieces = undone
    return PathIntegral(parts=total, points=used + len(known))


def _piece(node: Node, low: float, high: float) -> tuple[tuple[Tensor, ...], Floats]:
    total: tuple[Tensor, ...] = ()
    slopes = []
    for place, share in zip(NODES.tolist(), SHARES.tolist(), strict=True):
        weight = share * (high - low) / 2
        parts, slope = node(low + (high - low) * (place + 1) / 2)
        total = _added(total, tuple(part * weight for part in parts))
        slopes.append(slope * weight)
    return total, np.sum(slopes, axis=0)


def _added(total: tuple[Tensor, ...], parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    if not total:
        return parts
    return tuple(one + other for one, other in zip(total, parts, strict=True))

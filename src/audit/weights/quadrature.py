"""Integrals along the straight lines from the mean to each row, split where it is needed.

Gauss-Legendre with four points in each piece of each line. What a piece misses is known exactly:
the integral of the slope along it, less the rise of the score. Pieces that miss too much are
halved; the others are done, and their error is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PIECES = 4
ROUNDS = 60
POINTS = 6
MOST_POINTS = 4_000
NUMBERS = 1 << 22
PIECES_AT_ONCE = 8192
NODES, SHARES = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(4))
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The rest of a network along the lines of its rows, seen from a pre-activation.

    A line at a cut is a line in the pre-activation that it feeds: the layer between is affine.

    Attributes
    ----------
    score : callable
        From pre-activations (points, units) to linked scores (points,).
    start : Tensor, shape (units,)
        The pre-activation of the mean.
    direction : Tensor, shape (rows, units)
        From it to that of each row.
    """

    score: Callable[[Tensor], Tensor]
    start: Tensor
    direction: Tensor


@dataclass(frozen=True, kw_only=True)
class Integral:
    """Mean gradients along the lines.

    Attributes
    ----------
    gradients : Tensor, shape (rows, units)
        The integral over the line of the score's gradient in the pre-activation.
    points : int
        Evaluations of the network, gradients and ends of pieces together.
    """

    gradients: Tensor
    points: int


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Pieces of lines: which row, from where (0 the mean, 1 the row), and how long."""

    rows: Tensor
    low: Tensor
    width: Tensor

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.rows)

    def take(self, which: Tensor | slice) -> Pieces:
        """Return some of the pieces."""
        return Pieces(rows=self.rows[which], low=self.low[which], width=self.width[which])

    def halves(self) -> Pieces:
        """Return both halves of each piece."""
        half = self.width / 2
        return Pieces(
            rows=self.rows.repeat(2),
            low=torch.cat([self.low, self.low + half]),
            width=half.repeat(2),
        )


def integrate(lines: Lines, urgency: Tensor) -> Integral:
    """Integrate the gradients along every line.

    Parameters
    ----------
    lines : Lines
    urgency : Tensor, shape (rows,)
        What an error of 1 in a row counts; pieces are halved until the errors of all pieces, each
        by its absolute value, count less than 1 together, or `MOST_POINTS` a row are used.

    Returns
    -------
    Integral
    """
    total = torch.zeros_like(lines.direction)
    pieces = _whole(lines)
    budget, used = 1.0, 0
    for round_ in range(ROUNDS):
        last = round_ == ROUNDS - 1 or used > MOST_POINTS * len(total)
        # A kink stays in one of the halves, so each piece leaves about one error in the end.
        bound = float("inf") if last else budget / len(pieces)
        undone = []
        for part in _chunks(pieces, lines):
            values, errors = _evaluate(lines, part)
            counted = errors.abs() * urgency[part.rows]
            done = counted <= bound
            total.index_add_(0, part.rows[done], values[done])
            budget -= float(counted[done].sum())
            undone.append(part.take(~done))
        used += POINTS * len(pieces)
        pieces = _together(undone).halves()
        if not len(pieces):
            break
    return Integral(gradients=total, points=used)


def _whole(lines: Lines) -> Pieces:
    rows = len(lines.direction)
    device = lines.direction.device
    low = torch.arange(PIECES, device=device, dtype=torch.float64) / PIECES
    return Pieces(
        rows=torch.arange(rows, device=device).repeat_interleave(PIECES),
        low=low.repeat(rows),
        width=torch.full((rows * PIECES,), 1 / PIECES, dtype=torch.float64, device=device),
    )


def _chunks(pieces: Pieces, lines: Lines) -> list[Pieces]:
    size = min(PIECES_AT_ONCE, max(1, NUMBERS // (POINTS * lines.direction.shape[1])))
    return [pieces.take(slice(at, at + size)) for at in range(0, len(pieces), size)]


def _together(parts: list[Pieces]) -> Pieces:
    return Pieces(
        rows=torch.cat([part.rows for part in parts]),
        low=torch.cat([part.low for part in parts]),
        width=torch.cat([part.width for part in parts]),
    )


def _evaluate(lines: Lines, pieces: Pieces) -> tuple[Tensor, Tensor]:
    """Return the integral over each piece, (pieces, units), and by how much it misses the rise."""
    nodes, shares = NODES.to(pieces.low), SHARES.to(pieces.low)
    count, way = len(pieces), lines.direction[pieces.rows]
    times = pieces.low[:, None] + pieces.width[:, None] * (nodes + 1) / 2
    points = lines.start + times[:, :, None] * way[:, None, :]
    flat = points.reshape(count * len(nodes), -1).requires_grad_(True)
    with torch.enable_grad():
        (gradients,) = torch.autograd.grad(lines.score(flat).sum(), flat)
    weighted = gradients.reshape(count, len(nodes), -1) * shares[:, None]
    values = weighted.sum(dim=1) * pieces.width[:, None] / 2
    with torch.no_grad():
        ends = torch.stack([pieces.low, pieces.low + pieces.width])
        at_ends = lines.score(
            (lines.start + ends[:, :, None] * way).reshape(2 * count, -1)
        ).reshape(2, count)
    return values, (values * way).sum(dim=1) - (at_ends[1] - at_ends[0])

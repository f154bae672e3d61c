"""Integrated gradients (Sundararajan, Taly and Yan 2017) through captum, in adaptive pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.explainers.attribution import Attribution
from audit.models.model import Tensors, TorchModel

POINTS = 8_192
NUMBERS = 1 << 24
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Pieces of the straight lines from the baseline (0) to the rows (1).

    Attributes
    ----------
    rows : ndarray of int64, shape (pieces,)
    low, high : ndarray of float64, shape (pieces,)
    """

    rows: Places
    low: Floats
    high: Floats

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.rows)

    def take(self, places: Places) -> Pieces:
        """Return some of the pieces."""
        return Pieces(rows=self.rows[places], low=self.low[places], high=self.high[places])

    def halves(self) -> Pieces:
        """Return both halves of each piece."""
        middle = (self.low + self.high) / 2
        return Pieces(
            rows=np.concatenate([self.rows, self.rows]),
            low=np.concatenate([self.low, middle]),
            high=np.concatenate([middle, self.high]),
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """The network along the lines from the baseline to the rows."""

    model: TorchModel
    names: tuple[str, ...]
    inputs: tuple[Tensor, ...]
    baselines: tuple[Tensor, ...]

    def probability(self, *points: Tensor) -> Tensor:
        """Return the probability at some points, shape (points,)."""
        return self.model.probability(dict(zip(self.names, points, strict=True)))

    def at(self, rows: Places, share: Floats) -> tuple[Tensor, ...]:
        """Return the points that lie `share` of the way to `rows`."""
        return tuple(
            zero + _as(share, x).reshape(-1, *[1] * (x.ndim - 1)) * (x[rows] - zero)
            for x, zero in zip(self.inputs, self.baselines, strict=True)
        )

    def integrate(self, pieces: Pieces, steps: int) -> tuple[tuple[Tensor, ...], Floats]:
        """Return the attributions along each piece, and by how much they miss its rise."""
        start, end = self.at(pieces.rows, pieces.low), self.at(pieces.rows, pieces.high)
        values = self._captum(start, end, steps)
        with torch.no_grad():
            rise = _double(self.probability(*end)) - _double(self.probability(*start))
        return values, _row_sums(values) - rise

    def _captum(
        self, start: tuple[Tensor, ...], end: tuple[Tensor, ...], steps: int
    ) -> tuple[Tensor, ...]:
        from captum.attr import IntegratedGradients as Captum

        def score(*points: Tensor) -> Tensor:
            # One sum has the gradients of its terms, and captum handles it faster than many; a
            # tensor that the network leaves unused still gets a gradient, of zero.
            unused = torch.stack([point.sum() for point in points]).sum() * 0
            return (self.probability(*points).sum() + unused).reshape(1)

        result = Captum(score).attribute(
            end, baselines=start, n_steps=steps, method="gausslegendre"
        )
        return tuple(value.detach() for value in result)


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients:
    """Gradients of the probability along the straight line from the baseline to the row.

    Gauss-Legendre quadrature over the whole line first. A piece whose values do not sum to the
    rise of the score along it, to a sixteenth of `tolerance`, is halved, again and again: a kink
    of a ReLU network costs a few more steps there and none elsewhere. What error remains is kept
    and reported.

    Attributes
    ----------
    steps : int
        Points in each piece.
    halvings : int
        At most; 7 have the resolution of 128 times `steps` points.
    tolerance : float
        Absolute, of a whole row, in units of the probability.
    """

    steps: int = 32
    halvings: int = 7
    tolerance: float = 1e-3
    name: str = "integrated_gradients"

    def attribute(self, model: TorchModel, tensors: Tensors, baselines: Tensors) -> Attribution:
        """Attribute the probability of the positive class; see `Explainer.attribute`."""
        line = Line(
            model=model,
            names=tuple(tensors),
            inputs=tuple(tensors.values()),
            baselines=tuple(baselines[name] for name in tensors),
        )
        rows = len(line.inputs[0])
        totals = [torch.zeros_like(tensor) for tensor in line.inputs]
        steps = np.zeros(rows)
        pieces = Pieces(rows=np.arange(rows), low=np.zeros(rows), high=np.ones(rows))
        for round_ in range(self.halvings + 1):
            pieces = self._round(line, pieces, totals, steps, last=round_ == self.halvings)
        return Attribution(
            values=dict(zip(line.names, totals, strict=True)),
            errors=_row_sums(tuple(totals)) - _rises(line, rows),
            figures={"steps": steps},
        )

    def _round(
        self, line: Line, pieces: Pieces, totals: list[Tensor], steps: Floats, *, last: bool
    ) -> Pieces:
        """Add the pieces that are done to the totals; return the halves of the others."""
        undone = [np.empty(0, dtype=np.int64)]
        for places in _chunks(pieces, self.steps, line.inputs):
            part = pieces.take(places)
            values, errors = line.integrate(part, self.steps)
            done = (np.abs(errors) <= self.tolerance / 16) | last
            for total, value in zip(totals, values, strict=True):
                rows = torch.from_numpy(part.rows[done]).to(total.device)
                total.index_add_(0, rows, value[torch.from_numpy(done).to(value.device)])
            np.add.at(steps, part.rows[done], self.steps)
            undone.append(places[~done])
        return pieces.take(np.concatenate(undone)).halves()


def _rises(line: Line, rows: int) -> Floats:
    with torch.no_grad():
        return _double(line.probability(*line.inputs)) - np.repeat(
            _double(line.probability(*line.baselines)), rows
        )


def _as(share: Floats, like: Tensor) -> Tensor:
    return torch.from_numpy(share).to(dtype=like.dtype, device=like.device)


def _double(values: Tensor) -> Floats:
    return values.detach().cpu().double().numpy()


def _row_sums(values: tuple[Tensor, ...]) -> Floats:
    sums = [value.detach().cpu().double().reshape(len(value), -1).sum(1) for value in values]
    return _double(torch.stack(sums).sum(0))


def _chunks(pieces: Pieces, steps: int, inputs: tuple[Tensor, ...]) -> Iterator[Places]:
    """Cut pieces so that neither points nor numbers held at once pass a bound."""
    numbers = max(1, sum(tensor[0].numel() for tensor in inputs))
    size = max(1, min(POINTS, NUMBERS // numbers) // steps)
    places = np.arange(len(pieces))
    for start in range(0, len(pieces), size):
        yield places[start : start + size]

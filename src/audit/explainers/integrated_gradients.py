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
TABLE = 2
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
    """The network along the lines from the baseline to the rows.

    Attributes
    ----------
    model : TorchModel
    names : tuple of str
        Of the tensors that lie on the lines, then of those that are held.
    inputs, baselines : tuple of Tensor
        A baseline has one row, or as many as the inputs.
    held : tuple of Tensor
        Whole numbers, which stay those of the row.
    """

    model: TorchModel
    names: tuple[str, ...]
    inputs: tuple[Tensor, ...]
    baselines: tuple[Tensor, ...]
    held: tuple[Tensor, ...] = ()

    def score(self, *points: Tensor) -> Tensor:
        """Return the score at some points with what is held there, shape (points,)."""
        return self.model.score(dict(zip(self.names, points, strict=True)))

    def at(self, rows: Places, share: Floats) -> tuple[Tensor, ...]:
        """Return the points that lie `share` of the way to `rows`."""
        starts = (zero if len(zero) == 1 else zero[rows] for zero in self.baselines)
        return tuple(
            zero + _as(share, x).reshape(-1, *[1] * (x.ndim - 1)) * (x[rows] - zero)
            for x, zero in zip(self.inputs, starts, strict=True)
        )

    def held_at(self, rows: Places) -> tuple[Tensor, ...]:
        """Return what is held for `rows`."""
        return tuple(tensor[rows] for tensor in self.held)

    def rises(self) -> Floats:
        """Return the score of each row less that at its baseline."""
        with torch.no_grad():
            ends = _double(self.score(*self.inputs, *self.held))
            if not self.held and all(len(zero) == 1 for zero in self.baselines):
                return ends - np.repeat(_double(self.score(*self.baselines)), len(ends))
            starts = (
                zero.expand_as(x) for x, zero in zip(self.inputs, self.baselines, strict=True)
            )
            return ends - _double(self.score(*starts, *self.held))

    def integrate(self, pieces: Pieces, steps: int) -> tuple[tuple[Tensor, ...], Floats]:
        """Return the attributions along each piece, and by how much they miss its rise."""
        start, end = self.at(pieces.rows, pieces.low), self.at(pieces.rows, pieces.high)
        held = self.held_at(pieces.rows)
        values = self._captum(start, end, held, steps)
        with torch.no_grad():
            rise = _double(self.score(*end, *held)) - _double(self.score(*start, *held))
        return values, _row_sums(values) - rise

    def _captum(
        self,
        start: tuple[Tensor, ...],
        end: tuple[Tensor, ...],
        held: tuple[Tensor, ...],
        steps: int,
    ) -> tuple[Tensor, ...]:
        from captum.attr import IntegratedGradients as Captum

        def summed(*points: Tensor) -> Tensor:
            # One sum has the gradients of its terms, and captum handles it faster than many; a
            # tensor that the network leaves unused still gets a gradient, of zero.
            unused = torch.stack([point.sum() for point in points[: len(end)]]).sum() * 0
            return (self.score(*points).sum() + unused).reshape(1)

        result = Captum(summed).attribute(
            end,
            baselines=start,
            additional_forward_args=held or None,
            n_steps=steps,
            method="gausslegendre",
        )
        return tuple(value.detach() for value in result)


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients:
    """Gradients of the score along the straight line from the baseline to the row.

    Gauss-Legendre quadrature over the whole line first. A piece whose values do not sum to the
    rise of the score along it is halved, again and again: a kink of a ReLU network costs a few
    more steps there and none elsewhere. The errors of a row's pieces, each by its absolute value,
    may use up half of `tolerance`, shared evenly by the pieces that are left. What error remains
    is kept and reported.

    Attributes
    ----------
    steps : int
        Points in each piece.
    halvings : int
        At most; 7 have the resolution of 128 times `steps` points.
    tolerance : float
        Absolute, of a whole row, in units of the score.
    """

    steps: int = 32
    halvings: int = 7
    tolerance: float = 1e-3
    name: str = "integrated_gradients"

    def attribute(self, model: TorchModel, tensors: Tensors, baselines: Tensors) -> Attribution:
        """Attribute the score; see `Explainer.attribute`."""
        moving = [name for name, tensor in tensors.items() if tensor.is_floating_point()]
        held = [name for name in tensors if name not in moving]
        line = Line(
            model=model,
            names=(*moving, *held),
            inputs=tuple(tensors[name] for name in moving),
            baselines=tuple(baselines[name] for name in moving),
            held=tuple(tensors[name] for name in held),
        )
        rows = len(line.inputs[0])
        totals = [torch.zeros_like(tensor) for tensor in line.inputs]
        steps, left = np.zeros(rows), np.full(rows, self.tolerance / 2)
        pieces = Pieces(rows=np.arange(rows), low=np.zeros(rows), high=np.ones(rows))
        for round_ in range(self.halvings + 1):
            allowed = left[pieces.rows] / np.bincount(pieces.rows, minlength=rows)[pieces.rows]
            bounds = np.full(len(pieces), np.inf) if round_ == self.halvings else allowed
            pieces = self._round(line, pieces, bounds, totals, (steps, left))
        return Attribution(
            values=dict(zip(moving, totals, strict=True)),
            errors=_row_sums(tuple(totals)) - line.rises(),
            figures={"steps": steps},
        )

    def _round(
        self,
        line: Line,
        pieces: Pieces,
        bounds: Floats,
        totals: list[Tensor],
        used: tuple[Floats, Floats],
    ) -> Pieces:
        """Add the pieces that are done to the totals; return the halves of the others."""
        steps, left = used
        undone = [np.empty(0, dtype=np.int64)]
        for places in _chunks(pieces, self.steps, line.inputs):
            part = pieces.take(places)
            values, errors = line.integrate(part, self.steps)
            done = np.abs(errors) <= bounds[places]
            for total, value in zip(totals, values, strict=True):
                rows = torch.from_numpy(part.rows[done]).to(total.device)
                total.index_add_(0, rows, value[torch.from_numpy(done).to(value.device)])
            np.add.at(steps, part.rows[done], self.steps)
            np.subtract.at(left, part.rows[done], np.abs(errors[done]))
            undone.append(places[~done])
        return pieces.take(np.concatenate(undone)).halves()


def _as(share: Floats, like: Tensor) -> Tensor:
    return torch.from_numpy(share).to(dtype=like.dtype, device=like.device)


def _double(values: Tensor) -> Floats:
    return values.detach().cpu().double().numpy()


def _row_sums(values: tuple[Tensor, ...]) -> Floats:
    sums = [value.detach().cpu().double().reshape(len(value), -1).sum(1) for value in values]
    return _double(torch.stack(sums).sum(0))


def _chunks(pieces: Pieces, steps: int, inputs: tuple[Tensor, ...]) -> Iterator[Places]:
    """Cut pieces so that neither points nor numbers held at once pass a bound.

    Layers that look at images and texts hold several times the numbers of their input.
    """
    numbers = max(1, sum(tensor[0].numel() for tensor in inputs))
    most = NUMBERS if all(tensor.ndim <= TABLE for tensor in inputs) else NUMBERS // 16
    size = max(1, min(POINTS, most // numbers) // steps)
    places = np.arange(len(pieces))
    for start in range(0, len(pieces), size):
        yield places[start : start + size]

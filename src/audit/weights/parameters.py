"""The straight line from all parameters of one network to those of another, whatever it is made of.

A network is asked with other parameters than its own (``torch.func.functional_call``), in double
precision. Batch normalisation is folded first: its running statistics move gaps too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from math import prod
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from audit.data.dataset import Dataset, Rows
from audit.models.inference import evaluating
from audit.models.model import Tensors, TorchModel
from audit.models.outputs import OutputForm, shaped
from audit.weights.chain import NotAChainError
from audit.weights.doubles import Batches, doubled
from audit.weights.path import integrate_path
from audit.weights.route import Change

MOST = 1 << 24
CLOSE, SAME = 1e-4, 1e-6
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The straight line from the parameters of one network to those of another.

    Attributes
    ----------
    network : nn.Module
        A copy in double precision, batch normalisation folded.
    form : OutputForm
    start, moves : dict of str to Tensor
        The first network's parameters, and by how much those differ that do.
    batches : Batches
        What the network takes, for all rows in their order.
    """

    network: nn.Module
    form: OutputForm
    start: dict[str, Tensor]
    moves: dict[str, Tensor]
    batches: Batches = field(repr=False)

    def at(self, share: float) -> dict[str, Tensor]:
        """Return the parameters that lie `share` of the way; gradients can be taken."""
        moved = {name: self.start[name] + share * move for name, move in self.moves.items()}
        return {**self.start, **{name: tensor.requires_grad_() for name, tensor in moved.items()}}

    def scores(self, share: float) -> Floats:
        """Return the scores of all rows, shape (rows,)."""
        parameters = self.at(share)
        with torch.no_grad():
            parts = [self.score(parameters, tensors) for tensors in self.batches]
        return cast("Floats", torch.cat(parts).cpu().numpy())

    def slopes(self, share: float, signed: Floats) -> tuple[Tensor, ...]:
        """Return how each gap moves with each parameter that differs, (gaps, *shape)."""
        parameters = self.at(share)
        moved = [parameters[name] for name in self.moves]
        total = [tensor.new_zeros((signed.shape[1], *tensor.shape)) for tensor in moved]
        done = 0
        for tensors in self.batches if moved else ():
            with torch.enable_grad():
                score = self.score(parameters, tensors)
            weights = torch.from_numpy(signed[done : done + len(score)]).to(score)
            done += len(score)
            for gap in range(signed.shape[1]):
                found = torch.autograd.grad(
                    weights[:, gap] @ score, moved, retain_graph=True, allow_unused=True
                )
                for sum_, slope in zip(total, found, strict=True):
                    if slope is not None:
                        sum_[gap] += slope
        return tuple(total)

    def score(self, parameters: dict[str, Tensor], tensors: Tensors) -> Tensor:
        """Return the scores that a batch gets with some parameters."""
        rows = len(next(iter(tensors.values())))
        args = tuple(tensors.values()) if len(tensors) == 1 else ()
        kwargs = {} if args else tensors
        with plain_attention():
            answer = functional_call(self.network, parameters, args, kwargs)
        return self.form.score(shaped(answer, self.form, rows))


def parameters_between(
    before: TorchModel, after: TorchModel, dataset: Dataset, rows: Rows
) -> Parameters:
    """Return the line from the parameters of one network to those of another.

    Raises
    ------
    NotAChainError
        If the two differ in more than parameters, are too large, or cannot be asked in double
        precision.
    """
    old, new = doubled(before), doubled(after)
    start, end = dict(old.named_parameters()), dict(new.named_parameters())
    _require_alike(before, after, old, new)
    moves = {
        name: (end[name] - tensor).detach()
        for name, tensor in start.items()
        if not torch.equal(end[name], tensor)
    }
    if (count := sum(move.numel() for move in moves.values())) > MOST:
        raise NotAChainError(f"{count:,} parameters were moved, more than {MOST:,}")
    first, second = (Batches(model, dataset, rows) for model in (before, after))
    if not _same(first[0], second[0]):
        raise NotAChainError("the two networks encode the same rows differently")
    found = Parameters(
        network=old,
        form=before.form,
        start={name: tensor.detach() for name, tensor in start.items()},
        moves=moves,
        batches=first,
    )
    _require_answers(found, before, after)
    return found


def _same(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(
        tensor.shape == other[name].shape and torch.allclose(tensor, other[name], atol=SAME)
        for name, tensor in one.items()
    )


def _require_alike(before: TorchModel, after: TorchModel, old: nn.Module, new: nn.Module) -> None:
    sizes = [
        {name: tuple(tensor.shape) for name, tensor in module.named_parameters()}
        for module in (old, new)
    ]
    described = repr(before.network) == repr(after.network)
    if before.output != after.output or before.focus != after.focus or not described:
        raise NotAChainError("the two networks differ in more than parameters")
    if type(before.network) is not type(after.network) or sizes[0] != sizes[1]:
        raise NotAChainError("the two networks differ in more than parameters")
    buffers = dict(new.named_buffers())
    for name, tensor in old.named_buffers():
        if not torch.equal(tensor, buffers[name]):
            raise NotAChainError(f"the two networks differ in {name}, which is no parameter")


def _require_answers(found: Parameters, before: TorchModel, after: TorchModel) -> None:
    """Hold both ends of the line against the two networks."""
    for model, share in ((before, 0.0), (after, 1.0)):
        with evaluating(model.network), torch.no_grad():
            said = model.score(found.batches.encoded(0)).cpu().double().numpy()
            try:
                scores = found.score(found.at(share), found.batches[0]).numpy()
            except Exception as error:  # the network's own code
                raise NotAChainError(f"it cannot be asked in double precision: {error}") from error
        scale = 1.0 if model.form.logit is not None else float(np.abs(said).max())
        if not np.allclose(said, scores, atol=CLOSE * scale, rtol=0):
            raise NotAChainError("it answers otherwise when it is asked in double precision")


@contextmanager
def plain_attention() -> Iterator[None]:
    """Keep torch from a shortcut for attention that gives no gradients."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def account_for_parameters(line: Parameters, signed: Floats, allowed: Floats) -> Change:
    """Integrate along the line.

    Parameters
    ----------
    line : Parameters
    signed : ndarray of float64, shape (rows, gaps)
        The weight of each row in each gap.
    allowed : ndarray of float64, shape (gaps,)
        The largest residual that counts as converged.
    """
    moves = list(line.moves.values())

    def node(at: float) -> tuple[tuple[Tensor, ...], Floats]:
        parts = line.slopes(at, signed)
        slope = sum(
            (part * move).flatten(1).sum(1) for part, move in zip(parts, moves, strict=True)
        )
        return parts, np.asarray(slope) if moves else np.zeros(signed.shape[1])

    def gaps(at: float) -> Floats:
        return signed.T @ line.scores(at)

    integral = integrate_path(node, gaps, allowed)
    amounts = [
        (part * move).flatten(start_dim=1).numpy()
        for part, move in zip(integral.parts, moves, strict=True)
    ]
    layers = list(dict.fromkeys(_layer(line, name) for name in line.start))
    totals = np.zeros((signed.shape[1], len(layers)))
    for name, amount in zip(line.moves, amounts, strict=True):
        totals[:, layers.index(_layer(line, name))] += amount.sum(axis=1)
    return Change(
        before=line.scores(0.0),
        after=line.scores(1.0),
        layer_names=tuple(layers),
        layers=None,
        totals=totals,
        weight_names=Names({name: tuple(move.shape) for name, move in line.moves.items()}),
        weights=np.concatenate([np.zeros((signed.shape[1], 0)), *amounts], axis=1),
        points=integral.points,
    )


def _layer(line: Parameters, parameter: str) -> str:
    owner = parameter.rpartition(".")[0]
    return owner or type(line.network).__name__


class Names:
    """The names of all numbers in some parameters, made when they are asked for.

    ``fc2[3,1]`` for a weight, ``fc2.bias[3]`` for any other parameter.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = list(shapes.items())
        self.ends = list(accumulate(prod(shape) for shape in shapes.values()))

    def __getitem__(self, place: int) -> str:
        """Return the name of a number, by its place among all."""
        which = bisect_right(self.ends, place)
        parameter, shape = self.shapes[which]
        within = place - (self.ends[which - 1] if which else 0)
        own = np.unravel_index(within, shape)
        return f"{parameter.removesuffix('.weight')}[{','.join(map(str, own))}]"

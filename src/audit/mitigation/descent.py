"""Updating a copy of a network under the penalised loss: seeded, and recorded epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from audit.config import Train
from audit.errors import ModelError
from audit.mitigation.penalty import Pool, Sample, penalised_loss
from audit.models.epochs import improved, optimizer_for
from audit.models.model import Tensors, TorchModel
from audit.models.records import EpochRecord
from audit.models.standing import copied
from audit.models.validation import Figures, figures
from audit.models.weights_file import State

GAP_ROWS, GAP_ROWS_SHAPED = 2048, 512
"""Rows that the gap is estimated on, of a table and of images, texts and series."""


@dataclass(frozen=True, kw_only=True)
class Descent:
    """What the updates left behind.

    Attributes
    ----------
    epochs : tuple of EpochRecord
        Losses hold the penalty.
    best_epoch : int
        The epoch whose weights were kept.
    state : dict of str to Tensor
        These weights, on the CPU.
    stopped_early : bool
    """

    epochs: tuple[EpochRecord, ...]
    best_epoch: int
    state: State
    stopped_early: bool


def descend(
    model: TorchModel,
    fitting: Pool,
    tuning: Pool,
    strength: float,
    settings: Train,
    *,
    decaying: bool,
    minimum_group: int,
    progress: Callable[[], None],
) -> Descent:
    """Update the network of `model`, which is the caller's own copy.

    Parameters
    ----------
    model : TorchModel
        Of a regression, it answers in the unit of the samples.
    fitting, tuning : Pool
        `tuning` stops early where the settings say so; it is in no update.
    strength : float
    settings : Train
    decaying : bool
        Whether this is fine-tuning: the learning rate falls to 0 along a line, so that the last
        weights are settled, and the batch statistics that the network came with stay.
    minimum_group : int
        Groups with fewer tuning rows take no part in the gap of an epoch.
    progress : callable
        Called after each epoch.

    Raises
    ------
    ModelError
        If the loss stops being finite.
    """
    optimizer = optimizer_for(model.network, settings)
    order = torch.Generator().manual_seed(settings.seed)
    epochs: list[EpochRecord] = []
    best, state = 0, copied(model.network.state_dict())
    for number in range(1, settings.epochs + 1):
        if decaying:
            _set_rate(optimizer, settings.lr * (1 - (number - 1) / settings.epochs))
        _training_mode(model.network, keep_statistics=decaying)
        size = settings.batch_size
        loss = _epoch(model, fitting, strength, optimizer=optimizer, size=size, order=order)
        found = figures(
            model,
            tuning.examples,
            size,
            minimum_group,
            lambda answers: penalised_loss(
                model.form, answers, tuning.whole, strength, len(tuning)
            ),
        )
        epochs.append(_record(found, number, loss, strength))
        if not settings.early_stopping or improved(epochs, best):
            best, state = number, copied(model.network.state_dict())
        progress()
        if settings.early_stopping and number - best >= settings.early_stopping:
            break
    return Descent(
        epochs=tuple(epochs),
        best_epoch=best,
        state=state,
        stopped_early=len(epochs) < settings.epochs,
    )


def _epoch(
    model: TorchModel,
    fitting: Pool,
    strength: float,
    *,
    optimizer: torch.optim.Optimizer,
    size: int,
    order: torch.Generator,
) -> float:
    total = 0.0
    for tensors, part, fitted in _windows(fitting, size, order):
        optimizer.zero_grad()
        loss = penalised_loss(model.form, model.answer(tensors), part, strength, fitted)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        total += float(loss.detach()) * fitted
    return total / len(fitting)


def _windows(
    rows: Pool, size: int, order: torch.Generator
) -> Iterator[tuple[Tensors, Sample, int]]:
    """Yield each batch, followed by as many rows of the next ones as the gap needs."""
    places = torch.randperm(len(rows), generator=order)
    least = GAP_ROWS_SHAPED if rows.examples.rows.shaped else GAP_ROWS
    width = min(max(size, least), len(rows))
    for start in range(0, len(rows), size):
        yield *rows.take(places.roll(-start)[:width]), min(size, len(rows) - start)


def _training_mode(network: nn.Module, *, keep_statistics: bool) -> None:
    """Drop units as in training; the batch statistics that a network came with may stay."""
    network.train()
    if not keep_statistics:
        return
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._NormBase):
            module.eval()


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _record(found: Figures, epoch: int, loss: float, strength: float) -> EpochRecord:
    if not np.isfinite([loss, found.loss]).all():
        raise ModelError(
            f"the loss is not finite after epoch {epoch} at strength {strength:g}",
            "lower the learning rate, or the strength",
        )
    return EpochRecord(
        epoch=epoch,
        train_loss=loss,
        validation_loss=found.loss,
        validation_accuracy=found.accuracy,
        validation_rmse=found.rmse,
        validation_gap=found.gap,
    )

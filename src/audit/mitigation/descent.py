"""Updating a copy of a network under the penalised loss: seeded, and recorded epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from audit.config import Train
from audit.errors import ModelError
from audit.mitigation.penalty import Sample, penalised_loss
from audit.models.epochs import OPTIMIZERS, copied
from audit.models.inference import evaluating
from audit.models.model import TorchModel
from audit.models.records import EpochRecord
from audit.models.weights_file import State

GAP_ROWS = 2048


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
    fitting: Sample,
    tuning: Sample,
    strength: float,
    settings: Train,
    *,
    decaying: bool,
    progress: Callable[[], None],
) -> Descent:
    """Update the network of `model`, which is the caller's own copy.

    Parameters
    ----------
    model : TorchModel
    fitting, tuning : Sample
        `tuning` stops early where the settings say so; it is in no update.
    strength : float
    settings : Train
    decaying : bool
        Whether the learning rate falls to 0 along a line, so that the last weights are settled.
    progress : callable
        Called after each epoch.

    Raises
    ------
    ModelError
        If the loss stops being finite.
    """
    optimizer = _optimizer(model.network, settings)
    order = torch.Generator().manual_seed(settings.seed)
    epochs: list[EpochRecord] = []
    best, state = 0, copied(model.network.state_dict())
    for number in range(1, settings.epochs + 1):
        if decaying:
            _set_rate(optimizer, settings.lr * (1 - (number - 1) / settings.epochs))
        size = settings.batch_size
        loss = _epoch(model, fitting, strength, optimizer=optimizer, size=size, order=order)
        epochs.append(_measured(model, tuning, strength, epoch=number, loss=loss))
        if not settings.early_stopping or _improved(epochs, best):
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
    fitting: Sample,
    strength: float,
    *,
    optimizer: torch.optim.Optimizer,
    size: int,
    order: torch.Generator,
) -> float:
    _training_mode(model.network)
    total = 0.0
    for part, fitted in _windows(fitting, size, order):
        optimizer.zero_grad()
        loss = penalised_loss(model, part, strength, fitted)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        total += float(loss.detach()) * fitted
    return total / len(fitting)


def _windows(rows: Sample, size: int, order: torch.Generator) -> Iterator[tuple[Sample, int]]:
    """Yield each batch, followed by as many rows of the next ones as the gap needs."""
    places = torch.randperm(len(rows), generator=order)
    width = min(max(size, GAP_ROWS), len(rows))
    for start in range(0, len(rows), size):
        window = places.roll(-start)[:width]
        yield rows.take(window.to(rows.label.device)), min(size, len(rows) - start)


def _training_mode(network: nn.Module) -> None:
    """Drop units as in training, but keep the batch statistics that the network came with."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._NormBase):
            module.eval()


def _optimizer(network: nn.Module, settings: Train) -> torch.optim.Optimizer:
    """Decay matrices and leave biases alone; what the network's owner froze stays frozen."""
    free = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": settings.l2},
        {"params": [p for p in free if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMIZERS[settings.optimizer]([g for g in groups if g["params"]], lr=settings.lr)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _measured(
    model: TorchModel, tuning: Sample, strength: float, *, epoch: int, loss: float
) -> EpochRecord:
    with torch.no_grad(), evaluating(model.network):
        found = float(penalised_loss(model, tuning, strength, len(tuning)))
        right = ((model.logit(tuning.tensors) >= 0) == (tuning.label > 0)).float() * tuning.weights
    if not np.isfinite([loss, found]).all():
        raise ModelError(
            f"the loss is not finite after epoch {epoch} at strength {strength:g}",
            "lower the learning rate, or the strength",
        )
    return EpochRecord(
        epoch=epoch,
        train_loss=loss,
        validation_loss=found,
        validation_accuracy=float(right.mean()),
    )


def _improved(epochs: list[EpochRecord], best: int) -> bool:
    latest, earlier = epochs[-1].validation_loss, epochs[best - 1].validation_loss
    return not best or (latest is not None and earlier is not None and latest < earlier)

"""The passes over the training rows: updates, early stopping and the figures of each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from audit.config import Train
from audit.errors import ModelError
from audit.models.checkpoint import Checkpoint
from audit.models.examples import Examples
from audit.models.losses import OBJECTIVES
from audit.models.model import TorchModel
from audit.models.records import EpochRecord
from audit.models.standing import Standing, chance, copied, go_on, optimizer_tensors
from audit.models.validation import Figures, figures
from audit.models.weights_file import State
from audit.progress import Report

Progress = Report
OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What the epochs left behind.

    Attributes
    ----------
    epochs : tuple of EpochRecord
    best_epoch : int
    best_state : dict of str to Tensor
        On the CPU.
    stopped_early : bool
    resumed : int
        The epochs that an interrupted training had done already.
    """

    epochs: tuple[EpochRecord, ...]
    best_epoch: int
    best_state: State
    stopped_early: bool
    resumed: int


def fit(
    model: TorchModel,
    training: Examples,
    validation: Examples,
    settings: Train,
    *,
    minimum_group: int,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Fit:
    """Update the network epoch by epoch until the epochs or its patience are over.

    Parameters
    ----------
    model : TorchModel
        Whose network is updated.
    training, validation : Examples
    settings : Train
    minimum_group : int
        Groups with fewer validation rows take no part in the gap of an epoch.
    progress : callable, optional
        Called with (epochs done, epochs at most, loss and gap in words).
    checkpoint : Checkpoint, optional
        Where the training stands after each epoch is kept there, and it goes on from there.

    Raises
    ------
    ModelError
        If the loss stops being finite, or the checkpoint is of another training.
    """
    optimizer = optimizer_for(model.network, settings)
    order = torch.Generator().manual_seed(settings.seed)
    before = _resumed(checkpoint, model, optimizer, order)
    epochs = list(before.epochs) if before else []
    best, state = (before.best_epoch, before.best) if before else (0, {})
    while not _over(epochs, best, settings):
        loss = _epoch(model, training, optimizer, settings, order)
        judge = partial(_loss, model, validation)
        found = figures(model, validation, settings.batch_size, minimum_group, judge)
        epochs.append(_record(len(epochs) + 1, loss, found, settings))
        if not settings.early_stopping or improved(epochs, best):
            best, state = len(epochs), copied(model.network.state_dict())
        if checkpoint is not None:
            checkpoint.write(
                Standing(
                    epochs=tuple(epochs),
                    best_epoch=best,
                    weights=copied(model.network.state_dict()),
                    best=state,
                    optimizer=optimizer_tensors(optimizer),
                    chance=chance(order, model.device),
                )
            )
        if progress is not None:
            progress(len(epochs), settings.epochs, told(epochs[-1]))
    return Fit(
        epochs=tuple(epochs),
        best_epoch=best,
        best_state=state,
        stopped_early=len(epochs) < settings.epochs,
        resumed=len(before.epochs) if before else 0,
    )


def _resumed(
    checkpoint: Checkpoint | None,
    model: TorchModel,
    optimizer: torch.optim.Optimizer,
    order: torch.Generator,
) -> Standing | None:
    standing = checkpoint.read() if checkpoint is not None else None
    if checkpoint is None or standing is None:
        return None
    try:
        go_on(standing, model.network, optimizer, order, model.device)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise checkpoint.damaged(str(error)) from error
    return standing


def _over(epochs: list[EpochRecord], best: int, settings: Train) -> bool:
    patience = settings.early_stopping
    return len(epochs) >= settings.epochs or bool(patience and len(epochs) - best >= patience)


def improved(epochs: list[EpochRecord], best: int) -> bool:
    """Say whether the validation loss of the last epoch is lower than that of the best before."""
    latest, earlier = epochs[-1].validation_loss, epochs[best - 1].validation_loss
    return not best or (latest is not None and earlier is not None and latest < earlier)


def told(epoch: EpochRecord) -> str:
    """Return loss and gap of an epoch in a few words."""
    gap = "" if epoch.validation_gap is None else f", gap {epoch.validation_gap:.3g}"
    return f"loss {epoch.validation_loss:.4g}{gap}"


def optimizer_for(network: nn.Module, settings: Train) -> torch.optim.Optimizer:
    """Decay matrices and leave biases alone; what the network's owner froze stays frozen."""
    free = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": settings.l2},
        {"params": [p for p in free if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMIZERS[settings.optimizer]([g for g in groups if g["params"]], lr=settings.lr)


def _epoch(
    model: TorchModel,
    training: Examples,
    optimizer: torch.optim.Optimizer,
    settings: Train,
    order: torch.Generator,
) -> float:
    model.network.train()
    task = training.rows.dataset.task
    total = 0.0
    for places in _batches(len(training), settings.batch_size, order, model.network):
        tensors, target, weights = training.take(places)
        optimizer.zero_grad()
        loss = OBJECTIVES[task].loss(model.form, model.answer(tensors), target, weights)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        total += float(loss.detach()) * len(target)
    return total / len(training)


def _batches(rows: int, size: int, order: torch.Generator, network: nn.Module) -> Iterator[Tensor]:
    """Yield places in a new order; a single row left over joins the batch before it."""
    parts = list(torch.split(torch.randperm(rows, generator=order), size))
    if not normalises_batches(network):
        yield from parts
        return
    if size == 1 or rows == 1:
        raise ModelError(
            f"batch normalisation needs two rows for an update, came {min(rows, size)}",
            "raise model.train.batch_size, or say normalisation: layer",
        )
    if len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    yield from parts


def normalises_batches(network: nn.Module) -> bool:
    """Say whether a network in training treats a row by what else is in the batch."""
    kind = nn.modules.batchnorm._BatchNorm
    return any(isinstance(module, kind) for module in network.modules())


def _record(epoch: int, loss: float, found: Figures, settings: Train) -> EpochRecord:
    if not np.isfinite([loss, found.loss]).all():
        raise ModelError(
            f"the loss is not finite after epoch {epoch}",
            f"lower model.train.lr (now {settings.lr:g})",
        )
    return EpochRecord(
        epoch=epoch,
        train_loss=loss,
        validation_loss=found.loss,
        validation_accuracy=found.accuracy,
        validation_rmse=found.rmse,
        validation_gap=found.gap,
    )


def _loss(model: TorchModel, given: Examples, answers: Tensor) -> Tensor:
    judge = OBJECTIVES[given.rows.dataset.task].loss
    return judge(model.form, answers, given.target, given.weights)

"""The passes over the training rows: updates, early stopping and the figures of each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from audit.config import Train
from audit.errors import ModelError
from audit.models.inference import evaluating
from audit.models.records import EpochRecord
from audit.models.weights_file import State

Progress = Callable[[int, int], None]
OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Encoded rows with labels and row weights of mean 1."""

    x: Tensor
    y: Tensor
    weights: Tensor

    def take(self, places: Tensor) -> Examples:
        """Return some of the rows."""
        return Examples(x=self.x[places], y=self.y[places], weights=self.weights[places])


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What the epochs left behind."""

    epochs: tuple[EpochRecord, ...]
    best_epoch: int
    best_state: State
    stopped_early: bool


def fit(
    network: nn.Module,
    training: Examples,
    validation: Examples,
    settings: Train,
    progress: Progress | None,
) -> Fit:
    """Update the network epoch by epoch until the epochs or its patience are over.

    Raises
    ------
    ModelError
        If the loss stops being finite.
    """
    optimizer = _optimizer(network, settings)
    order = torch.Generator().manual_seed(settings.seed)
    epochs: list[EpochRecord] = []
    best, best_state = 0, copied(network.state_dict())
    for number in range(1, settings.epochs + 1):
        loss = _epoch(network, training, optimizer, settings, order)
        epochs.append(_measured(network, validation, number, loss, settings))
        if not settings.early_stopping or _improved(epochs, best):
            best, best_state = number, copied(network.state_dict())
        if progress is not None:
            progress(number, settings.epochs)
        if settings.early_stopping and number - best >= settings.early_stopping:
            break
    return Fit(
        epochs=tuple(epochs),
        best_epoch=best,
        best_state=best_state,
        stopped_early=len(epochs) < settings.epochs,
    )


def _improved(epochs: list[EpochRecord], best: int) -> bool:
    latest, earlier = epochs[-1].validation_loss, epochs[best - 1].validation_loss
    return not best or (latest is not None and earlier is not None and latest < earlier)


def _optimizer(network: nn.Module, settings: Train) -> torch.optim.Optimizer:
    """Decay matrices and leave biases alone."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": settings.l2},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return OPTIMIZERS[settings.optimizer](groups, lr=settings.lr)


def _epoch(
    network: nn.Module,
    training: Examples,
    optimizer: torch.optim.Optimizer,
    settings: Train,
    order: torch.Generator,
) -> float:
    network.train()
    total = 0.0
    for batch in _batches(training, settings.batch_size, order):
        optimizer.zero_grad()
        loss = _loss(network, batch)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        total += float(loss.detach()) * len(batch.y)
    return total / len(training.y)


def _batches(training: Examples, size: int, order: torch.Generator) -> Iterator[Examples]:
    places = torch.randperm(len(training.y), generator=order)
    for part in torch.split(places, size):
        yield training.take(part.to(training.x.device))


def _loss(network: nn.Module, examples: Examples) -> Tensor:
    logits = network(examples.x).reshape(-1)
    return binary_cross_entropy_with_logits(logits, examples.y, weight=examples.weights)


def _measured(
    network: nn.Module, validation: Examples, epoch: int, train_loss: float, settings: Train
) -> EpochRecord:
    with torch.no_grad(), evaluating(network):
        logits = network(validation.x).reshape(-1)
        loss = float(_loss(network, validation))
        right = ((logits >= 0) == (validation.y > 0)).float() * validation.weights
    if not np.isfinite([train_loss, loss]).all():
        raise ModelError(
            f"the loss is not finite after epoch {epoch}",
            f"lower model.train.lr (now {settings.lr:g})",
        )
    return EpochRecord(
        epoch=epoch,
        train_loss=train_loss,
        validation_loss=loss,
        validation_accuracy=float(right.mean()),
    )


def copied(state: Mapping[str, Tensor]) -> State:
    """Return a copy of a state dict on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}

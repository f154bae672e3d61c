"""What training minimises: the target and the loss of each task, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, nll_loss

from audit.config import Task
from audit.data.dataset import Dataset, Rows
from audit.errors import ModelError
from audit.models.outputs import OutputForm
from audit.models.records import Output

SMALLEST = 1e-7
LARGEST, SMALLEST_SCALE, FLAT = 1e30, 1e-30, 1e-12


@dataclass(frozen=True, kw_only=True)
class Standard:
    """Mean and scale of a regression's target in training rows; 0 and 1 of other tasks."""

    mean: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Objective:
    """How the answers for a task are judged.

    Attributes
    ----------
    output : str
        What a network that is trained for the task answers with.
    loss : callable
        From the form of the answers, the answers (rows,) or (rows, classes), the targets (rows,)
        and weights of mean 1 to the mean loss.
    right : callable or None
        From form, answers and targets to whether each row is decided rightly.
    """

    output: Output
    loss: Callable[[OutputForm, Tensor, Tensor, Tensor], Tensor]
    right: Callable[[OutputForm, Tensor, Tensor], Tensor] | None


def _entropy(form: OutputForm, answer: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(_logit(form, answer), target, weight=weights)


def _entropy_of_classes(
    form: OutputForm, answer: Tensor, target: Tensor, weights: Tensor
) -> Tensor:
    if form.ranged:
        each = nll_loss(answer.clamp(min=SMALLEST).log(), target, reduction="none")
    else:
        each = cross_entropy(answer, target, reduction="none")
    return (each * weights).mean()


def _squared(_: OutputForm, answer: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    return ((answer - target) ** 2 * weights).mean()


def _logit(form: OutputForm, answer: Tensor) -> Tensor:
    if form.logit is None:
        raise ModelError(
            f"output: {form.output} has no log odds, and the task is binary",
            "declare another output, or data.task: regression",
        )
    return form.logit(answer)


OBJECTIVES: Mapping[Task, Objective] = {
    "binary": Objective(
        output="logit",
        loss=_entropy,
        right=lambda form, answer, target: (_logit(form, answer) >= 0) == (target > 0),
    ),
    "multiclass": Objective(
        output="logits",
        loss=_entropy_of_classes,
        right=lambda _, answer, target: answer.argmax(dim=1) == target,
    ),
    "regression": Objective(output="value", loss=_squared, right=None),
}


def standard(dataset: Dataset, rows: Rows) -> Standard:
    """Return mean and scale of a regression's target among `rows`.

    Raises
    ------
    ModelError
        If it is the same in all of them, or too large for single precision.
    """
    if dataset.task != "regression":
        return Standard()
    target = dataset.target[rows].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = float(target.mean()), float(target.std())
    if not (np.isfinite([mean, scale]).all() and max(abs(mean), scale) < LARGEST):
        raise ModelError(
            f"expected a target below {LARGEST:g} in size, came {np.abs(target).max():g}",
            "give it in a larger unit",
        )
    if scale <= FLAT * abs(mean) or scale < SMALLEST_SCALE:
        raise ModelError(
            f"expected different numbers to predict, the target is about {mean:g} in all "
            f"{len(rows)} training rows",
            "check data.target and data.split",
        )
    return Standard(mean=mean, scale=scale)


def targets(dataset: Dataset, rows: Rows, unit: Standard) -> Tensor:
    """Return what the loss compares answers with, shape (rows,): float32, or int64 of classes."""
    if dataset.task == "multiclass":
        return torch.from_numpy(_codes(dataset)[rows].astype(np.int64))
    target = dataset.target[rows]
    if dataset.task == "regression":
        target = (target.astype(np.float64) - unit.mean) / unit.scale
    return torch.from_numpy(target.astype(np.float32))


def row_weights(dataset: Dataset, rows: Rows) -> NDArray[np.float64]:
    """Return the weights of `rows`, of mean 1.

    Raises
    ------
    ModelError
        If every one of them is 0.
    """
    weights = np.ones(len(rows)) if dataset.weights is None else dataset.weights[rows]
    if not weights.any():
        raise ModelError(
            f"expected rows that count, the weights of all {len(rows)} rows are 0",
            "check data.sample_weight and data.split",
        )
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def _codes(dataset: Dataset) -> NDArray[np.int64]:
    if dataset.codes is None:
        raise ModelError("a data set of several classes lacks the class of each row")
    return dataset.codes

"""How a network in training does on rows that are in no update: loss, hits and the gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.data.records import UNKNOWN
from audit.models.examples import Examples
from audit.models.losses import OBJECTIVES, Standard
from audit.models.model import TorchModel

PAIR = 2


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How the network does on some rows.

    Attributes
    ----------
    loss : float
    accuracy, rmse, gap : float or None
        As in `audit.models.records.EpochRecord`.
    """

    loss: float
    accuracy: float | None
    rmse: float | None
    gap: float | None


Loss = Callable[[Tensor], Tensor]


def figures(model: TorchModel, given: Examples, size: int, minimum: int, loss: Loss) -> Figures:
    """Ask the network in evaluation mode about rows, and judge its answers.

    Parameters
    ----------
    model : TorchModel
        Of a regression, it answers in the unit of ``given.unit``.
    given : Examples
    size : int
        Rows at once.
    minimum : int
        Groups with fewer rows take no part in the gap.
    loss : callable
        From the answers to the loss.
    """
    answers = given.rows.answers(model, size)
    objective = OBJECTIVES[given.rows.dataset.task]
    accuracy = rmse = None
    with torch.no_grad():
        found = float(loss(answers))
        if objective.right is None:
            errors = (answers - given.target) ** 2 * given.weights
            rmse = sqrt(float(errors.mean())) * given.unit.scale
        else:
            right = objective.right(model.form, answers, given.target)
            accuracy = float((right.float() * given.weights).mean())
        decided = _decided(model, answers, given.unit)
    return Figures(loss=found, accuracy=accuracy, rmse=rmse, gap=_gap(given, decided, minimum))


def _decided(model: TorchModel, answers: Tensor, unit: Standard) -> NDArray[np.float64]:
    """Return the decisions at even odds, or predictions in the user's unit."""
    decide = model.form.decide
    if decide is None:
        return answers.double().cpu().numpy() * unit.scale + unit.mean
    return decide(answers, 0.5).double().cpu().numpy()


def _gap(given: Examples, decided: NDArray[np.float64], minimum: int) -> float | None:
    dataset, rows = given.rows.dataset, given.rows.rows
    weights = np.ones(len(rows)) if dataset.weights is None else dataset.weights[rows]
    gaps = []
    for attribute in dataset.sensitive:
        members = [
            attribute.codes[rows] == code
            for code, category in enumerate(attribute.categories)
            if category != UNKNOWN
        ]
        counted = [own for own in members if own.sum() >= minimum and weights[own].any()]
        rates = [np.average(decided[own], weights=weights[own]) for own in counted]
        if len(rates) >= PAIR:
            gaps.append(float(np.ptp(rates)))
    return max(gaps, default=None)

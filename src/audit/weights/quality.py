"""How good the answers of a network are, by its task: accuracy, or what of the spread it tells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from audit.models.outputs import OutputForm
from audit.weights.results import Measure

ROUNDING = 1e-12
Floats = NDArray[np.float64]


def measure_of(form: OutputForm) -> Measure:
    """Return what the answers are judged by."""
    return "accuracy" if form.decide is not None else "r2"


def quality(
    form: OutputForm, answer: Tensor, target: NDArray[Any], weights: Floats, *, threshold: float
) -> float | None:
    """Return the weighted accuracy of decisions, or the R² of predicted values.

    Parameters
    ----------
    form : OutputForm
    answer : Tensor, shape (rows,) or (rows, classes)
    target : ndarray, shape (rows,)
        0 or 1; of several classes 1 for the one in focus; of a regression the number.
    weights : ndarray of float64, shape (rows,)
        They need not sum to 1; within rounding they are taken to.
    threshold : float
        Positive is score >= threshold; of several classes without meaning.

    Returns
    -------
    float or None
        Accuracy in [0, 1]; R² = 1 - Σw(y - ŷ)² / Σw(y - ȳ)², at most 1, None where all targets are
        the same.
    """
    total = float(weights.sum())
    total = 1.0 if abs(total - 1) <= ROUNDING else total
    if form.decide is not None:
        right = form.decide(answer, threshold).cpu().numpy() == target.astype(bool)
        return float(weights @ right / total)
    if not np.ptp(target):
        return None
    share = weights / total
    spread = share @ (target - share @ target) ** 2
    missed = share @ (target - form.score(answer).cpu().numpy()) ** 2
    return float(1 - missed / spread)

"""Choosing how strong a penalty is: by decisions on validation rows, never on test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.mitigation.rows import COUNTED
from audit.predictions import predict

if TYPE_CHECKING:
    from audit.mitigation.mitigator import Task
    from audit.mitigation.rows import Participants
    from audit.models.model import TorchModel

REFINEMENTS = 2


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How a network decides about the validation rows.

    Attributes
    ----------
    gap : float
        The highest less the lowest rate of the groups, in [0, 1].
    accuracy : float
    """

    gap: float
    accuracy: float

    def values(self) -> dict[str, float]:
        """Return the figures by name."""
        return {"gap": self.gap, "accuracy": self.accuracy}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One strength, and what it led to on the validation rows."""

    strength: float
    figures: Figures

    def values(self) -> dict[str, Any]:
        """Return strength and figures by name."""
        return {"strength": self.strength, **self.figures.values()}


def reaches(trial: Trial, baseline: Figures, remaining: float) -> bool:
    """Say whether at most `remaining` of the baseline's gap is left."""
    return trial.figures.gap <= remaining * baseline.gap


def next_strength(
    trials: Sequence[Trial], grid: Sequence[float], baseline: Figures, remaining: float
) -> float | None:
    """Return what to try next: up the grid to the aim, then between the last miss and first hit.

    Parameters
    ----------
    trials : sequence of Trial
        So far, in the order tried.
    grid : sequence of float
        In rising order.
    baseline : Figures
    remaining : float
        The share of the baseline's gap that may be left.

    Returns
    -------
    float or None
        None where the search is over.
    """
    hits = [trial.strength for trial in trials if reaches(trial, baseline, remaining)]
    if not hits:
        return grid[len(trials)] if len(trials) < len(grid) else None
    climbed = sum(trial.strength in grid for trial in trials)
    misses = [trial.strength for trial in trials if trial.strength < min(hits)]
    if len(trials) - climbed >= REFINEMENTS or not misses:
        return None
    return sqrt(max(misses) * min(hits))


def choose(trials: Sequence[Trial], baseline: Figures, remaining: float) -> int:
    """Return the position of the weakest trial that reaches the aim, else of the narrowest gap."""
    hits = [place for place, trial in enumerate(trials) if reaches(trial, baseline, remaining)]
    if hits:
        return min(hits, key=lambda place: trials[place].strength)
    return min(range(len(trials)), key=lambda place: trials[place].figures.gap)


def measured(model: TorchModel, task: Task, groups: Participants, constraint: str) -> Figures:
    """Measure a network's decisions about the validation rows at the audit's threshold."""
    label = predict(model, task.dataset, task.rows.tuning, task.threshold).label
    weights = task.dataset.weights
    return figures(
        label,
        task.dataset.target[task.rows.tuning],
        task.attribute.codes[task.rows.tuning],
        np.ones(len(label)) if weights is None else weights[task.rows.tuning],
        groups=groups.codes,
        counted=COUNTED[constraint],
    )


def figures(
    label: NDArray[np.int8],
    target: NDArray[np.int8],
    codes: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    groups: Sequence[int],
    counted: Sequence[int],
) -> Figures:
    """Compute the gap of decisions over rows whose label is in `counted`, and the accuracy."""
    among = np.isin(target, counted)
    members = [among & (codes == group) & (weights > 0) for group in groups]
    rates = [np.average(label[own], weights=weights[own]) for own in members if own.any()]
    return Figures(
        gap=float(np.ptp(rates)) if rates else 0.0,
        accuracy=float(np.average(label == target, weights=weights)),
    )

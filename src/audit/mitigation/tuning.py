"""Choosing how strong a penalty is: by decisions on validation rows, never on test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.mitigation.rows import COUNTED, counts
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
        The highest less the lowest rate of the groups, in [0, 1]; of a regression, mean prediction
        in the unit of the target.
    accuracy : float or None
        None of a regression.
    rmse : float or None
        Of a regression: root of the mean squared error, in the unit of the target.
    """

    gap: float
    accuracy: float | None = None
    rmse: float | None = None

    def values(self) -> dict[str, float]:
        """Return the figures by name."""
        found = {"gap": self.gap, "accuracy": self.accuracy, "rmse": self.rmse}
        return {name: value for name, value in found.items() if value is not None}


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
    """Measure a network's decisions, or predicted numbers, for the validation rows.

    Those of two classes are decided at the audit's threshold, those of several for the likeliest.
    """
    data, rows = task.dataset, task.rows.tuning
    found = predict(model, data, rows, task.threshold)
    weights = np.ones(len(rows)) if data.weights is None else data.weights[rows]
    gap = gap_of(
        found.label,
        data.target[rows],
        task.attribute.codes[rows],
        weights,
        groups=groups.codes,
        counted=COUNTED[constraint],
    )
    if data.task == "regression":
        return Figures(gap=gap, rmse=_root(found.label - data.target[rows], weights))
    if found.classes is not None and data.codes is not None:
        right = found.classes == data.codes[rows]
    else:
        right = found.label == data.target[rows]
    return Figures(gap=gap, accuracy=float(np.average(right, weights=weights)))


def gap_of(
    label: NDArray[Any],
    target: NDArray[Any],
    codes: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    groups: Sequence[int],
    counted: tuple[int, ...] | None,
) -> float:
    """Return the gap of decisions, or predicted numbers, over rows whose label is in `counted`."""
    among = counts(target, counted)
    members = [among & (codes == group) & (weights > 0) for group in groups]
    rates = [np.average(label[own], weights=weights[own]) for own in members if own.any()]
    return float(np.ptp(rates)) if rates else 0.0


def _root(errors: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return sqrt(float(np.average(errors**2, weights=weights)))

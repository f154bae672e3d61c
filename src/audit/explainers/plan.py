"""Which rows, scores and weights the explanations of one call share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import ExplainConfig
from audit.data.dataset import Dataset
from audit.explainers.draws import Draw, draw, single_groups
from audit.metrics.results import Group
from audit.predictions import Predictions

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every explanation of one call shares.

    Attributes
    ----------
    everyone : Draw
        The uniform draw, whose mean is the baseline.
    singles : tuple of Draw
        One for each category of each attribute.
    pairs : tuple of pairs of Draw
    scores, weights : ndarray of float64, shape (rows of the data set,)
        NaN where a row was not predicted.
    target : str
        What is explained, in words.
    identity : dict
        What tells this target from another of the same model, beside the method and the level.
    scale : float
        One unit of the score for tolerances: 1 of a probability; of a predicted value the standard
        deviation of the predictions.
    baseline_kind, baseline, split, role : str
    minimum_group, seed : int
    confidence : float
    """

    everyone: Draw
    singles: tuple[Draw, ...]
    pairs: tuple[tuple[Draw, Draw], ...]
    scores: Floats
    weights: Floats
    target: str
    identity: dict[str, str]
    scale: float
    baseline_kind: str
    baseline: str
    split: str
    role: str
    minimum_group: int
    seed: int
    confidence: float

    def too_small(self, *draws: Draw) -> str:
        """Return why groups are suppressed, or nothing."""
        small = [drawn for drawn in draws if drawn.size < self.minimum_group]
        return "; ".join(
            f"{_words(drawn.group)}: {drawn.size} rows, fewer than {self.minimum_group}"
            for drawn in small
        )

    def weight_in_draw(self, rows: NDArray[np.int64]) -> Floats:
        """Return the weight of each of some rows in the uniform draw, 0 of those not drawn."""
        return np.where(np.isin(rows, self.everyone.rows), self.weights[rows], 0.0)

    def needed(self) -> NDArray[np.int64]:
        """Return every row that some explanation needs, in rising order."""
        singles = [drawn.rows for drawn in self.singles if not self.too_small(drawn)]
        pairs = [d.rows for pair in self.pairs if not self.too_small(*pair) for d in pair]
        return np.unique(np.concatenate([self.everyone.rows, *singles, *pairs]))


def make_plan(
    dataset: Dataset,
    predictions: Predictions,
    config: ExplainConfig,
    *,
    gaps: Sequence[tuple[Group, Group]],
    seed: int,
    **settings: Any,  # noqa: ANN401 - fields of Plan that are passed on
) -> Plan:
    """Draw the rows of everyone, of each category and of each pair of groups.

    Rows of weight 0 stand for nobody and are not drawn.
    """
    weights = np.ones(len(dataset)) if dataset.weights is None else dataset.weights
    rows = predictions.rows[weights[predictions.rows] > 0]

    def drawn(group: Group, most: int) -> Draw:
        return draw(dataset, rows, group, most, seed)

    everyone = drawn({}, config.rows)
    half = config.rows // 2
    scores = np.full(len(dataset), np.nan)
    scores[predictions.rows] = predictions.score
    target = _target(dataset)
    return Plan(
        target=target,
        identity={} if dataset.task == "binary" else {"target": target},
        scale=_scale(scores[predictions.rows]) if dataset.task == "regression" else 1.0,
        everyone=everyone,
        singles=tuple(drawn(group, half) for group in single_groups(dataset)),
        pairs=tuple((drawn(a, half), drawn(b, half)) for a, b in gaps),
        scores=scores,
        weights=weights,
        baseline_kind=config.baseline,
        seed=seed,
        baseline=_baseline_words(config.baseline, everyone, seed, settings["split"]),
        **settings,
    )


def _target(dataset: Dataset) -> str:
    if dataset.task == "binary":
        return "probability of the positive class"
    if dataset.task == "multiclass":
        return f"probability of class {dataset.classes[dataset.focus]}"
    columns = [column.name for column in dataset.record.columns if "target" in column.roles]
    return f"predicted {columns[0] if columns else dataset.record.target}"


def _scale(scores: Floats) -> float:
    """Return the standard deviation of predictions, as far as single precision can tell."""
    return float(max(scores.std(), np.abs(scores).max() / 100)) or 1.0 if len(scores) else 1.0


def _baseline_words(kind: str, everyone: Draw, seed: int, split: str) -> str:
    if kind == "zero":
        return "zero in every encoded input"
    part = f", drawn by seed {seed}" if len(everyone.rows) < everyone.size else ""
    return f"mean of the encoded inputs over {len(everyone.rows):,} rows of {split}{part}"


def _words(group: Group) -> str:
    return ", ".join(f"{name} {category}" for name, category in group.items()) or "everyone"

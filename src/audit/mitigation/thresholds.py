"""Rules of fairlearn's ThresholdOptimizer as plain numbers, and decisions by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from audit.predictions import Predictions, predict

if TYPE_CHECKING:
    from audit.data.dataset import Rows
    from audit.mitigation.mitigator import Task

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Positive is score > threshold, or score < threshold where `below`."""

    threshold: float
    below: bool

    def __call__(self, score: Floats) -> NDArray[np.bool_]:
        """Decide."""
        return score < self.threshold if self.below else score > self.threshold

    def words(self) -> str:
        """Write the cut as ``score > 0.5``."""
        if np.isinf(self.threshold):
            return "everyone" if self.below == (self.threshold > 0) else "no one"
        return f"score {'<' if self.below else '>'} {self.threshold:.6g}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How one group is decided: by `first` or `second` by lot, or by a constant chance.

    Attributes
    ----------
    first, second : Cut
    weight : float
        Chance of `first`; that of `second` is 1 less this.
    ignored : float
        Chance that the score is ignored, and then the outcome is positive with chance `constant`.
    constant : float
    """

    first: Cut
    second: Cut
    weight: float
    ignored: float
    constant: float

    def chance(self, score: Floats) -> Floats:
        """Return the chance of a positive outcome, in [0, 1]."""
        mixed = self.weight * self.first(score) + (1 - self.weight) * self.second(score)
        chance: Floats = self.ignored * self.constant + (1 - self.ignored) * mixed
        return chance

    def values(self) -> dict[str, Any]:
        """Return the rule as words and numbers."""
        return {
            "first": self.first.words(),
            "second": self.second.words(),
            "chance_of_first": self.weight,
            "chance_of_ignoring_the_score": self.ignored,
            "chance_of_positive_then": self.constant,
        }


class _GivenScores(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """An estimator that answers with its one input, for fairlearn to ask."""

    def fit(self, X: Floats, y: Floats) -> _GivenScores:
        return self

    def predict(self, X: Floats) -> Floats:
        return X[:, 0]

    def __sklearn_is_fitted__(self) -> bool:
        return True


def fit_rules(
    score: Floats,
    target: NDArray[np.int8],
    codes: NDArray[np.int64],
    *,
    constraint: str,
    objective: str,
    grid_size: int,
) -> dict[int, Rule]:
    """Fit fairlearn's ThresholdOptimizer and read its rules.

    Parameters
    ----------
    score : ndarray of float64, shape (rows,)
    target : ndarray of int8, shape (rows,)
        Every group must have both labels.
    codes : ndarray of int64, shape (rows,)
        Group of each row.
    constraint, objective : str
        As fairlearn names them.
    grid_size : int

    Returns
    -------
    dict of int to Rule
        By group.
    """
    from fairlearn.postprocessing import (  # type: ignore[import-untyped]  # it ships no types
        ThresholdOptimizer,
    )

    optimizer = ThresholdOptimizer(
        estimator=_GivenScores(),
        constraints=constraint,
        objective=objective,
        grid_size=grid_size,
        prefit=True,
        predict_method="predict",
    )
    optimizer.fit(score[:, None], target.astype(np.int64), sensitive_features=codes)
    found = optimizer.interpolated_thresholder_.interpolation_dict
    return {int(code): _rule(item) for code, item in sorted(found.items())}


def _rule(item: Mapping[str, Any]) -> Rule:
    first, second = (
        Cut(
            threshold=float(item[name].threshold),
            below=item[name].operator == "<",
        )
        for name in ("operation0", "operation1")
    )
    return Rule(
        first=first,
        second=second,
        weight=float(item["p0"]),
        ignored=float(item.get("p_ignore", 0.0)),
        constant=float(item.get("prediction_constant", 0.0)),
    )


def decide(task: Task, rules: Mapping[int, Rule], rows: Rows) -> Predictions:
    """Decide about `rows` by the rules of their groups; groups without one keep their decision."""
    before = predict(task.model, task.dataset, rows, task.threshold)
    score, codes = np.asarray(before.score), task.attribute.codes[rows]
    chance = before.label.astype(np.float64)
    for code, rule in rules.items():
        own = codes == code
        chance[own] = rule.chance(score[own])
    label = (lots(task.dataset.row_ids[rows], task.seed) < chance).astype(np.int8)
    drawn = int(((chance > 0) & (chance < 1)).sum())
    kept = int((~np.isin(codes, list(rules))).sum())
    return Predictions(
        score=None,
        label=label,
        threshold=None,
        rows=rows,
        notes=(
            f"decided by a rule for each {task.attribute.name}, which must be known at prediction "
            f"time; {drawn} of {len(rows)} rows by lot, {kept} by the network's own threshold",
        ),
    )


def lots(row_ids: Rows, seed: int) -> Floats:
    """Draw a number in [0, 1) for each row; the same row and seed always get the same."""
    if not len(row_ids):
        return np.empty(0)
    draws = np.random.default_rng(seed).random(int(row_ids.max()) + 1)
    return draws[row_ids]

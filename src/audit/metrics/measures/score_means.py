"""Means over the scores of each group: the score itself, its error, and its log loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from audit.metrics.measurement import Limits, Measurement
from audit.metrics.measures.scored import ScoredRows, measurement
from audit.metrics.statistics.intervals import wilson
from audit.metrics.statistics.means import welch_limits

Floats = NDArray[np.float64]
SMALLEST = float(np.finfo(np.float64).eps)
"""Scores are kept this far from 0 and 1 in a logarithm, as in scikit-learn."""
FEW = 20
"""Rows of a label below which a mean loss hangs on whether they came at all."""


def mean_score(rows: ScoredRows) -> Measurement:
    """Mean of the scores, from exact sums."""
    entries = rows.entries
    value = rows.mean(rows.sums(entries.total))
    square = rows.mean(rows.sums(entries.square))
    low, high = (0.0, 1.0) if entries.scale.kind != "value" else (-np.inf, np.inf)
    return measurement(
        rows, value, rows.missing(), student_limits(rows, value, square, low, high), "welch"
    )


def squared_error(rows: ScoredRows) -> Floats:
    """Mean of (score − label)² of each group, from exact sums."""
    entries = rows.entries
    crossed = np.where(rows.positive, entries.w - 2 * entries.total, 0.0)
    return np.maximum(rows.mean(rows.sums(entries.square + crossed)), 0.0)


def brier(rows: ScoredRows) -> Measurement:
    """Mean of (score − label)²; no error of binning, and none above 1e-7 in its interval.

    The interval needs (score − label)⁴, which is taken at the mean score of each entry: its rows
    lie within 1/5,040 of each other.
    """
    value = squared_error(rows)
    fourth = rows.mean(rows.sums(rows.entries.w * (rows.score - rows.positive) ** 4))
    if_positive = 1 - 2 * rows.mean(rows.sums(rows.entries.total))
    limits = loss_limits(rows, value, fourth, if_positive, (0.0, 1.0))
    return measurement(rows, value, rows.missing(), limits, "welch-wilson")


def log_loss(rows: ScoredRows) -> Measurement:
    """Mean of −log of the score of the label, each entry at its mean score.

    Entries span a logit of 36/4,096, which moves the loss by less than 1e-5; beyond logits of ±18
    an entry may hold scores of any size, and the mean of them stands for all.
    """
    score, w = np.clip(rows.score, SMALLEST, 1 - SMALLEST), rows.entries.w
    loss = -np.log(np.where(rows.positive, score, 1 - score))
    value, square = (rows.mean(rows.sums(w * loss**power)) for power in (1, 2))
    if_positive = rows.mean(rows.sums(-w * logit(score)))
    limits = loss_limits(rows, value, square, if_positive, (0.0, np.inf))
    return measurement(rows, value, rows.missing(), limits, "welch-wilson")


def student_limits(
    rows: ScoredRows, mean: Floats, square: Floats, lowest: float, highest: float
) -> Limits:
    """Student's limits of a mean, inside its range; NaN where all values are equal."""
    size = rows.size

    def limits(z: float) -> tuple[Floats, Floats]:
        low, high = welch_limits(mean * size, square * size, size, z)
        return np.maximum(low, lowest), np.minimum(high, highest)

    return limits


def loss_limits(
    rows: ScoredRows,
    mean: Floats,
    square: Floats,
    if_positive: Floats,
    bounds: tuple[float, float],
) -> Limits:
    """Student's limits of a mean loss, widened where a label is rare.

    With few rows of a label the losses seen say little of how large the others would have been.
    Where there are fewer than 20 rows of either, the limits also hold what the mean would be at
    Wilson's limits of the base rate.

    Parameters
    ----------
    rows : ScoredRows
    mean, square : ndarray, shape (groups,)
        Of the losses.
    if_positive : ndarray, shape (groups,)
        Mean over all rows of the loss at label 1 less the loss at label 0.
    bounds : tuple of float
        Range of the metric.
    """
    student = student_limits(rows, mean, square, *bounds)
    positive = np.asarray(rows.mean(rows.of_label(1)[0]))
    few = np.minimum(rows.of_label(1)[1], rows.of_label(0)[1]) < FEW

    def limits(z: float) -> tuple[Floats, Floats]:
        low, high = student(z)
        shifts = [
            if_positive * (rate - positive) for rate in wilson(positive * rows.size, rows.size, z)
        ]
        below = np.maximum(mean + np.fmin(*shifts), bounds[0])
        above = np.minimum(mean + np.fmax(*shifts), bounds[1])
        return np.where(few, np.fmin(low, below), low), np.where(few, np.fmax(high, above), high)

    return limits

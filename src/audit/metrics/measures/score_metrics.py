"""The family of score metrics, as a table."""

from __future__ import annotations

from math import inf
from typing import Literal

from audit.errors import MetricError
from audit.metrics.measures.calibration import (
    calibration_in_the_large,
    ece,
    ece_equal_mass,
    ece_equal_mass_excess,
    ece_excess,
    ece_null,
)
from audit.metrics.measures.ranking import auc, ks
from audit.metrics.measures.recalibration import calibration_intercept, calibration_slope
from audit.metrics.measures.score_means import brier, log_loss, mean_score
from audit.metrics.measures.scored import Measured, ScoreMetric

Better = Literal["higher", "lower", "neither"]

_SKLEARN = "sklearn.metrics"
_GUO = "Guo, Pleiss, Sun and Weinberger, ICML 2017"
_NIXON = "Nixon, Dusenberry, Zhang, Jerfel and Tran, CVPR Workshops 2019"
_CALSTER = "Van Calster, McLernon, van Smeden, Wynants and Steyerberg, BMC Medicine 17 (2019) 230"
_BROECKER = "Bröcker, Climate Dynamics 39 (2012) 655-667"

_RANKS: tuple[tuple[str, str, Measured, float, float, Better, str, str], ...] = (
    ("auc", "AUC", auc, 0, 1, "higher",
     "probability that a random row labelled positive scores above a random one labelled "
     "negative, ties counted a half", f"{_SKLEARN}.roc_auc_score"),
    ("ks", "Kolmogorov–Smirnov statistic", ks, 0, 1, "higher",
     "largest true positive rate less false positive rate over all thresholds",
     "Hand, Journal of the Royal Statistical Society A 172 (2009)"),
    ("mean_score", "Mean score", mean_score, -inf, inf, "neither",
     "mean of the scores of all rows", "fairlearn.metrics.mean_prediction"),
)  # fmt: skip

_PROBABILITIES: tuple[tuple[str, str, Measured, float, float, Better, str, str], ...] = (
    ("brier", "Brier score", brier, 0, 1, "lower",
     "mean of the squared difference of score and label", f"{_SKLEARN}.brier_score_loss"),
    ("log_loss", "Log loss", log_loss, 0, inf, "lower",
     "mean of minus the logarithm of the score of the label that came",
     f"{_SKLEARN}.log_loss"),
    ("calibration_in_the_large", "Calibration in the large", calibration_in_the_large, -1, 1,
     "neither", "mean score less base rate; above 0 where risks are overstated", _CALSTER),
    ("calibration_intercept", "Calibration intercept", calibration_intercept, -inf, inf,
     "neither", "log odds that, added to every score, make the mean score the base rate (slope "
     "fixed at 1); below 0 where risks are overstated", _CALSTER),
    ("calibration_slope", "Calibration slope", calibration_slope, -inf, inf, "neither",
     "slope of a logistic regression of labels on the logit of the score; below 1 where scores "
     "are too extreme", _CALSTER),
    ("ece", "Expected calibration error", ece, 0, 1, "lower",
     "mean of |mean score − rate| over 15 bins of equal width, by rows; above 0 by chance even "
     "for perfect scores", _GUO),
    ("ece_null", "Calibration error of perfect scores", ece_null, 0, 1, "neither",
     "mean of the expected calibration error if every score were right", _BROECKER),
    ("ece_excess", "Calibration error beyond chance", ece_excess, -1, 1, "lower",
     "expected calibration error less its mean if every score were right", _BROECKER),
    ("ece_equal_mass", "Expected calibration error, equal mass", ece_equal_mass, 0, 1, "lower",
     "mean of |mean score − rate| over 15 bins of equal weight, by rows", _NIXON),
    ("ece_equal_mass_excess", "Calibration error beyond chance, equal mass",
     ece_equal_mass_excess, -1, 1, "lower",
     "expected calibration error over bins of equal weight less its mean if every score were "
     "right", _NIXON),
)  # fmt: skip

SCORES: dict[str, ScoreMetric] = {
    name: ScoreMetric(
        name=name,
        title=title,
        definition=definition,
        source=source,
        measured=measured,
        low=low,
        high=high,
        better=better,
        probabilities=probabilities,
    )
    for table, probabilities in ((_RANKS, False), (_PROBABILITIES, True))
    for name, title, measured, low, high, better, definition, source in table
}
"""The built-in score metrics by name."""


def score_metric(name: str) -> ScoreMetric:
    """Find a score metric by its name.

    Raises
    ------
    MetricError
        If there is no such metric.
    """
    if name not in SCORES:
        raise MetricError.unknown("score metric", name, SCORES)
    return SCORES[name]

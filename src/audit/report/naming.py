"""What metrics are called in the report, how they are defined, and how their values are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from audit.registry import METRICS
from audit.report.numbers import visible

Kind = Literal["share", "points", "score", "number"]


@dataclass(frozen=True, kw_only=True)
class MetricName:
    """A metric in the words of the field.

    Attributes
    ----------
    kind : {"share", "points", "score", "number"}
        A share of rows, in percent; a difference of shares, in percentage points; an index without
        a unit; or a quantity in the units of the target.
    """

    label: str
    short: str
    formula: str = ""
    undefined: str = ""
    kind: Kind = "share"


@dataclass(frozen=True, kw_only=True)
class Forms:
    """Names of the formats in which the values of one kind of metric are written."""

    value: str
    limits: str
    change: str
    change_limits: str
    size: str


FORMS: Mapping[Kind, Forms] = {
    "share": Forms(
        value="percent1",
        limits="hundred1",
        change="points1",
        change_limits="signed1",
        size="size1",
    ),
    "points": Forms(
        value="points1",
        limits="signed1",
        change="points1",
        change_limits="signed1",
        size="size1",
    ),
    "score": Forms(
        value="fixed3",
        limits="fixed3",
        change="signed3",
        change_limits="signed3",
        size="fixed3",
    ),
    "number": Forms(
        value="digits4",
        limits="digits4",
        change="change4",
        change_limits="change4",
        size="digits4",
    ),
}


OTHERS: tuple[tuple[str, str, str, Kind], ...] = (
    ("false_discovery_rate", "False discovery rate (FDR)", "FDR", "share"),
    ("false_omission_rate", "False omission rate (FOR)", "FOR", "share"),
    ("balanced_accuracy", "Balanced accuracy", "Balanced accuracy", "share"),
    ("f1", "F1 score", "F1", "score"),
    ("jaccard", "Jaccard index", "Jaccard", "score"),
    ("cohen_kappa", "Cohen's kappa", "Kappa", "score"),
    ("matthews_corrcoef", "Matthews correlation (MCC)", "MCC", "score"),
    ("ks", "Kolmogorov–Smirnov statistic", "KS", "score"),
    ("mean_score", "Mean score", "Mean score", "number"),
    ("log_loss", "Log loss", "Log loss", "score"),
    ("calibration_intercept", "Calibration intercept", "Intercept", "score"),
    ("calibration_slope", "Calibration slope", "Slope", "score"),
    ("ece", "Expected calibration error (ECE)", "ECE", "score"),
    ("ece_null", "Calibration error of perfect scores", "ECE by chance", "score"),
    ("ece_excess", "Calibration error beyond chance", "ECE beyond chance", "score"),
    ("ece_equal_mass", "ECE, bins of equal weight", "ECE, equal weight", "score"),
    (
        "ece_equal_mass_excess",
        "Calibration error beyond chance, bins of equal weight",
        "ECE beyond chance, equal weight",
        "score",
    ),
    ("mean_error", "Mean error", "Mean error", "number"),
    ("mean_absolute_error", "Mean absolute error (MAE)", "MAE", "number"),
    ("mean_squared_error", "Mean squared error (MSE)", "MSE", "number"),
    ("root_mean_squared_error", "Root mean squared error (RMSE)", "RMSE", "number"),
    ("informedness", "Informedness (Youden's J)", "Informedness", "score"),
    ("markedness", "Markedness", "Markedness", "score"),
    ("average_odds", "Average odds", "Average odds", "share"),
    ("treatment_equality", "Treatment equality", "Treatment equality", "number"),
    ("over_prediction_rate", "Over-prediction rate", "Over-prediction", "share"),
    ("under_prediction_rate", "Under-prediction rate", "Under-prediction", "share"),
    ("mean_over_prediction", "Mean over-prediction", "Mean over-prediction", "number"),
    ("mean_under_prediction", "Mean under-prediction", "Mean under-prediction", "number"),
    ("mean_target", "Mean target", "Mean target", "number"),
    ("mean_prediction", "Mean prediction", "Mean prediction", "number"),
    ("r2", "Coefficient of determination (R²)", "R²", "score"),
)
"""Metrics whose definition stands in the evidence alone: name, label, short name, kind."""

NAMES: Mapping[str, MetricName] = {
    "selection_rate": MetricName(
        label="Selection rate",
        short="Selection rate",
        formula="predicted positive ÷ rows",
        undefined="a group without rows",
    ),
    "true_positive_rate": MetricName(
        label="True positive rate (TPR)",
        short="TPR",
        formula="true positives ÷ positive labels",
        undefined="a group without positive labels",
    ),
    "false_positive_rate": MetricName(
        label="False positive rate (FPR)",
        short="FPR",
        formula="false positives ÷ negative labels",
        undefined="a group without negative labels",
    ),
    "true_negative_rate": MetricName(
        label="True negative rate (TNR)",
        short="TNR",
        formula="true negatives ÷ negative labels",
        undefined="a group without negative labels",
    ),
    "false_negative_rate": MetricName(
        label="False negative rate (FNR)",
        short="FNR",
        formula="false negatives ÷ positive labels",
        undefined="a group without positive labels",
    ),
    "precision": MetricName(
        label="Precision (PPV)",
        short="Precision",
        formula="true positives ÷ predicted positive",
        undefined="a group without positive predictions",
    ),
    "negative_predictive_value": MetricName(
        label="Negative predictive value (NPV)",
        short="NPV",
        formula="true negatives ÷ predicted negative",
        undefined="a group without negative predictions",
    ),
    "accuracy": MetricName(
        label="Accuracy",
        short="Accuracy",
        formula="right predictions ÷ rows",
        undefined="a group without rows",
    ),
    "base_rate": MetricName(
        label="Base rate",
        short="Base rate",
        formula="positive labels ÷ rows",
        undefined="a group without rows",
    ),
    "auc": MetricName(
        label="Area under the ROC curve (AUC)",
        short="AUC",
        formula="pairs of a positive and a negative label in which the positive scores higher "
        "÷ all such pairs, ties a half",
        undefined="a group without positive or without negative labels",
        kind="score",
    ),
    "brier": MetricName(
        label="Brier score",
        short="Brier score",
        formula="mean of (score − label) squared",
        undefined="a group without rows",
        kind="score",
    ),
    "calibration_in_the_large": MetricName(
        label="Calibration in the large",
        short="Calibration in the large",
        formula="mean score − base rate",
        undefined="a group without rows",
        kind="points",
    ),
    **{
        name: MetricName(label=label, short=short, kind=kind) for name, label, short, kind in OTHERS
    },
    "scoring_rate": MetricName(
        label="Scoring rate",
        short="Scoring rate",
        formula="rows scored above the median ÷ rows",
        undefined="a group without rows",
    ),
    "imprint": MetricName(
        label="Imprint",
        short="Imprint",
        formula="gap in predictions − gap in labels, same rows",
        undefined="a pair of which one group has no value",
    ),
}

DEFINITIONS = {
    "imprint": "what the predictions add to, or take from, the gap that the labels already show",
    "auc": "chance that a random positive label scores higher than a random negative one",
    "brier": "mean squared distance of score and label; lower is better",
    "calibration_in_the_large": "mean score less base rate; above zero where scores overstate",
    "scoring_rate": "the share of a group that is scored strictly above the median of all rows",
}
ELSEWHERE = ("imprint", "scoring_rate")
"""Metrics with a place of their own: they stand in no table of rates by group."""

OF_SCORES = (
    "auc",
    "brier",
    "calibration_in_the_large",
    "ks",
    "log_loss",
    "calibration_intercept",
    "calibration_slope",
    "ece",
    "ece_null",
    "ece_excess",
    "ece_equal_mass",
    "ece_equal_mass_excess",
)
"""Metrics of scores rather than decisions: they stand with calibration."""

GAPS: Mapping[str, str] = {
    "demographic_parity": "Demographic parity gap",
    "equal_opportunity": "Equal opportunity gap",
    "false_positive_parity": "False positive parity gap",
}
"""Score gaps that ledgers account for."""

CHOICES: Mapping[str, str] = {
    "ledger": "largest in the ledger",
    "random": "drawn at random",
    "magnitude": "largest |w|",
    "gradient": "largest |w · gradient|",
}
"""Ways in which entries are chosen for ablation."""

HEADLINE = ("selection_rate", "true_positive_rate", "false_positive_rate")


def metric_name(name: str) -> MetricName:
    """Return how a metric is called; an unknown one by its own name."""
    if name in NAMES:
        return NAMES[name]
    plain = visible(name)
    return MetricName(label=plain, short=plain)


def forms_of(name: str, *, counted: bool = False) -> Forms:
    """Return how values of a metric are written.

    `counted` tells of a metric that is not listed here whether it is a share of rows.
    """
    if name in NAMES:
        return FORMS[NAMES[name].kind]
    return FORMS["share" if counted else "number"]


def metric_definition(name: str) -> str:
    """Say what a metric is in one sentence; empty for a metric of the user's own."""
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    return METRICS.entries[name].summary if name in METRICS.entries else ""


def metric_rank(name: str) -> tuple[int, str]:
    """Order metrics: as listed here, others after them by name."""
    known = list(NAMES)
    return (known.index(name) if name in known else len(known), name)

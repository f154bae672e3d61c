"""What metrics are called in the report, how they are defined, and how their values are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from audit.metrics.headline import parts_of
from audit.registry import METRICS
from audit.report.numbers import visible
from audit.report.units import FORMS, Forms, Kind


@dataclass(frozen=True, kw_only=True)
class MetricName:
    """A metric in the words of the field.

    Attributes
    ----------
    kind : {"share", "points", "score", "number"}
        A share of rows, in percent; a difference of shares, in percentage points; an index without
        a unit; or a quantity in a unit of its own.
    """

    label: str
    short: str
    formula: str = ""
    undefined: str = ""
    kind: Kind = "share"


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
    ("mean_target", "Mean target", "Mean target", "number"),
    ("mean_prediction", "Mean prediction", "Mean prediction", "number"),
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
    ("r2", "Coefficient of determination (R²)", "R²", "score"),
    ("multiclass_accuracy", "Accuracy, all classes", "Accuracy, all classes", "share"),
    ("multiclass_cohen_kappa", "Cohen's kappa, all classes", "Kappa, all classes", "score"),
    (
        "multiclass_matthews_corrcoef",
        "Matthews correlation (MCC), all classes",
        "MCC, all classes",
        "score",
    ),
    ("exposure", "Exposure in the ranking", "Exposure", "score"),
    ("ndcg", "Quality of the ranking (NDCG)", "NDCG", "score"),
    ("consistency", "Consistency among similar rows", "Consistency", "score"),
    ("interval_coverage", "Coverage of prediction intervals", "Coverage", "share"),
    ("interval_width", "Width of prediction intervals", "Interval width", "number"),
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

OVER_CLASSES: Mapping[str, str] = {"macro_": "Mean over classes", "worst_class_": "Worst class"}
"""Beginnings of the names of metrics over all classes."""

TOP = re.compile(r"top_(?P<k>\d+)_(?P<what>rate|share)")
OF_ROWS = ("exposure", "ndcg", "consistency", "interval_coverage", "interval_width")

HEADLINE = ("selection_rate", "true_positive_rate", "false_positive_rate")


def metric_name(name: str) -> MetricName:
    """Return how a metric is called; an unknown one by its own name."""
    if name in NAMES:
        return NAMES[name]
    return (
        _of_classes(name) or _of_top(name) or MetricName(label=visible(name), short=visible(name))
    )


def _of_classes(name: str) -> MetricName | None:
    """Name a rate of one class, of the worst class, or its mean over classes."""
    one, of = parts_of(name)
    if of and one in NAMES:
        rate, of = NAMES[one], f"of “{visible(of)}”"
        return replace(rate, label=f"{rate.label} {of}", short=f"{rate.short} {of}")
    for head, said in OVER_CLASSES.items():
        found = NAMES.get(name.removeprefix(head)) if name.startswith(head) else None
        if found is not None:
            label, short = f"{said}: {_inside(found.label)}", f"{said}: {_inside(found.short)}"
            return MetricName(label=label, short=short, kind=found.kind)
    return None


def _of_top(name: str) -> MetricName | None:
    """Name a share of the first so many places of a ranking."""
    top = TOP.fullmatch(name)
    if top is None:
        return None
    if top["what"] == "rate":
        return MetricName(label=f"In the top {top['k']} of its list", short=f"In top {top['k']}")
    return MetricName(label=f"Share of the top {top['k']}", short=f"Share of top {top['k']}")


def of_rows(name: str) -> bool:
    """Tell a metric of a ranking, of similar rows or of prediction intervals."""
    return name in OF_ROWS or TOP.fullmatch(name) is not None


def _inside(label: str) -> str:
    """Write a name as it stands within a sentence."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def kind_of(name: str, *, counted: bool = False) -> Kind:
    """Return what the values of a metric are.

    `counted` tells of a metric that is not listed here whether it is a share of rows.
    """
    known = NAMES.get(name) or _of_classes(name) or _of_top(name)
    if known is not None:
        return known.kind
    return "share" if counted else "number"


def forms_of(name: str, *, counted: bool = False) -> Forms:
    """Return how values of a metric are written, whatever the task."""
    return FORMS[kind_of(name, counted=counted)]


def metric_definition(name: str) -> str:
    """Say what a metric is in one sentence; empty for a metric of the user's own."""
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    return METRICS.entries[name].summary if name in METRICS.entries else ""


def metric_rank(name: str) -> tuple[int, str]:
    """Order metrics: as listed here, of one class by their rate, others after them by name."""
    known, one = list(NAMES), parts_of(name)[0]
    return (known.index(one) if one in known else len(known), name)

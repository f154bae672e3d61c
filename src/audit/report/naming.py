"""What metrics are called in the report, and how they are defined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.registry import METRICS
from audit.report.numbers import visible


@dataclass(frozen=True, kw_only=True)
class MetricName:
    """A metric in the words of the field."""

    label: str
    short: str
    formula: str = ""
    undefined: str = ""


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
    "scoring_rate": "the share of a group that is scored strictly above the median of all rows",
}
ELSEWHERE = ("imprint", "scoring_rate")
"""Metrics with a place of their own: they stand in no table of rates by group."""

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


def metric_definition(name: str) -> str:
    """Say what a metric is in one sentence; empty for a metric of the user's own."""
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    return METRICS.entries[name].summary if name in METRICS.entries else ""


def metric_rank(name: str) -> tuple[int, str]:
    """Order metrics: as listed here, others after them by name."""
    known = list(NAMES)
    return (known.index(name) if name in known else len(known), name)

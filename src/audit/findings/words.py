"""How findings put things: numbers a person can say aloud, and words that are never used."""

from __future__ import annotations

import re
from collections.abc import Mapping

from audit.metrics.headline import parts_of
from audit.metrics.results import Interval

FORBIDDEN = re.compile(
    r"\b(fair|fairly|fairness|unfair|unbiased|bias-free|non-discriminatory|compliant|compliance"
    r"|pass|passes|passed|certified)\b",
    re.IGNORECASE,
)
TITLES = {
    "selection_rate": "selection rate",
    "true_positive_rate": "true positive rate",
    "false_positive_rate": "false positive rate",
    "true_negative_rate": "true negative rate",
    "false_negative_rate": "false negative rate",
    "negative_predictive_value": "negative predictive value",
    "base_rate": "base rate",
    "auc": "AUC",
    "brier": "Brier score",
    "calibration_in_the_large": "calibration in the large",
    "multiclass_accuracy": "accuracy",
    "multiclass_cohen_kappa": "Cohen's kappa",
    "multiclass_matthews_corrcoef": "Matthews correlation",
    "r2": "R²",
}


def forbidden_words(text: str) -> tuple[str, ...]:
    """Return the words in `text` that would claim what no audit can show.

    For sentences that the program makes up; a user's own names may hold any word.
    """
    return tuple(match.group(0) for match in FORBIDDEN.finditer(text))


def title(metric: str) -> str:
    """Return a metric's name in words; of one class against the rest, with the class."""
    name, of = parts_of(metric)
    told = TITLES.get(name, name.replace("_", " "))
    return f"{told} of class {of!r}" if of else told


def group_words(group: Mapping[str, str]) -> str:
    """Return a group in words, for example ``sex = Female, race = Black``."""
    return ", ".join(f"{name} = {value}" for name, value in group.items()) or "everyone"


def percent(value: float) -> str:
    """Return a rate as a percentage with one decimal."""
    return f"{100 * value:.1f}%"


def points(value: float) -> str:
    """Return a difference of rates in percentage points with one decimal."""
    rounded = round(100 * value, 1) + 0.0
    return f"{rounded:.1f} pp".replace("-", "−")


def gap(value: float, *, share: bool) -> str:
    """Return a difference: in percentage points of shares of rows, else with three decimals."""
    return points(value) if share else decimals(value)


def decimals(value: float) -> str:
    """Return a number with three decimals."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def points_interval(interval: Interval, *, share: bool = True) -> str:
    """Return an interval of a difference in words."""
    high = "no upper limit" if interval.high is None else gap(interval.high, share=share)
    kind = "simultaneous " if interval.simultaneous else ""
    low = gap(interval.low, share=share)
    return f"{kind}{100 * interval.level:g}% interval {low} to {high}"


def p_words(p_value: float) -> str:
    """Return a p-value in words."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"  # noqa: PLR2004 - shown digits


def and_list(items: list[str], most: int = 4) -> str:
    """Return items as ``a, b and c``; past `most`, how many more there are."""
    shown = items[:most]
    if len(items) > most:
        return ", ".join(shown) + f" and {len(items) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)

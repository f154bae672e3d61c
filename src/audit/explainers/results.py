"""What an explanation says: how much of a score goes through each feature."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from audit.metrics.results import Interval

Level = Literal["global", "group", "gap", "row"]


@dataclass(frozen=True, kw_only=True)
class FeatureValue:
    """One feature's attribution, in units of the score (a probability).

    Level ``global``: the mean absolute attribution. ``group``: the mean attribution of the group's
    rows. ``gap``: the part of the score gap that goes through the feature.
    """

    feature: str
    value: float
    interval: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Attributions of one method at one level.

    Attributes
    ----------
    id, method, model, split : str
    level : {"global", "group", "gap", "row"}
    baseline : str
        What an input is compared with, in words.
    target : str
        What is explained, in words (for example: probability of the positive class).
    group : dict
        For level ``group``.
    a, b : dict
        For level ``gap``: mean score of `a` less mean score of `b`.
    rows : int
        Rows that the values are means of.
    total : float or None
        What the values should sum to; None at level ``global``.
    residual : float
        At level ``gap`` and ``group``: `total` less the sum of the values. At level ``global``: the
        mean absolute completeness error of a row.
    quality : dict
        Figures about the explanation itself (quadrature steps, largest row error, ...).
    values : tuple of FeatureValue
        Largest absolute value first.
    status : {"ok", "not converged", "suppressed", "undefined"}
    reason : str
    """

    id: str
    method: str
    model: str
    split: str
    level: Level
    baseline: str
    target: str
    rows: int
    residual: float | None
    total: float | None = None
    group: dict[str, str] = field(default_factory=dict)
    a: dict[str, str] = field(default_factory=dict)
    b: dict[str, str] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)
    values: tuple[FeatureValue, ...] = ()
    status: Literal["ok", "not converged", "suppressed", "undefined"] = "ok"
    reason: str = ""

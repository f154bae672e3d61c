"""What is said about a continuous attribute and a prediction: how far they depend on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Interval

Measure = Literal["distance_correlation", "correlation_ratio", "pearson", "spearman"]


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """One measure of dependence between an attribute and an outcome.

    Attributes
    ----------
    attribute, outcome : str
    measure : {"distance_correlation", "correlation_ratio", "pearson", "spearman"}
    value : float or None
        In [0, 1]; Pearson and Spearman in [-1, 1]. None unless `status` is ``ok``.
    null : float or None
        Mean of the value over permutations, which is what chance alone gives: the value is never
        read without it.
    p_value : float or None
        Share of permutations at least as far from 0, the data themselves among them.
    permutations : int
    interval : Interval or None
        Of Pearson and Spearman; the others have none that is valid near 0.
    n : int
        Rows that have both.
    missing : int
        Rows left out because one of the two is not known.
    used : int
        Rows the p-value rests on: a sample where there are many.
    status : {"ok", "undefined"}
    reason : str
    """

    attribute: str
    outcome: str
    measure: Measure
    value: float | None
    null: float | None
    p_value: float | None
    permutations: int
    n: int
    missing: int
    used: int
    interval: Interval | None = None
    status: Literal["ok", "undefined"] = "ok"
    reason: str = ""

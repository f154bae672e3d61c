"""What a metric is, as it stands in the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class MetricDefinition:
    """One metric that was computed: what it is, where that is said, and what it can be.

    Attributes
    ----------
    name, title : str
        What code and what readers call it.
    definition, source : str
        In words, and where the definition stands.
    version : str
        Changes when the definition does, and with it every identifier.
    low, high : float or None
        Range; None where there is no bound.
    better : {"higher", "lower", "neither"}
    """

    name: str
    title: str
    definition: str
    source: str
    version: str
    low: float | None
    high: float | None
    better: Literal["higher", "lower", "neither"] = "neither"

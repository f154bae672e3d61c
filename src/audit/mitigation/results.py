"""What a mitigation did, and what it changed, person by person and group by group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from audit.metrics.results import Interval, Status


@dataclass(frozen=True, kw_only=True)
class MitigationRecord:
    """One mitigation of the baseline.

    Attributes
    ----------
    id : str
    name : str
        The role of the mitigated model, used as ``model`` in metrics and disparities: the method
        and its number, for example ``fairness_penalty-1``.
    method : str
    parameters : dict
    constraint : str
    attribute : tuple of str
        Sensitive attributes whose gap it narrows.
    needs_sensitive_at_prediction : bool
        Whether decisions use the sensitive attribute itself.
    fitted_on, tuned_on : str
        Splits, in words. Never the test split.
    selected : dict
        What tuning chose (strength, epoch, thresholds), with the figures it chose by.
    bundle : str or None
        Folder of the saved network, relative to the audit's folder.
    sha256 : str or None
        Of the mitigated weights.
    status : {"ok", "refused", "failed"}
    reason : str
    """

    id: str
    name: str
    method: str
    parameters: dict[str, Any]
    constraint: str
    attribute: tuple[str, ...]
    needs_sensitive_at_prediction: bool
    fitted_on: str
    tuned_on: str
    selected: dict[str, Any] = field(default_factory=dict)
    bundle: str | None = None
    sha256: str | None = None
    status: Literal["ok", "refused", "failed"] = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ComparisonRecord:
    """One figure before and after, on the same test rows.

    Attributes
    ----------
    id : str
    baseline, mitigated : str
        Roles of the two models.
    metric : str
    kind : {"rate", "gap"}
        ``rate``: of `group`; ``gap``: `a` less `b`, the pair being fixed before the mitigation.
    group, a, b : dict
    before, after, change : float or None
    interval : Interval or None
        Of the change, paired: both models decide about the same rows.
    n : int
    gained, lost : int or None
        For selection_rate of a group: how many rows gain and lose a positive outcome.
    status, reason
    """

    id: str
    baseline: str
    mitigated: str
    metric: str
    kind: Literal["rate", "gap"]
    group: dict[str, str] = field(default_factory=dict)
    a: dict[str, str] = field(default_factory=dict)
    b: dict[str, str] = field(default_factory=dict)
    before: float | None
    after: float | None
    change: float | None
    interval: Interval | None = None
    n: int
    gained: int | None = None
    lost: int | None = None
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Levelling:
    """Whether a mitigation narrows a gap by lowering one group while raising none."""

    mitigated: str
    metric: str
    attribute: tuple[str, ...]
    levelling_down: bool
    text: str

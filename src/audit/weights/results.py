"""What a weight ledger says: how much of a score gap each unit, weight or bias carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Interval

GapName = Literal["demographic_parity", "equal_opportunity", "false_positive_parity"]
Link = Literal["probability", "log_odds", "decision"]
LedgerStatus = Literal["ok", "not converged", "not applicable", "suppressed"]


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One carrier.

    Attributes
    ----------
    name : str
        ``fc1[8]`` for a unit, ``fc2[3,8]`` for the weight from unit 8 into unit 3, ``fc1.bias[8]``
        for a bias; at the input, the user's column.
    value : float
        Its part of the gap, in units of the link.
    share : float or None
        `value` over the total; None where the interval of the total includes 0.
    interval : Interval or None
    p_adjusted : float or None
        Studentised permutation with max-T over the units of the cut; None for weights and biases.
    status : {"carrier", "not distinguishable", "not tested"}
    confirmed : bool or None
        Whether ablating this entry on the verification rows moved the gap the way the ledger says;
        None where that was not tried.
    """

    name: str
    value: float
    share: float | None = None
    interval: Interval | None = None
    p_adjusted: float | None = None
    status: Literal["carrier", "not distinguishable", "not tested"] = "not tested"
    confirmed: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AblationStep:
    """What is left of the gap when `k` entries are ablated, chosen in one way.

    Attributes
    ----------
    chosen_by : {"ledger", "random", "magnitude", "gradient"}
        ``magnitude``: |w| of the outgoing weights; ``gradient``: |w · gradient|; ``random``: the
        mean over seeded draws.
    k : int
    entries : tuple of str
        Empty for random.
    gap : float
        Score gap on the verification rows after ablation.
    left : float or None
        `gap` over the gap before; None where that interval includes 0.
    accuracy : float
        On the verification rows, after ablation.
    """

    chosen_by: Literal["ledger", "random", "magnitude", "gradient"]
    k: int
    entries: tuple[str, ...]
    gap: float
    left: float | None
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Verification:
    """The causal check, on rows that the ledger did not see.

    Attributes
    ----------
    rows : int
    gap : float
        Score gap on these rows before ablation.
    interval : Interval
        Of that gap (Welch).
    accuracy : float
        Before ablation.
    steps : tuple of AblationStep
    confirmed : bool or None
        Whether ablating the top entries leaves less of the gap than the controls of the same size;
        None where the gap on these rows cannot be told from 0.
    reason : str
    """

    rows: int
    gap: float
    interval: Interval
    accuracy: float
    steps: tuple[AblationStep, ...]
    confirmed: bool | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """An account of one score gap at one cut.

    Attributes
    ----------
    id : str
    kind : {"carrier", "bias", "change"}
    model, split : str
    gap : str
        ``demographic_parity`` (all rows), ``equal_opportunity`` (positives).
    link : {"probability", "log_odds", "decision"}
    a, b : dict
        Mean linked score of `a` less that of `b`.
    cut : str
        ``input``, or the layer whose units are accounted for (after its activation); for biases
        and changes ``network``.
    level : {"unit", "weight", "bias", "layer"}
    total : float or None
        The score gap on the attribution rows.
    interval : Interval or None
        Of the total (Welch).
    decision_gap : float or None
        The gap of decisions on the same rows, after the threshold.
    residual : float or None
        Total less the sum of all entries (listed or not).
    absolute_residual : float or None
        Sum over rows of the absolute weighted residual: a signed residual can be small by luck.
    allowed : float or None
        The largest residual that counts as converged: max(1e-3 |G|, 0.01 SE(G)).
    steps : int
        Quadrature evaluations.
    rows : int
        Attribution rows.
    baseline : str
        What activations are compared with, in words.
    gauge : str
        For biases: the gauge, without which a share has no meaning; else empty.
    accuracy_without_biases : float or None
        For biases.
    listed, entries_total : int
        How many entries are listed, largest first, out of how many.
    rest : float
        Sum of the entries that are not listed.
    entries : tuple of LedgerEntry
    verification : Verification or None
    status : {"ok", "not converged", "not applicable", "suppressed"}
    reason : str
    """

    id: str
    kind: Literal["carrier", "bias", "change"]
    model: str
    split: str
    gap: GapName
    link: Link
    a: dict[str, str]
    b: dict[str, str]
    cut: str
    level: Literal["unit", "weight", "bias", "layer"]
    total: float | None = None
    interval: Interval | None = None
    decision_gap: float | None = None
    residual: float | None = None
    absolute_residual: float | None = None
    allowed: float | None = None
    steps: int = 0
    rows: int = 0
    baseline: str = ""
    gauge: str = ""
    accuracy_without_biases: float | None = None
    listed: int = 0
    entries_total: int = 0
    rest: float = 0.0
    entries: tuple[LedgerEntry, ...] = ()
    verification: Verification | None = None
    status: LedgerStatus = "ok"
    reason: str = ""

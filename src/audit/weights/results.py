"""What a weight ledger says: how much of a score gap each unit, weight or bias carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Interval

GapName = Literal["demographic_parity", "equal_opportunity", "false_positive_parity"]
Link = Literal["probability", "log_odds", "value", "decision"]
EntryStatus = Literal["carrier", "offset", "not distinguishable", "not tested"]
Measure = Literal["accuracy", "r2"]
LedgerStatus = Literal["ok", "not converged", "not applicable", "suppressed"]


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One carrier.

    Attributes
    ----------
    name : str
        ``fc1[8]`` for a unit, ``conv2[5] at row 1, column 3`` for a unit at one place of a grid,
        ``fc2[3,8]`` for the weight from unit 8 into unit 3, ``fc1.bias[8]`` for a bias; at the
        input, the user's column. Units are counted from 0, rows and columns from 1.
    value : float
        Its part of the gap, in units of the link.
    share : float or None
        `value` over the total; None where the interval of the total includes 0.
    interval : Interval or None
    p_adjusted : float or None
        Studentised permutation with max-T over the units of the cut; None for weights and biases.
    status : {"carrier", "offset", "not distinguishable", "not tested"}
        ``carrier``: told from chance, with the sign of the total; ``offset``: told from chance, and
        it works against the total.
    confirmed : bool or None
        Whether ablating this entry on the verification rows moved the gap the way the ledger says
        (same sign, Welch interval without 0); None where that was not tried.
    column : str
        For a weight of the first layer: the user's column, or the unit before it, that it reads;
        else empty.
    """

    name: str
    value: float
    share: float | None = None
    interval: Interval | None = None
    p_adjusted: float | None = None
    status: EntryStatus = "not tested"
    confirmed: bool | None = None
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class AblationStep:
    """What is left of the gap when `k` entries are ablated, chosen in one way.

    Attributes
    ----------
    chosen_by : {"ledger", "random", "magnitude", "gradient"}
        ``ledger``: the largest of the gap's own sign; ``magnitude``: |w| of the outgoing weights;
        ``gradient``: |w · gradient|; ``random``: the mean over seeded draws.
    k : int
    entries : tuple of str
        Empty for random; fewer than `k` where the ledger has no more of the gap's sign.
    gap : float
        Score gap on the verification rows after ablation.
    left : float or None
        `gap` over the gap before; None where that interval includes 0.
    accuracy : float or None
        Of the network on the verification rows, after ablation, by `measure`; None where all
        targets are the same number.
    measure : {"accuracy", "r2"}
        ``r2`` of a regression.
    """

    chosen_by: Literal["ledger", "random", "magnitude", "gradient"]
    k: int
    entries: tuple[str, ...]
    gap: float
    left: float | None
    accuracy: float | None
    measure: Measure = "accuracy"


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
    accuracy : float or None
        Before ablation, by `measure`.
    steps : tuple of AblationStep
    confirmed : bool or None
        Whether ablating the top entries leaves less of the gap than random and |w| choices of the
        same size (that by gradient is shown beside; it chooses as well as the ledger): of the sizes
        tried, the largest that is neither more than the carriers, where entries are tested, nor
        more than the ledger needs to account for the whole gap. None, with a reason, where it
        cannot be judged.
    reason : str
    measure : {"accuracy", "r2"}
        As of the steps.
    """

    rows: int
    gap: float
    interval: Interval
    accuracy: float | None
    steps: tuple[AblationStep, ...]
    confirmed: bool | None
    reason: str = ""
    measure: Measure = "accuracy"


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
    link : {"probability", "log_odds", "value", "decision"}
        ``value``: predicted values of a regression, in the unit of the target.
    a, b : dict
        Mean linked score of `a` less that of `b`.
    cut : str
        ``input``, or the layer whose units are accounted for (after its activation); where several
        layers lie side by side, their names with " + " between; for biases and changes ``network``.
    level : {"unit", "weight", "bias", "layer"}
    total : float or None
        The score gap on the attribution rows; of a change ledger, the score gap afterwards less
        that before, on the test rows.
    interval : Interval or None
        Of the total (Welch).
    decision_gap : float or None
        The gap of decisions on the same rows, after the threshold; None of a regression.
    residual : float or None
        Total less the sum of all entries (listed or not), and, of a bias ledger, less
        `weight_induced`.
    absolute_residual : float or None
        Sum over rows of the absolute weighted residual: a signed residual can be small by luck.
    allowed : float or None
        The largest residual that counts as converged: max(1e-3 |G|, 0.01 SE(G)).
    steps : int
        Evaluations of the network: for each row, on average, of a carrier ledger; of the whole gap
        otherwise.
    rows : int
        Attribution rows.
    baseline : str
        What activations are compared with, in words.
    gauge : str
        For biases: the gauge, without which a share has no meaning; else empty.
    accuracy_without_biases : float or None
        For biases.
    accuracy_with_biases : float or None
        For biases, on the same rows.
    measure : {"accuracy", "r2"}
        What these two are.
    weight_induced : float or None
        For biases: the gap that is left without hidden biases; it and the entries sum to `total`.
    weight_induced_interval : Interval or None
        Of it (Welch).
    bias_share : float or None
        For biases: the sum of all entries over `total`; None where a share has no meaning (|total|
        under .05, of a regression under .05 standard deviations of the predicted values, or its
        interval includes 0).
    before, after : float or None
        For changes: the score gap of the two networks.
    test : str
        How entries were tested, in words, with the caveat.
    listed, entries_total : int
        How many entries are listed, largest first, out of how many.
    rest : float
        Sum of the entries that are not listed.
    entries : tuple of LedgerEntry
    verification : Verification or None
    unaccounted : str
        What of the network lies before the layers that are accounted for, in words; empty where
        the whole network is accounted for.
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
    accuracy_with_biases: float | None = None
    measure: Measure = "accuracy"
    weight_induced: float | None = None
    weight_induced_interval: Interval | None = None
    bias_share: float | None = None
    before: float | None = None
    after: float | None = None
    test: str = ""
    listed: int = 0
    entries_total: int = 0
    rest: float = 0.0
    entries: tuple[LedgerEntry, ...] = ()
    verification: Verification | None = None
    unaccounted: str = ""
    status: LedgerStatus = "ok"
    reason: str = ""

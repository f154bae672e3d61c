"""Curves over the scores of each group, as they stand in the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Group, Interval, Status


@dataclass(frozen=True, kw_only=True)
class SweepLine:
    """One rate of one group at every threshold of its sweep.

    Attributes
    ----------
    metric : str
        ``selection_rate``, ``true_positive_rate``, ``false_positive_rate`` or ``accuracy``.
    group : dict
        Attribute to category.
    n : int
        Rows of the group that have a score and are in the rate's denominator.
    values : tuple of float
        One for each threshold, to 6 digits; empty unless `status` is ``ok``.
    status : {"ok", "undefined", "suppressed"}
    reason : str
        Empty when `status` is ``ok``, else why there are no values.
    """

    metric: str
    group: Group
    n: int
    values: tuple[float, ...]
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SweepGap:
    """Largest difference of one rate between known groups, at every threshold of its sweep.

    Attributes
    ----------
    metric : str
    values : tuple of float
        In [0, 1], to 6 digits; empty where fewer than two groups have a line.
    reason : str
        Why there are none; empty where there are.
    """

    metric: str
    values: tuple[float, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ThresholdSweep:
    """Rates of the groups of one attribute as the threshold moves.

    Attributes
    ----------
    id : str
        Stable: depends on attribute, model and split.
    model, split, attribute : str
    thresholds : tuple of float
        Rising; a row is predicted positive where its score is at least the threshold. In the units
        of the scores, except that logits are told as probabilities.
    chosen : int or None
        Position in `thresholds` of the one that the audited decisions use; None where there is no
        such threshold.
    lines : tuple of SweepLine
        By metric, then by group in the order of their categories.
    gaps : tuple of SweepGap
        By metric. A plain difference of what was observed, with chance in it.
    """

    id: str
    model: str
    split: str
    attribute: str
    thresholds: tuple[float, ...]
    chosen: int | None
    lines: tuple[SweepLine, ...]
    gaps: tuple[SweepGap, ...]


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """The rows of a group whose scores lie in one bin.

    Attributes
    ----------
    low, high : float
        Edges: of ``width`` bins, equal in every group; of ``mass`` bins, the smallest and the
        largest score.
    n : int
        Rows; always stated.
    mean_score, rate : float or None
        Mean of the scores, and share of rows labelled positive; None unless `status` is ``ok``.
    interval : Interval or None
        Of the rate; Wilson.
    status : {"ok", "suppressed"}
        ``suppressed`` with fewer than 10 rows (or the minimum of a group, if that is less).
    """

    low: float
    high: float
    n: int
    mean_score: float | None
    rate: float | None
    interval: Interval | None
    status: Status


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve:
    """Rates against scores, of one group.

    Attributes
    ----------
    id : str
        Stable: depends on group, kind of bins, model and split.
    model, split : str
    group : dict
        Attribute to category, empty for everyone.
    strategy : {"width", "mass"}
        Bins of equal width, or of about equal weight.
    n : int
        Rows of the group that have a score.
    bins : tuple of CalibrationBin
        Rising, without those that hold no rows; empty unless `status` is ``ok``.
    status : {"ok", "undefined", "suppressed"}
    reason : str
        Empty when `status` is ``ok``, else why there is no curve.
    """

    id: str
    model: str
    split: str
    group: Group
    strategy: Literal["width", "mass"]
    n: int
    bins: tuple[CalibrationBin, ...]
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Every curve of one model: empty where it gives no scores.

    Attributes
    ----------
    sweeps : tuple of ThresholdSweep
        One for each attribute.
    calibration : tuple of CalibrationCurve
        Of everyone, then of each group of each attribute; none where scores are not probabilities.
    """

    sweeps: tuple[ThresholdSweep, ...] = ()
    calibration: tuple[CalibrationCurve, ...] = ()

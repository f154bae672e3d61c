"""Logistic recalibration of each group: labels regressed on the logit of the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from audit.metrics.measurement import Limits, Measurement
from audit.metrics.measures.scored import ScoredRows, measurement
from audit.metrics.table.histogram import REACH

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
STEPS = 60  # Newton's method needs about 8; halved steps more
CLOSE = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Coefficients of every group with their variances, shape (groups,); NaN without a fit."""

    intercept: Floats
    slope: Floats
    intercept_variance: Floats
    slope_variance: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sums:
    """The score equations of a logistic regression, and their matrix, of each group."""

    gradient: tuple[Floats, Floats]
    matrix: tuple[Floats, Floats, Floats]
    squared: tuple[Floats, Floats, Floats]
    loss: Floats


def calibration_slope(rows: ScoredRows) -> Measurement:
    """Slope of labels on the logit of the score; 1 where the scores are as spread as the risks."""
    missing = _unfitted(rows)
    fit = recalibrate(rows, missing == "", slopes=True)
    missing = np.where((missing == "") & np.isnan(fit.slope), _NO_END, missing)
    return measurement(rows, fit.slope, missing, _wald(fit.slope, fit.slope_variance), "wald-logit")


def calibration_intercept(rows: ScoredRows) -> Measurement:
    """Log odds to add to every score so that the mean is right; 0 where it is, slope fixed at 1."""
    missing = rows.missing(labels=True)
    fit = recalibrate(rows, missing == "", slopes=False)
    missing = np.where((missing == "") & np.isnan(fit.intercept), _NO_END, missing)
    limits = _wald(fit.intercept, fit.intercept_variance)
    return measurement(rows, fit.intercept, missing, limits, "wald-logit")


_NO_END = "the recalibration did not come to an end"


def recalibrate(rows: ScoredRows, wanted: Mask, *, slopes: bool) -> Fit:
    """Fit every wanted group at once by Newton's method on its entries.

    Parameters
    ----------
    rows : ScoredRows
    wanted : ndarray of bool, shape (groups,)
        Groups for which a fit exists.
    slopes : bool
        Fit a slope as well; otherwise it is 1.

    Returns
    -------
    Fit
        Variances are those of the model, with squared weights where rows have weights.
    """
    x = logits(rows)
    intercept, slope = np.zeros(rows.groups), np.ones(rows.groups)
    going = wanted.copy()
    found = _equations(rows, x, intercept, slope)
    for _ in range(STEPS):
        if not going.any():
            break
        steps = np.where(going, _newton(found, slopes=slopes), 0.0)
        (intercept, slope), found = _descend(rows, x, (intercept, slope), steps, found)
        going = going & (np.abs(steps).max(axis=0) > CLOSE)
    done = wanted & ~going
    variances = _variances(found, slopes=slopes)
    return Fit(
        intercept=np.where(done, intercept, np.nan),
        slope=np.where(done, slope, np.nan),
        intercept_variance=np.where(done, variances[0], np.nan),
        slope_variance=np.where(done, variances[1], np.nan),
    )


def logits(rows: ScoredRows) -> Floats:
    """Logit of the mean score of each entry, kept within ±18 so that 0 and 1 have one."""
    with np.errstate(divide="ignore"):
        return np.clip(logit(rows.score), -REACH, REACH)


def _unfitted(rows: ScoredRows) -> NDArray[np.object_]:
    """Say why a group has no slope: a label or a second score is missing, or nothing overlaps."""
    missing, x = rows.missing(labels=True), logits(rows)
    low, high = np.full((2, rows.groups), np.inf), np.full((2, rows.groups), -np.inf)
    np.minimum.at(low, (rows.entries.label, rows.entries.group), x)
    np.maximum.at(high, (rows.entries.label, rows.entries.group), x)
    constant = low.min(axis=0) == high.max(axis=0)
    separated = (high[0] <= low[1]) | (high[1] <= low[0])
    found = np.where(separated, "the scores separate the labels, so no slope is finite", "")
    found = np.where(constant, "all scores of the group are equal", found)
    return np.where(missing == "", found, missing)


def _equations(rows: ScoredRows, x: Floats, intercept: Floats, slope: Floats) -> _Sums:
    group = rows.entries.group
    margin = intercept[group] + slope[group] * x
    p = expit(margin)
    residual = rows.entries.w * (rows.positive - p)
    signed = np.where(rows.positive, -margin, margin)
    curved, squared = (weights * p * (1 - p) for weights in (rows.entries.w, rows.entries.w2))
    return _Sums(
        gradient=(rows.sums(residual), rows.sums(residual * x)),
        matrix=(rows.sums(curved), rows.sums(curved * x), rows.sums(curved * x**2)),
        squared=(rows.sums(squared), rows.sums(squared * x), rows.sums(squared * x**2)),
        loss=rows.sums(rows.entries.w * np.logaddexp(0, signed)),
    )


def _newton(found: _Sums, *, slopes: bool) -> Floats:
    (g0, g1), (a, b, c) = found.gradient, found.matrix
    with np.errstate(divide="ignore", invalid="ignore"):
        if not slopes:
            return np.nan_to_num(np.stack([g0 / a, np.zeros_like(a)]), posinf=1.0, neginf=-1.0)
        steps = np.stack([c * g0 - b * g1, a * g1 - b * g0]) / (a * c - b * b)
    return np.nan_to_num(steps, posinf=1.0, neginf=-1.0)


def _descend(
    rows: ScoredRows, x: Floats, now: tuple[Floats, Floats], steps: Floats, found: _Sums
) -> tuple[tuple[Floats, Floats], _Sums]:
    """Take Newton's step, halved where it would raise the loss."""
    scale = np.ones(rows.groups)
    for _ in range(STEPS):
        nxt = now[0] + scale * steps[0], now[1] + scale * steps[1]
        after = _equations(rows, x, *nxt)
        worse = after.loss > found.loss * (1 + 1e-12) + 1e-12
        if not worse.any():
            break
        scale = np.where(worse, scale / 2, scale)
    return nxt, after


def _variances(found: _Sums, *, slopes: bool) -> tuple[Floats, Floats]:
    """Diagonal of M⁻¹ S M⁻¹: of M⁻¹ alone where rows have no weights, since S is M then."""
    (a, b, c), (d, e, f) = found.matrix, found.squared
    with np.errstate(divide="ignore", invalid="ignore"):
        if not slopes:
            return d / a**2, np.full_like(a, np.nan)
        area = (a * c - b * b) ** 2
        return (
            (c * c * d - 2 * b * c * e + b * b * f) / area,
            (b * b * d - 2 * a * b * e + a * a * f) / area,
        )


def _wald(value: Floats, variance: Floats) -> Limits:
    def limits(z: float) -> tuple[Floats, Floats]:
        reach = z * np.sqrt(variance)
        return value - reach, value + reach

    return limits

"""Simulated data sets: how often intervals hold the truth, and tests alarm without cause.

Every function draws from a fixed seed and works on all data sets at once. `exact_coverage.py`
enumerates where that can be done instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from scipy.stats import norm

from audit.metrics.statistics.delong import delong
from audit.metrics.statistics.dirichlet import count_function
from audit.metrics.statistics.homogeneity import q_test, shrunken_gap
from audit.metrics.statistics.intervals import newcombe, wilson
from audit.metrics.statistics.jackknife import jackknife
from audit.metrics.statistics.means import welch_difference, welch_limits
from audit.metrics.statistics.movers import mover_difference
from audit.metrics.statistics.significance import range_p, two_sided_p
from audit.metrics.statistics.simultaneous import Simultaneous
from audit.metrics.statistics.touching import touching_quantile
from exact_coverage import ROUNDING, Coverage, Z

BUCKETS = 50


def share_held(limits, truth) -> float:
    low, high = limits
    return float(np.mean((low <= truth + ROUNDING) & (truth - ROUNDING <= high)))


def bound(draws: int, share: float = 0.05) -> float:
    """Most alarms to expect of a test that keeps its level, in `draws` data sets."""
    return share + 2.33 * np.sqrt(share * (1 - share) / draws)


# Functions of the four counts.

CELL_SHARES = (
    (0.5, 0.1, 0.15, 0.25),
    (0.7, 0.1, 0.05, 0.15),
    (0.25, 0.25, 0.1, 0.4),
    (0.85, 0.05, 0.04, 0.06),
)


def f1(tn, fp, fn, tp):
    return 2 * tp / (2 * tp + fp + fn)


def balanced_accuracy(tn, fp, fn, tp):
    return (tp / (tp + fn) + tn / (tn + fp)) / 2


def mcc(tn, fp, fn, tp):
    return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def treatment_equality(tn, fp, fn, tp):
    return fn / fp


COUNT_FUNCTIONS = {
    "F1": (f1, (0, 1)),
    "balanced accuracy": (balanced_accuracy, (0, 1)),
    "MCC": (mcc, (-1, 1)),
    "FN / FP": (treatment_equality, (0, np.inf)),
}


def count_functions(name: str, draws: int, sizes: Sequence[int], seed=0) -> Coverage:
    """One group's value, among data sets where it is defined. Cases (n, cells)."""
    function, within = COUNT_FUNCTIONS[name]
    cases = {}
    for n, shares in product(sizes, CELL_SHARES):
        counts = np.random.default_rng(seed).multinomial(n, shares, draws)
        found = count_function(function, counts, within=within)
        defined = np.isfinite(found.value)
        low, high = found.limits(Z)
        cases[n, shares] = share_held((low[defined], high[defined]), function(*shares))
    return Coverage(name, cases)


def count_function_gaps(
    name: str, draws: int, sizes: Sequence, cells: Sequence = CELL_SHARES, seed=0
) -> Coverage:
    """Difference of two groups by MOVER. Cases (n1, n2, cells, cells)."""
    function, within = COUNT_FUNCTIONS[name]
    cases = {}
    for (n1, n2), (one, two) in product(sizes, product(cells, repeat=2)):
        rng = np.random.default_rng(seed)
        found = [
            count_function(function, rng.multinomial(n, shares, draws), within=within)
            for n, shares in ((n1, one), (n2, two))
        ]
        defined = np.isfinite(found[0].value) & np.isfinite(found[1].value)
        low, high = mover_difference(
            found[0].value, found[0].limits(Z), found[1].value, found[1].limits(Z)
        )
        truth = function(*one) - function(*two)
        cases[n1, n2, one, two] = share_held((low[defined], high[defined]), truth)
    return Coverage(name, cases)


# AUC.


def normal_scores(
    p: int, n: int, area: float, *, draws: int, rng, wide: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Histograms of normal scores whose AUC is `area`; those of positives spread by `wide`."""
    edges = np.linspace(-8, 14, 2049)
    shift = np.hypot(1, wide) * norm.ppf(area)
    rows = np.repeat(np.arange(draws), p), np.repeat(np.arange(draws), n)
    scores = rng.normal(shift, wide, draws * p), rng.normal(0, 1, draws * n)
    histograms = []
    for row, score in zip(rows, scores, strict=True):
        bins = np.clip(np.searchsorted(edges, score) - 1, 0, 2047)
        counts = np.bincount(row * 2048 + bins, minlength=draws * 2048)
        histograms.append(counts.reshape(draws, 2048).astype(float))
    return histograms[0], histograms[1]


def aucs(
    draws: int, sizes: Sequence, areas: Sequence[float], wides: Sequence[float] = (1.0,), seed=0
) -> Coverage:
    """Cases (positives, negatives, auc, spread of positives over that of negatives)."""
    cases = {}
    for (p, n), area, wide in product(sizes, areas, wides):
        rng = np.random.default_rng(seed)
        found = delong(*normal_scores(p, n, area, draws=draws, rng=rng, wide=wide))
        cases[p, n, area, wide] = share_held(found.limits(Z), area)
    return Coverage("AUC", cases)


def auc_gaps(draws: int, sizes: Sequence, areas: Sequence[float], seed=0) -> Coverage:
    """Difference of two groups by MOVER. Cases (positives, negatives, auc, auc)."""
    cases = {}
    for (p, n), (one, two) in product(sizes, product(areas, repeat=2)):
        rng = np.random.default_rng(seed)
        first = delong(*normal_scores(p, n, one, draws=draws, rng=rng))
        second = delong(*normal_scores(n, p, two, draws=draws, rng=rng))
        limits = mover_difference(first.value, first.limits(Z), second.value, second.limits(Z))
        cases[p, n, one, two] = share_held(limits, one - two)
    return Coverage("AUC difference", cases)


# Means.

ERRORS: dict[str, tuple[Callable, float]] = {
    "normal": (lambda rng, size: rng.normal(0, 1, size), 0.0),
    "absolute normal": (lambda rng, size: np.abs(rng.normal(0, 1, size)), np.sqrt(2 / np.pi)),
    "exponential": (lambda rng, size: rng.exponential(1, size), 1.0),
}


def _sums(rng, shape: str, n: int, draws: int):
    values = ERRORS[shape][0](rng, (draws, n))
    return values.sum(axis=1), (values**2).sum(axis=1), np.full(draws, float(n))


def means(draws: int, sizes: Sequence[int], seed=0) -> Coverage:
    """Cases (n, shape of errors)."""
    cases = {}
    for n, shape in product(sizes, ERRORS):
        sums = _sums(np.random.default_rng(seed), shape, n, draws)
        cases[n, shape] = share_held(welch_limits(*sums, Z), ERRORS[shape][1])
    return Coverage("mean", cases)


def mean_gaps(draws: int, sizes: Sequence, how: str, seed=0) -> Coverage:
    """Difference of two groups, by "welch" or "mover". Cases (n1, n2, shape, shape)."""
    cases = {}
    for (n1, n2), (one, two) in product(sizes, product(ERRORS, repeat=2)):
        rng = np.random.default_rng(seed)
        first, second = _sums(rng, one, n1, draws), _sums(rng, two, n2, draws)
        if how == "welch":
            limits = welch_difference(first, second, Z)
        else:
            limits = mover_difference(
                first[0] / n1, welch_limits(*first, Z), second[0] / n2, welch_limits(*second, Z)
            )
        cases[n1, n2, one, two] = share_held(limits, ERRORS[one][1] - ERRORS[two][1])
    return Coverage(how, cases)


# Weights, and repeated rows.


def weighted_gaps(draws: int, sizes: Sequence[int], how: str, seed=0) -> Coverage:
    """Log-normal weights; size by "kish" or by the "rows". Cases (n, p1, p2)."""
    cases = {}
    for n, (p1, p2) in product(sizes, ((0.1, 0.1), (0.3, 0.4), (0.5, 0.2))):
        rng = np.random.default_rng(seed)
        parts = []
        for p in (p1, p2):
            w, y = rng.lognormal(0, 0.8, (draws, n)), rng.random((draws, n)) < p
            total = w.sum(axis=1)
            size = total**2 / (w**2).sum(axis=1) if how == "kish" else np.full(draws, float(n))
            parts += [(w * y).sum(axis=1) / total * size, size]
        cases[n, p1, p2] = share_held(newcombe(*parts, Z), p1 - p2)
    return Coverage(how, cases)


def repeated_rows(draws: int, people: Sequence[int], how: str, seed=0) -> Coverage:
    """One rate over people with 1 to 9 rows each, of their own inclination. Cases (people, rate).

    `how` is "jackknife" (50 buckets, Student's t), "effective" (Wilson's interval at the size that
    the jackknife's error speaks of) or "rows" (as if rows were independent).
    """
    cases = {}
    for count, p in product(people, (0.1, 0.3, 0.5)):
        rng = np.random.default_rng(seed)
        rows = rng.integers(1, 10, (draws, count))
        positive = rng.binomial(rows, rng.beta(2 * p, 2 * (1 - p), (draws, count)))
        bucket = rng.integers(0, BUCKETS, (draws, count))
        x, n = np.zeros((BUCKETS, draws)), np.zeros((BUCKETS, draws))
        place = (bucket, np.broadcast_to(np.arange(draws)[:, None], bucket.shape))
        np.add.at(x, place, positive)
        np.add.at(n, place, rows)
        total, size = x.sum(axis=0), n.sum(axis=0)
        truth = p
        found = jackknife(total / size, (total - x) / (size - n), n > 0)
        if how == "jackknife":
            limits = found.limits(Z)
        elif how == "effective":
            limits = found.rate_limits(size, Z)
        else:
            limits = wilson(total, size, Z)
        cases[count, p] = share_held(limits, truth)
    return Coverage(how, cases)


# Many groups.

SPREADS: dict[str, Callable[[int], np.ndarray]] = {
    "all .3": lambda groups: np.full(groups, 0.3),
    "all .02": lambda groups: np.full(groups, 0.02),
    "half .3, half .5": lambda groups: np.where(np.arange(groups) % 2, 0.5, 0.3),
    "one apart": lambda groups: np.where(np.arange(groups) == 0, 0.6, 0.3),
    ".1 to .5": lambda groups: np.linspace(0.1, 0.5, groups),
}
SHAPES: dict[str, Callable[[int], np.ndarray]] = {
    "30 each": lambda groups: np.full(groups, 30),
    "100 each": lambda groups: np.full(groups, 100),
    "30 to 900": lambda groups: np.linspace(30, 900, groups).astype(int),
    "30 to 3,000": lambda groups: np.geomspace(30, 3000, groups).astype(int),
}


def largest_gaps(
    choose: Callable[..., Simultaneous], draws: int, groups: Sequence[int], seed=0
) -> Coverage:
    """The largest gap of true rates. Cases (groups, sizes, rates)."""
    cases = {}
    for count, shape, spread in product(groups, SHAPES, SPREADS):
        n, p = SHAPES[shape](count), SPREADS[spread](count)
        rng, truth, held = np.random.default_rng(seed), float(np.ptp(p)), 0
        for x in rng.binomial(n, p, (draws, count)):
            method = choose(n, x)
            gap = method.gap(x / n, *wilson(x, n, method.z(0.05, count)))
            held += gap.low <= truth + ROUNDING and truth - ROUNDING <= gap.high
        cases[count, shape, spread] = held / draws
    return Coverage("largest gap", cases)


TRUE_RATES: dict[str, Callable] = {
    "equal": lambda rng, size: np.full(size, 0.3),
    "normal": lambda rng, size: np.clip(rng.normal(0.3, 0.08, size), 0.01, 0.99),
    "two points": lambda rng, size: np.where(rng.random(size) < 0.5, 0.22, 0.38),
    "uniform": lambda rng, size: rng.uniform(0.15, 0.45, size),
    "one apart": lambda rng, size: np.where(np.arange(size) == 0, 0.7, 0.3),
}


def gap_bias(shape: str, draws: int, groups=50, size=30, seed=0) -> tuple[float, float]:
    """Mean error of the shrunken and of the plain estimate of the largest gap."""
    rng = np.random.default_rng(seed)
    shrunken, plain = [], []
    for _ in range(draws):
        p = TRUE_RATES[shape](rng, groups)
        x, n = rng.binomial(size, p), np.full(groups, size)
        shrunken.append(shrunken_gap(x, n) - np.ptp(p))
        plain.append(np.ptp(x / n) - np.ptp(p))
    return float(np.mean(shrunken)), float(np.mean(plain))


# Tests on data without any disparity.


def q_alarms(n: Sequence[int], p: float, draws: int, seed=0) -> float:
    """Share of data sets of equal true rates where Q has p < .05."""
    x = np.random.default_rng(seed).binomial(n, p, (draws, len(n)))
    return float(np.mean([q_test(row, n).p < 0.05 for row in x]))


def range_power_and_q_power(n, p, draws: int, seed=0) -> tuple[float, float]:
    """Share of data sets where the largest pairwise quantile, and where Q, has p < .05."""
    x = np.random.default_rng(seed).binomial(n, p, (draws, len(n)))
    by_range = worst_pair_p(x, np.broadcast_to(n, x.shape))
    by_q = np.array([q_test(row, n).p for row in x])
    return float(np.mean(by_range < 0.05)), float(np.mean(by_q < 0.05))


def worst_pair_p(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """p-values of the largest pairwise quantile of each row of groups."""
    groups = x.shape[1]
    i, j = np.triu_indices(groups, 1)
    z = touching_quantile(
        x[:, i] / n[:, i],
        lambda z: wilson(x[:, i], n[:, i], z),
        x[:, j] / n[:, j],
        lambda z: wilson(x[:, j], n[:, j], z),
    ).max(axis=1)
    return np.array([range_p(value, groups) for value in z])


def homogeneity_p(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """p-values of Q of each row of groups."""
    return np.array([q_test(*row).p for row in zip(x, n, strict=True)])


def null_families(draws: int, test: Callable | None = None, rows=1500, seed=0) -> np.ndarray:
    """p-values of 9 comparisons of data sets without disparity, shape (draws, 9).

    Selection rate, true and false positive rate by sex, by race (four uneven groups), and by both;
    the nine depend on each other as real ones do. `test` is `worst_pair_p` or `homogeneity_p`.
    """
    test = worst_pair_p if test is None else test
    rng = np.random.default_rng(seed)
    label = rng.random((draws, rows)) < 0.4
    said = rng.random((draws, rows)) < np.where(label, 0.6, 0.2)
    sex = rng.integers(0, 2, (draws, rows))
    race = rng.choice(4, (draws, rows), p=[0.5, 0.3, 0.15, 0.05])
    p_values = []
    for code, groups in ((sex, 2), (race, 4), (sex * 4 + race, 8)):
        for among in (np.ones_like(label), label, ~label):
            n = np.stack([(among & (code == g)).sum(axis=1) for g in range(groups)], axis=1)
            x = np.stack([(among & said & (code == g)).sum(axis=1) for g in range(groups)], axis=1)
            p_values.append(test(x, np.maximum(n, 1)))
    return np.stack(p_values, axis=1)


def reference_families(draws: int, planted: int, groups=20, size=200, seed=0) -> np.ndarray:
    """p-values of `groups` groups against one reference, the first `planted` of which differ."""
    rng = np.random.default_rng(seed)
    p = np.where(np.arange(groups) < planted, 0.5, 0.3)
    x, reference = rng.binomial(size, p, (draws, groups)), rng.binomial(2000, 0.3, (draws, 1))
    n = np.full(x.shape, size)
    base = np.broadcast_to(reference, x.shape)
    z = touching_quantile(
        x / n, lambda z: wilson(x, n, z), base / 2000, lambda z: wilson(base, 2000, z)
    )
    return two_sided_p(z)

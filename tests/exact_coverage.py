"""Coverage of intervals of rates by enumeration: every count that can occur, with its probability.

No draws, so no Monte Carlo error: what is found is the coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product

import numpy as np
from scipy.stats import binom

Z = 1.959963984540054
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
SIZES = (10, 30, 100, 300, 1000)
NEGLIGIBLE = 1e-13
ROUNDING = 1e-12


@dataclass(frozen=True)
class Coverage:
    """How often an interval holds the truth, by case."""

    name: str
    cases: dict[tuple, float]

    @property
    def mean(self) -> float:
        return float(np.mean(list(self.cases.values())))

    @property
    def minimum(self) -> float:
        return min(self.cases.values())

    @property
    def worst(self) -> tuple:
        return min(self.cases, key=self.cases.get)

    @property
    def over(self) -> float:
        """Share of cases with more than .98."""
        return float(np.mean([share > 0.98 for share in self.cases.values()]))

    def where(self, keep: Callable[..., bool]) -> Coverage:
        return Coverage(self.name, {case: c for case, c in self.cases.items() if keep(*case)})


def one_rate(name: str, interval: Callable, sizes=SIZES, rates=RATES, z=Z) -> Coverage:
    """Cases (n, p)."""
    cases = {}
    for n in sizes:
        x = np.arange(n + 1)
        low, high = interval(x, n, z)
        for p in rates:
            held = (low <= p + ROUNDING) & (p - ROUNDING <= high)
            cases[n, p] = float(binom.pmf(x, n, p) @ held)
    return Coverage(name, cases)


def two_rates(
    name: str, interval: Callable, truth: Callable, *, sizes: Sequence = (), rates=RATES, z=Z
) -> Coverage:
    """Cases (n1, n2, p1, p2), for all pairs of sizes unless some are given."""
    cases = {}
    for n1, n2 in sizes or combinations_with_replacement(SIZES, 2):
        x1, x2 = _occurring(n1, rates), _occurring(n2, rates)
        low, high = interval(x1[:, None], n1, x2[None, :], n2, z)
        for p1, p2 in product(rates, repeat=2):
            value = truth(p1, p2)
            held = (low <= value + ROUNDING) & (value - ROUNDING <= high)
            cases[n1, n2, p1, p2] = float(
                binom.pmf(x1, n1, p1) @ held.astype(float) @ binom.pmf(x2, n2, p2)
            )
    return Coverage(name, cases)


def difference(p1: float, p2: float) -> float:
    return p1 - p2


def ratio(p1: float, p2: float) -> float:
    return p1 / p2


def rejected(p_value: Callable, sizes: tuple, rates: tuple, alpha=0.05) -> float:
    """Probability that a test of two rates has a p-value of `alpha` or less."""
    (n1, n2), (p1, p2) = sizes, rates
    x1, x2 = _occurring(n1, (p1,)), _occurring(n2, (p2,))
    found = p_value(x1[:, None], n1, x2[None, :], n2) <= alpha
    return float(binom.pmf(x1, n1, p1) @ found.astype(float) @ binom.pmf(x2, n2, p2))


def _occurring(n: int, rates: Sequence[float]) -> np.ndarray:
    """Counts that are not negligible at some of the rates."""
    x = np.arange(n + 1)
    return x[np.max([binom.pmf(x, n, p) for p in rates], axis=0) > NEGLIGIBLE]


def wald(x1, n1, x2, n2, z):
    p1, p2 = x1 / n1, x2 / n2
    reach = z * np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    return p1 - p2 - reach, p1 - p2 + reach


def wald_one(x, n, z):
    p = x / n
    reach = z * np.sqrt(p * (1 - p) / n)
    return p - reach, p + reach


def katz(x1, n1, x2, n2, z):
    """The log interval of a ratio: no width at all where a count is 0."""
    x1, x2 = np.asarray(x1, float), np.asarray(x2, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(x1 / n1) - np.log(x2 / n2)
        reach = z * np.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
        low, high = np.exp(centre - reach), np.exp(centre + reach)
    return np.nan_to_num(low, nan=np.inf), np.nan_to_num(high, nan=-np.inf)

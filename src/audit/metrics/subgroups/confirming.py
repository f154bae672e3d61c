"""Other rows confirm what some rows selected: halves, intervals, exact tests, Holm's correction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audit.metrics.results import Interval
from audit.metrics.statistics.intervals import newcombe
from audit.metrics.statistics.multiplicity import holm
from audit.metrics.statistics.significance import two_sided_z
from audit.metrics.subgroups.candidates import Candidates, Mask, membership
from audit.metrics.subgroups.columns import SearchColumn
from audit.metrics.subgroups.lattice import ROWS, Floats, Ints
from audit.metrics.subgroups.options import SearchOptions
from audit.metrics.subgroups.scores import clustered_size, counts, dependence_within, fisher_p


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchRows:
    """The rows that are searched.

    Attributes
    ----------
    columns : tuple of SearchColumn
        Sensitive ones first.
    outcome : ndarray of int8, shape (rows,)
        0 outside the rate's denominator, 1 in it, 2 in the numerator too.
    weights : ndarray of float64, shape (rows,), or None
    person : ndarray of int64, shape (rows,), or None
        Codes from 0.
    """

    columns: tuple[SearchColumn, ...]
    outcome: NDArray[np.int8]
    weights: Floats | None = None
    person: Ints | None = None

    @property
    def persons(self) -> int:
        """How many different persons there are, each row its own without codes."""
        return len(self.outcome) if self.person is None else int(self.person.max()) + 1

    @cached_property
    def dependence(self) -> float:
        """Correlation of one person's rows, over everyone, in [0, 1]."""
        everyone = np.ones(len(self.outcome), dtype=np.bool_)
        inside = self.outcome > 0
        weights = inside * (1.0 if self.weights is None else self.weights)
        if self.person is None or not weights.sum() > 0:
            return 0.0
        size = weights.sum() ** 2 / (weights**2).sum()
        return dependence_within(*self.by_person(everyone), float(size))

    def by_person(self, mask: Mask) -> tuple[Floats, Floats]:
        """Sum numerator and denominator of the masked rows over each person."""
        weights = np.ones(len(self.outcome)) if self.weights is None else self.weights
        person = np.arange(len(self.outcome)) if self.person is None else self.person
        numerator, denominator = (
            np.bincount(person, weights * (mask & (self.outcome >= least)), self.persons)
            for least in (2, 1)
        )
        return numerator.astype(np.float64), denominator.astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What the rows that had no part in the choice say about one subgroup."""

    difference: float
    n: int
    interval: Interval | None
    p: float | None
    problem: str = ""


def halves(rows: SearchRows, seed: int) -> NDArray[np.int8]:
    """Draw which rows select (0) and which confirm (1); rows of one person stay together."""
    drawn = np.random.default_rng(seed).permutation(rows.persons) % 2
    half: NDArray[np.int8] = (drawn if rows.person is None else drawn[rows.person]).astype(np.int8)
    return half


def confirm(
    found: Candidates,
    candidate: int,
    rows: SearchRows,
    half: NDArray[np.int8],
    options: SearchOptions,
) -> Confirmation:
    """Compare one subgroup with its rest over the rows that confirm."""
    own, rest = found.own[candidate, 1], found.rest[candidate, 1]
    (x1, n1), (x0, n0) = (_counts(tally) for tally in (own, rest))
    difference, problem = x1 / n1 - x0 / n0, ""
    if rows.person is not None:
        sides = membership(
            rows.columns,
            [column.codes for column in rows.columns],
            found.codes(candidate),
            same_features=options.against == "same_features",
        )
        (x1, n1, one), (x0, n0, two) = (
            _clustered(rows, side & (half == 1), x, n)
            for side, x, n in zip(sides, (x1, x0), (n1, n0), strict=True)
        )
        problem = one or two
    low, high = newcombe(x1, n1, x0, n0, two_sided_z(options.alpha))
    interval = Interval(
        low=float(low), high=float(high), level=float(options.confidence), method="newcombe"
    )
    return Confirmation(
        difference=difference,
        n=int(own[ROWS]),
        interval=None if problem else interval,
        p=None if problem else exact_p(x1, n1, x0, n0),
        problem=problem,
    )


def adjusted(p_values: list[float | None]) -> list[float | None]:
    """Adjust by Holm's method over the p-values that there are."""
    steps = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(steps) for p in p_values]


def exact_p(x1: float, n1: float, x0: float, n0: float) -> float:
    """Fisher's test; effective counts of weighted or repeated rows are rounded to whole rows."""
    whole = [max(int(n + 1e-9), 1) for n in (n1, n0)]
    positive = [round(x / n * size) for x, n, size in zip((x1, x0), (n1, n0), whole, strict=True)]
    return fisher_p(positive[0], whole[0], positive[1], whole[1])


def _counts(tally: Floats) -> tuple[float, float]:
    x, n = counts(tally)
    return float(x), float(n)


def _clustered(rows: SearchRows, side: Mask, x: float, n: float) -> tuple[float, float, str]:
    positive, total = rows.by_person(side)
    persons = int((total > 0).sum())
    if persons < 2:  # noqa: PLR2004 - one person tells nothing about how persons differ
        return x, n, "the rows that confirm hold fewer than two persons of the subgroup or its rest"
    size = clustered_size(positive, total, n, rows.dependence)
    return x / n * size, size, ""

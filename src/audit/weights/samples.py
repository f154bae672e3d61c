"""Whose score gap is accounted for, on which rows: one half attributes, the other half verifies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.canonical import canonical_json, sha256_hex, stable_id
from audit.data.dataset import Dataset, Rows
from audit.explainers.draws import Draw, draw, membership
from audit.metrics.results import Group
from audit.weights.results import GapName

CONDITIONS: Mapping[GapName, int | None] = {
    "demographic_parity": None,
    "equal_opportunity": 1,
    "false_positive_parity": 0,
}
"""The true label of the rows that a gap is about; None for every row."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows of two groups, `first` those of group a.

    Attributes
    ----------
    rows : ndarray of int64, shape (rows,)
    first : ndarray of bool, shape (rows,)
    counts : ndarray of bool, shape (rows,)
        Whether the gap is about this row; the others serve accuracy alone.
    weights : ndarray of float64, shape (rows,)
        The row's own weight, times how many rows of its group it stands for.
    """

    rows: Rows
    first: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    weights: Floats

    def counted(self) -> Sample:
        """Return the rows that the gap is about."""
        which = self.counts
        return Sample(
            rows=self.rows[which],
            first=self.first[which],
            counts=which[which],
            weights=self.weights[which],
        )

    def signed(self) -> Floats:
        """Return the weight of each row in the gap; those of `a` sum to 1, those of `b` to -1."""
        a, b = self.first & self.counts, ~self.first & self.counts
        signed = np.zeros(len(self.rows))
        signed[a] = self.weights[a] / self.weights[a].sum()
        signed[b] = -self.weights[b] / self.weights[b].sum()
        return signed


@dataclass(frozen=True, kw_only=True)
class Named:
    """One gap between two groups, by name.

    Attributes
    ----------
    gap : str
    a, b : dict
    """

    gap: GapName
    a: Group
    b: Group

    @property
    def key(self) -> str:
        """Return what tells it from other cases."""
        return stable_id("case", gap=self.gap, a=self.a, b=self.b)


@dataclass(frozen=True, kw_only=True)
class Case(Named):
    """One gap between two groups, on rows.

    Attributes
    ----------
    attribution, verification : Sample
    reason : str
        Why it cannot be accounted for, or nothing.
    """

    attribution: Sample
    verification: Sample
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Halves:
    """The rows of a split, halved by seed."""

    attribution: Rows
    verification: Rows

    def words(self, name: str) -> str:
        """Return which half is meant, or nothing where both are the whole."""
        return "" if self.attribution is self.verification else f" in the {name} half"


def halve(rows: Rows, seed: int) -> Halves:
    """Halve rows by seed, whatever their order; each half is in rising order."""
    order = generator(seed, "halves").permutation(np.sort(rows))
    middle = (len(order) + 1) // 2
    return Halves(attribution=np.sort(order[:middle]), verification=np.sort(order[middle:]))


def generator(seed: int, *what: Any) -> np.random.Generator:  # noqa: ANN401 - any JSON value
    """Return random numbers that depend on the seed and on what they are for alone."""
    return np.random.default_rng(int(sha256_hex(canonical_json([seed, *what]))[:16], 16))


def positive_weights(dataset: Dataset, rows: Rows) -> Rows:
    """Return the rows that stand for somebody."""
    return rows if dataset.weights is None else rows[dataset.weights[rows] > 0]


def under(dataset: Dataset, rows: Rows, gap: GapName) -> Rows:
    """Return the rows that a gap is about."""
    label = CONDITIONS[gap]
    return rows if label is None else rows[dataset.target[rows] == label]


def make_case(
    dataset: Dataset,
    halves: Halves,
    gap: GapName,
    pair: tuple[Group, Group],
    *,
    most: int,
    seed: int,
    minimum_group: int,
) -> Case:
    """Draw the rows of one gap between two groups.

    Parameters
    ----------
    most : int
        Rows drawn of each half at most, of each group half of them where the other has as many.
    minimum_group : int
        In each half each group needs as many rows that the gap is about.
    """
    a, b = pair
    about = {half.name: under(dataset, getattr(halves, half.name), gap) for half in fields(halves)}
    small = dict.fromkeys(
        f"{group_words(group)}: {size} rows{halves.words(name)}, fewer than {minimum_group}"
        for name, rows in about.items()
        for group in pair
        if (size := int(membership(dataset, group)[rows].sum())) < minimum_group
    )
    return Case(
        gap=gap,
        a=a,
        b=b,
        attribution=_sample(dataset, about["attribution"], gap, pair, most=most, seed=seed),
        verification=_sample(dataset, halves.verification, gap, pair, most=most, seed=seed),
        reason="; ".join(small),
    )


def _sample(
    dataset: Dataset, rows: Rows, gap: GapName, pair: tuple[Group, Group], *, most: int, seed: int
) -> Sample:
    a, b = _draws(dataset, rows, pair, most, seed)
    drawn = np.concatenate([a.rows, b.rows])
    stands = np.repeat([_stands(a), _stands(b)], [len(a.rows), len(b.rows)])
    own = np.ones(len(drawn)) if dataset.weights is None else dataset.weights[drawn]
    return Sample(
        rows=drawn,
        first=np.repeat([True, False], [len(a.rows), len(b.rows)]),
        counts=np.isin(drawn, under(dataset, drawn, gap)),
        weights=own * stands,
    )


def _draws(
    dataset: Dataset, rows: Rows, pair: tuple[Group, Group], most: int, seed: int
) -> tuple[Draw, Draw]:
    sizes = [int(membership(dataset, group)[rows].sum()) for group in pair]
    half = most // 2
    room = [max(half, most - min(size, half)) for size in reversed(sizes)]
    a, b = (draw(dataset, rows, group, room[i], seed) for i, group in enumerate(pair))
    return a, b


def _stands(drawn: Draw) -> float:
    return drawn.size / len(drawn.rows) if len(drawn.rows) else 1.0


def group_words(group: Group) -> str:
    """Return a group in words."""
    return ", ".join(f"{name} {category}" for name, category in group.items()) or "everyone"

"""Every conjunction of categories, counted: subgroups, and those they are compared with.

Rows that agree in every column, outcome and half are counted once, as a unit. A set of columns is
then one mixed-radix code for each unit and one bincount; the code of a set is built on the code of
the set without its last column, so a set costs one multiplication and one count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.subgroups.columns import SearchColumn
from audit.metrics.table.counting import DENSE, FEW, distinct

MOST_SETS = 20_000
WIDEST = 1 << 62
OUTCOMES = 3  # outside the rate's denominator, in it, in its numerator too
ROWS, TOTAL, POSITIVE, SQUARES = range(4)  # of a tally: n, Σw and Σw of the rate, Σw²

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ColumnSet = tuple[int, ...]


class Coded(NamedTuple):
    """A set of columns as one code for each unit.

    Attributes
    ----------
    places : tuple of int
        Of the columns in `Units.columns`.
    key : ndarray of int64, shape (units,)
        Mixed-radix code.
    size : int
        Codes are below it.
    """

    places: ColumnSet
    key: Ints
    size: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Rows that agree in every column, in their outcome and in their half.

    Attributes
    ----------
    columns : tuple of SearchColumn
        Sensitive ones first.
    codes : tuple of ndarray, each of shape (units,)
        One for each column.
    state : ndarray of int64, shape (units,)
        Outcome (0 outside the denominator, 1 in it, 2 in the numerator) + 3 times the half.
    halves : int
    rows, weight, squares : ndarray of float64, shape (units,)
        Rows, Σw and Σw².
    """

    columns: tuple[SearchColumn, ...]
    codes: tuple[Ints, ...]
    state: Ints
    halves: int
    rows: Floats
    weight: Floats
    squares: Floats

    @classmethod
    def of_rows(
        cls,
        columns: Sequence[SearchColumn],
        outcome: NDArray[np.int8],
        half: NDArray[np.int8] | None = None,
        weights: Floats | None = None,
    ) -> Units:
        """Count rows; without halves all rows are in one."""
        state = outcome.astype(np.int64) + (0 if half is None else OUTCOMES * half.astype(np.int64))
        halves = 1 if half is None else 2
        sizes = [*(column.size for column in columns), OUTCOMES * halves]
        codes = [*(column.codes for column in columns), state]
        found, place = distinct(codes, sizes, len(state))
        rows = np.bincount(place, minlength=len(found)).astype(np.float64)
        sums = (
            (rows, rows)
            if weights is None
            else tuple(_summed(place, power, len(found)) for power in (weights, weights**2))
        )
        *kept, own_state = (np.ascontiguousarray(item) for item in found.T)
        return cls(
            columns=tuple(columns),
            codes=tuple(kept),
            state=own_state,
            halves=halves,
            rows=rows,
            weight=sums[0],
            squares=sums[1],
        )

    @property
    def tally(self) -> Floats:
        """Everyone: rows, total, positive and squares, shape (halves, 4)."""
        everyone = np.zeros(len(self.state), dtype=np.int64)
        tally: Floats = tallies(self, Coded((), everyone, 1))[1][0]
        return tally


@dataclass(frozen=True, kw_only=True, eq=False)
class Conjunctions:
    """Every conjunction of one set of columns that occurs.

    Attributes
    ----------
    columns : tuple of SearchColumn
    places : tuple of int
        Of those columns in `Units.columns`.
    keys : ndarray of int64, shape (conjunctions,)
        Mixed-radix codes, rising.
    """

    columns: tuple[SearchColumn, ...]
    places: ColumnSet
    keys: Ints

    @property
    def digits(self) -> Ints:
        """Code of each column, shape (conjunctions, columns)."""
        return np.stack(
            [
                self.keys // stride % column.size
                for column, stride in zip(self.columns, self.strides, strict=True)
            ],
            axis=1,
        )

    @property
    def strides(self) -> tuple[int, ...]:
        """What one step of each column adds to the key."""
        sizes = [column.size for column in self.columns]
        return tuple(prod(sizes[place + 1 :]) for place in range(len(sizes)))

    @property
    def describes(self) -> NDArray[np.bool_]:
        """Whether each conjunction is of searched categories only."""
        searched = np.array([column.searched for column in self.columns])
        return np.asarray((self.digits < searched).all(axis=1))

    def rest(
        self, chosen: Ints, values: Floats, everyone: Floats, *, same_features: bool
    ) -> Floats:
        """Sum `values` over those that each chosen conjunction is compared with.

        A row whose unknown category might make it a member is in neither.

        Parameters
        ----------
        chosen : ndarray of int64
            Positions in `keys`.
        values : ndarray, shape (conjunctions, ...)
        everyone : ndarray, shape (...)
            Sum over all rows.
        same_features : bool
            Compare with rows of the same ordinary features only.
        """
        compared = [
            place
            for place, column in enumerate(self.columns)
            if column.described.sensitive or not same_features
        ]
        base = self._same_features(chosen, values, compared) if same_features else everyone
        rest: Floats = base - self._possible_members(chosen, values, compared)
        return rest

    def _possible_members(self, chosen: Ints, values: Floats, compared: list[int]) -> Floats:
        keys = self.keys[chosen]
        digits = self.digits[chosen]
        total = values[chosen].copy()
        blurred = [place for place in compared if self.columns[place].unknown is not None]
        for size in range(1, len(blurred) + 1):
            for places in combinations(blurred, size):
                moved = keys.copy()
                for place in places:
                    unknown = self.columns[place].unknown or 0
                    moved += (unknown - digits[:, place]) * self.strides[place]
                total += self._look_up(moved, values)
        return total

    def _look_up(self, keys: Ints, values: Floats) -> Floats:
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found = self.keys[place] == keys
        looked_up: Floats = values[place] * found.reshape(-1, *[1] * (values.ndim - 1))
        return looked_up

    def _same_features(self, chosen: Ints, values: Floats, compared: list[int]) -> Floats:
        features = self.keys.copy()
        for place in compared:
            features -= self.digits[:, place] * self.strides[place]
        _, position = np.unique(features, return_inverse=True)
        sums = np.zeros((int(position.max()) + 1, *values.shape[1:]))
        np.add.at(sums, position, values)
        same: Floats = sums[position[chosen]]
        return same


def column_sets(columns: Sequence[SearchColumn], depth: int) -> int:
    """Count the sets of up to `depth` columns that hold a sensitive one.

    Raises
    ------
    MetricError
        If there are more than 20,000, or their conjunctions leave the range of whole numbers.
    """
    features = sum(not column.described.sensitive for column in columns)
    deepest = min(depth, len(columns))
    sets = sum(comb(len(columns), k) - comb(features, k) for k in range(1, deepest + 1))
    widest = prod(sorted(column.size for column in columns)[-deepest:])
    if sets > MOST_SETS or widest > WIDEST // OUTCOMES:
        raise MetricError(
            f"expected a search that ends, came depth {depth} of {len(columns)} columns: {sets:,} "
            f"sets of columns, with up to {widest:,} conjunctions each",
            f"lower the depth or name fewer columns (at most {MOST_SETS:,} sets)",
        )
    return sets


def walk(units: Units, depth: int) -> Iterator[Coded]:
    """Yield each set of up to `depth` columns that holds a sensitive one."""
    everyone = Coded((), np.zeros(len(units.state), dtype=np.int64), 1)
    for place, column in enumerate(units.columns):
        if column.described.sensitive:
            yield from _extended(units, everyone, place, depth)


def _extended(units: Units, before: Coded, place: int, depth: int) -> Iterator[Coded]:
    width = units.columns[place].size
    own = Coded(
        (*before.places, place), before.key * width + units.codes[place], before.size * width
    )
    yield own
    if depth > 1:
        for following in range(place + 1, len(units.columns)):
            yield from _extended(units, own, following, depth - 1)


def tallies(units: Units, coded: Coded) -> tuple[Ints, Floats]:
    """Count the units of every code that occurs.

    Returns
    -------
    keys : ndarray of int64, shape (conjunctions,)
    tallies : ndarray of float64, shape (conjunctions, halves, 4)
        Rows; Σw of the denominator and of the numerator, and Σw² of the denominator.
    """
    keys, position = occurring(coded)
    states = OUTCOMES * units.halves
    cell = position * states + units.state
    shape = (-1, units.halves, OUTCOMES)
    n, w, w2 = (
        np.bincount(cell, weights=sums, minlength=len(keys) * states).reshape(shape)
        for sums in (units.rows, units.weight, units.squares)
    )
    tally = np.stack(
        [n.sum(axis=2), w[..., 1:].sum(axis=2), w[..., 2], w2[..., 1:].sum(axis=2)], axis=2
    )
    there = n.any(axis=(1, 2))
    return keys[there], tally[there]


def occurring(coded: Coded) -> tuple[Ints, Ints]:
    """Number the codes that occur; where all codes are few, all of them without looking."""
    if coded.size <= max(FEW, min(len(coded.key), DENSE)):
        return np.arange(coded.size), coded.key
    keys, position = np.unique(coded.key, return_inverse=True)
    return keys, position.astype(np.int64)


def _summed(place: Ints, weights: Floats, length: int) -> Floats:
    return np.bincount(place, weights=weights, minlength=length).astype(np.float64)

"""The subgroups a search chooses among: who is large enough, how unlike its rest, which are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audit.metrics.results import Group
from audit.metrics.subgroups.columns import SearchColumn
from audit.metrics.subgroups.lattice import (
    ROWS,
    TOTAL,
    ColumnSet,
    Conjunctions,
    Floats,
    Ints,
    Units,
    column_sets,
    tallies,
    walk,
)
from audit.metrics.subgroups.options import Report, SearchOptions
from audit.metrics.subgroups.results import Direction, SearchLevel
from audit.metrics.subgroups.scores import counts, likelihood_score

NOTHING = 1e-12  # of everyone's weight: less is what rounding leaves
SAME = 0.7  # correlation of two differences above which one of them is enough
MOST_EXAMINED = 200
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Every conjunction that is large enough and can be compared.

    Attributes
    ----------
    units : Units
    sets : tuple of Conjunctions
        One for each set of columns, with the candidates' keys.
    owner, place : ndarray of int64, shape (candidates,)
        Which of `sets`, and which of its keys.
    own, rest : ndarray of float64, shape (candidates, halves, 4)
        Tallies (see `lattice.tallies`) of the subgroup and of those it is compared with.
    levels : tuple of SearchLevel
    """

    units: Units
    sets: tuple[Conjunctions, ...]
    owner: Ints
    place: Ints
    own: Floats
    rest: Floats
    levels: tuple[SearchLevel, ...]

    def codes(self, candidate: int) -> tuple[ColumnSet, tuple[int, ...]]:
        """Columns and codes that describe a candidate."""
        owner = self.sets[self.owner[candidate]]
        key = int(owner.keys[self.place[candidate]])
        digits = [
            key // stride % column.size
            for stride, column in zip(owner.strides, owner.columns, strict=True)
        ]
        return owner.places, tuple(digits)

    def group(self, candidate: int) -> Group:
        """Column to category of a candidate."""
        return {
            self.units.columns[place].described.name: self.units.columns[
                place
            ].described.categories[code]
            for place, code in zip(*self.codes(candidate), strict=True)
        }


def candidates(units: Units, options: SearchOptions, report: Report) -> Candidates:
    """Count every conjunction of up to `options.depth` columns, a sensitive one among them."""
    steps = column_sets(units.columns, options.depth)
    everyone = units.tally
    sets, owns, rests = [], [], []
    levels: dict[int, Ints] = {}
    for done, coded in enumerate(walk(units, options.depth)):
        report(done, steps)
        keys, tally = tallies(units, coded)
        every = Conjunctions(
            columns=tuple(units.columns[place] for place in coded.places),
            places=coded.places,
            keys=keys,
        )
        large, too_small = _large(every, tally, options.minimum_group)
        rest = every.rest(large, tally, everyone, same_features=_same_features(options))
        fit = _comparable(tally[large], rest, everyone)
        level = levels.setdefault(len(coded.places), np.zeros(3, dtype=np.int64))
        level += (len(large), too_small, len(large) - int(fit.sum()))
        sets.append(replace(every, keys=keys[large[fit]]))
        owns.append(tally[large[fit]])
        rests.append(rest[fit])
    report(steps, steps)
    sizes = [len(part.keys) for part in sets]
    return Candidates(
        units=units,
        sets=tuple(sets),
        owner=np.repeat(np.arange(len(sets)), sizes),
        place=np.concatenate([np.arange(size) for size in sizes]),
        own=np.concatenate(owns),
        rest=np.concatenate(rests),
        levels=_levels(levels),
    )


def scores(own: Floats, rest: Floats, direction: Direction) -> Floats:
    """Score subgroups by their tallies; negative where the difference is in the other direction."""
    (x1, n1), (x0, n0) = counts(own), counts(rest)
    return directed(x1, n1, x0, n0, direction)


def directed(x1: Floats, n1: Floats, x0: Floats, n0: Floats, direction: Direction) -> Floats:
    """Score subgroups by counts, as `scores`."""
    score = likelihood_score(x1, n1, x0, n0)
    if direction == "either":
        return score
    higher = x1 * n0 > x0 * n1
    return np.where(higher == (direction == "higher"), score, -score)


def choose(found: Candidates, score: Floats, options: SearchOptions) -> list[tuple[int, int]]:
    """Choose the highest scores, passing over subgroups that say the same as a chosen one.

    Two subgroups say the same where their differences, were there none in truth, would correlate
    by more than .7: sex=F and sex=M, or a subgroup and the same without a few rows. Of equal scores
    the one of fewer columns is chosen.

    Returns
    -------
    list of (candidate, how many were passed over for it)
    """
    depth = np.array([len(part.columns) for part in found.sets])[found.owner]
    order = np.lexsort((np.arange(len(score)), depth, -score.round(9)))[:MOST_EXAMINED]
    chosen: list[int] = []
    contrasts: list[Floats] = []
    passed: list[int] = []
    for candidate in order.tolist():
        if score[candidate] <= 0 or len(chosen) == options.top:
            break
        own = _contrast(found, candidate, same_features=_same_features(options))
        like = [place for place, other in enumerate(contrasts) if abs(own @ other) > SAME]
        if like:
            passed[like[0]] += 1
            continue
        chosen, contrasts, passed = [*chosen, candidate], [*contrasts, own], [*passed, 0]
    return list(zip(chosen, passed, strict=True))


def membership(
    columns: Sequence[SearchColumn],
    codes: Sequence[Ints],
    described: tuple[ColumnSet, tuple[int, ...]],
    *,
    same_features: bool,
) -> tuple[Mask, Mask]:
    """Say which rows (or units) are in a subgroup, and which it is compared with.

    A row whose unknown category might make it a member is in neither.
    """
    agree, possible, alike = (np.ones(len(codes[0]), dtype=np.bool_) for _ in range(3))
    for place, code in zip(*described, strict=True):
        own = codes[place] == code
        agree &= own
        if same_features and not columns[place].described.sensitive:
            alike &= own
        else:
            possible &= own | (codes[place] == columns[place].unknown)
    return agree, alike & ~possible


def _contrast(found: Candidates, candidate: int, *, same_features: bool) -> Floats:
    """Weights of the units in the difference, scaled so that products are correlations."""
    units = found.units
    own, rest = membership(
        units.columns, units.codes, found.codes(candidate), same_features=same_features
    )
    share = own / max((units.rows * own).sum(), 1) - rest / max((units.rows * rest).sum(), 1)
    scaled: Floats = share * np.sqrt(units.rows)
    return scaled / max(float(np.linalg.norm(scaled)), NOTHING)


def _large(every: Conjunctions, tally: Floats, minimum_group: int) -> tuple[Ints, int]:
    rows, described = tally[:, :, ROWS].sum(axis=1), every.describes
    large = described & (rows >= minimum_group)
    return np.flatnonzero(large), int((described & ~large).sum())


def _comparable(own: Floats, rest: Floats, everyone: Floats) -> Mask:
    least = NOTHING * everyone[:, TOTAL]
    fit = (own[..., TOTAL] > least) & (rest[..., TOTAL] > least)
    return np.asarray(fit.all(axis=1))


def _levels(levels: dict[int, Ints]) -> tuple[SearchLevel, ...]:
    return tuple(
        SearchLevel(depth=depth, candidates=large, too_small=small, undefined=undefined)
        for depth, (large, small, undefined) in sorted(
            (depth, level.tolist()) for depth, level in levels.items()
        )
    )


def _same_features(options: SearchOptions) -> bool:
    return options.against == "same_features"

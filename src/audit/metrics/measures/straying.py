"""How far the curves of two samples stray from the true ones: limits of a distance between them.

A distance here is the area between two curves. The one measured differs from the true one by at
most the area under how far both curves stray together, |(Ĉ₁ − C₁) − (Ĉ₂ − C₂)|, and rows drawn
anew show how large that is. So the limits hold at a true distance of 0 too, where the value
measured is biased upwards and its own bootstrap interval leaves out the truth.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr

from audit.metrics.measures.ordering import OrderedCells
from audit.metrics.measures.roc import from_the_top
from audit.metrics.measures.scored import ScoredRows, added

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 400
POINTS = 256
"""At most so many steps are drawn of each curve; the distance itself uses all."""
SEED = 20_240


def cumulative_reach(one: ScoredRows, two: ScoredRows, z: float) -> float:
    """Quantile of the area by which two distribution functions stray."""
    score = np.concatenate([one.score, two.score])
    order = np.argsort(score, kind="stable")
    step = np.empty(len(score), dtype=np.int64)
    step[order] = np.arange(len(score)) * min(POINTS, len(score)) // len(score)
    first = np.full(int(step.max()) + 1, np.inf)
    np.minimum.at(first, step, score)
    steps = step[: len(one.score)], step[len(one.score) :]
    strays = [
        _strayed(_mass(rows.entries.w, place, len(first)), rows.size[0], draw)
        for rows, place, draw in zip((one, two), steps, _generators(2), strict=True)
    ]
    return _quantile((strays[0] - strays[1])[:, :-1], np.diff(first), z)


def roc_reach(one: ScoredRows, two: ScoredRows, z: float) -> float:
    """Quantile of the area by which two ROC curves stray."""
    at = np.linspace(0, 1, POINTS + 1)
    strays = [
        _strayed_roc(rows, at, draw) for rows, draw in zip((one, two), _generators(2), strict=True)
    ]
    middle = (at[1:] + at[:-1]) / 2
    return _quantile(strays[0] - strays[1], np.full(len(middle), at[1]), z)


def _strayed(mass: Floats, size: float, draw: Generator) -> Floats:
    """Draw distribution functions less the one drawn from, shape (draws, steps)."""
    rows = max(round(size), 1)
    drawn = draw.multinomial(rows, mass, size=DRAWS) / rows
    return np.cumsum(drawn - mass, axis=1)


def _strayed_roc(rows: ScoredRows, at: Floats, draw: Generator) -> Floats:
    """Draw ROC curves less the one drawn from, at the middle of each piece of `at`."""
    cells = OrderedCells.of(rows)
    share = np.cumsum(cells.positive + cells.negative) / rows.weight[0]
    step = np.minimum((share * POINTS).astype(np.int64), POINTS - 1)
    masses = [_mass(weights, step, POINTS) for weights in (cells.negative, cells.positive)]
    sizes = [max(round(float(rows.of_label(label)[1][0])), 1) for label in (0, 1)]
    drawn = [
        from_the_top(draw.multinomial(size, mass, size=DRAWS).astype(np.float64))
        for size, mass in zip(sizes, masses, strict=True)
    ]
    middle = (at[1:] + at[:-1]) / 2
    own = np.interp(middle, from_the_top(masses[0]), from_the_top(masses[1]))
    return np.stack([np.interp(middle, fpr, tpr) for fpr, tpr in zip(*drawn, strict=True)]) - own


def _mass(weights: Floats, step: Ints, steps: int) -> Floats:
    mass = added(step, weights, steps)
    return np.asarray(mass / mass.sum())


def _quantile(strays: Floats, widths: Floats, z: float) -> float:
    areas = (np.abs(strays) * widths).sum(axis=1)
    return float(np.quantile(areas, 1 - 2 * ndtr(-z)))


def _generators(count: int) -> list[Generator]:
    return [np.random.default_rng(child) for child in np.random.SeedSequence(SEED).spawn(count)]

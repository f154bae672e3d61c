"""The null of the highest score: outcomes permuted among the rows of the rate's denominator.

Rows that agree in every column are one leaf, and permuted outcomes are one draw of the positives
from the leaves, without replacement. So a permutation costs as much as there are leaves, not rows.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array

from audit.metrics.subgroups.candidates import Candidates, directed
from audit.metrics.subgroups.confirming import SearchRows
from audit.metrics.subgroups.lattice import (
    Coded,
    Conjunctions,
    Floats,
    Units,
    column_sets,
    occurring,
    walk,
)
from audit.metrics.subgroups.options import Report, SearchOptions
from audit.metrics.subgroups.scores import counts

BATCH = 1 << 22  # leaves times permutations at once


def permuted_maxima(
    found: Candidates, rows: SearchRows, options: SearchOptions, report: Report
) -> Floats:
    """Draw the highest score over all candidates where outcomes are permuted.

    Returns
    -------
    ndarray, shape (permutations,)
    """
    leaves = Units.of_rows(
        rows.columns, np.zeros_like(rows.outcome), weights=(rows.outcome > 0).astype(np.float64)
    )
    rng = np.random.default_rng(options.seed)
    at_once = int(np.clip(BATCH // len(leaves.state), 1, options.permutations))
    starts = range(0, options.permutations, at_once)
    steps, done = len(starts) * column_sets(rows.columns, options.depth), 0
    maxima = np.zeros(options.permutations)
    for start in starts:
        part = maxima[start : start + at_once]
        positives = _permuted(leaves, rows, rng, len(part))
        for owner, coded in enumerate(walk(leaves, options.depth)):
            report(done, steps)
            done += 1
            np.maximum(part, _highest(found, owner, coded, positives, options), out=part)
    report(steps, steps)
    return maxima


def corrected(score: float, maxima: Floats) -> float:
    """p-value of a score among the highest ones of permuted outcomes; never 0.

    Notes
    -----
    The single-step method of Westfall and Young, Resampling-Based Multiple Testing (1993).
    """
    return float((1 + (maxima >= score - 1e-9).sum()) / (len(maxima) + 1))


def critical(maxima: Floats, alpha: float) -> float:
    """Score that the highest one exceeds with probability `alpha` or less."""
    rank = int(np.ceil((1 - alpha) * (len(maxima) + 1) - 1e-9))
    return float(np.sort(maxima)[rank - 1])


def _permuted(leaves: Units, rows: SearchRows, rng: np.random.Generator, times: int) -> Floats:
    denominator = leaves.weight.astype(np.int64)
    positive = int((rows.outcome == 2).sum())  # noqa: PLR2004 - the code of the numerator
    drawn = rng.multivariate_hypergeometric(denominator, positive, size=times, method="marginals")
    return np.ascontiguousarray(drawn.T, dtype=np.float64)


def _highest(
    found: Candidates, owner: int, coded: Coded, positives: Floats, options: SearchOptions
) -> Floats:
    """Return the highest score of one set of columns in every permutation; 0 without candidates."""
    mine = found.owner == owner
    if not mine.any():
        return np.zeros(positives.shape[1])
    keys, position = occurring(coded)
    leaves = len(position)
    members = csc_array(
        (np.ones(leaves), position, np.arange(leaves + 1)), shape=(len(keys), leaves)
    )
    columns = found.sets[owner].columns
    every = Conjunctions(columns=columns, places=coded.places, keys=keys)
    chosen = np.searchsorted(keys, found.sets[owner].keys)
    x = np.asarray(members @ positives)
    rest = every.rest(
        chosen, x, positives.sum(axis=0), same_features=options.against == "same_features"
    )
    (_, n1), (_, n0) = counts(found.own[mine, 0]), counts(found.rest[mine, 0])
    score = directed(x[chosen], n1[:, None], rest, n0[:, None], options.direction)
    highest: Floats = np.maximum(score.max(axis=0), 0)
    return highest

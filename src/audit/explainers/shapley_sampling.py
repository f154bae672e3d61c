"""Shapley values of a table's columns by sampling, for models that can only be asked.

Štrumbelj and Kononenko (2014, doi:10.1007/s10115-013-0679-x), after Castro, Gómez and Tejada
(2009): the columns of a reference row are replaced by those of the explained row one after the
other in a random order; how much the score moves at a column is its part. Each order is also
walked backwards (Mitchell, Cooper, Frank and Holmes 2022), which takes out much of the chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

POINTS = 1 << 16
EVALUATIONS = 512
Floats = NDArray[np.float64]
Ask = Callable[[pd.DataFrame], Floats]


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Parts of the scores of some rows.

    Attributes
    ----------
    values : ndarray of float64, shape (rows, columns)
        In units of the score.
    errors : ndarray of float64, shape (rows,)
        Sum of the values less (score of the row less mean score of the references): rounding.
    deviations : ndarray of float64, shape (rows,)
        Standard error of the least certain value of the row, from the references and orders drawn.
    """

    values: Floats
    errors: Floats
    deviations: Floats


@dataclass(frozen=True, kw_only=True)
class ShapleySampling:
    """Shapley values of the columns against reference rows, by sampled orders.

    Every row is explained with the same references and orders, so that its values depend on itself
    and on them alone, and sum to its score less the mean score of the references.

    Attributes
    ----------
    tolerance : float
        The largest error of a row's sum that still counts as converged.
    """

    tolerance: float = 1e-3
    name: str = "shapley_sampling"

    def references(self, columns: int) -> int:
        """Return how many reference rows (each with an order and its reverse) are used: 8 to 64."""
        return int(np.clip(EVALUATIONS // max(columns, 1), 8, 64))

    def attribute(self, ask: Ask, frame: pd.DataFrame, reference: pd.DataFrame) -> Sampled:
        """Attribute the score of each row of `frame`.

        Parameters
        ----------
        ask : callable
            From a frame of n rows to scores, shape (n,).
        frame, reference : DataFrame
            The same columns.
        """
        width = frame.shape[1]
        orders = _orders(len(reference), width)
        ends = ask(frame), ask(reference)
        parts = np.stack(
            [
                (_walk(ask, frame, reference, ends, k, order)
                 + _walk(ask, frame, reference, ends, k, order[::-1])) / 2
                for k, order in enumerate(orders)
            ]
        )  # fmt: skip
        values = parts.mean(axis=0)
        spread = parts.std(axis=0, ddof=1) if len(parts) > 1 else np.full(values.shape, np.nan)
        return Sampled(
            values=values,
            errors=values.sum(axis=1) - (ends[0] - ends[1].mean()),
            deviations=spread.max(axis=1) / np.sqrt(len(parts)),
        )


def _orders(count: int, width: int) -> list[NDArray[np.int64]]:
    draw = np.random.default_rng(0)
    return [draw.permutation(width) for _ in range(count)]


def _walk(  # noqa: PLR0917 - all of one walk
    ask: Ask,
    frame: pd.DataFrame,
    reference: pd.DataFrame,
    ends: tuple[Floats, Floats],
    place: int,
    order: NDArray[np.int64],
) -> Floats:
    """Return how much each column moves the score on the way from one reference to each row."""
    rows, width = frame.shape
    whole = pd.concat([reference.iloc[[place]], frame], ignore_index=True)
    scores = np.empty((rows, width + 1))
    scores[:, 0], scores[:, -1] = ends[1][place], ends[0]
    size = max(1, POINTS // max(width, 1))
    for start in range(0, rows, size):
        part = np.arange(start, min(start + size, rows))
        if width > 1:
            mixed = _mixed(whole, part, order)
            scores[part, 1:-1] = ask(mixed).reshape(len(part), width - 1)
    values = np.empty((rows, width))
    values[:, order] = np.diff(scores, axis=1)
    return values


def _mixed(whole: pd.DataFrame, part: NDArray[np.int64], order: NDArray[np.int64]) -> pd.DataFrame:
    """Return each row with its first 1, 2, ... columns in `order`, the others of the reference."""
    stages = len(order) - 1
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    own = np.repeat(part + 1, stages)
    stage = np.tile(np.arange(1, stages + 1), len(part))
    return pd.DataFrame(
        {
            name: whole[name].take(np.where(rank[column] < stage, own, 0)).reset_index(drop=True)
            for column, name in enumerate(whole.columns)
        }
    )

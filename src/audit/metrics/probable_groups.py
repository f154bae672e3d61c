"""Groups known by probability alone: weighted cells, and their known bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import MetricError
from audit.metrics.measures.row_metric import finite
from audit.metrics.table.cells import Attribute, CellTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MATRIX = 2
SUMS_TO_ONE = 1e-6

BIAS = (
    "the weighted estimate of a group's rate is too low where, among rows of equal probabilities, "
    "its members are in the numerator more often than the others, and too high where less often: "
    "by their covariance there over the share of the group; assigning each row to its likeliest "
    "group has a bias of its own"
)
"""What Chen et al. show of estimates from probabilities, for whoever reads them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ProbableGroups:
    """An attribute of which only the probability of each category is known for each row.

    Attributes
    ----------
    name : str
        Of the attribute.
    categories : tuple of str
    probabilities : array of float, shape (rows, categories)
        Each row 0 or more and adding up to 1.

    Raises
    ------
    MetricError
        If the shape is another, or a row does not add up to 1, naming the row.
    """

    name: str
    categories: tuple[str, ...]
    probabilities: Floats

    def __post_init__(self) -> None:
        chances = finite(self.probabilities, "probabilities")
        object.__setattr__(self, "probabilities", chances)
        if chances.ndim != MATRIX or chances.shape[1] != len(self.categories):
            raise MetricError(
                f"expected probabilities of shape (rows, {len(self.categories)}), "
                f"came shape {chances.shape}",
                "give one column for each category",
            )
        total = chances.sum(axis=1)
        wrong = np.flatnonzero((chances < 0).any(axis=1) | (np.abs(total - 1) > SUMS_TO_ONE))
        if len(wrong):
            raise MetricError(
                f"expected probabilities of 0 or more that add up to 1, "
                f"came {chances[wrong[0]].tolist()} in row {int(wrong[0])}"
            )

    def __len__(self) -> int:
        return len(self.probabilities)


def probable_cells(
    groups: ProbableGroups,
    label: ArrayLike,
    prediction: ArrayLike,
    weights: ArrayLike | None = None,
) -> CellTable:
    """Count each row in every group, with its probability of being in it as weight.

    Parameters
    ----------
    groups : ProbableGroups
    label, prediction : array of 0 and 1, shape (rows,)
    weights : array of float, shape (rows,), optional

    Returns
    -------
    CellTable
        Weighted, so that every rate is the weighted estimator (see `BIAS`) and every size Kish's.
        `n` are expected rows, rounded. Intervals show the chance of sampling alone, not that
        groups are not known: look at `probable_bounds` beside them.

    Raises
    ------
    MetricError
        If lengths differ, or a label or prediction is not 0 or 1.

    Notes
    -----
    Chen, Kallus, Mao, Svacha and Udell, Fairness Under Unawareness (FAT* 2019).
    """
    cell, own = decisions(label, prediction, len(groups)), row_weights(weights, len(groups))
    chances = groups.probabilities
    return CellTable(
        attributes=(Attribute(name=groups.name, categories=tuple(groups.categories)),),
        codes=np.arange(len(groups.categories), dtype=np.int64)[:, None],
        n=np.rint(_summed(cell, chances)).astype(np.int64),
        w=_summed(cell, chances * own[:, None]),
        w2=_summed(cell, (chances * own[:, None]) ** 2),
        weighted=True,
    )


def likeliest(groups: ProbableGroups, least: float = 0.5) -> Ints:
    """Assign each row to its likeliest group, or to none where none is likely enough.

    Parameters
    ----------
    groups : ProbableGroups
    least : float
        Below it, the row gets the code ``len(categories)``: append ``unknown`` to the categories.

    Returns
    -------
    ndarray of int64, shape (rows,)

    Raises
    ------
    MetricError
        If `least` is outside [0, 1].

    Notes
    -----
    The threshold estimator of Chen et al. (2019), biased in general (see `BIAS`).
    """
    if not 0 <= least <= 1:
        raise MetricError(f"expected least as a probability, came {least}")
    chances = groups.probabilities
    codes = chances.argmax(axis=1).astype(np.int64)
    return np.where(chances.max(axis=1) >= least, codes, len(groups.categories))


def decisions(label: ArrayLike, prediction: ArrayLike, rows: int) -> Ints:
    """Number the cell of each row: 0 true negative, 1 false positive, 2 false negative, 3 true.

    Raises
    ------
    MetricError
        If lengths differ, or a label or prediction is not 0 or 1.
    """
    found = []
    for values, name in ((label, "label"), (prediction, "prediction")):
        array = finite(values, name)
        if array.shape != (rows,):
            raise MetricError(f"expected {name} of {rows} rows, came shape {array.shape}")
        if not np.isin(array, (0, 1)).all():
            wrong = float(array[~np.isin(array, (0, 1))][0])
            raise MetricError(f"expected {name} of 0 and 1, came {wrong}")
        found.append(array.astype(np.int64))
    return np.asarray(found[0] * 2 + found[1], dtype=np.int64)


def row_weights(weights: ArrayLike | None, rows: int) -> Floats:
    """Return weights of the rows, 1 where there are none.

    Raises
    ------
    MetricError
        If one is negative or not finite, or there are not as many as rows.
    """
    if weights is None:
        return np.ones(rows)
    values = finite(weights, "weights")
    if values.shape != (rows,) or (values < 0).any():
        raise MetricError(f"expected {rows} weights of 0 or more, came shape {values.shape}")
    return values


def _summed(cell: Ints, values: Floats) -> Floats:
    sums = [np.bincount(cell, weights=column, minlength=4) for column in values.T]
    return np.array(sums, dtype=np.float64).reshape(-1, 2, 2)

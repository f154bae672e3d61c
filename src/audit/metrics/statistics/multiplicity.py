"""p-values adjusted over a family: Holm (any false alarm), Benjamini-Hochberg (their share)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values by Holm's step-down method, in the order given.

    Notes
    -----
    Holm, Scandinavian Journal of Statistics 6 (1979) 65-70. Keeps the chance of any false alarm
    in the family below the level, however the tests depend on each other.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _back(np.minimum(steps, 1), order)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values by Benjamini and Hochberg's step-up method, in the order given.

    Notes
    -----
    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289-300. Keeps the
    expected share of false alarms among all alarms below the level, for independent or positively
    dependent tests.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    steps = np.minimum.accumulate(scaled[::-1])[::-1]
    return _back(np.minimum(steps, 1), order)


def _back(
    sorted_values: np.ndarray[tuple[int], np.dtype[np.float64]],
    order: np.ndarray[tuple[int], np.dtype[np.intp]],
) -> tuple[float, ...]:
    adjusted = np.empty_like(sorted_values)
    adjusted[order] = sorted_values
    return tuple(float(value) for value in adjusted)

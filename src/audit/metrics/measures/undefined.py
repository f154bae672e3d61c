"""Why groups have no value, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NO_ROWS = "group has no rows"
NO_WEIGHT = "all weights of the group are 0"
NO_VALUE = "the metric has no value for these counts"

Case = tuple[NDArray[np.bool_], str]


def reasons(
    values: NDArray[np.float64], cases: Sequence[Case], otherwise: str = NO_VALUE
) -> tuple[str, ...]:
    """Say for each group why its value is missing.

    Parameters
    ----------
    values : ndarray of float64, shape (groups,)
        NaN where undefined.
    cases : sequence of (mask of shape (groups,), words)
        The first that holds of a group without value gives its reason.
    otherwise : str
        The reason where none holds.

    Returns
    -------
    tuple of str
        Empty where the value is defined.
    """
    missing = np.isnan(values)
    if not missing.any():
        return ("",) * len(values)
    choices = [(~missing, ""), *cases]
    found = np.select([mask for mask, _ in choices], [text for _, text in choices], otherwise)
    return tuple(found.tolist())

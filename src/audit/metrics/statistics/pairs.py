"""The extreme over all ordered pairs of groups, exactly, without a table of all pairs.

A limit of a pair is `combine(v1, r1, v2, r2)`: of the values of two groups and the reach of each
(how far its own limit lies from its value), monotone in each of the four. Then a group that is
beaten by two others in both value and reach can never be needed: of two, one is not its partner.
What remains is a thin front, found by one sort, and only pairs within the fronts are formed, block
by block. A million groups of ordinary data leave tens to hundreds on a front.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Combine = Callable[[Floats, Floats, Floats, Floats], Floats]

BLOCK = 1 << 21  # pairs formed at once: 16 MB a column


def front(value: Floats, reach: Floats) -> Places:
    """Places beaten by at most one other, where a larger value and a larger reach are better.

    Ties count as beaten by those before them, so that many equal groups leave two.
    """
    order = np.lexsort((-reach, -value))
    ranked = -reach[order]
    best = np.minimum.accumulate(ranked)
    before = np.concatenate([[np.inf], best[:-1]])
    second = np.minimum.accumulate(np.maximum(before, ranked))
    beaten_twice = np.concatenate([[np.inf], second[:-1]]) <= ranked
    kept: Places = order[~beaten_twice].astype(np.int64)
    return kept


def largest_over_pairs(
    value: Floats,
    reach1: Floats,
    reach2: Floats,
    combine: Combine,
    *,
    signs: tuple[int, int, int, int],
) -> tuple[float, int, int]:
    """Largest `combine(value[i], reach1[i], value[j], reach2[j])` over i != j, and its pair.

    Parameters
    ----------
    value, reach1, reach2 : ndarray, shape (groups,)
        Finite; two groups or more.
    combine : callable
        Elementwise.
    signs : tuple of {-1, 1}
        Whether the result rises (1) or falls (-1) with each of its four arguments.

    Returns
    -------
    float, int, int
        The largest, and the places i and j of a pair that has it.
    """
    first = front(signs[0] * value, signs[1] * reach1)
    second = front(signs[2] * value, signs[3] * reach2)
    best = (-np.inf, int(first[0]), int(second[second != first[0]][0]))
    rows = max(BLOCK // len(second), 1)
    for start in range(0, len(first), rows):
        part = first[start : start + rows]
        found = combine(
            value[part, None], reach1[part, None], value[None, second], reach2[None, second]
        )
        found = np.where(part[:, None] == second[None, :], -np.inf, found)
        row, column = np.unravel_index(np.argmax(found), found.shape)
        if found[row, column] > best[0]:
            best = (float(found[row, column]), int(part[row]), int(second[column]))
    return best

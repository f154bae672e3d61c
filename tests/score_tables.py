"""Cell tables of scored rows in groups, for tests."""

import numpy as np

from audit.metrics.table.cells import CellTable
from audit.metrics.table.histogram import Scale


def score_table(group, label, score, weights=None, *, scale=None, threshold=0.5, names=None):
    """Count rows by one attribute ``group``, given as positions in `names`."""
    codes, score = np.asarray(group, dtype=np.int64), np.asarray(score, dtype=np.float64)
    names = tuple(names or (str(place) for place in range(int(codes.max(initial=0)) + 1)))
    return CellTable.from_arrays(
        [("group", names, codes)],
        np.asarray(label, dtype=np.int64),
        (score >= threshold).astype(np.int64),
        weights=weights,
        score=score,
        scale=scale or Scale(),
    )

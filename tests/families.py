"""Tables for tests of metric families, made without the counting that other tests check."""

from __future__ import annotations

import numpy as np

from audit.metrics.table.cells import Attribute, CellTable
from audit.metrics.table.moments import ErrorSums


def class_table(group, label, prediction, *, classes=("0", "1"), groups=None, weights=None):
    """Count by hand: rows of integer groups, labels and predictions."""
    count, size = groups or int(max(group, default=-1)) + 1, len(classes)
    n = np.zeros((count, size, size), dtype=np.int64)
    w, w2 = np.zeros(n.shape), np.zeros(n.shape)
    row_weights = np.ones(len(group)) if weights is None else weights
    for g, said, predicted, weight in zip(group, label, prediction, row_weights, strict=True):
        n[g, said, predicted] += 1
        w[g, said, predicted] += weight
        w2[g, said, predicted] += weight**2
    return CellTable(
        attributes=(Attribute(name="group", categories=tuple("abcdefgh"[:count])),),
        codes=np.arange(count, dtype=np.int64)[:, None],
        n=n,
        w=w,
        w2=w2,
        weighted=weights is not None,
        classes=classes,
    )


def error_table(group, target, prediction, *, groups, weights=None):
    """Sum by hand: rows of integer groups, targets and predictions."""
    names = ("n", "over", "under")
    sums = {name: np.zeros(groups, dtype=np.int64) for name in names}
    more = ("w", "w2", "e", "e2", "e4", "size", "w_over", "w_under", "y", "y2", "p", "p2", "p3")
    sums |= {name: np.zeros(groups) for name in more}
    centre = float(np.mean(target)) if len(target) else 0.0
    row_weights = np.ones(len(group)) if weights is None else weights
    for g, y, said, weight in zip(group, target, prediction, row_weights, strict=True):
        error, offset, shifted = said - y, y - centre, said - centre
        added = {
            "n": 1, "over": error > 0, "under": error < 0, "w": weight, "w2": weight**2,
            "e": weight * error, "e2": weight * error**2, "e4": weight * error**4,
            "size": weight * abs(error), "w_over": weight * (error > 0),
            "w_under": weight * (error < 0), "y": weight * offset, "y2": weight * offset**2,
            "p": weight * shifted, "p2": weight * shifted**2, "p3": weight * shifted**3,
        }  # fmt: skip
        for name, value in added.items():
            sums[name][g] += value
    shape = (groups, 1, 1)
    return CellTable(
        attributes=(Attribute(name="group", categories=tuple("abcdefgh"[:groups])),),
        codes=np.arange(groups, dtype=np.int64)[:, None],
        n=sums["n"].reshape(shape),
        w=sums["w"].reshape(shape),
        w2=sums["w2"].reshape(shape),
        weighted=weights is not None,
        classes=("",),
        errors=ErrorSums(**sums, centre=centre),
    )

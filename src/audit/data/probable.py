"""Sensitive attributes of which only probabilities are known, checked row by row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config.probable import ProbableSensitive
from audit.data.columns import categories, numbers
from audit.data.table import Table
from audit.errors import DataError

SLACK = 1e-9
SUM_SLACK = 0.01  # probabilities of a file are often rounded to two or three digits
PERCENT = 100.0


@dataclass(frozen=True, kw_only=True)
class ProbableAttribute:
    """The probability of each category of one attribute, for each row.

    Attributes
    ----------
    name : str
    categories : tuple of str
    probabilities : ndarray of float64, shape (rows, categories)
        Each row adds up to 1, or is NaN where it is not known.
    columns : tuple of str
        Where they stand in the table.
    proxy : ndarray of int64, shape (rows,), or None
        Number of the proxy value that the probabilities of a row were computed from.
    proxies : tuple of str
        The columns of that value.
    """

    name: str
    categories: tuple[str, ...]
    probabilities: NDArray[np.float64]
    columns: tuple[str, ...]
    proxy: NDArray[np.int64] | None = None
    proxies: tuple[str, ...] = ()

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether the probabilities of a row are known, shape (rows,)."""
        return np.asarray(~np.isnan(self.probabilities[:, 0]))

    def take(self, rows: NDArray[np.int64]) -> ProbableAttribute:
        """Return the attribute of the given rows."""
        proxy = None if self.proxy is None else self.proxy[rows]
        return replace(self, probabilities=self.probabilities[rows], proxy=proxy)


def probable_attribute(table: Table, rule: ProbableSensitive) -> ProbableAttribute:
    """Read the probabilities of one attribute; sums a little off 1 are divided out.

    Raises
    ------
    DataError
        If a column is not there, a value is no number from 0 to 1, a row adds up to something else
        than 1 by more than 0.01 or lacks some of its probabilities, or every row lacks them.
    """
    part = f"probability, {rule.name}"
    frame = pd.DataFrame({name: table.column(name, part) for name in rule.columns})
    chances = np.column_stack([numbers(frame[name], part) for name in frame.columns])
    missing = np.isnan(chances)
    _require_range(chances, rule, missing)
    if missing.all():
        raise DataError(
            f"{rule.name!r} (sensitive): expected probabilities, came only missing values",
            "name other columns, or check the texts listed under missing:",
        )
    _require_whole(missing, rule)
    total = _require_sums(chances, rule)
    return ProbableAttribute(
        name=rule.name,
        categories=tuple(rule.probabilities),
        probabilities=np.clip(chances / total[:, None], 0.0, 1.0),
        columns=rule.columns,
        proxy=_proxy(table, rule),
        proxies=rule.proxy,
    )


def _require_range(
    chances: NDArray[np.float64], rule: ProbableSensitive, missing: NDArray[np.bool_]
) -> None:
    bad = ~missing & ~((chances >= -SLACK) & (chances <= 1 + SLACK))
    if bad.any():
        row, place = np.argwhere(bad)[0].tolist()
        percent = bool((chances[bad] <= PERCENT).all() and (chances[bad] > 0).all())
        raise DataError(
            f"column {rule.columns[place]!r} (probability, {rule.name}), row {row + 1}: expected a "
            f"number from 0 to 1, came {chances[row, place]:g} ({int(bad.any(axis=1).sum())} rows)",
            "divide percentages by 100" if percent else "correct the value, or leave it empty",
        )


def _require_whole(missing: NDArray[np.bool_], rule: ProbableSensitive) -> None:
    partly = np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1))
    if partly.size:
        lacking = rule.columns[int(np.flatnonzero(missing[partly[0]])[0])]
        raise DataError(
            f"column {lacking!r} (probability, {rule.name}), row {partly[0] + 1}: expected a "
            f"number, as in its other columns of {rule.name}, came none ({partly.size} rows)",
            "write 0 where a category is impossible; a row without any is of unknown group",
        )


def _require_sums(chances: NDArray[np.float64], rule: ProbableSensitive) -> NDArray[np.float64]:
    total: NDArray[np.float64] = chances.sum(axis=1)
    off = np.flatnonzero(np.abs(total - 1) > SUM_SLACK)
    if off.size:
        raise DataError(
            f"columns {', '.join(map(repr, rule.columns))} ({rule.name}), row {off[0] + 1}: "
            f"expected probabilities that add up to 1, came {total[off[0]]:.4g} ({off.size} rows)",
            "name a column for every category, for example one for all others together",
        )
    return total


def _proxy(table: Table, rule: ProbableSensitive) -> NDArray[np.int64] | None:
    if not rule.proxy:
        return None
    codes = [categories(_column(table, name, rule))[0] for name in rule.proxy]
    numbered = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1]
    return numbered.reshape(-1).astype(np.int64)


def _column(table: Table, name: str, rule: ProbableSensitive) -> pd.Series[Any]:
    return table.column(name, f"proxy, {rule.name}")

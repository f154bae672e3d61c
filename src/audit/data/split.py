"""Which rows train, validate and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import Split
from audit.data.columns import category_text
from audit.errors import DataError

Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Rows per split, how they came about, and how many are in none."""

    rows: dict[str, Rows]
    words: str
    unused: int = 0


def parts(split: Split | None, column: pd.Series[Any] | None, count: int) -> Parts:
    """Split `count` rows by a column or by a seeded draw; without a rule all are test rows.

    Raises
    ------
    DataError
        If a named split holds no rows, or a drawn one would.
    """
    if split is None:
        return Parts(rows={"test": np.arange(count)}, words="none stated: every row is audited")
    if split.column is None or column is None:
        return _drawn(split, count)
    return _named(split, column)


def _named(split: Split, column: pd.Series[Any]) -> Parts:
    texts = column.map(category_text, na_action="ignore")
    asked = {name: getattr(split, name) for name in ("train", "validation", "test")}
    rows = {}
    for name, value in asked.items():
        if value is None:
            continue
        rows[name] = np.flatnonzero((texts == category_text(value)).to_numpy())
        if not rows[name].size:
            found = ", ".join(repr(str(text)) for text in texts.dropna().unique()[:6])
            raise DataError(
                f"column {split.column!r} (split): no row holds {category_text(value)!r}",
                f"it holds {found}",
            )
    unused = len(column) - sum(map(len, rows.values()))
    return Parts(rows=rows, words=f"column {split.column}", unused=unused)


def _drawn(split: Split, count: int) -> Parts:
    order = np.random.default_rng(split.seed).permutation(count)
    tested = round(float(split.test or 0) * count)
    validated = round(float(split.validation or 0) * count)
    rows = {
        "train": np.sort(order[tested + validated :]),
        "validation": np.sort(order[tested : tested + validated]),
        "test": np.sort(order[:tested]),
    }
    if not tested:
        raise DataError(f"split: expected test rows, came none of {count:,}", "raise test:")
    words = f"drawn with seed {split.seed}: test {split.test:g}"
    if validated:
        words += f", validation {split.validation:g}"
    return Parts(rows={name: part for name, part in rows.items() if part.size}, words=words)

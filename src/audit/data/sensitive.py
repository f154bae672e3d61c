"""Sensitive attributes: the group of each row, unknown where the table does not say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import Sensitive
from audit.data.columns import categories, kind_of, numbers
from audit.data.dataset import SensitiveAttribute
from audit.data.records import UNKNOWN
from audit.errors import DataError

MOST_NUMBERS = 20
MOST_CATEGORIES = 200


def attribute(column: pd.Series[Any], rule: Sensitive) -> SensitiveAttribute:
    """Return the group of each row under one attribute.

    Raises
    ------
    DataError
        If every value is missing, if there are too many groups to compare, or if a column to be
        cut into ranges does not hold numbers.
    """
    name = rule.column
    if bool(column.isna().all()):
        raise DataError(
            f"column {name!r} (sensitive): expected groups, came only missing values",
            "name another column, or check the texts listed under missing:",
        )
    codes, names = (
        categories(column)
        if rule.bins is None
        else _ranges(numbers(column, "sensitive"), rule.bins)
    )
    _require_few(names, column, rule)
    found = _with_unknown(name, codes, names)
    return found if rule.bins is None else replace(found, numbers=numbers(column, "sensitive"))


def _ranges(
    values: NDArray[np.float64], edges: tuple[float, ...]
) -> tuple[NDArray[np.int64], list[str]]:
    codes = np.searchsorted(np.asarray(edges), values, side="right").astype(np.int64)
    codes[np.isnan(values)] = -1
    middle = [f"{low:g} to under {high:g}" for low, high in pairwise(edges)]
    return codes, [f"under {edges[0]:g}", *middle, f"{edges[-1]:g} and over"]


def _require_few(names: list[str], column: pd.Series[Any], rule: Sensitive) -> None:
    if rule.bins is None and kind_of(column) == "number" and len(names) > MOST_NUMBERS:
        low, high = (
            numbers(column.dropna(), "sensitive").min(),
            numbers(column.dropna(), "sensitive").max(),
        )
        raise DataError(
            f"column {rule.column!r} (sensitive): expected groups, came {len(names):,} different "
            f"numbers from {low:g} to {high:g}",
            f"cut it into ranges: {{column: {rule.column}, bins: [...]}}",
        )
    if len(names) > MOST_CATEGORIES:
        raise DataError(
            f"column {rule.column!r} (sensitive): expected at most {MOST_CATEGORIES} groups, came "
            f"{len(names):,}",
            "give a coarser column",
        )


def _with_unknown(name: str, codes: NDArray[np.int64], names: list[str]) -> SensitiveAttribute:
    known = [text for text in names if text != UNKNOWN]
    position = {text: index for index, text in enumerate(known)}
    # A category that is called unknown joins the rows without one; −1 picks the last entry.
    table = np.array([position.get(text, len(known)) for text in names] + [len(known)])
    moved = table[codes].astype(np.int64)
    used = (*known, UNKNOWN) if bool((moved == len(known)).any()) else tuple(known)
    return SensitiveAttribute(name=name, categories=tuple(used), codes=moved)

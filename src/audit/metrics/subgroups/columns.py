"""The columns that a subgroup search crosses: categories as codes, numbers cut at quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import column, columns
from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.inputs import categories, factorise
from audit.metrics.subgroups.results import SearchedColumn
from audit.metrics.table.cells import CodedAttribute

MOST_NUMBERS = 20  # a column of more different numbers is cut into ranges
MOST_CATEGORIES = 50  # the largest ones are searched

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchColumn:
    """One column as codes.

    Attributes
    ----------
    described : SearchedColumn
    codes : ndarray of int64, shape (rows,)
        Position in the searched categories; after them one code for categories that are left out,
        where there are any, and last one for rows whose category is not known, where there are any.
    """

    described: SearchedColumn
    codes: Ints

    @property
    def searched(self) -> int:
        """How many categories are searched: codes below this describe a subgroup."""
        return len(self.described.categories)

    @property
    def size(self) -> int:
        """How many codes there are."""
        extra = (self.described.left_out > 0) + (self.described.unknown_rows > 0)
        return self.searched + extra

    @property
    def unknown(self) -> int | None:
        """Code of the rows whose category is not known."""
        return self.size - 1 if self.described.unknown_rows else None


def search_columns(
    features: Any,  # noqa: ANN401 - any frame or array
    *,
    name: str = "sensitive_features",
    is_sensitive: bool = True,
    bins: int = 4,
    minimum_group: int = 30,
) -> tuple[SearchColumn, ...]:
    """Code every column of a frame, mapping, Series or array.

    Parameters
    ----------
    features : mapping of str to array, frame, Series, or array of shape (rows,) or (rows, k)
    name : str
        Of the argument, for messages.
    is_sensitive : bool
    bins : int
        Into how many ranges a column of more than 20 different numbers is cut, at quantiles.
    minimum_group : int
        Only for saying how many of the categories left out would have been large enough.

    Raises
    ------
    MetricError
        If there is no column, two have one name, or a value is no category.
    """
    return tuple(
        search_column(
            coded(values, stem, bins), is_sensitive=is_sensitive, minimum_group=minimum_group
        )
        for stem, values in columns(features, name, MetricError)
    )


def coded(values: Any, name: str, bins: int = 4) -> CodedAttribute:  # noqa: ANN401 - any array-like
    """Code one column by category, or by range where it holds many different numbers."""
    codes, uniques = factorise(column(values, f"column {name!r}", MetricError))
    numbers = _numbers(uniques) if len(uniques) > MOST_NUMBERS else None
    if numbers is None:
        return (name, *categories(values, name))
    return (name, *ranges(np.append(numbers, np.nan)[codes], bins))


def search_column(
    attribute: CodedAttribute, *, is_sensitive: bool = True, minimum_group: int = 30
) -> SearchColumn:
    """Keep the 50 largest known categories that occur; the others get one code together."""
    name, names, given = attribute
    codes = np.asarray(given).astype(np.int64)
    counts = np.bincount(codes, minlength=len(names))
    known = [place for place, text in enumerate(names) if text != UNKNOWN and counts[place]]
    largest = sorted(known, key=lambda place: (-counts[place], place))[:MOST_CATEGORIES]
    kept = sorted(largest)
    others = sorted(set(known) - set(kept))
    unknown_rows = int(counts.sum() - counts[known].sum())
    table = np.full(max(len(names), 1), len(kept) + bool(others), dtype=np.int64)
    table[others] = len(kept)
    table[kept] = np.arange(len(kept))
    described = SearchedColumn(
        name=name,
        sensitive=is_sensitive,
        categories=tuple(names[place] for place in kept),
        left_out=len(others),
        unknown_rows=unknown_rows,
        reason=_left_out(len(known), counts[others].tolist(), minimum_group),
    )
    return SearchColumn(described=described, codes=table[codes])


def ranges(values: Floats, bins: int) -> tuple[tuple[str, ...], Ints]:
    """Cut numbers at quantiles; a number that is missing is in the group ``unknown``.

    Returns
    -------
    names : tuple of str
        Such as ``under 30``, ``30 to under 45``, ``45 and over``.
    codes : ndarray of int64, shape (rows,)
    """
    edges = _edges(values[np.isfinite(values)], bins)
    texts = _edge_words(edges)
    middle = [f"{low} to under {high}" for low, high in pairwise(texts)]
    names = [f"under {texts[0]}", *middle, f"{texts[-1]} and over"] if texts else ["any number"]
    codes = np.searchsorted(edges, values, side="right").astype(np.int64)
    missing = np.isnan(values)
    codes[missing] = len(names)
    return (*names, *([UNKNOWN] if missing.any() else [])), codes


def _edges(values: Floats, bins: int) -> Floats:
    """Find the inner edges; one above the lowest value where that value fills most ranges."""
    if not len(values) or values.min() == values.max():
        return np.empty(0)
    shares = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    edges = edges[edges > values.min()]
    return edges if len(edges) else np.array([values[values > values.min()].min()])


def _edge_words(edges: Floats) -> list[str]:
    short = [f"{edge:.6g}" for edge in edges]
    return short if len(set(short)) == len(short) else [repr(float(edge)) for edge in edges]


def _numbers(uniques: Sequence[Any]) -> Floats | None:
    plain = all(
        isinstance(item, Real) and not isinstance(item, bool | np.bool_) for item in uniques
    )
    try:
        return np.array([float(item) for item in uniques]) if plain else None
    except OverflowError:
        return None


def _left_out(known: int, others: list[int], minimum_group: int) -> str:
    if not others:
        return ""
    large = sum(count >= minimum_group for count in others)
    return (
        f"the {MOST_CATEGORIES} largest of {known:,} categories are searched; {large:,} of the "
        f"others have {minimum_group} or more rows"
    )

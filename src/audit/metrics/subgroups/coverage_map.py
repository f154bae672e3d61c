"""Coverage maps: which groups and intersections have enough rows to be assessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.inputs import sensitive
from audit.metrics.subgroups.coverage_results import CellStatus, CoverageCell, CoverageMap
from audit.metrics.table.cells import BUCKET, CellTable
from audit.metrics.table.counting import distinct

OTHER = "(other)"
MOST_CATEGORIES = 30
MOST_CELLS = 1000

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counts:
    """Groups that occur: categories of each attribute, codes of each group, and its rows."""

    names: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    codes: Ints
    n: Ints

    def of(self, places: Sequence[int]) -> _Counts:
        """Sum over all attributes but the chosen ones."""
        categories = tuple(self.categories[place] for place in places)
        sizes = [len(names) for names in categories]
        columns = [self.codes[:, place] for place in places]
        groups, position = distinct(columns, sizes, len(self.codes))
        n = np.bincount(position, weights=self.n, minlength=len(groups)).astype(np.int64)
        return _Counts(
            names=tuple(self.names[place] for place in places),
            categories=categories,
            codes=groups[n > 0],
            n=n[n > 0],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Axis:
    """One attribute of a map: what is shown, and where each category goes.

    `real` are the known categories, empty or not; `place` is the shown position of each category.
    """

    shown: tuple[str, ...]
    place: Ints
    real: int
    pooled: int


def coverage_maps(
    table: CellTable,
    *,
    minimum_group: int = 30,
    depth: int = 2,
    attributes: Any = None,  # noqa: ANN401 - checked here
) -> tuple[CoverageMap, ...]:
    """Map every intersection of up to `depth` attributes of a cell table.

    Parameters
    ----------
    table : CellTable
    minimum_group : int
        Rows that are enough, 1 or more.
    depth : int
        Most attributes crossed, 1 or more.
    attributes : sequence of str, optional
        Only this intersection.

    Returns
    -------
    tuple of CoverageMap
        Single attributes first, then pairs, and so on. Of an attribute with very many categories
        the largest are shown (30, or 10 and fewer where three and more attributes are crossed) and
        the others pooled; the sums count every group.

    Raises
    ------
    MetricError
        If an option is out of its range, or an attribute is not known.
    """
    kept = [i for i, attribute in enumerate(table.attributes) if attribute.name != BUCKET]
    counts = _Counts(
        names=tuple(table.attributes[place].name for place in kept),
        categories=tuple(table.attributes[place].categories for place in kept),
        codes=table.codes[:, kept],
        n=table.n.sum(axis=(1, 2)),
    )
    return _maps(counts, minimum_group, depth, attributes)


def coverage(
    sensitive_features: Any,  # noqa: ANN401 - any frame or array
    *,
    minimum_group: int = 30,
    depth: int = 2,
) -> tuple[CoverageMap, ...]:
    """Map every intersection of up to `depth` columns of a frame, mapping or array.

    Parameters
    ----------
    sensitive_features : array-like, Series, frame, or mapping of name to array
        As in `group_metrics`.
    minimum_group, depth : int
        As in `coverage_maps`.

    Returns
    -------
    tuple of CoverageMap

    Raises
    ------
    MetricError
        If an option is out of its range, columns differ in length or have no rows.

    Examples
    --------
    >>> from audit.metrics.subgroups.coverage_map import coverage
    >>> sexes, races, both = coverage(
    ...     {"sex": ["F", "F", "F", "M"], "race": ["A", "A", "B", "B"]}, minimum_group=2
    ... )
    >>> [(*cell.group.values(), cell.n, cell.status) for cell in both.cells[:3]]
    [('F', 'A', 2, 'enough'), ('F', 'B', 1, 'too_small'), ('M', 'A', 0, 'empty')]
    """
    columns = sensitive(sensitive_features)
    lengths = {name: len(np.asarray(codes)) for name, _, codes in columns}
    if len(set(lengths.values())) > 1:
        came = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise MetricError(f"expected columns of one length, came rows: {came}")
    rows = next(iter(lengths.values()))
    if not rows:
        raise MetricError("expected at least one row, came none")
    categories = tuple(tuple(names) for _, names, _ in columns)
    codes = [np.asarray(codes).astype(np.int64) for _, _, codes in columns]
    groups, position = distinct(codes, [len(names) for names in categories], rows)
    counts = _Counts(
        names=tuple(lengths), categories=categories, codes=groups, n=np.bincount(position)
    )
    return _maps(counts, minimum_group, depth, None)


def _maps(
    counts: _Counts,
    minimum_group: Any,  # noqa: ANN401 - checked here
    depth: Any,  # noqa: ANN401 - checked here
    attributes: Any,  # noqa: ANN401 - checked here
) -> tuple[CoverageMap, ...]:
    for name, value in (("minimum_group", minimum_group), ("depth", depth)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise MetricError(f"expected {name} as a whole number of 1 or more, came {value!r}")
    if attributes is not None:
        return (_map(counts.of(_positions(counts, attributes)), int(minimum_group)),)
    every = range(len(counts.names))
    return tuple(
        _map(counts.of(chosen), int(minimum_group))
        for size in range(1, min(int(depth), len(every)) + 1)
        for chosen in combinations(every, size)
    )


def _positions(counts: _Counts, attributes: Any) -> list[int]:  # noqa: ANN401 - checked here
    if not isinstance(attributes, Iterable):
        raise MetricError(f"expected attributes by name, came {attributes!r}")
    wanted = [attributes] if isinstance(attributes, str) else list(attributes)
    for name in wanted:
        if name not in counts.names:
            raise MetricError.unknown("sensitive attribute", str(name), counts.names)
    if not wanted or len(set(wanted)) < len(wanted):
        raise MetricError(f"expected different attributes to cross, came {wanted}")
    return [counts.names.index(name) for name in wanted]


def _map(counts: _Counts, minimum_group: int) -> CoverageMap:
    axes = _axes(counts)
    known = np.ones(len(counts.n), dtype=np.bool_)
    for names, codes in zip(counts.categories, counts.codes.T, strict=True):
        known &= np.array([name != UNKNOWN for name in names], dtype=np.bool_)[codes]
    enough = known & (counts.n >= minimum_group)
    too_small = known & ~enough
    rows, assessed = int(counts.n.sum()), int(counts.n[enough].sum())
    return CoverageMap(
        attributes=counts.names,
        categories=tuple(axis.shown for axis in axes),
        pooled=tuple(axis.pooled for axis in axes),
        minimum_group=minimum_group,
        cells=_cells(counts, axes, enough),
        rows=rows,
        assessed_rows=assessed,
        too_small_rows=int(counts.n[too_small].sum()),
        unknown_rows=int(counts.n[~known].sum()),
        enough=int(enough.sum()),
        too_small=int(too_small.sum()),
        empty=prod(axis.real for axis in axes) - int(known.sum()),
        assessed_share=assessed / rows if rows else None,
        reason=_reason(counts, axes),
    )


def _axes(counts: _Counts) -> list[_Axis]:
    limit = max(2, min(MOST_CATEGORIES, int(MOST_CELLS ** (1 / len(counts.names)) + 1e-9)))
    return [
        _axis(names, np.bincount(codes, weights=counts.n, minlength=len(names)).tolist(), limit)
        for names, codes in zip(counts.categories, counts.codes.T, strict=True)
    ]


def _axis(names: tuple[str, ...], rows: list[float], limit: int) -> _Axis:
    """Keep the largest categories in their order; pool the others; the unknown ones come last."""
    real = [place for place, name in enumerate(names) if name != UNKNOWN]
    largest = sorted(real, key=lambda place: (-rows[place], place))
    kept = sorted(largest if len(real) <= limit else largest[: limit - 1])
    pooled = len(real) - len(kept)
    shown = [names[place] for place in kept]
    if pooled:
        shown.append(_unused(OTHER, shown))
    place = np.full(len(names), len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    if len(real) < len(names) and rows[names.index(UNKNOWN)] > 0:
        place[names.index(UNKNOWN)] = len(shown)
        shown.append(UNKNOWN)
    return _Axis(shown=tuple(shown), place=place, real=len(real), pooled=pooled)


def _unused(name: str, taken: list[str]) -> str:
    while name in taken:
        name = f"({name})"
    return name


def _cells(
    counts: _Counts, axes: list[_Axis], enough: NDArray[np.bool_]
) -> tuple[CoverageCell, ...]:
    shape = tuple(len(axis.shown) for axis in axes)
    cell = np.zeros(len(counts.n), dtype=np.int64)
    for axis, size, codes in zip(axes, shape, counts.codes.T, strict=True):
        cell = cell * size + axis.place[codes]
    length = prod(shape)
    n, groups, large = (
        np.bincount(cell, weights=weight, minlength=length).astype(np.int64).tolist()
        for weight in (counts.n, np.ones(len(cell)), enough)
    )
    combined = product(*(axis.shown for axis in axes))
    return tuple(
        CoverageCell(
            group=dict(zip(counts.names, chosen, strict=True)),
            n=n[place],
            groups=groups[place],
            status="unknown" if UNKNOWN in chosen else _status(groups[place], large[place]),
        )
        for place, chosen in enumerate(combined)
    )


def _status(groups: int, large: int) -> CellStatus:
    if not groups:
        return "empty"
    return "enough" if large == groups else "mixed" if large else "too_small"


def _reason(counts: _Counts, axes: list[_Axis]) -> str:
    parts = [
        f"{axis.pooled:,} of {axis.real:,} categories of {name!r} are pooled as {OTHER}"
        for name, axis in zip(counts.names, axes, strict=True)
        if axis.pooled
    ]
    return "; ".join(parts)

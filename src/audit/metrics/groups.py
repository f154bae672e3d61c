"""The groups of one attribute or intersection: their counts, who is known, who is the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.cells import CellTable
from audit.metrics.results import Group

Reference = Literal["largest"] | Mapping[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouping:
    """The groups of one attribute or intersection, in the order of their categories.

    Attributes
    ----------
    attributes : tuple of str
        Empty for everyone.
    groups : tuple of dict
        Attribute to category, one for each row of `table`.
    known : ndarray of bool, shape (groups,)
        Whether no category of the group is ``unknown``.
    reference : int or None
        Position of the reference group; None where no group is known.
    table : CellTable
        Rolled up to `attributes`.
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    known: NDArray[np.bool_]
    reference: int | None
    table: CellTable


def groupings(table: CellTable, depth: int, reference: Reference) -> Iterator[Grouping]:
    """Yield everyone, then each attribute, then each intersection of up to `depth` attributes.

    Raises
    ------
    MetricError
        If `reference` names an attribute or category that does not exist.
    """
    require_reference(table, reference)
    names = [attribute.name for attribute in table.attributes]
    for size in range(min(depth, len(names)) + 1):
        for chosen in combinations(names, size):
            yield grouping(table, chosen, reference)


def grouping(table: CellTable, attributes: tuple[str, ...], reference: Reference) -> Grouping:
    """Roll the table up to `attributes` and find the reference group.

    The reference is the largest known group, or the largest of those that have the named
    categories. Where no row has them, they enter as a group of 0 rows.
    """
    rolled = table.rollup(attributes)
    named = {} if reference == "largest" else dict(reference)
    wanted = {name: named[name] for name in attributes if name in named}
    groups = _names(rolled)
    if wanted and attributes and not any(_fits(group, wanted) for group in groups):
        rolled = _with_empty_group(rolled, wanted)
        groups = _names(rolled)
    known = np.array([UNKNOWN not in group.values() for group in groups], dtype=np.bool_)
    sizes = rolled.n.sum(axis=(1, 2))
    fitting = [place for place, group in enumerate(groups) if known[place] and _fits(group, wanted)]
    largest = min(
        fitting, key=lambda place: (-sizes[place], tuple(groups[place].values())), default=None
    )
    return Grouping(
        attributes=attributes, groups=groups, known=known, reference=largest, table=rolled
    )


def words(group: Group) -> str:
    """Write a group as ``sex=Female, race=Black``; everyone without attributes."""
    return ", ".join(f"{name}={category}" for name, category in group.items()) or "everyone"


def require_reference(table: CellTable, reference: Reference) -> None:
    """Refuse a reference that names an attribute or category the table does not have."""
    if reference == "largest":
        return
    if isinstance(reference, str):
        raise MetricError(
            f"expected reference 'largest' or a mapping of attribute to category, "
            f"came {reference!r}"
        )
    known = {attribute.name: attribute.categories for attribute in table.attributes}
    for name, category in reference.items():
        if name not in known:
            raise MetricError.unknown("sensitive attribute", name, known, where="reference")
        candidates = [item for item in known[name] if item != UNKNOWN]
        if category not in candidates:
            raise MetricError.unknown(
                "category", category, candidates, where=f"reference for {name!r}"
            )


def _names(table: CellTable) -> tuple[Group, ...]:
    return tuple(
        {
            attribute.name: attribute.categories[code]
            for attribute, code in zip(table.attributes, row, strict=True)
        }
        for row in table.codes.tolist()
    )


def _fits(group: Group, wanted: Group) -> bool:
    known = UNKNOWN not in group.values()
    return known and all(group[name] == category for name, category in wanted.items())


def _with_empty_group(table: CellTable, wanted: Group) -> CellTable:
    """Add the named group with 0 rows; where it names only some attributes, fill in the largest."""
    codes = [
        attribute.categories.index(wanted[attribute.name])
        if attribute.name in wanted
        else _largest_category(table, position)
        for position, attribute in enumerate(table.attributes)
    ]
    zeros = np.zeros((1, 2, 2))
    return CellTable(
        attributes=table.attributes,
        codes=np.vstack([table.codes, np.array([codes], dtype=np.int64)]),
        n=np.concatenate([table.n, zeros.astype(np.int64)]),
        w=np.concatenate([table.w, zeros]),
        w2=np.concatenate([table.w2, zeros]),
        weighted=table.weighted,
    )


def _largest_category(table: CellTable, position: int) -> int:
    categories = table.attributes[position].categories
    rows = np.bincount(
        table.codes[:, position], weights=table.n.sum(axis=(1, 2)), minlength=len(categories)
    )
    rows[[category == UNKNOWN for category in categories]] = -1
    return int(np.argmax(rows))

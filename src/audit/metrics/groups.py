"""The groups of one attribute or intersection: their counts, who is known, who is the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.errors import MetricError
from audit.metrics.results import Group
from audit.metrics.table.cells import BUCKET, CellTable
from audit.metrics.table.histogram import ScoreHistogram
from audit.metrics.table.moments import ErrorSums

Reference = Literal["largest"] | Mapping[str, str]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouping:
    """The groups of one attribute or intersection, in the order of their categories.

    Attributes
    ----------
    attributes : tuple of str
        Empty for everyone.
    reference : int or None
        Position of the reference group; None where no group is known.
    table : CellTable
        Rolled up to `attributes`.
    by_bucket : CellTable or None
        Of people with repeated rows: the same with the bucket as last attribute.
    """

    attributes: tuple[str, ...]
    reference: int | None
    table: CellTable
    by_bucket: CellTable | None = None

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Attribute to category, one for each row of `table`."""
        named = [(attribute.name, attribute.categories) for attribute in self.table.attributes]
        return tuple(
            {name: categories[code] for (name, categories), code in zip(named, row, strict=True)}
            for row in self.table.codes.tolist()
        )

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether no category of the group is ``unknown``, shape (groups,)."""
        return _known(self.table)


def groupings(table: CellTable, depth: int, reference: Reference) -> Iterator[Grouping]:
    """Yield everyone, then each attribute, then each intersection of up to `depth` attributes.

    Raises
    ------
    MetricError
        If `reference` names an attribute or category that does not exist.
    """
    require_reference(table, reference)
    names = attribute_names(table)
    for size in range(min(depth, len(names)) + 1):
        for chosen in combinations(names, size):
            yield grouping(table, chosen, reference)


def attribute_names(table: CellTable) -> list[str]:
    """Name the sensitive attributes of a table, without the bucket of repeated rows."""
    return [attribute.name for attribute in table.attributes if attribute.name != BUCKET]


def grouping(table: CellTable, attributes: tuple[str, ...], reference: Reference) -> Grouping:
    """Roll the table up to `attributes` and find the reference group.

    The reference is the largest known group, or the largest of those that have the named
    categories. Where no row has them, they enter as a group of 0 rows.
    """
    by_bucket = table.rollup((*attributes, BUCKET)) if table.buckets else None
    rolled = (by_bucket or table).rollup(attributes)
    named = {} if reference == "largest" else dict(reference)
    wanted = {name: named[name] for name in attributes if name in named}
    if wanted and not _fitting(rolled, wanted).any():
        rolled = rolled + _empty_group(rolled, wanted)
    return Grouping(
        attributes=attributes,
        reference=_largest(rolled, _fitting(rolled, wanted)),
        table=rolled,
        by_bucket=by_bucket,
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


def _known(table: CellTable) -> NDArray[np.bool_]:
    known = np.ones(len(table.codes), dtype=np.bool_)
    for position, attribute in enumerate(table.attributes):
        if UNKNOWN in attribute.categories:
            known &= table.codes[:, position] != attribute.categories.index(UNKNOWN)
    return known


def _fitting(table: CellTable, wanted: Group) -> NDArray[np.bool_]:
    """Tell which known groups have the wanted categories."""
    fits = _known(table)
    for position, attribute in enumerate(table.attributes):
        if attribute.name in wanted:
            place = attribute.categories.index(wanted[attribute.name])
            fits &= table.codes[:, position] == place
    return fits


def _largest(table: CellTable, among: NDArray[np.bool_]) -> int | None:
    """Find the group with most rows; of several, the first by the names of its categories."""
    sizes = np.where(among, table.n.sum(axis=(1, 2)), -1)
    if not among.any():
        return None
    ties = np.flatnonzero(sizes == sizes.max()).tolist()
    names = [attribute.categories for attribute in table.attributes]
    return min(
        ties, key=lambda place: [c[k] for c, k in zip(names, table.codes[place], strict=True)]
    )


def _empty_group(table: CellTable, wanted: Group) -> CellTable:
    """Make the named group with 0 rows; where it names only some attributes, the largest others."""
    codes = [
        attribute.categories.index(wanted[attribute.name])
        if attribute.name in wanted
        else _largest_category(table, position)
        for position, attribute in enumerate(table.attributes)
    ]
    shape = (1, len(table.classes), len(table.classes))
    return replace(
        table,
        codes=np.array([codes], dtype=np.int64),
        n=np.zeros(shape, dtype=np.int64),
        w=np.zeros(shape),
        w2=np.zeros(shape),
        scores=None if table.scores is None else ScoreHistogram.empty(table.scores.scale),
        errors=None if table.errors is None else ErrorSums.empty(1, table.errors.centre),
    )


def _largest_category(table: CellTable, position: int) -> int:
    categories = table.attributes[position].categories
    rows = np.bincount(
        table.codes[:, position], weights=table.n.sum(axis=(1, 2)), minlength=len(categories)
    )
    rows[[category == UNKNOWN for category in categories]] = -1
    return int(np.argmax(rows))

"""Cell tables regrouped: groups added up, empty ones dropped, categories of two tables united."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.table.coded import Attribute
from audit.metrics.table.counting import distinct

if TYPE_CHECKING:
    from audit.metrics.table.cells import CellTable

Ints = NDArray[np.int64]


def regrouped(table: CellTable, groups: Ints, position: Ints) -> CellTable:
    """Add up groups: group g becomes part of group ``position[g]``, which has codes `groups`."""
    scores, errors = table.scores, table.errors
    return replace(
        table,
        codes=groups,
        n=_added(table.n, position, len(groups)),
        w=_added(table.w, position, len(groups)),
        w2=_added(table.w2, position, len(groups)),
        scores=None if scores is None else scores.regroup(position),
        errors=None if errors is None else errors.regroup(position, len(groups)),
    )


def _added(counts: NDArray[Any], position: Ints, groups: int) -> NDArray[Any]:
    total = np.zeros((groups, *counts.shape[1:]), dtype=counts.dtype)
    np.add.at(total, position, counts)
    return total


def reordered(table: CellTable, attributes: tuple[Attribute, ...]) -> CellTable:
    """Return the table with its categories in another order; more of them are allowed."""
    codes = recode(table, attributes)
    sizes = [len(attribute.categories) for attribute in attributes]
    groups, position = distinct(list(codes.T), sizes, len(codes))
    return regrouped(replace(table, attributes=attributes), groups, position)


def occurring(table: CellTable) -> CellTable:
    """Drop the groups that have no row."""
    kept: NDArray[np.bool_] = np.asarray(table.n.any(axis=(1, 2)))
    if kept.all():
        return table
    place = np.cumsum(kept) - 1
    scores, errors = table.scores, table.errors
    return replace(
        table,
        codes=table.codes[kept],
        n=table.n[kept],
        w=table.w[kept],
        w2=table.w2[kept],
        scores=None if scores is None else replace(scores, group=place[scores.group]),
        errors=None if errors is None else errors.taken(kept),
    )


def recode(table: CellTable, united: tuple[Attribute, ...]) -> Ints:
    """Return the codes of a table in united categories."""
    codes = np.empty_like(table.codes)
    for position, (old, new) in enumerate(zip(table.attributes, united, strict=True)):
        place = {category: index for index, category in enumerate(new.categories)}
        lookup = np.array([place[category] for category in old.categories], dtype=np.int64)
        codes[:, position] = lookup[table.codes[:, position]]
    return codes


def require_alike(one: CellTable, two: CellTable) -> None:
    """Refuse to add tables that count different things."""
    for what, here, there in (
        ("attributes", *([part.name for part in table.attributes] for table in (one, two))),
        ("classes", list(one.classes), list(two.classes)),
        ("parts", _parts(one), _parts(two)),
        ("buckets", one.buckets, two.buckets),
    ):
        if here != there:
            raise MetricError(
                f"expected tables of the {what} {here}, came {there}",
                f"count both with the same {what} in the same order",
            )


def _parts(table: CellTable) -> list[str]:
    return ["counts", *(name for name in ("scores", "errors") if getattr(table, name) is not None)]

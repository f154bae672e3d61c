"""Control features: the same groups compared within each combination of other columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.results import Group
from audit.metrics.table.cells import BUCKET, CellTable
from audit.metrics.table.histogram import ScoreHistogram


@dataclass(frozen=True, kw_only=True, eq=False)
class Stratum:
    """Rows that have one combination of the control features.

    Attributes
    ----------
    levels : dict
        Control feature to category.
    table : CellTable
        Of the sensitive attributes alone: any metric can be measured from it.
    """

    levels: Group
    table: CellTable


def strata(table: CellTable, controls: Sequence[str]) -> tuple[Stratum, ...]:
    """Divide a table by its control features, as fairlearn's `control_features` do.

    Parameters
    ----------
    table : CellTable
        With the control features among its attributes.
    controls : sequence of str
        Their names, at least one.

    Returns
    -------
    tuple of Stratum
        One for each combination that has rows, in the order of the categories; ``unknown`` is a
        category like another.

    Raises
    ------
    MetricError
        If a control feature is not an attribute of the table, is named twice, or none is named.
    """
    places = _places(table, controls)
    rest = [place for place in range(len(table.attributes)) if place not in places]
    found, stratum = np.unique(table.codes[:, places], axis=0, return_inverse=True)
    return tuple(
        Stratum(
            levels={
                table.attributes[place].name: table.attributes[place].categories[code]
                for place, code in zip(places, levels, strict=True)
            },
            table=_without(selected(table, stratum.ravel() == number), rest),
        )
        for number, levels in enumerate(found.tolist())
    )


def selected(table: CellTable, kept: NDArray[np.bool_]) -> CellTable:
    """Keep some groups of a table.

    Parameters
    ----------
    table : CellTable
    kept : ndarray of bool, shape (groups,)
    """
    return replace(
        table,
        codes=table.codes[kept],
        n=table.n[kept],
        w=table.w[kept],
        w2=table.w2[kept],
        scores=None if table.scores is None else _of_groups(table.scores, kept),
        errors=None if table.errors is None else table.errors.taken(kept),
    )


def _of_groups(scores: ScoreHistogram, kept: NDArray[np.bool_]) -> ScoreHistogram:
    mask = kept[scores.group]
    names = [field.name for field in fields(scores) if field.name != "scale"]
    taken = {name: getattr(scores, name)[mask] for name in names}
    numbers = np.cumsum(kept) - 1
    return replace(scores, **{**taken, "group": numbers[taken["group"]]})


def _without(table: CellTable, rest: list[int]) -> CellTable:
    """Leave out the control features; within a stratum no two groups become one by that."""
    return replace(
        table,
        attributes=tuple(table.attributes[place] for place in rest),
        codes=table.codes[:, rest],
    )


def _places(table: CellTable, controls: Sequence[str]) -> list[int]:
    wanted = [controls] if isinstance(controls, str) else list(controls)
    names = [attribute.name for attribute in table.attributes if attribute.name != BUCKET]
    if not wanted or len(set(wanted)) < len(wanted):
        raise MetricError(f"expected one or more different control features, came {wanted}")
    for name in wanted:
        if name not in names:
            raise MetricError.unknown("control feature", name, names)
    return [names.index(name) for name in wanted]

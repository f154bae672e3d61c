"""Groups as rows and metrics as columns: the tables that group_metrics shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.metrics.disparity import Estimated
from audit.metrics.estimates import GroupEstimates, Scope, results
from audit.metrics.results import Group

if TYPE_CHECKING:
    import pandas as pd

ALL = "(all)"
Stratum = tuple[Group, tuple[Estimated, ...]]
Content = Callable[[GroupEstimates], NDArray[Any]]
"""From a metric of every group to what its column holds."""


def groups_frame(
    strata: Sequence[Stratum],
    named: tuple[tuple[str, ...], tuple[str, ...]],
    metrics: tuple[str, ...],
    content: Content,
) -> pd.DataFrame:
    """Put what each metric says of each group into its column.

    Parameters
    ----------
    strata : sequence of (Group, estimates)
    named : (control features, sensitive attributes)
        The levels of the index, in this order.
    metrics : tuple of str
        The columns.
    content : callable

    Returns
    -------
    pandas.DataFrame
        ``(all)`` stands in the index where a group is not split by an attribute.
    """
    import pandas as pd

    controls, attributes = named
    levels: list[list[NDArray[Any]]] = []
    cells: dict[str, list[NDArray[Any]]] = {name: [] for name in metrics}
    for stratum, every in strata:
        seen: set[tuple[str, ...]] = set()
        for metric, grouping, item in every:
            if not grouping.attributes:
                continue
            if grouping.attributes not in seen:
                seen.add(grouping.attributes)
                levels.append(_levels(stratum, item, controls, attributes))
            cells[metric.name].append(content(item))
    index = index_of(
        [np.concatenate(parts) for parts in zip(*levels, strict=True)], (*controls, *attributes)
    )
    return pd.DataFrame({name: np.concatenate(parts) for name, parts in cells.items()}, index=index)


def index_of(levels: Sequence[Any], names: Sequence[str | None]) -> Any:  # noqa: ANN401 - an index
    """Make an index of one level, or of several."""
    import pandas as pd

    if len(names) == 1:
        return pd.Index(levels[0], name=names[0])
    return pd.MultiIndex.from_arrays([*levels], names=[*names])


def shown(item: GroupEstimates) -> NDArray[np.float64]:
    """Return the values; NaN where there is none or the group is suppressed."""
    return np.where(item.suppressed, np.nan, item.values)


def statuses(item: GroupEstimates) -> NDArray[np.object_]:
    """Write ``ok``, or the status and reason of a value that is missing."""
    found, reason = item.statuses()
    missing = ~item.defined
    found[missing] = found[missing] + ": " + reason[missing]
    return found


def intervals_text(item: GroupEstimates, scope: Scope) -> NDArray[np.object_]:
    """Write values with their intervals, for a notebook."""
    texts = [
        f"{entry.value:.3f} [{entry.interval.low:.3f}, {entry.interval.high:.3f}]"
        if entry.interval is not None and entry.interval.high is not None
        else f"{entry.value:.3f}"
        if entry.value is not None
        else f"{entry.status}: {entry.reason}"
        for entry in results(item, scope)
    ]
    return np.array(texts, dtype=object)


def _levels(
    stratum: Group, item: GroupEstimates, controls: Sequence[str], attributes: Sequence[str]
) -> list[NDArray[Any]]:
    table = item.grouping.table
    named = {part.name: place for place, part in enumerate(table.attributes)}
    found: list[NDArray[Any]] = [
        np.full(len(item.n), stratum[name], dtype=object) for name in controls
    ]
    for name in attributes:
        if name in named:
            categories = table.attributes[named[name]].categories
            found.append(np.array(categories, dtype=object)[table.codes[:, named[name]]])
        else:
            found.append(np.full(len(item.n), ALL, dtype=object))
    return found

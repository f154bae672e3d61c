"""A subgroup search as a pandas frame, for people who compute on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.metrics.groups import words
from audit.metrics.subgroups.results import FoundSubgroup, SubgroupSearch

if TYPE_CHECKING:
    import pandas as pd

SUBGROUP_COLUMNS = (
    "metric", "group", "depth", "n", "value", "rest_value", "difference", "shrunken_difference",
    "confirmed_difference", "confirmation_n", "low", "high", "level", "method", "simultaneous",
    "p_value", "p_adjusted", "confirmed", "score", "overlapping", "status", "reason",
)  # fmt: skip
_NUMBERS = (
    "value", "rest_value", "difference", "shrunken_difference", "confirmed_difference", "low",
    "high", "level", "p_value", "p_adjusted", "score",
)  # fmt: skip


def subgroups_frame(search: SubgroupSearch) -> pd.DataFrame:
    """One row for each subgroup put forward, highest score first.

    Returns
    -------
    pandas.DataFrame
        Columns `SUBGROUP_COLUMNS`. A value that is missing is NaN (a missing size is <NA>), and
        `status` and `reason` say why.
    """
    import pandas as pd

    rows = [_row(search, item) for item in search.found]
    frame = pd.DataFrame(rows, columns=list(SUBGROUP_COLUMNS))
    return frame.astype(dict.fromkeys(_NUMBERS, "float64") | {"confirmation_n": "Int64"})


def _row(search: SubgroupSearch, item: FoundSubgroup) -> dict[str, Any]:
    same = ("n", "value", "rest_value", "difference", "shrunken_difference", "confirmed_difference",
            "confirmation_n", "p_value", "p_adjusted", "confirmed", "score", "overlapping",
            "status", "reason")  # fmt: skip
    interval = item.interval
    return {
        "metric": search.metric,
        "group": words(item.group),
        "depth": len(item.group),
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "level": None if interval is None else interval.level,
        "method": "" if interval is None else interval.method,
        "simultaneous": interval is not None and interval.simultaneous,
    } | {name: getattr(item, name) for name in same}

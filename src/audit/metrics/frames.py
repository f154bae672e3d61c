"""Entries as pandas frames, for people who compute on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.metrics.estimates import GroupEstimates, Scope
from audit.metrics.groups import Grouping, words
from audit.metrics.results import Disparity, Group, Interval, MetricResult

if TYPE_CHECKING:
    import pandas as pd

METRIC_COLUMNS = (
    "metric", "attributes", "group", "value", "low", "high", "level", "method", "numerator",
    "denominator", "n", "effective_n", "status", "reason",
)  # fmt: skip
DISPARITY_COLUMNS = (
    "metric", "kind", "selection", "attributes", "a", "b", "value", "low", "high", "level",
    "method", "simultaneous", "p_value", "p_adjusted", "family", "family_size",
    "minimum_detectable", "pairs", "status", "reason",
)  # fmt: skip


def metrics_frame(results: Iterable[MetricResult]) -> pd.DataFrame:
    """One row for each metric of each group.

    Returns
    -------
    pandas.DataFrame
        Columns `METRIC_COLUMNS`. A value that is missing is NaN, and `status` and `reason` say
        why.
    """
    return _frame([_metric_row(result) for result in results], METRIC_COLUMNS)


def disparities_frame(disparities: Iterable[Disparity]) -> pd.DataFrame:
    """One row for each comparison.

    Returns
    -------
    pandas.DataFrame
        Columns `DISPARITY_COLUMNS`. A value that is missing is NaN, and `status` and `reason` say
        why.
    """
    return _frame([_disparity_row(disparity) for disparity in disparities], DISPARITY_COLUMNS)


def estimates_frame(
    strata: Iterable[tuple[Group, Iterable[GroupEstimates]]], scope: Scope
) -> pd.DataFrame:
    """One row for each group of each metric, as `metrics_frame`, without making the entries.

    Parameters
    ----------
    strata : iterable of (control features, estimates)
    scope : Scope

    Returns
    -------
    pandas.DataFrame
        Columns of the control features first.
    """
    import pandas as pd

    parts: list[dict[str, NDArray[Any]]] = []
    for stratum, estimates in strata:
        words: dict[tuple[str, ...], NDArray[Any]] = {}
        for item in estimates:
            attributes = item.grouping.attributes
            if attributes not in words:
                words[attributes] = _group_words(item.grouping)
            parts.append(_columns(item, scope, stratum, words[attributes]))
    columns = {
        name: pd.Series(np.concatenate([part.pop(name) for part in parts]), copy=False)
        for name in tuple(parts[0])
    }
    return pd.DataFrame(columns, copy=False)


def _columns(
    item: GroupEstimates, scope: Scope, stratum: Group, words: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    shown, ok = ~item.suppressed, item.defined
    low, high = item.limits(scope.z) or (np.full(len(ok), np.nan),) * 2
    limited = ok & ~np.isnan(low) & ~np.isnan(high)
    measured = item.measurement
    named = {
        **stratum, "metric": item.metric, "attributes": attribute_words(item.grouping.attributes)
    }  # fmt: skip
    status, reason = item.statuses()
    return {
        **{name: np.full(len(ok), text, dtype=object) for name, text in named.items()},
        "group": words,
        "value": np.where(ok, item.values, np.nan),
        "low": np.where(limited, low, np.nan),
        "high": np.where(limited, high, np.nan),
        "level": np.where(limited, scope.confidence, np.nan),
        "method": np.array(["", measured.method], dtype=object)[limited.astype(np.int8)],
        "numerator": _counts(measured.numerator, shown),
        "denominator": _counts(measured.denominator, shown),
        "n": item.n,
        "effective_n": np.where(shown & item.grouping.table.weighted, item.size, np.nan),
        "status": status,
        "reason": reason,
    }


def _counts(counts: NDArray[np.float64] | None, shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    missing = np.full(len(shown), np.nan)
    return missing if counts is None else np.where(shown, counts, missing)


def _group_words(grouping: Grouping) -> NDArray[Any]:
    """Write every group as `audit.metrics.groups.words` does."""
    table = grouping.table
    if not table.attributes:
        return np.full(len(table.codes), words({}), dtype=object)
    parts = [
        np.array(
            [f"{attribute.name}={category}" for category in attribute.categories], dtype=object
        )[codes]
        for attribute, codes in zip(table.attributes, table.codes.T, strict=True)
    ]
    return reduce(lambda one, other: one + ", " + other, parts)


def attribute_words(attributes: Iterable[str]) -> str:
    """Write an intersection as ``sex × race``; everyone without attributes."""
    return " × ".join(attributes) or "everyone"


def _metric_row(result: MetricResult) -> dict[str, Any]:
    return {
        "metric": result.metric,
        "attributes": attribute_words(result.group),
        "group": words(result.group),
        "value": result.value,
        **_limits(result.interval),
        "numerator": result.numerator,
        "denominator": result.denominator,
        "n": result.n,
        "effective_n": result.effective_n,
        "status": result.status,
        "reason": result.reason,
    }


def _disparity_row(disparity: Disparity) -> dict[str, Any]:
    family, interval = disparity.family, disparity.interval
    return {
        "metric": disparity.metric,
        "kind": disparity.kind,
        "selection": disparity.selection,
        "attributes": attribute_words(disparity.attributes),
        "a": words(disparity.a) if disparity.a else "",
        "b": words(disparity.b) if disparity.b else "",
        "value": disparity.value,
        **_limits(interval),
        "simultaneous": interval is not None and interval.simultaneous,
        "p_value": disparity.p_value,
        "p_adjusted": disparity.p_adjusted,
        "family": family.name if family else "",
        "family_size": family.size if family else 0,
        "minimum_detectable": disparity.minimum_detectable,
        "pairs": disparity.pairs,
        "status": disparity.status,
        "reason": disparity.reason,
    }


def _limits(interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {"low": None, "high": None, "level": None, "method": ""}
    return {
        "low": interval.low,
        "high": float("inf") if interval.high is None else interval.high,
        "level": interval.level,
        "method": interval.method,
    }


_NUMBERS = (
    "value", "low", "high", "level", "numerator", "denominator", "effective_n", "p_value",
    "p_adjusted", "minimum_detectable",
)  # fmt: skip


def _frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({name: "float64" for name in _NUMBERS if name in columns})

"""The tables of docs/method/metrics.md: every metric, and when a group has no value of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import numpy as np

from audit.metrics.catalogue import ROW_METRICS, built_in, row_metric
from audit.metrics.measurement import Measurement, Metric, Need
from audit.metrics.measures.row_metric import Rows
from audit.metrics.measures.undefined import NO_ROWS
from audit.metrics.table.cells import CellTable

HEAD = ("Metric", "What it is", "Range", "No value where", "Interval", "As in, or from")
TITLES: Mapping[Need, str] = {
    "decisions": "Of labels and predictions of two classes",
    "scores": "Of scores and labels",
    "classes": "Of labels and predictions of any number of classes",
    "errors": "Of targets and predictions of a regression",
}
ROWS_TITLE = "Of the rows themselves"
GROUPS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((0,), (0,)),
    ((0,), (1,)),
    ((1,), (0,)),
    ((1,), (1,)),
    ((0, 0), (0, 1)),
    ((1, 1), (0, 1)),
    ((0, 1), (0, 0)),
    ((0, 1), (1, 1)),
    ((0, 1, 0, 1), (0, 1, 1, 0)),
)
"""Labels and predictions of groups in which one thing or another is missing."""


def metric_tables() -> str:
    """Write a Markdown table of every built-in metric, for each kind of data.

    When a group has no value is found by measuring groups in which something is missing, so that
    the words are those that users read.
    """
    kinds: dict[Need, list[Metric]] = {need: [] for need in TITLES}
    for _, metric in built_in():
        kinds[metric.needs].append(metric)
    parts = [
        _table(TITLES[need], ((metric, metric.measure(_cells(need))) for metric in metrics))
        for need, metrics in kinds.items()
    ]
    named = [(row_metric(name), name) for name in ROW_METRICS]
    parts.append(_table(ROWS_TITLE, ((m, m.measure_rows(_rows(name))) for m, name in named)))
    return "\n\n".join(parts)


def _table(title: str, measured: Iterable[tuple[Any, Measurement]]) -> str:
    lines = [f"### {title}", "", _line(HEAD), _line(["---"] * len(HEAD))]
    for metric, found in measured:
        cells = (
            f"`{metric.name}`",
            metric.definition,
            _range(metric.low, metric.high),
            _undefined(found.reasons),
            found.method,
            metric.source,
        )
        lines.append(_line(cells))
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _range(low: float, high: float) -> str:
    left = f"[{low:g}" if isfinite(low) else "(−∞"
    right = f"{high:g}]" if isfinite(high) else "∞)"
    return f"{left}, {right}".replace("-", "−")


def _undefined(reasons: Iterable[str]) -> str:
    """Join the reasons that were met; of several classes, without the name of the class."""
    met = dict.fromkeys(
        f"a class: {reason.partition(' as positive: ')[2]}"
        if " as positive: " in reason
        else reason
        for reason in sorted(reasons)
        if reason
    )
    return "; ".join(met) or NO_ROWS


def _columns() -> tuple[Any, Any, Any]:
    group = np.repeat(np.arange(len(GROUPS)), [len(label) for label, _ in GROUPS])
    label = np.concatenate([label for label, _ in GROUPS])
    return group, label, np.concatenate([prediction for _, prediction in GROUPS])


def _cells(need: Need) -> CellTable:
    group, label, prediction = _columns()
    attributes = [("group", tuple(map(str, range(len(GROUPS)))), group)]
    if need == "errors":
        return CellTable.of_errors(attributes, label, prediction + 0.5)
    score = np.linspace(0.1, 0.9, len(label)) if need == "scores" else None
    return CellTable.from_arrays(attributes, label, prediction, score=score)


def _rows(name: str) -> Rows:
    group, label, prediction = _columns()
    ends = np.column_stack([prediction, prediction + 1])
    return Rows(
        group=group,
        groups=len(GROUPS),
        y_true=label,
        y_pred=ends if name.startswith("interval_") else prediction,
        score=np.linspace(0, 1, len(label)),
        query=np.arange(len(label)) % 2,
        features=np.arange(len(label), dtype=np.float64)[:, None],
    )

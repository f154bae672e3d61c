"""The family of rates, as a table: a name, a numerator and a denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement, Need, effective_size
from audit.metrics.statistics.intervals import wilson
from audit.metrics.table.cells import CellTable

Cell = tuple[int, int]
Cells = frozenset[Cell]
Floats = NDArray[np.float64]

CLASSES = 2
NO_WEIGHT = "all weights of the denominator are 0"
TN, FP, FN, TP = (0, 0), (0, 1), (1, 0), (1, 1)
EVERYONE: Cells = frozenset({TN, FP, FN, TP})


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A share of rows: those in `numerator` among those in `denominator`.

    Range [0, 1]; undefined where no row (or no weight) is in `denominator`.

    Attributes
    ----------
    name, title : str
        What code and what readers call it.
    numerator, denominator : frozenset of (label, prediction)
        The numerator is part of the denominator.
    undefined : str
        Why a group has no value, in words.
    version : str
        Changes when the definition does, and with it every identifier.
    definition, source : str
        In words, and where the definition stands.

    Raises
    ------
    MetricError
        If the cells are not pairs of 0 and 1, or the numerator is not part of the denominator.
    """

    name: str
    title: str
    numerator: Cells
    denominator: Cells
    undefined: str
    definition: str
    source: str
    version: str = "1"
    needs: ClassVar[Need] = "decisions"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if not self.denominator or not self.numerator <= self.denominator <= EVERYONE:
            raise MetricError(
                f"rate {self.name!r}: expected a numerator that is part of the denominator, both "
                f"sets of (label, prediction), came {sorted(self.numerator)} of "
                f"{sorted(self.denominator)}"
            )

    def measure(self, table: CellTable) -> Measurement:
        """Compute the rate of every group, with Wilson limits.

        Weighted rows enter the limits with Kish's effective size of the denominator.

        Raises
        ------
        MetricError
            If the table does not count two classes.
        """
        if len(table.classes) != CLASSES:
            raise MetricError(
                f"{self.name} needs labels and predictions of two classes, came a table of "
                f"{len(table.classes)}",
                "name metrics of several classes, or of regression",
            )
        numerator, denominator = _sum(table.w, self.numerator), _sum(table.w, self.denominator)
        size = denominator
        if table.weighted:
            size = effective_size(denominator, _sum(table.w2, self.denominator))
        with np.errstate(divide="ignore", invalid="ignore"):
            values = numerator / denominator
            x = np.where(denominator > 0, values * size, 0.0) if table.weighted else numerator
        return Measurement(
            values=values,
            reasons=self._reasons(table, denominator),
            size=size,
            limits=lambda z: wilson(x, size, z),
            method="wilson",
            numerator=numerator,
            denominator=denominator,
        )

    def _reasons(self, table: CellTable, denominator: Floats) -> tuple[str, ...]:
        if bool((denominator > 0).all()):
            return ("",) * len(denominator)
        rows = _sum(table.n, self.denominator)
        missing = np.where(rows == 0, self.undefined, np.where(denominator > 0, "", NO_WEIGHT))
        return tuple(missing.tolist())


_NO_ROWS = "group has no rows"
_NO_POSITIVE = "group has no positive labels"
_NO_NEGATIVE = "group has no negative labels"
_NONE_SELECTED = "group has no positive predictions"
_ALL_SELECTED = "group has no negative predictions"
_FAIRLEARN = "fairlearn.metrics"
_SKLEARN = "sklearn.metrics"

_POSITIVE: Cells = frozenset({FN, TP})
_NEGATIVE: Cells = frozenset({TN, FP})
_SELECTED: Cells = frozenset({FP, TP})
_REJECTED: Cells = frozenset({TN, FN})

_TABLE: tuple[tuple[str, str, Cells, Cells, str, str, str], ...] = (
    ("selection_rate", "Selection rate", _SELECTED, EVERYONE, _NO_ROWS,
     "rows predicted positive among all rows", f"{_FAIRLEARN}.selection_rate"),
    ("true_positive_rate", "True positive rate", frozenset({TP}), _POSITIVE, _NO_POSITIVE,
     "rows predicted positive among rows labelled positive", f"{_FAIRLEARN}.true_positive_rate"),
    ("false_positive_rate", "False positive rate", frozenset({FP}), _NEGATIVE, _NO_NEGATIVE,
     "rows predicted positive among rows labelled negative", f"{_FAIRLEARN}.false_positive_rate"),
    ("true_negative_rate", "True negative rate", frozenset({TN}), _NEGATIVE, _NO_NEGATIVE,
     "rows predicted negative among rows labelled negative", f"{_FAIRLEARN}.true_negative_rate"),
    ("false_negative_rate", "False negative rate", frozenset({FN}), _POSITIVE, _NO_POSITIVE,
     "rows predicted negative among rows labelled positive", f"{_FAIRLEARN}.false_negative_rate"),
    ("precision", "Precision", frozenset({TP}), _SELECTED, _NONE_SELECTED,
     "rows labelled positive among rows predicted positive", f"{_SKLEARN}.precision_score"),
    ("negative_predictive_value", "Negative predictive value", frozenset({TN}), _REJECTED,
     _ALL_SELECTED, "rows labelled negative among rows predicted negative",
     f"{_SKLEARN}.precision_score with pos_label=0"),
    ("false_discovery_rate", "False discovery rate", frozenset({FP}), _SELECTED, _NONE_SELECTED,
     "rows labelled negative among rows predicted positive",
     f"1 less {_SKLEARN}.precision_score; Verma and Rubin, Fairness Definitions Explained (2018)"),
    ("false_omission_rate", "False omission rate", frozenset({FN}), _REJECTED, _ALL_SELECTED,
     "rows labelled positive among rows predicted negative",
     f"1 less {_SKLEARN}.precision_score with pos_label=0; Verma and Rubin, Fairness Definitions "
     "Explained (2018)"),
    ("accuracy", "Accuracy", frozenset({TN, TP}), EVERYONE, _NO_ROWS,
     "rows predicted as labelled among all rows", f"{_SKLEARN}.accuracy_score"),
    ("base_rate", "Base rate", _POSITIVE, EVERYONE, _NO_ROWS,
     "rows labelled positive among all rows",
     "Barocas, Hardt and Narayanan, Fairness and Machine Learning, chapter 3"),
)  # fmt: skip

RATES: dict[str, Rate] = {
    name: Rate(
        name=name,
        title=title,
        numerator=numerator,
        denominator=denominator,
        undefined=undefined,
        definition=definition,
        source=source,
    )
    for name, title, numerator, denominator, undefined, definition, source in _TABLE
}
"""The built-in rates by name."""

HEADLINE = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""Metrics whose worst pairs decide the verdict."""

DEFAULT = (*HEADLINE, "precision", "accuracy", "base_rate")
"""Metrics measured unless others are named."""


def __getattr__(name: str) -> Rate:
    """Let ``audit.metrics.measures.rates:selection_rate`` name a built-in rate."""
    if name not in RATES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return RATES[name]


def rate(name: str) -> Rate:
    """Find a rate by its name, or by ``"package.module:attribute"`` for one of one's own.

    Raises
    ------
    MetricError
        If there is no such rate, the module cannot be imported, what it holds is not a `Rate`, or
        its name is that of a built-in one.
    """
    if ":" in name:
        return _own_rate(name)
    if name not in RATES:
        raise MetricError.unknown("metric", name, RATES)
    return RATES[name]


def rates(names: str | Sequence[str | Rate]) -> tuple[Rate, ...]:
    """Find several rates; ``"default"`` gives `DEFAULT`, and one that is named twice comes once.

    Raises
    ------
    MetricError
        As `rate`, or if two different rates have one name.
    """
    wanted = DEFAULT if names == "default" else (names,) if isinstance(names, str) else names
    found: dict[str, Rate] = {}
    for item in wanted:
        one = item if isinstance(item, Rate) else rate(item)
        if found.setdefault(one.name, one) != one:
            raise MetricError(f"expected one metric named {one.name!r}, came two different ones")
    return tuple(found.values())


def _own_rate(name: str) -> Rate:
    module_name, _, attribute = name.partition(":")
    try:
        module = import_module(module_name)
    except (ImportError, ValueError) as error:
        raise MetricError(
            f"metric {name!r}: cannot import {module_name!r}: {error}",
            "name an installed module, for example my_package.my_metrics:my_rate",
        ) from error
    if not hasattr(module, attribute):
        raise MetricError.unknown("metric", attribute, vars(module), where=module_name)
    found = getattr(module, attribute)
    if not isinstance(found, Rate):
        raise MetricError(
            f"metric {name!r}: expected a Rate, came {type(found).__name__}",
            "build one with audit.metrics.Rate(...)",
        )
    if found.name in RATES and found != RATES[found.name]:
        raise MetricError(f"metric {name!r}: the name {found.name!r} is that of a built-in metric")
    return found


def _sum(counts: NDArray[np.int64] | Floats, cells: Cells) -> Floats:
    ordered = sorted(cells)
    labels, predictions = [label for label, _ in ordered], [predicted for _, predicted in ordered]
    total: Floats = counts[:, labels, predictions].sum(axis=1, dtype=np.float64)
    return total

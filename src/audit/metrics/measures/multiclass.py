"""Metrics of several classes: each class against the rest, and their mean and worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.class_results import Confusion
from audit.metrics.measurement import Measurement, Need
from audit.metrics.measures.rates import Rate
from audit.metrics.statistics.significance import two_sided_p, two_sided_z
from audit.metrics.table.cells import BINARY, CellTable

Floats = NDArray[np.float64]
FEWEST = 2
FALLING = frozenset(
    {"false_positive_rate", "false_negative_rate", "false_discovery_rate", "false_omission_rate"}
)
"""Rates of which the highest is the worst."""


def one_against_rest(table: CellTable, name: str) -> CellTable:
    """Count one class as positive and all others as negative, both as label and as prediction.

    Parameters
    ----------
    table : CellTable
    name : str
        One of its classes.

    Returns
    -------
    CellTable
        Of two classes, the same groups; scores are left out.

    Raises
    ------
    MetricError
        If the table has no class of that name, or no classes.
    """
    require_classes(table, f"class {name!r}")
    if name not in table.classes:
        raise MetricError.unknown("class", name, table.classes)
    place = table.classes.index(name)
    return replace(
        table,
        n=_collapsed(table.n, place).astype(np.int64),
        w=_collapsed(table.w, place),
        w2=_collapsed(table.w2, place),
        classes=BINARY,
        scores=None,
    )


def require_classes(table: CellTable, what: str) -> None:
    """Refuse a table that does not count classes."""
    if len(table.classes) < FEWEST:
        raise MetricError(
            f"{what} needs labels and predictions of classes, came a table without classes",
            "count the rows with CellTable.from_arrays(..., classes=...)",
        )


def _collapsed(counts: NDArray[Any], place: int) -> Floats:
    one = np.zeros((counts.shape[1], 2))
    one[:, 0], one[place] = 1, (0, 1)
    found: Floats = np.einsum("gij,ia,jb->gab", counts.astype(np.float64), one, one)
    return found


@dataclass(frozen=True, kw_only=True)
class ClassRate:
    """A rate of one class against the rest, named like ``true_positive_rate[cat]``.

    Undefined as the rate is, with the class named in the reason.

    Attributes
    ----------
    rate : Rate
    of : str
        The class.
    """

    rate: Rate
    of: str
    needs: ClassVar[Need] = "classes"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["neither"]] = "neither"

    @property
    def name(self) -> str:
        """As ``rate[class]``."""
        return f"{self.rate.name}[{self.of}]"

    @property
    def title(self) -> str:
        """As ``Rate, class``."""
        return f"{self.rate.title}, {self.of}"

    @property
    def definition(self) -> str:
        """Say the rate's definition and which class is the positive one."""
        return f"{self.rate.definition}, where {self.of!r} is positive and every other is negative"

    @property
    def source(self) -> str:
        """Of the rate."""
        return self.rate.source

    @property
    def version(self) -> str:
        """Of the rate."""
        return self.rate.version

    def measure(self, table: CellTable) -> Measurement:
        """Compute the rate for every group, with Wilson limits.

        Raises
        ------
        MetricError
            If the table has no class of that name.
        """
        measured = self.rate.measure(one_against_rest(table, self.of))
        told = tuple(
            f"{self.of!r} as positive: {item}" if item else "" for item in measured.reasons
        )
        return replace(measured, reasons=told)


@dataclass(frozen=True, kw_only=True)
class WorstClass:
    """The worst of a rate's values over the classes: the lowest, or the highest of an error rate.

    Undefined where any class of the table has no value in the group, since a worst over fewer
    classes cannot be compared with one over all. The limits hold for all classes at once
    (Bonferroni), and so for whichever is the worst.
    """

    rate: Rate
    needs: ClassVar[Need] = "classes"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["neither"]] = "neither"

    @property
    def name(self) -> str:
        """As ``worst_class_rate``."""
        return f"worst_class_{self.rate.name}"

    @property
    def title(self) -> str:
        """As ``Worst class: rate``."""
        return f"Worst class: {self.rate.title.lower()}"

    @property
    def definition(self) -> str:
        """Say which extreme it is of what."""
        extreme = "highest" if self.rate.name in FALLING else "lowest"
        return f"{extreme} over the classes of: {self.rate.definition}"

    @property
    def source(self) -> str:
        """Of the rate."""
        return self.rate.source

    @property
    def version(self) -> str:
        """Of the rate."""
        return self.rate.version

    def measure(self, table: CellTable) -> Measurement:
        """Compute the worst class of every group, with Bonferroni-Wilson limits."""
        every = class_rates(self.rate, table)
        extreme = np.max if self.rate.name in FALLING else np.min

        def limits(z: Floats | float) -> tuple[Floats, Floats]:
            wider = _shared_z(z, len(every))
            both = [_limits(one, wider) for one in every]
            low, high = np.stack([one for one, _ in both]), np.stack([two for _, two in both])
            return extreme(low, axis=0), extreme(high, axis=0)

        return Measurement(
            values=extreme(np.stack([one.values for one in every]), axis=0),
            reasons=first_reason(every),
            size=np.min(np.stack([one.size for one in every]), axis=0),
            limits=limits,
            method="bonferroni-wilson",
        )


def confusions(table: CellTable, minimum_group: int = 30) -> tuple[Confusion, ...]:
    """Write the matrix of labels and predictions of every group; small groups are suppressed.

    Raises
    ------
    MetricError
        If the table does not count classes.
    """
    require_classes(table, "a confusion matrix")
    return tuple(_confusion(table, place, minimum_group) for place in range(len(table.codes)))


def _confusion(table: CellTable, place: int, minimum_group: int) -> Confusion:
    named = zip(table.attributes, table.codes[place].tolist(), strict=True)
    n, counts = int(table.n[place].sum()), tuple(map(tuple, table.w[place].tolist()))
    shown = n >= minimum_group
    shares = tuple(
        tuple(count / sum(row) for count in row) if sum(row) > 0 else None for row in counts
    )
    return Confusion(
        group={attribute.name: attribute.categories[code] for attribute, code in named},
        classes=table.classes,
        n=n,
        counts=counts if shown else None,
        shares=shares if shown else None,
        status="ok" if shown else "suppressed",
    )


def class_rates(rate: Rate, table: CellTable) -> tuple[Measurement, ...]:
    """Measure a rate of each class of a table against the rest, in the order of the classes."""
    require_classes(table, rate.name)
    return tuple(ClassRate(rate=rate, of=name).measure(table) for name in table.classes)


def first_reason(measured: Sequence[Measurement]) -> tuple[str, ...]:
    """Give each group the reason of the first measurement that it has no value of."""
    groups = zip(*(one.reasons for one in measured), strict=True)
    return tuple(next((item for item in reasons if item), "") for reasons in groups)


def _limits(measured: Measurement, z: Floats) -> tuple[Floats, Floats]:
    assert measured.limits is not None  # noqa: S101 - every rate has limits
    low, high = measured.limits(z)  # type: ignore[arg-type] # elementwise in z
    return np.where(measured.size > 0, low, np.nan), np.where(measured.size > 0, high, np.nan)


def _shared_z(z: Floats | float, classes: int) -> Floats:
    """Quantile at which `classes` intervals hold at once with the confidence of one at `z`."""
    shared = np.asarray(two_sided_p(z)) / classes
    return np.asarray(np.vectorize(two_sided_z, otypes=[np.float64])(shared), dtype=np.float64)

"""What every metric gives: a value for each group, and limits at any quantile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from audit.metrics.table.cells import CellTable

Floats = NDArray[np.float64]
Limits = Callable[[float], tuple[Floats, Floats]]
"""From a normal quantile to the lower and upper limit of each group; NaN where undefined."""
Need = Literal["decisions", "classes", "scores", "errors"]
"""Which part of a cell table a metric is computed from."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement:
    """One metric of every group of a table, as arrays of shape (groups,).

    Attributes
    ----------
    values : ndarray of float64
        NaN where undefined.
    reasons : tuple of str
        Empty where the value is defined, else why it is not, in words.
    size : ndarray of float64
        Rows, or effective rows, that the value rests on.
    limits : callable or None
        Limits of each group at a normal quantile (1.96 for 95 %), inside the range of the metric;
        None where no interval of the metric is valid.
    method : str
        Of the limits, for example ``wilson``, ``logit-delong``, ``welch``, ``jeffreys-dirichlet``;
        where there are none, why.
    numerator, denominator : ndarray of float64 or None
        Of a rate: counts, or sums of weights.
    smooth : bool
        Whether the value moves in proportion as rows change, so that leaving rows out shows its
        spread; not so for largest and absolute values, which noise pushes up.
    """

    values: Floats
    reasons: tuple[str, ...]
    size: Floats
    limits: Limits | None
    method: str
    numerator: Floats | None = None
    denominator: Floats | None = None
    smooth: bool = True


@runtime_checkable
class Metric(Protocol):
    """A quantity of one group, from its part of a cell table.

    Attributes
    ----------
    name, title : str
        What code and what readers call it.
    definition, source : str
        In words, and where the definition stands.
    version : str
        Changes when the definition does, and with it every identifier.
    needs : {"decisions", "classes", "scores", "errors"}
    low, high : float
        Range of the metric; infinite where there is no bound.
    better : {"higher", "lower", "neither"}
        Which values are good for the group's people or the model; ``neither`` for base rates.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above
    @property
    def title(self) -> str: ...  # noqa: D102 - described above
    @property
    def definition(self) -> str: ...  # noqa: D102 - described above
    @property
    def source(self) -> str: ...  # noqa: D102 - described above
    @property
    def version(self) -> str: ...  # noqa: D102 - described above
    @property
    def needs(self) -> Need: ...  # noqa: D102 - described above
    @property
    def low(self) -> float: ...  # noqa: D102 - described above
    @property
    def high(self) -> float: ...  # noqa: D102 - described above

    def measure(self, table: CellTable) -> Measurement:
        """Compute the metric for every group of `table`."""
        ...


def effective_size(weights: Floats, squared: Floats) -> Floats:
    """Kish's effective number of rows, (Σw)² / Σw²; 0 where there are none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size: Floats = np.where(squared > 0, weights**2 / squared, 0.0)
    return size

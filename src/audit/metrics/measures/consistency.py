"""Individual fairness: whether rows that are alike are predicted alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.measurement import Measurement
from audit.metrics.measures.row_metric import Rows, mean_of_rows

Floats = NDArray[np.float64]
CHUNK = 4096  # rows whose neighbours are held at once
MATRIX = 2


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """1 less the mean gap between a row's prediction and the mean one of its nearest neighbours.

    Range [0, 1] for predictions in [0, 1]; 1 where all neighbours are predicted alike. Undefined
    where a group has no rows. Distances are Euclidean, and neighbours come from all groups. The
    Student limits take rows as independent, though neighbours share rows: they are a little
    narrow.

    Attributes
    ----------
    neighbours : int
        How many.
    itself : bool
        Whether a row counts among its own neighbours, as in AIF360; that makes the value higher.
        Without it, the definition is that of Zemel et al.
    standardise : bool
        Whether each feature is divided by its standard deviation, so that units do not decide who
        is near. AIF360 does not.
    features : str
        What the features are, in words, where that is known: part of the definition.

    Raises
    ------
    MetricError
        If `neighbours` is not a whole number of 1 or more.
    """

    neighbours: int = 5
    itself: bool = True
    standardise: bool = False
    features: str = ""
    name: ClassVar[str] = "consistency"
    title: ClassVar[str] = "Consistency"
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    better: ClassVar[Literal["higher"]] = "higher"
    source: ClassVar[str] = (
        "Zemel et al., Learning Fair Representations (ICML 2013); "
        "aif360.sklearn.metrics.consistency_score"
    )

    def __post_init__(self) -> None:
        number = self.neighbours
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise MetricError(
                f"expected neighbours as a whole number of 1 or more, came {number!r}"
            )

    @property
    def definition(self) -> str:
        """Say which neighbours, and by which distance."""
        own = "itself among them" if self.itself else "without itself"
        scale = "standardised features" if self.standardise else "features as given"
        distance = f"by {self.features}" if self.features else scale
        return (
            f"1 less the mean of |prediction - mean prediction of the {self.neighbours} nearest "
            f"rows ({own}; Euclidean, {distance})|"
        )

    @property
    def version(self) -> str:
        """Of the definition: another one for other neighbours or features."""
        return "1" if self == Consistency() else f"1: {self.definition}"

    def measure_rows(self, rows: Rows) -> Measurement:
        """Compute the mean for every group; memory does not grow with rows times neighbours.

        Raises
        ------
        MetricError
            If features or predictions are missing or not finite, predictions lie outside [0, 1],
            or there are too few rows for so many neighbours.
        """
        return self.of_each(self.each_row(rows), rows)

    def each_row(self, rows: Rows) -> Floats:
        """Compute 1 less the gap of each row, shape (rows,); errors as `measure_rows`."""
        features, predicted = self._features(rows), rows.finite("y_pred", self.name)
        _require_unit(predicted)
        return 1 - self._gaps(features, predicted)

    def of_each(self, each: Floats, rows: Rows) -> Measurement:
        """Compute the mean for every group from what `each_row` gave."""
        return mean_of_rows(each, rows, self.low, self.high)

    def _gaps(self, features: Floats, predicted: Floats) -> Floats:
        from sklearn.neighbors import NearestNeighbors

        wanted = self.neighbours + (not self.itself)
        if len(predicted) == 0:
            return np.zeros(0)
        if len(predicted) < wanted:
            raise MetricError(
                f"consistency needs {wanted} rows or more for {self.neighbours} neighbours, "
                f"came {len(predicted)}"
            )
        index = NearestNeighbors(n_neighbors=wanted).fit(features)
        found = [
            self._mean_of_near(
                index.kneighbors(features[start : start + CHUNK])[1], predicted, start
            )
            for start in range(0, len(predicted), CHUNK)
        ]
        return np.asarray(np.abs(predicted - np.concatenate(found)), dtype=np.float64)

    def _mean_of_near(self, near: NDArray[np.int64], predicted: Floats, start: int) -> Floats:
        if self.itself:
            return np.asarray(predicted[near].mean(axis=1), dtype=np.float64)
        others = near != np.arange(start, start + len(near))[:, None]
        others[others.all(axis=1), -1] = False  # of many equal rows, itself may not be found
        return np.asarray((predicted[near] * others).sum(axis=1) / self.neighbours)

    def _features(self, rows: Rows) -> Floats:
        features = rows.finite("features", self.name)
        if features.ndim != MATRIX or not features.shape[1]:
            raise MetricError(
                f"expected features of shape (rows, features), came shape {features.shape}",
                "encode categories as numbers first, for example one column each",
            )
        if not self.standardise:
            return features
        spread = features.std(axis=0)
        return np.asarray(features / np.where(spread > 0, spread, 1.0), dtype=np.float64)


def _require_unit(predicted: Floats) -> None:
    bad = np.flatnonzero((predicted < 0) | (predicted > 1))
    if len(bad):
        raise MetricError(
            f"consistency: expected predictions from 0 to 1, came {predicted[bad[0]]} in row "
            f"{int(bad[0])}",
            "give decisions or probabilities",
        )

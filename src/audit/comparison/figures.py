"""What of two models is compared, by task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from audit.comparison.changes import PAIRED, Change, Decided, change
from audit.comparison.mean_changes import MEANS, MeanChange, Predicted, mean_change
from audit.metrics.headline import headline, in_task

if TYPE_CHECKING:
    from audit.data.dataset import Dataset
    from audit.data.records import DataRecord
    from audit.predictions import Predictions

Changed = Change | MeanChange
Counted = Callable[[NDArray[np.bool_], int], Changed]
"""From the members of a group and the minimum size to the change of one figure."""
ACCURACY = "accuracy"
OF_CLASSES = "multiclass_accuracy"


def figures(dataset: Dataset, before: Predictions, after: Predictions) -> Mapping[str, Counted]:
    """Return each figure that is compared, by the name of its metric.

    Of several classes: the share of rows predicted as labelled, and the rates of the class in focus
    against the rest. Of a regression: mean prediction, mean error, and the size of errors.
    """
    rows = before.rows
    weights = None if dataset.weights is None else dataset.weights[rows]
    target = dataset.target[rows]
    if dataset.task == "regression":
        said = Predicted(target=target, before=before.label, after=after.label, weights=weights)
        return {name: partial(mean_change, said, mean) for name, mean in MEANS.items()}
    decided = Decided(label=target, before=before.label, after=after.label, weights=weights)
    found: dict[str, Counted] = {
        name: partial(change, decided, rate) for name, rate in PAIRED.items()
    }
    if dataset.task == "binary":
        return found
    del found[ACCURACY]
    found = {in_task(name, dataset.record): count for name, count in found.items()}
    if dataset.codes is None or before.classes is None or after.classes is None:
        return found
    classes = Decided(
        label=dataset.codes[rows], before=before.classes, after=after.classes, weights=weights
    )
    return {OF_CLASSES: partial(change, classes, PAIRED[ACCURACY]), **found}


def flipped(record: DataRecord) -> str:
    """Name the rate of which rows that gain and lose an outcome are counted; empty of numbers."""
    return "" if record.task == "regression" else headline(record)["demographic_parity"]


def judged(record: DataRecord) -> tuple[str, ...]:
    """Name the rates that are judged for levelling down: those of which more is better off."""
    if record.task == "regression":
        return ()
    rates = headline(record)
    return rates["demographic_parity"], rates["equal_opportunity"]

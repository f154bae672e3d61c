"""What a fitted estimator decides between, and which columns it was fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.errors import ModelError
from audit.models.sklearn_affine import OpaqueError
from audit.models.sklearn_columns import WIDEST
from audit.models.sklearn_encoder import Inputs
from audit.models.sklearn_stages import branches

Estimator = Any  # a fitted estimator, which has no types
CLASSES = 2


def classes_of(estimator: Estimator) -> tuple[Any, ...]:
    """Return the classes of a fitted classifier, in the order of its answers; none of a regressor.

    Raises
    ------
    ModelError
        If it is not fitted, answers several questions at once, or tells fewer than two classes
        apart.
    """
    name = type(estimator).__name__
    found = getattr(estimator, "classes_", None)
    if found is None:
        return _no_classes(estimator)
    if isinstance(found, list | tuple) and any(np.ndim(item) for item in found):
        raise ModelError(
            f"{name} answers {len(found)} questions at once",
            "an audit is about one of them: give an estimator for each",
        )
    values = tuple(np.asarray(found).tolist())
    if len(values) < CLASSES:
        raise ModelError(
            f"{name} tells {len(values)} class apart ({', '.join(map(repr, values))}), expected "
            f"{CLASSES} or more",
            "fit it on rows of every class",
        )
    return values


def _no_classes(estimator: Estimator) -> tuple[Any, ...]:
    """Return nothing for a fitted regressor; refuse everything else."""
    from sklearn.base import is_classifier, is_regressor

    name = type(estimator).__name__
    if not hasattr(estimator, "predict"):
        raise ModelError(
            f"expected a classifier or a regressor, came {name}", "give a fitted estimator"
        )
    if is_classifier(estimator):
        raise ModelError(f"{name} is not fitted", "fit it before it is saved or audited")
    if is_regressor(estimator):
        return ()
    raise ModelError(
        f"{name} predicts no classes and no numbers: expected a classifier or a regressor",
        "audit its values as scores: predictions: {score: column}",
    )


def inputs_of(estimator: Estimator, columns: tuple[str, ...] | None = None) -> Inputs:
    """Return the columns that a fitted estimator takes.

    Parameters
    ----------
    estimator : estimator
    columns : tuple of str, optional
        Those of the table, for an estimator that knows neither names nor number.

    Raises
    ------
    ModelError
        If it is not fitted, or does not say how many columns it takes.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        count = getattr(estimator, "n_features_in_", len(columns) if columns else None)
        if not isinstance(count, int | np.integer) or count < 1:
            raise ModelError(
                f"{type(estimator).__name__} is not fitted, or does not say how many columns it "
                "takes",
                "fit it before it is saved or audited",
            )
        if count > WIDEST:
            raise ModelError(f"{type(estimator).__name__} says that it takes {count:,} columns")
        return Inputs(count=int(count), names=None, needed=None)
    listed = tuple(str(name) for name in np.asarray(names).tolist())
    return Inputs(count=len(listed), names=listed, needed=_needed(estimator, listed))


def _needed(estimator: Estimator, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that a ColumnTransformer at the start does not drop."""
    first = estimator
    while type(first).__name__ == "Pipeline":
        steps = [step for _, step in first.steps if step is not None and step != "passthrough"]
        first = steps[0] if steps else None
    if type(first).__name__ != "ColumnTransformer":
        return names
    try:
        used = {place for _, _, places in branches(first, len(names)) for place in places}
    except OpaqueError:
        return names
    return tuple(name for place, name in enumerate(names) if place in used)

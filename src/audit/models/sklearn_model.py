"""A fitted scikit-learn estimator as a model: a torch network, or known by its answers alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audit.errors import DataError, ModelError
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.records import Output
from audit.models.sklearn_affine import OpaqueError
from audit.models.sklearn_calling import Step
from audit.models.sklearn_classes import classes_of, inputs_of
from audit.models.sklearn_encoder import Inputs, SklearnEncoder
from audit.models.sklearn_networks import MARGIN, answers_with, network_of
from audit.models.sklearn_stages import Stage, chained

Estimator = Any  # a fitted estimator, which has no types
OWN_THRESHOLD = ("FixedThresholdClassifier", "TunedThresholdClassifierCV")
SEARCHES = ("GridSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "RandomizedSearchCV")
PAIR = 2
DECISIONS = "{name} gives decisions, no scores: the scores are 0 and 1, and rank nothing"


def from_estimator(
    estimator: Estimator,
    columns: Sequence[str] | None = None,
    *,
    device: torch.device | None = None,
    sha256: str | None = None,
    notes: tuple[str, ...] = (),
) -> TorchModel | AnswerModel:
    """Turn a fitted estimator, alone or at the end of a Pipeline, into a model to audit.

    MLP and linear estimators become torch networks in double precision (single on a device that has
    no other), with the fitted preprocessing as encoder; every other estimator is asked for its
    answers only, and the model says why.

    Parameters
    ----------
    estimator : classifier or regressor of scikit-learn
        Fitted. Any other object with ``predict_proba`` or ``predict`` and
        ``classes_`` is a black box.
    columns : sequence of str, optional
        Columns of the table, for an estimator that was fitted on an array.
    device : torch.device, optional
        By default the CPU: a network of this kind is small.
    sha256 : str, optional
        Of the file that it came from.
    notes : tuple of str

    Raises
    ------
    ModelError
        If it is neither classifier nor regressor, is not fitted, or contradicts itself.
    """
    found, said = _unwrapped(estimator)
    classes = classes_of(found)
    inputs = inputs_of(found, tuple(columns) if columns else None)
    about: dict[str, Any] = {
        "features": inputs.needed,
        "width": None if inputs.names else inputs.count,
        "classes": classes or None,
    }
    try:
        return _network(found, inputs, device or torch.device("cpu"), (*notes, *said), about)
    except OpaqueError as opaque:
        about |= {"sha256": sha256, "reason": str(opaque)}
        return _black_box(found, inputs, (*notes, *said), about)


def _unwrapped(estimator: Estimator) -> tuple[Estimator, tuple[str, ...]]:
    """Take the estimator out of a search, of a frozen one, and from under a threshold."""
    notes: tuple[str, ...] = ()
    while type(estimator).__module__.startswith("sklearn."):
        name = type(estimator).__name__
        if name in SEARCHES and hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif name == "FrozenEstimator":
            estimator = estimator.estimator
        elif name in OWN_THRESHOLD and hasattr(estimator, "estimator_"):
            estimator = estimator.estimator_
            notes = (f"the threshold of {name} is not used: metrics.threshold decides",)
        else:
            break
    return estimator, notes


def _parts(estimator: Estimator) -> tuple[list[Step], Estimator]:
    """Return the steps before the last estimator, and that one; pipelines nest."""
    steps: list[Step] = []
    while type(estimator).__name__ == "Pipeline":
        steps += [step for _, step in estimator.steps[:-1]]
        estimator = estimator.steps[-1][1]
        estimator = _unwrapped(estimator)[0] if type(estimator).__name__ in SEARCHES else estimator
    return steps, estimator


def _prepared(steps: list[Step], inputs: Inputs) -> Stage:
    columns = inputs.names or tuple(map(str, range(inputs.count)))
    try:
        return chained(steps, columns)
    except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise ModelError(
            f"the preprocessing is not fitted, or damaged: {type(error).__name__}: {error}",
            "fit and save it again",
        ) from error


def _network(
    estimator: Estimator,
    inputs: Inputs,
    device: torch.device,
    notes: tuple[str, ...],
    about: dict[str, Any],
) -> TorchModel:
    steps, last = _parts(estimator)
    output, said = answers_with(last)
    prepared = _prepared(steps, inputs)
    network = network_of(last, prepared.mix)
    first = next(network.children())
    if first.in_features != len(prepared.columns):
        raise ModelError(
            f"{type(last).__name__} takes {first.in_features} columns, {len(prepared.columns)} "
            "reach it",
            "fit and save it again",
        )
    if device.type == "mps":  # has no double precision
        network = network.float()
    return TorchModel(
        network=network.to(device),
        encoder=SklearnEncoder(inputs=inputs, stage=prepared),
        output=output,
        kind="sklearn",
        device=device,
        notes=(*notes, *said),
        outputs=len(about["classes"]) if output == "logits" else None,
        **about,
    )


def _black_box(
    estimator: Estimator, inputs: Inputs, notes: tuple[str, ...], about: dict[str, Any]
) -> AnswerModel:
    steps, last = _parts(estimator)
    classes = about["classes"]
    output, method, said = _way_to_ask(estimator, type(last).__name__, classes)
    names = [type(step).__name__ for step in (*steps, last) if not isinstance(step, str | None)]
    return AnswerModel(
        ask=_asking(estimator, inputs, method, steps, classes),
        output=output,
        format="sklearn",
        architecture=" → ".join(names),
        notes=(*notes, *said),
        outputs=len(classes) if output in {"logits", "probabilities"} else None,
        **about,
    )


def _way_to_ask(
    estimator: Estimator, name: str, classes: tuple[Any, ...] | None
) -> tuple[Output, str, tuple[str, ...]]:
    if classes is None:
        return "value", "predict", ()
    if hasattr(estimator, "predict_proba"):
        return "probabilities", "predict_proba", ()
    if hasattr(estimator, "decision_function"):
        margins: Output = "logit" if len(classes) == PAIR else "logits"
        return margins, "decision_function", (MARGIN.format(name=name),)
    if hasattr(estimator, "predict"):
        decisions: Output = "probability" if len(classes) == PAIR else "probabilities"
        return decisions, "predict", (DECISIONS.format(name=name),)
    raise ModelError(f"{name} has neither predict_proba nor predict", "give a classifier")


def _asking(
    estimator: Estimator,
    inputs: Inputs,
    method: str,
    steps: list[Step],
    classes: tuple[Any, ...] | None,
) -> Callable[[Mapping[str, Any]], NDArray[np.float64]]:
    def ask(named: Mapping[str, Any]) -> NDArray[np.float64]:
        frame = inputs.take(named["table"])
        try:
            answer = _called(estimator, method, frame if inputs.names else frame.to_numpy())
        except Exception as error:
            _explain(steps, inputs, named)
            raise ModelError(
                f"{type(estimator).__name__}.{method} failed: {type(error).__name__}: "
                f"{error or 'out of memory'}",
                "check that the columns hold what it was fitted on",
            ) from error
        return _chosen(answer, classes) if method == "predict" and classes else answer

    return ask


def _chosen(answer: NDArray[Any], classes: tuple[Any, ...]) -> NDArray[np.float64]:
    """Return decisions as probabilities of 0 and 1."""
    if len(classes) == PAIR:
        return np.asarray(answer == classes[1], dtype=np.float64)
    return np.asarray(answer[:, None] == np.array(classes)[None], dtype=np.float64)


def _called(estimator: Estimator, method: str, rows: Any) -> NDArray[Any]:  # noqa: ANN401 - a frame or an array
    """Ask in one process: a file may name any number of them."""
    import joblib

    with warnings.catch_warnings(), joblib.parallel_config(backend="sequential"):
        warnings.simplefilter("ignore")  # unknown categories that an encoder was told to ignore
        return np.asarray(getattr(estimator, method)(rows))


def _explain(steps: list[Step], inputs: Inputs, named: Mapping[str, Any]) -> None:
    """Raise an error that names column, row and value, where the preprocessing can tell."""
    try:
        SklearnEncoder(inputs=inputs, stage=_prepared(steps, inputs)).encode(named)
    except DataError:
        raise
    except (OpaqueError, ModelError):
        return

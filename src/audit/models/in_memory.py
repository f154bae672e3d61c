"""A model in memory: the network in it, or why it can only be asked for its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from audit.errors import ModelError
from audit.models.factory import from_module
from audit.models.model import TorchModel
from audit.models.records import Output
from audit.models.sklearn_encoder import SklearnEncoder
from audit.models.sklearn_model import from_estimator
from audit.models.skorch_network import from_skorch, is_skorch

ONLY_ASKED = "it was given as an estimator or a callable, which can only be asked"
Encode = Callable[[Any], Any] | None

CLASSES = 2


def network_in(
    model: Any,  # noqa: ANN401 - a module, an estimator of any library, or a callable
    columns: Sequence[str],
    *,
    output: Output | None = None,
    encode: Encode = None,
) -> TorchModel | str:
    """Return the network of a module or an estimator, or why a model can only be asked.

    Parameters
    ----------
    model : nn.Module, estimator or callable
        A fitted MLP or linear classifier of scikit-learn, alone or at the end of a Pipeline,
        becomes a network with its own preprocessing, classes and output.
    columns : sequence of str
        Of the table, in order.
    output : {"logit", "logits", "probability", "probabilities"}, optional
        Needed for a module.
    encode : callable, optional
        For a module, or the module of a skorch estimator.

    Raises
    ------
    ModelError
        If a module comes without `output`, an estimator is damaged or takes another number of
        columns, or `output` or `encode` contradict what an estimator says itself.
    """
    if is_skorch(model):
        return from_skorch(model, output, encode)
    if isinstance(model, nn.Module):
        return from_module(model, output=_stated(output), encode=encode)
    if encode is not None:
        raise ModelError(
            f"encode= goes with a module, came {type(model).__name__}",
            "leave encode out: the model is given X as it is",
        )
    if not _is_classifier(model):
        return ONLY_ASKED
    found = from_estimator(model, columns)
    if not isinstance(found, TorchModel):
        return found.reason
    _require_agreement(found, columns, output, type(model).__name__)
    return found


def names_in(
    model: Any,  # noqa: ANN401 - as in `network_in`
    count: int,
) -> tuple[str, ...] | None:
    """Return the names of the columns that an estimator was fitted on, if it knows so many."""
    found = getattr(model, "feature_names_in_", None)
    names = () if found is None else tuple(str(name) for name in found)
    return names if names and len(names) == count else None


def _stated(output: Output | None) -> Output:
    if output is None:
        raise ModelError(
            "expected output= beside a module, came none",
            "say what it answers with: logit, logits, probability, probabilities or value",
        )
    return output


def _is_classifier(model: Any) -> bool:  # noqa: ANN401 - as above
    """Tell whether it is a fitted classifier of scikit-learn's own, for two classes."""
    classes = getattr(model, "classes_", None)
    own = type(model).__module__.startswith("sklearn.")
    return own and classes is not None and len(classes) == CLASSES


def _require_agreement(
    model: TorchModel, columns: Sequence[str], output: Output | None, name: str
) -> None:
    if output is not None and output != model.output:
        raise ModelError(
            f"output={output!r} was declared, but the network of {name} answers with "
            f"{model.output}",
            "leave output out",
        )
    if model.width is not None and model.width != len(columns):
        raise ModelError(
            f"{name} takes {model.width} columns, X has {len(columns)}: "
            f"{', '.join(map(repr, columns[:12]))}",
            "give the columns it was fitted on, in that order",
        )
    encoder = model.encoder
    assert isinstance(encoder, SklearnEncoder)  # noqa: S101 - what from_estimator makes
    missing = [column for column in encoder.inputs.needed or () if column not in columns]
    if missing:
        raise ModelError(
            f"{name} was fitted on column {missing[0]!r}, which X does not have",
            "give the columns it was fitted on",
        )

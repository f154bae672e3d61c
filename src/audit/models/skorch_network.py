"""The network inside a skorch estimator, and what its estimator says that it answers with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from audit.errors import ModelError
from audit.models.factory import from_module
from audit.models.model import TorchModel
from audit.models.records import Output

# What the module answers with, by the loss that it is trained on: skorch decides in the same way
# what it does to answers in predict_proba. It takes the logarithm itself before NLLLoss.
OUTPUTS: Mapping[type[nn.Module], Output] = {
    nn.CrossEntropyLoss: "logits",
    nn.NLLLoss: "probabilities",
    nn.BCEWithLogitsLoss: "logit",
    nn.BCELoss: "probability",
}


def is_skorch(model: object) -> bool:
    """Say whether `model` is a skorch estimator."""
    return hasattr(model, "predict_nonlinearity") and hasattr(model, "module")


def from_skorch(
    model: Any,  # noqa: ANN401 - a skorch estimator; skorch itself is not needed
    output: Output | None = None,
    encode: Callable[[Any], Any] | None = None,
) -> TorchModel:
    """Take the network out of a fitted skorch classifier; it stays on its device.

    Parameters
    ----------
    model : skorch.NeuralNetClassifier or NeuralNetBinaryClassifier
    output : {"logit", "logits", "probability", "probabilities"}, optional
        By default what its loss says: logits for CrossEntropyLoss, probabilities for NLLLoss, logit
        for BCEWithLogitsLoss, probability for BCELoss.
    encode : callable, optional
        From the frame of features to tensors; by default numeric columns in their order.

    Raises
    ------
    ModelError
        If it is not fitted, or neither its loss nor `output` says what it answers with.
    """
    network = getattr(model, "module_", None)
    if not isinstance(network, nn.Module):
        raise ModelError(
            f"{type(model).__name__} is not fitted: it holds no network yet", "call fit first"
        )
    found = from_module(network, output=output or _output(model), encode=encode)
    classes = getattr(model, "classes_", None)
    return found if classes is None else replace(found, classes=tuple(_plain(classes)))


def _output(model: Any) -> Output:  # noqa: ANN401 - a skorch estimator
    loss = getattr(model, "criterion_", None)
    known = [name for kind, name in OUTPUTS.items() if type(loss) is kind]
    if model.predict_nonlinearity != "auto" or not known:
        raise ModelError(
            f"{type(model).__name__} does not say what its module answers with (loss "
            f"{type(loss).__name__}, predict_nonlinearity {model.predict_nonlinearity!r})",
            "say output=: logit, logits, probability or probabilities; or give its predict_proba "
            "as a callable",
        )
    return known[0]


def _plain(classes: Any) -> list[Any]:  # noqa: ANN401 - an array or a list
    return [item.item() if hasattr(item, "item") else item for item in classes]

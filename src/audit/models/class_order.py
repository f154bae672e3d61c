"""Which output is the positive class, where a file or the configuration names its classes."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from audit.config import Target
from audit.data.columns import category_text
from audit.data.dataset import Dataset
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.outputs import form
from audit.models.records import Output

TRUE = ("1", "True", "true")  # what counts as positive where nothing is said
CLASSES = 2
LISTED = 12
REVERSED = "the outputs were put in the other order: the positive class of the file is its first"
Model = TorchModel | AnswerModel


class Reversed(nn.Module):
    """Puts answers about two classes in the other order."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self.columns, self.ranged = form(output).columns, form(output).ranged

    def forward(self, answer: Tensor) -> Tensor:
        """Return the answer about the other class."""
        if self.columns == CLASSES:
            return answer.flip(-1)
        return 1 - answer if self.ranged else -answer


def positive_texts(positive: Iterable[Any] | None) -> set[str]:
    """Return what counts as positive, as texts; 1 and True where nothing is said."""
    return set(TRUE) if positive is None else {category_text(item) for item in positive}


def positive_places(classes: Sequence[Any], positive: Iterable[Any] | None) -> list[int]:
    """Return the places of the classes that count as positive."""
    wanted = positive_texts(positive)
    return [place for place, item in enumerate(classes) if category_text(item) in wanted]


def in_class_order(model: Model, target: Target) -> Model:
    """Return the model with the positive class last, as its classes and the target say.

    A model without named classes is left as it is: class 1 is positive.

    Raises
    ------
    ModelError
        If there are more than two classes, or not exactly one of them is the positive label.
    """
    if model.form.columns > CLASSES:
        raise _too_many(model.form.columns, model.classes)
    if model.output == "value":
        raise ModelError(
            "the network answers with output: value, and data.task is binary",
            "say data: {task: regression}, or declare what it answers with",
        )
    if model.classes is None or _positive_place(model.classes, target) == 1:
        return model
    notes = (*model.notes, REVERSED)
    if isinstance(model, AnswerModel):
        return replace(model, backwards=True, notes=notes, classes=model.classes[::-1])
    network = _followed(model.network, Reversed(model.output))
    return replace(model, network=network, notes=notes, classes=model.classes[::-1])


def in_classes(model: Model, dataset: Dataset) -> Model:
    """Return the model with its outputs in the order of the classes of a multiclass data set.

    A model without named classes answers in their order. Of a regression: as it is, once its answer
    is known to be a value.

    Raises
    ------
    ModelError
        If its answer does not fit the task, or its classes are not those of the data.
    """
    if dataset.task == "binary":
        return model
    fitting = {"value"} if dataset.task == "regression" else {"logits", "probabilities"}
    if model.output not in fitting:
        raise ModelError(
            f"the network answers with output: {model.output}, and data.task is {dataset.task}",
            f"declare output: {' or '.join(sorted(fitting))}, or another task",
        )
    if dataset.task == "regression":
        return model
    ordered = model
    if model.classes is not None:
        ordered = _permuted(model, _order([category_text(c) for c in model.classes], dataset))
    if ordered.outputs not in {None, len(dataset.classes)}:
        raise ModelError(
            f"the network answers about {ordered.outputs} classes, data.target has "
            f"{len(dataset.classes)}: {', '.join(dataset.classes[:LISTED])}",
            "name the classes in the order of its outputs under data.target.classes",
        )
    count = len(dataset.classes)
    return replace(ordered, classes=dataset.classes, focus=dataset.focus, outputs=count)


def _order(names: Sequence[str], dataset: Dataset) -> list[int]:
    if sorted(names) != sorted(dataset.classes):
        only = sorted(set(names) ^ set(dataset.classes))
        raise ModelError(
            f"the network's classes are {', '.join(names)}; the data's are "
            f"{', '.join(dataset.classes)}"
            + (f" (only in one: {', '.join(only)})" if only else ""),
            "name the network's classes under data.target.classes, in any order",
        )
    return [names.index(name) for name in dataset.classes]


def _permuted(model: Model, order: list[int]) -> Model:
    if order == sorted(order):
        return model
    notes = (*model.notes, "the outputs were put in the order of the data's classes")
    if isinstance(model, AnswerModel):
        asked = model.ask
        return replace(model, ask=lambda inputs: np.asarray(asked(inputs))[:, order], notes=notes)
    return replace(model, network=_followed(model.network, Permuted(order)), notes=notes)


def _too_many(count: int, classes: tuple[Any, ...] | None) -> ModelError:
    shown = f": {list(classes[:LISTED])}{' …' if len(classes) > LISTED else ''}" if classes else ""
    return ModelError(
        f"expected a network of two classes, came {count}{shown}",
        "say data: {task: multiclass}, with all classes as data.target",
    )


class Permuted(nn.Module):
    """Puts answers about several classes in another order."""

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        self.order = list(order)

    def forward(self, answer: Tensor) -> Tensor:
        """Return the answers in that order."""
        return answer[:, self.order]


def _positive_place(classes: tuple[Any, ...], target: Target) -> int:
    if len(classes) != CLASSES:
        raise _too_many(len(classes), classes)
    found = positive_places(classes, target.positive)
    if len(found) != 1:
        label = "1" if target.positive is None else " or ".join(map(repr, target.positive))
        raise ModelError(
            f"the network's classes are {list(classes)}, and data.target says that {label} is "
            "positive: expected exactly one class that is",
            "name the positive label as the network does: data: {target: {column: "
            f"{target.column}, positive: [...]}}}}, or say model.classes in the order of its "
            "outputs",
        )
    return found[0]


class Followed(nn.Module):
    """A network of any inputs, and a module that its answer goes through."""

    def __init__(self, network: nn.Module, class_order: nn.Module) -> None:
        super().__init__()
        self.network, self.class_order = network, class_order

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """Ask the network, and return its answer changed."""
        answer: Tensor = self.class_order(self.network(*tensors, **named))
        return answer


def _followed(network: nn.Module, last: nn.Module) -> nn.Module:
    """Put a module after a network; names inside a plain stack stay as they are."""
    ordered: nn.Module
    if type(network) is nn.Sequential:
        ordered = nn.Sequential(OrderedDict([*network._modules.items(), ("class_order", last)]))
    elif _takes_one(network):
        ordered = nn.Sequential(OrderedDict([("network", network), ("class_order", last)]))
    else:
        ordered = Followed(network, last)
    ordered.training = network.training
    return ordered


def _takes_one(network: nn.Module) -> bool:
    """Tell whether a network takes one tensor: then a plain stack can be traced."""
    try:
        parameters = inspect.signature(network.forward).parameters.values()
    except (TypeError, ValueError):
        return False
    plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(plain) == 1 and len(parameters) == 1

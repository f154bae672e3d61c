"""Which output is the positive class, where a file or the configuration names its classes."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from audit.config import Target
from audit.data.columns import category_text
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.outputs import OUTPUTS
from audit.models.records import Output

TRUE = ("1", "True", "true")  # what counts as positive where nothing is said
CLASSES = 2
REVERSED = "the outputs were put in the other order: the positive class of the file is its first"
Model = TorchModel | AnswerModel


class Reversed(nn.Module):
    """Puts answers about two classes in the other order."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self.columns, self.ranged = OUTPUTS[output].columns, OUTPUTS[output].ranged

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
    if model.classes is None or _positive_place(model.classes, target) == 1:
        return model
    notes = (*model.notes, REVERSED)
    if isinstance(model, AnswerModel):
        return replace(model, backwards=True, notes=notes, classes=model.classes[::-1])
    network = _followed(model.network, Reversed(model.output))
    return replace(model, network=network, notes=notes, classes=model.classes[::-1])


def _positive_place(classes: tuple[Any, ...], target: Target) -> int:
    if len(classes) != CLASSES:
        raise ModelError(
            f"expected a network of two classes, came {len(classes)}: {list(classes)}",
            "this version audits binary decisions",
        )
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

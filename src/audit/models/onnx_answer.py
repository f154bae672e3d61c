"""Which tensor of an ONNX graph is the score, what kind of score, and the order of its classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from audit.config import ModelConfig
from audit.data.columns import category_text
from audit.errors import ModelError
from audit.models.onnx_graph import Graph, Node, Port
from audit.models.records import Output

PASSING = frozenset(
    {"Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Dropout", "Clip", "ZipMap"}
)
ENDINGS: Mapping[str, Output] = {
    "Sigmoid": "probability",
    "Softmax": "probabilities",
    "LogSoftmax": "logits",
    "TreeEnsembleClassifier": "probabilities",
}
LABELS = ("classlabels_int64s", "classlabels_ints", "classlabels_strings")
CLASSES = 2


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The score of a graph.

    Attributes
    ----------
    tensor : str
        Of numbers, before any map from class to number.
    output : {"logit", "logits", "probability", "probabilities", "value"}
    classes : tuple or None
        In the order of the columns; of one column, the negative and the positive class.
    ending : str
        The operator that makes it.
    columns : int or None
        How many classes it has a number for, where that is known.
    """

    tensor: str
    output: Output
    classes: tuple[Any, ...] | None
    ending: str
    columns: int | None = None


def answer_of(graph: Graph, config: ModelConfig, name: str) -> Answer:
    """Return the score of a graph.

    Raises
    ------
    ModelError
        If no output, or several, hold numbers; if the kind of score is stated nowhere, or stated
        and not what the graph ends in; or if its classes are in another order than stated.
    """
    port = _scores(graph, name)
    tensor, labels = _numbers(graph, port.name)
    found, ending = _kind(graph, tensor)
    columns = _columns(graph, tensor, found, labels)
    _require_columns(columns, found, ending, name)
    if columns == CLASSES and found == "probability":
        found = None  # a sigmoid for each class says nothing of both together
    output = _declared(config, found, ending, columns, name)
    return Answer(
        tensor=tensor,
        output=output,
        classes=_classes(config, labels or _labels(graph, tensor), name),
        ending=ending,
        columns=columns if columns is not None and columns > 1 else None,
    )


def _scores(graph: Graph, name: str) -> Port:
    numbers = [port for port in graph.outputs if not port.dtype or "float" in port.dtype]
    likely = [port for port in numbers if "prob" in port.name.lower()]
    if len(numbers) == 1 or len(likely) == 1:
        return (likely or numbers)[0]
    there = ", ".join(f"{port.name} ({port.dtype or 'maps'})" for port in graph.outputs)
    raise ModelError(
        f"{name}: expected one output of scores, came {there}",
        "export the model with its scores or probabilities as its only output of numbers",
    )


def _numbers(graph: Graph, tensor: str) -> tuple[str, list[Any] | None]:
    """Go back from a list of maps to the tensor that it was made of, with the keys of the maps."""
    node, labels = graph.made_by(tensor), None
    while node is not None and node.op in {"ZipMap", "Identity"}:
        tensor = node.inputs[0]
        labels = _stated(node) or labels
        node = graph.made_by(tensor)
    return tensor, labels


def _stated(node: Node) -> list[Any] | None:
    return next((list(node.attributes[key]) for key in LABELS if node.attributes.get(key)), None)


def _before(graph: Graph, tensor: str) -> Node | None:
    node = graph.made_by(tensor)
    while node is not None and node.op in PASSING:
        node = graph.made_by(node.inputs[0])
    return node


def _labels(graph: Graph, tensor: str) -> list[Any] | None:
    node = _before(graph, tensor)
    if node is not None and node.op == "Normalizer":
        return _labels(graph, node.inputs[0])
    return None if node is None else _stated(node)


def _kind(graph: Graph, tensor: str) -> tuple[Output | None, str]:
    node = _before(graph, tensor)
    if node is None:
        return None, "its input"
    if node.op == "Normalizer" and node.attributes.get("norm") == "L1":
        return _kind(graph, node.inputs[0])[0], node.op
    if positive_of(graph, tensor) is not None:
        return "probabilities", "1 - p and p"
    if node.op == "LinearClassifier":
        known = node.attributes.get("post_transform") in {"LOGISTIC", "SOFTMAX"}
        return "probabilities" if known else None, node.op
    if node.op == "SVMClassifier":
        return "probabilities" if node.attributes.get("prob_a") else None, node.op
    return ENDINGS.get(node.op), node.op


def positive_of(graph: Graph, tensor: str) -> str | None:
    """Return p where a tensor is the columns 1 - p and p side by side, p from a sigmoid."""
    node = _before(graph, tensor)
    if node is None or node.op != "Concat" or len(node.inputs) != CLASSES:
        return None
    negative, positive = graph.made_by(node.inputs[0]), node.inputs[1]
    if negative is None or negative.op != "Sub" or negative.inputs[1] != positive:
        return None
    one = graph.constants.get(negative.inputs[0])
    ending = _before(graph, positive)
    holds = one is not None and np.all(one == 1) and ending is not None and ending.op == "Sigmoid"
    return positive if holds and node.attributes.get("axis") in {1, -1} else None


def _columns(
    graph: Graph, tensor: str, found: Output | None, labels: list[Any] | None
) -> int | None:
    if labels:
        return len(labels)
    port = graph.known.get(tensor)
    if port is None or port.shape is None:
        return None
    return 1 if len(port.shape) <= 1 else port.shape[-1]


def _require_columns(columns: int | None, found: Output | None, ending: str, name: str) -> None:
    if columns is not None and columns < 1:
        raise ModelError(f"{name} answers with no number", "export the network with its scores")
    if columns == 1 and found in {"probabilities", "logits"}:
        raise ModelError(
            f"{name}: {ending} over one column is the same for every row",
            "export one number per row that ends in a sigmoid, or two that end in a softmax",
        )


def _declared(
    config: ModelConfig, found: Output | None, ending: str, columns: int | None, name: str
) -> Output:
    declared = config.output
    if declared is None and found is None:
        likely = "logits" if (columns or 1) > 1 else "logit, or value for a regression"
        raise ModelError(
            f"{name} ends in {ending}, which does not say what kind of score it is",
            f"say it: model: {{path: {name}, output: {likely}}}",
        )
    if declared is not None and found is not None and declared != found:
        raise ModelError(
            f"output: {declared} was declared, but {name} ends in {ending}",
            f"declare output: {found}, or leave it out",
        )
    output = declared or found
    several = output in {"logits", "probabilities"}
    if columns is not None and several != (columns > 1):
        raise ModelError(
            f"output: {output} expects {'one column for each class' if several else 'one column'}, "
            f"{name} has {columns}",
            "declare logit, probability or value for one, logits or probabilities for several",
        )
    return cast("Output", output)


def _classes(config: ModelConfig, labels: list[Any] | None, name: str) -> tuple[Any, ...] | None:
    declared = config.classes
    if labels is None or declared is None:
        return tuple(labels) if labels else declared
    if [category_text(item) for item in labels] != [category_text(item) for item in declared]:
        raise ModelError(
            f"classes: {list(declared)} were declared, but {name} names them {labels}",
            "leave classes out: the file says them",
        )
    return tuple(labels)

"""What a network may answer with, as one table: shapes, ranges, and the way to a probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from audit.errors import ModelError
from audit.models.records import Output

SMALLEST = 1e-12
ENDINGS = {"SigmoidBackward0": "Sigmoid", "SoftmaxBackward0": "Softmax"}
RESHAPING = frozenset(
    f"{name}Backward{version}"
    for name in ("Squeeze", "Unsqueeze", "View", "UnsafeView", "Select", "Slice", "Clone", "Flip")
    for version in (0, 1, 2)
) | {"ToCopyBackward0", "ReshapeAliasBackward0", "AliasBackward0", "TransposeBackward0"}


@dataclass(frozen=True, kw_only=True)
class OutputForm:
    """One declared kind of answer.

    Attributes
    ----------
    columns : int
        1 for one number per row, 2 for one per class; class 1 is positive.
    ranged : bool
        Whether the numbers are probabilities.
    probability, logit : callable
        From the answer, shape (n,) or (n, 2), to shape (n,).
    """

    columns: int
    ranged: bool
    probability: Callable[[Tensor], Tensor]
    logit: Callable[[Tensor], Tensor]


def _log_odds(probability: Tensor) -> Tensor:
    return torch.logit(probability, eps=SMALLEST if probability.dtype == torch.float64 else 1e-7)


OUTPUTS: Mapping[Output, OutputForm] = {
    "logit": OutputForm(
        columns=1, ranged=False, probability=torch.sigmoid, logit=lambda answer: answer
    ),
    "logits": OutputForm(
        columns=2,
        ranged=False,
        probability=lambda answer: torch.sigmoid(answer[:, 1] - answer[:, 0]),
        logit=lambda answer: answer[:, 1] - answer[:, 0],
    ),
    "probability": OutputForm(
        columns=1, ranged=True, probability=lambda answer: answer, logit=_log_odds
    ),
    "probabilities": OutputForm(
        columns=2,
        ranged=True,
        probability=lambda answer: answer[:, 1],
        logit=lambda answer: _log_odds(answer[:, 1]),
    ),
}


def shaped(answer: object, output: Output, rows: int) -> Tensor:
    """Return the answer as (n,) or (n, 2), as declared.

    Raises
    ------
    ModelError
        If the network answered with something that is not numbers of the declared shape.
    """
    if not isinstance(answer, Tensor) or not answer.is_floating_point():
        came = f"{answer.dtype} numbers" if isinstance(answer, Tensor) else type(answer).__name__
        raise ModelError(
            f"expected one tensor of floating-point numbers from the network, came {came}",
            "return the tensor of logits or probabilities from forward",
        )
    columns = OUTPUTS[output].columns
    if columns == 1 and answer.shape in {(rows,), (rows, 1)}:
        return answer.reshape(rows)
    if columns == 2 and answer.shape == (rows, 2):  # noqa: PLR2004 - two classes
        return answer
    raise ModelError(
        f"output: {output} expects shape {shape_words(columns)} for {rows} rows, came "
        f"{tuple(answer.shape)}",
        shape_hint(output, tuple(answer.shape)),
    )


def shape_words(columns: int) -> str:
    """Return the shape of answers that one number, or one for each class, makes."""
    return "(n,) or (n, 1)" if columns == 1 else "(n, 2)"


def shape_hint(output: Output, shape: tuple[int, ...]) -> str:
    """Say what to declare instead, for answers of another shape than `output` has."""
    other: dict[Output, Output] = {
        "logit": "logits",
        "logits": "logit",
        "probability": "probabilities",
        "probabilities": "probability",
    }
    flat_or_one = len(shape) == 1 or shape[1:] == (1,)
    if flat_or_one or shape[1:] == (2,):
        return f"declare output: {other[output]}"
    return "this version audits binary decisions: one number per row, or one for each of two"


def ending(answer: Tensor) -> str:
    """Return ``Sigmoid`` or ``Softmax`` if the answer comes straight from one, else nothing.

    The graph that autograd recorded tells it, whether a module or a function was called.
    """
    node = answer.grad_fn
    while node is not None and node.name() in RESHAPING:
        node = node.next_functions[0][0] if node.next_functions else None
    return ENDINGS.get(node.name(), "") if node is not None else ""

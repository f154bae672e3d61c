"""What a network may answer with, as one table: shapes, ranges, and the way to a probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from audit.errors import ModelError
from audit.models.records import Output

SMALLEST = 1e-12
TWO = 2
OTHER: Mapping[Output, Output] = {
    "logit": "logits",
    "logits": "logit",
    "probability": "probabilities",
    "probabilities": "probability",
}
ENDINGS = {"SigmoidBackward0": "Sigmoid", "SoftmaxBackward0": "Softmax"}
RESHAPING = frozenset(
    f"{name}Backward{version}"
    for name in ("Squeeze", "Unsqueeze", "View", "UnsafeView", "Select", "Slice", "Clone", "Flip")
    for version in (0, 1, 2)
) | {"ToCopyBackward0", "ReshapeAliasBackward0", "AliasBackward0", "TransposeBackward0"}


@dataclass(frozen=True, kw_only=True)
class OutputForm:
    """One declared kind of answer, and the way from it to the score that the audit is about.

    Attributes
    ----------
    output : str
    columns : int
        1 for one number per row, else one for each class.
    ranged : bool
        Whether the numbers are probabilities.
    score : callable
        From the answer, shape (n,) or (n, columns), to shape (n,): the probability of the positive
        class (of several, the one in focus), or the predicted value of a regression.
    logit : callable or None
        Likewise to the log odds of that probability; None of a regression.
    decide : callable or None
        From the answer and a threshold to decisions for the positive class, bool, shape (n,); of
        several classes, whether the one in focus is the likeliest. None of a regression.
    """

    output: Output
    columns: int
    ranged: bool
    score: Callable[[Tensor], Tensor]
    logit: Callable[[Tensor], Tensor] | None
    decide: Callable[[Tensor, float], Tensor] | None


def form(output: Output, classes: int = TWO, focus: int = 1) -> OutputForm:
    """Return the form of a declared answer.

    Parameters
    ----------
    output : {"logit", "logits", "probability", "probabilities", "value"}
    classes : int
        How many classes there are.
    focus : int
        The place of the class whose probability is the score.
    """
    if output == "value":
        return OutputForm(
            output=output, columns=1, ranged=False, score=_same, logit=None, decide=None
        )
    if output in {"logit", "probability"}:
        return _of_one(output)
    return _of_two(output) if classes == TWO and focus == 1 else _of_several(output, classes, focus)


def _same(answer: Tensor) -> Tensor:
    return answer


def _of_one(output: Output) -> OutputForm:
    score, logit = (torch.sigmoid, _same) if output == "logit" else (_same, _log_odds)
    return OutputForm(
        output=output,
        columns=1,
        ranged=output == "probability",
        score=score,
        logit=logit,
        decide=lambda answer, threshold: score(answer) >= threshold,
    )


def _of_two(output: Output) -> OutputForm:
    def difference(answer: Tensor) -> Tensor:
        return answer[:, 1] - answer[:, 0]

    def score(answer: Tensor) -> Tensor:
        return answer[:, 1] if output == "probabilities" else torch.sigmoid(difference(answer))

    return OutputForm(
        output=output,
        columns=TWO,
        ranged=output == "probabilities",
        score=score,
        logit=(lambda answer: _log_odds(answer[:, 1])) if output == "probabilities" else difference,
        decide=lambda answer, threshold: score(answer) >= threshold,
    )


def _of_several(output: Output, classes: int, focus: int) -> OutputForm:
    others = [place for place in range(classes) if place != focus]

    def logit(answer: Tensor) -> Tensor:
        if output == "probabilities":
            return _log_odds(answer[:, focus])
        return answer[:, focus] - torch.logsumexp(answer[:, others], dim=1)

    def score(answer: Tensor) -> Tensor:
        return answer[:, focus] if output == "probabilities" else torch.sigmoid(logit(answer))

    return OutputForm(
        output=output,
        columns=classes,
        ranged=output == "probabilities",
        score=score,
        logit=logit,
        decide=lambda answer, _: answer.argmax(dim=1) == focus,
    )


def _log_odds(probability: Tensor) -> Tensor:
    return torch.logit(probability, eps=SMALLEST if probability.dtype == torch.float64 else 1e-7)


def shaped(answer: object, expected: OutputForm, rows: int) -> Tensor:
    """Return the answer as (n,) or (n, columns), as declared.

    Raises
    ------
    ModelError
        If the network answered with something that is not numbers of the declared shape.
    """
    if not isinstance(answer, Tensor) or not answer.is_floating_point():
        came = f"{answer.dtype} numbers" if isinstance(answer, Tensor) else type(answer).__name__
        raise ModelError(
            f"expected one tensor of floating-point numbers from the network, came {came}",
            "return the tensor of logits, probabilities or values from forward",
        )
    columns = expected.columns
    if columns == 1 and answer.shape in {(rows,), (rows, 1)}:
        return answer.reshape(rows)
    if columns > 1 and answer.shape == (rows, columns):
        return answer
    raise ModelError(
        f"output: {expected.output} expects shape {shape_words(columns)} for {rows} rows, came "
        f"{tuple(answer.shape)}",
        shape_hint(expected.output, tuple(answer.shape)),
    )


def shape_words(columns: int) -> str:
    """Return the shape of answers that one number, or one for each class, makes."""
    return "(n,) or (n, 1)" if columns == 1 else f"(n, {columns})"


def shape_hint(output: Output, shape: tuple[int, ...]) -> str:
    """Say what to declare instead, for answers of another shape than `output` has."""
    flat_or_one = len(shape) == 1 or shape[1:] == (1,)
    if output in OTHER and (flat_or_one or shape[1:] == (TWO,)):
        return f"declare output: {OTHER[output]}"
    if len(shape) == TWO and shape[1] > 1:
        return (
            f"for {shape[1]} classes say task: multiclass and declare output: logits or "
            "probabilities, with data.target.classes in the order of the outputs"
        )
    return "return one number per row, or one for each class"


def ending(answer: Tensor) -> str:
    """Return ``Sigmoid`` or ``Softmax`` if the answer comes straight from one, else nothing.

    The graph that autograd recorded tells it, whether a module or a function was called.
    """
    node = answer.grad_fn
    while node is not None and node.name() in RESHAPING:
        node = node.next_functions[0][0] if node.next_functions else None
    return ENDINGS.get(node.name(), "") if node is not None else ""

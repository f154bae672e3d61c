"""What a Keras network answers with, from its last activation and what was declared."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.keras_modules import Shaped
from audit.models.keras_weights import Shape
from audit.models.records import Output

PASSING = (nn.Identity, nn.Dropout, nn.Flatten, Shaped)
TWO = 2


def output_of(last: Sequence[nn.Module], answer: Shape, config: ModelConfig, file: str) -> Output:
    """Return what the network answers with.

    Parameters
    ----------
    last : sequence of nn.Module
        Modules that lead to the answer, the last one first.
    answer : tuple of int
        The shape of the answer for one row.
    config : ModelConfig
    file : str

    Raises
    ------
    ModelError
        If there are neither one nor two numbers for each row, or the kind of score is stated
        nowhere, or stated and not what the network ends in.
    """
    module = next((item for item in last if not isinstance(item, PASSING)), None)
    ending = type(module).__name__ if module is not None else "its input"
    if len(answer) != 1 or not answer[0]:
        raise ModelError(
            f"{file} answers with rows of shape {answer}",
            "an audit needs one number per row, or one for each class",
        )
    columns = answer[0]
    if columns == 1 and isinstance(module, nn.Softmax | nn.LogSoftmax):
        raise ModelError(
            f"{file}: a softmax over one column is the same for every row",
            "end the network in one unit with a sigmoid, or two with a softmax",
        )
    return _declared(config, _found(module, columns), ending, columns, file)


def _found(module: nn.Module | None, columns: int) -> Output | None:
    if columns == 1:
        return "probability" if isinstance(module, nn.Sigmoid) else None
    if isinstance(module, nn.Softmax):
        return "probabilities"
    return "logits" if isinstance(module, nn.LogSoftmax) else None


def _declared(
    config: ModelConfig, found: Output | None, ending: str, columns: int, file: str
) -> Output:
    output = config.output or found
    if output is None:
        likely = "logit, or value for a regression" if columns == 1 else "logits"
        raise ModelError(
            f"{file} ends in {ending}, which does not say what kind of score it is",
            f"say it: model: {{path: {file}, output: {likely}}}",
        )
    if found is not None and output != found:
        raise ModelError(
            f"output: {output} was declared, but {file} ends in {ending}",
            f"declare output: {found}, or leave it out",
        )
    several = output in {"logits", "probabilities"}
    if several != (columns > 1):
        raise ModelError(
            f"output: {output} expects {'one column for each class' if several else 'one column'}, "
            f"{file} has {columns}",
            "declare logit, probability or value for one, logits or probabilities for several",
        )
    return output

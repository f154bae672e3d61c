"""What a model file says of itself, and the lines of a draft that say the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.draft.bundle import task_of
from audit.draft.words import CHECK, quoted
from audit.errors import ModelError

if TYPE_CHECKING:
    from audit.models.answering import AnswerModel
    from audit.models.model import TorchModel
    from audit.models.records import Output

PROGRAM, ESTIMATOR, READER = "torchscript", "sklearn", "huggingface"
GUESSES: tuple[Output, ...] = ("logit", "logits")
"""What a file that does not say may answer with: one number, or one for each of two classes."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known of a model file.

    Attributes
    ----------
    trusted : bool
        Whether reading it needs trust.
    output : str or None
        What it answers with, where it says so.
    guess : str
        What it may answer with, where it does not: one that fits its shape.
    features : tuple of str or None
        The columns it takes, where it names them.
    width : int or None
        How many columns it takes, where that is known.
    ordered : bool
        Whether it names its classes.
    encodes : bool
        Whether it brings the way from columns to numbers, so that none can be named.
    texts : bool
        Whether it takes one column of texts.
    task : str
        What it decides; empty where that is not known.
    """

    trusted: bool = False
    output: str | None = None
    guess: str = GUESSES[0]
    features: tuple[str, ...] | None = None
    width: int | None = None
    ordered: bool = False
    encodes: bool = False
    texts: bool = False
    task: str = ""

    def lines(self, path: str) -> Iterator[str]:
        """Yield the lines that name the file and what it does not say itself."""
        needs = "   # can hold code: audit run needs --trust" if self.trusted else ""
        yield f"  path: {quoted(path)}{needs}"
        if self.output is None:
            yield f"  output: {self.guess:<17} {CHECK} logit, logits, probability or probabilities"
        else:
            yield f"  # output: the file says {self.output}"
        if not self.ordered:
            yield (
                f"  # classes: [0, 1]         {CHECK} the labels in the order of the outputs; "
                "without this line the last one is the positive label"
            )


def read_model(model: str, *, trust: bool = False) -> Told | None:
    """Return what a model file says; None where it is no whole network.

    Parameters
    ----------
    model : str
    trust : bool
        Whether code inside the file may run, where it is not read otherwise.

    Raises
    ------
    ModelError
        If it cannot be read, or an extra that it needs is not installed.
    """
    from audit.models.recognising import format_of

    found = format_of(Path(model))
    if found is None:
        return None
    if found == PROGRAM:
        return Told(trusted=True)
    path = Path(model).absolute()
    try:
        return _loaded(path, found, trust=False)
    except ModelError:
        if not trust:
            raise
        return _loaded(path, found, trust=True)


def _loaded(path: Path, found: str, *, trust: bool) -> Told:
    model, guess = _read(path, trust=trust)
    return Told(
        trusted=trust,
        output=model.output if guess is None else None,
        guess=guess or GUESSES[0],
        features=model.features,
        width=model.width,
        ordered=model.classes is not None,
        encodes=found in {ESTIMATOR, READER},
        texts=found == READER,
        task=task_of(model.output if guess is None else None, model.classes),
    )


def _read(path: Path, *, trust: bool) -> tuple[TorchModel | AnswerModel, Output | None]:
    """Read a file; where it does not say what it answers with, with the first guess that fits.

    Where none does, the guess is not what is wrong: the first that can be read is kept, and if none
    can, the error of the first is the one to tell.
    """
    from audit.config import ModelConfig
    from audit.models.loading import load

    read: list[tuple[TorchModel | AnswerModel, Output | None]] = []
    failed: ModelError | None = None
    for guess in (None, *GUESSES):
        try:
            model = load(ModelConfig(path=path, output=guess), path.parent, trust=trust)
        except ModelError as error:
            failed = error if guess in (None, GUESSES[0]) else failed
            continue
        read.append((model, guess))
        if guess is None or _fits(model):
            return model, guess
    if not read:
        raise failed or ModelError(f"{path.name} cannot be read")
    return read[0]


def _fits(model: TorchModel | AnswerModel) -> bool:
    """Tell whether a network of one table answers in the shape that was guessed."""
    import torch

    from audit.models.inference import evaluating
    from audit.models.model import TorchModel

    if not isinstance(model, TorchModel) or model.width is None:
        return True
    weights = next(model.network.parameters(), torch.zeros(0))
    rows = torch.zeros(2, model.width, dtype=weights.dtype, device=weights.device)
    try:
        with evaluating(model.network), torch.no_grad():
            model.answer({"x": rows})
    except ModelError:
        return False
    return True

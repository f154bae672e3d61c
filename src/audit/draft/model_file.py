"""What a model file says of itself, and the lines of a draft that say the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.draft.words import CHECK, quoted
from audit.errors import ModelError

PROGRAM = "torchscript"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known of a model file.

    Attributes
    ----------
    program : bool
        Whether it is a program, which is not read without trust.
    output : str or None
        What it answers with, where it says so.
    features : tuple of str or None
        The columns it takes, where it names them.
    width : int or None
        How many columns it takes, where that is known.
    ordered : bool
        Whether it names its classes.
    """

    program: bool = False
    output: str | None = None
    features: tuple[str, ...] | None = None
    width: int | None = None
    ordered: bool = False

    def lines(self, path: str) -> Iterator[str]:
        """Yield the lines that name the file and what it does not say itself."""
        trusted = "   # a program: audit run --trust lets it run" if self.program else ""
        yield f"  path: {quoted(path)}{trusted}"
        if self.output is None:
            yield f"  output: logit             {CHECK} logit, logits, probability or probabilities"
        else:
            yield f"  # output: the file says {self.output}"
        if not self.ordered:
            yield (
                f"  # classes: [0, 1]         {CHECK} the labels in the order of the outputs; "
                "without this line the last one is the positive label"
            )


def read_model(model: str) -> Told | None:
    """Return what a model file says; None where it is no whole network.

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
        return Told(program=True)
    return _loaded(Path(model).absolute())


def _loaded(path: Path) -> Told:
    from audit.config import ModelConfig
    from audit.models.loading import load

    output: str | None = None
    try:
        model = load(ModelConfig(path=path), path.parent)
        output = model.output
    except ModelError:
        # Most files read well once somebody says what they answer with; the rest fail again.
        model = load(ModelConfig(path=path, output="logit"), path.parent)
    return Told(
        output=output,
        features=model.features,
        width=model.width,
        ordered=model.classes is not None,
    )

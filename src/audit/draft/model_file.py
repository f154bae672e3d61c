"""What a model file says of itself, and the lines of a draft that say the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.draft.words import CHECK, quoted
from audit.errors import ModelError

PROGRAM, ESTIMATOR, READER = "torchscript", "sklearn", "huggingface"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known of a model file.

    Attributes
    ----------
    trusted : bool
        Whether reading it needs trust.
    output : str or None
        What it answers with, where it says so.
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
    """

    trusted: bool = False
    output: str | None = None
    features: tuple[str, ...] | None = None
    width: int | None = None
    ordered: bool = False
    encodes: bool = False
    texts: bool = False

    def lines(self, path: str) -> Iterator[str]:
        """Yield the lines that name the file and what it does not say itself."""
        needs = "   # can hold code: audit run needs --trust" if self.trusted else ""
        yield f"  path: {quoted(path)}{needs}"
        if self.output is None:
            yield f"  output: logit             {CHECK} logit, logits, probability or probabilities"
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
    from audit.config import ModelConfig
    from audit.models.loading import load

    output: str | None = None
    try:
        model = load(ModelConfig(path=path), path.parent, trust=trust)
        output = model.output
    except ModelError:
        # Most files read well once somebody says what they answer with; the rest fail again.
        model = load(ModelConfig(path=path, output="logit"), path.parent, trust=trust)
    return Told(
        trusted=trust,
        output=output,
        features=model.features,
        width=model.width,
        ordered=model.classes is not None,
        encodes=found in {ESTIMATOR, READER},
        texts=found == READER,
    )

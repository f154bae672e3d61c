"""The lines of a draft that name the network, or the column of predictions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.data.table import Table
from audit.draft.columns import Guess
from audit.draft.words import CHECK, quoted, relative
from audit.errors import ModelError, nearest

WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt")
TWO = 2
BUILDERS = ("build", "make", "create", "network", "model", "build_model", "make_model")
ENCODERS = ("encode", "encoder", "preprocess")


def trained_split(model: str) -> dict[str, Any]:
    """Return the split that a bundle was trained with."""
    if not (Path(model) / "model.json").is_file():
        return {}
    from audit.models.description import read_description

    training = read_description(Path(model)).training
    return {key: value for key, value in (training.split if training else {}).items() if value}


def feature_lines(model: str, score: str | None, guess: Guess) -> Iterator[str]:
    """Yield the line that names the features of a network of one's own."""
    own = score is None and not (Path(model) / "model.json").is_file()
    if own and guess.features:
        names = ", ".join(map(quoted, guess.features))
        yield f"  features: {{include: [{names}]}}  {CHECK} what the network takes, in its order"


def model_lines(model: str, score: str | None, table: Table, base: Path) -> Iterator[str]:
    """Yield the lines that name the model, or its predictions.

    Raises
    ------
    ModelError
        If `model` is nothing that is recognised.
    """
    if score is not None:
        yield "predictions:"
        two = table.frame[score].nunique(dropna=True) <= TWO
        key = "label" if two else "score"
        yield f"  {key}: {quoted(score)}"
        return
    yield "model:"
    path = Path(model)
    code = model.rpartition(":")[0].endswith(".py")
    if (path / "model.json").is_file():
        yield f"  bundle: {quoted(relative(path, base))}"
        return
    if code or path.suffix.lower() in WEIGHTS:
        yield from _factory_lines(model, code, base)
        return
    from audit.models.loading import unread

    if path.exists():
        raise unread(path)
    raise ModelError(
        f"{model!r}: no such file, function or column",
        "give a bundle folder, a weights file (.safetensors, .pt), file.py:function, or a column "
        f"of predictions; {nearest(model, table.frame.columns)}",
    )


def _factory_lines(model: str, code: bool, base: Path) -> Iterator[str]:
    if code:
        file, _, function = model.rpartition(":")
        yield f"  factory: {quoted(relative(Path(file), base) + ':' + function)}"
        yield f"  # weights: network.safetensors   {CHECK} unless the function loads them"
    else:
        found = _functions(Path(model).absolute().parent, BUILDERS, arguments=0)
        name = relative(found[0], base) + f":{found[1]}" if found else "network.py:build"
        yield f"  factory: {quoted(name)}   {CHECK} the function that returns your nn.Module"
        yield f"  weights: {quoted(relative(Path(model), base))}"
    yield f"  output: logit             {CHECK} logit, logits, probability or probabilities"
    encoder = _functions(Path(model.rpartition(":")[0] or model).absolute().parent, ENCODERS, 1)
    if encoder:
        yield f"  encode: {quoted(relative(encoder[0], base) + ':' + encoder[1])}"
    else:
        yield "  # encode: network.py:encode   # frame to tensors; without it numbers go in order"


def _functions(folder: Path, names: tuple[str, ...], arguments: int) -> tuple[Path, str] | None:
    """Return the first function in a file of `folder` with such a name; nothing is run."""
    for name in names:
        for path in sorted(folder.glob("*.py")):
            if name in _defined(path, arguments):
                return path, name
    return None


def _defined(path: Path, arguments: int) -> set[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and len(node.args.args) - len(node.args.defaults) == arguments
    }

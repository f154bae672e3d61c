"""The lines of a draft that name the network, or the column of predictions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audit.data.columns import kind_of
from audit.data.table import Table
from audit.draft.bundle import is_bundle
from audit.draft.code import Place, find_encoder, find_factory
from audit.draft.columns import Guess
from audit.draft.model_file import Told
from audit.draft.words import CHECK, quoted, relative
from audit.errors import ModelError, nearest

WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt")
TWO = 2


def encoder_of(model: str) -> Place | None:
    """Return the function that seems to encode frames for a network of one's own."""
    path = _code(model) or Path(model)
    own = path.suffix.lower() in (".py", *WEIGHTS)
    return find_encoder(path.absolute().parent, path.stem) if own else None


def feature_lines(
    model: str,
    score: str | None,
    guess: Guess,
    table: Table,
    *,
    encoder: Place | None,
    told: Told | None,
) -> Iterator[str]:
    """Yield the line that names the features, unless the model's file names them.

    Without an encoder these are numbers; with one, any column that plays no other part, and the
    sensitive columns that it names.
    """
    if score is not None or is_bundle(model):
        return
    if told is not None and told.features is not None:
        yield f"  # features: the file names the {len(told.features)} columns it takes"
        return
    if encoder is None:
        chosen = [name for name in guess.features if kind_of(table.frame[name]) == "number"]
        wide = f" ({told.width} inputs)" if told is not None and told.width else ""
        words = f"what the network takes, in its order{wide}"
    else:
        seen = [name for name in guess.sensitive if name in encoder.texts]
        chosen = [name for name in table.frame.columns if name in {*guess.features, *seen}]
        words = f"what {encoder.name} is given"
    if chosen:
        yield f"  features: {{include: [{', '.join(map(quoted, chosen))}]}}  {CHECK} {words}"


def model_lines(
    model: str,
    score: str | None,
    table: Table,
    base: Path,
    *,
    encoder: Place | None,
    told: Told | None,
) -> Iterator[str]:
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
        yield f"  {key}: {quoted(score)}   {CHECK} score or label"
        return
    yield "model:"
    path = Path(model)
    if is_bundle(model):
        yield f"  bundle: {quoted(relative(path, base))}"
        return
    if told is not None:
        yield from told.lines(relative(path, base))
        if told.features is None:
            yield _encode_line(encoder, base)
        return
    if _code(model) or path.suffix.lower() in WEIGHTS:
        yield from _factory_lines(model, base)
        yield f"  output: logit             {CHECK} logit, logits, probability or probabilities"
        yield _encode_line(encoder, base)
        return
    from audit.models.loading import unread

    if path.exists():
        raise unread(path)
    raise ModelError(
        f"{model!r}: no such file, function or column",
        "give a bundle folder, a weights file (.safetensors, .pt), file.py:function, or a column "
        f"of predictions; {nearest(model, table.frame.columns)}",
    )


def _factory_lines(model: str, base: Path) -> Iterator[str]:
    code = _code(model)
    if code is not None:
        place = f"{relative(code, base)}:{model.rpartition(':')[2]}"
        yield f"  factory: {quoted(place)}"
        yield _weights_line(code.absolute().parent, base)
        return
    path = Path(model)
    found = find_factory(path.absolute().parent, path.stem)
    if found:
        yield f"  factory: {_named(found, base)}   {CHECK} what returns your nn.Module"
    else:
        yield (
            f'  factory: "CHECK.py:build"   {CHECK} none was found; name the function or class '
            "that returns your nn.Module"
        )
    yield f"  weights: {quoted(relative(path, base))}"


def _weights_line(folder: Path, base: Path) -> str:
    there = [path for path in folder.glob("*") if path.suffix.lower() in WEIGHTS]
    if len(there) == 1:
        name = quoted(relative(there[0], base))
        return f"  weights: {name}   {CHECK} remove this line if the function loads its own"
    return f"  # weights: network.safetensors   {CHECK} unless the function loads them"


def _encode_line(encoder: Place | None, base: Path) -> str:
    if encoder is None:
        return "  # encode: network.py:encode   # frame to tensors; without it numbers go in order"
    return f"  encode: {_named(encoder, base)}   {CHECK} from the features to tensors"


def _named(place: Place, base: Path) -> str:
    return quoted(f"{relative(place.file, base)}:{place.name}")


def _code(model: str) -> Path | None:
    file = model.rpartition(":")[0]
    return Path(file) if file.endswith(".py") else None

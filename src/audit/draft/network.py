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
from audit.draft.task import prediction_lines
from audit.draft.words import CHECK, quoted, relative
from audit.errors import ModelError, nearest

WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt")


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
    chosen, words = _inputs(guess, table, encoder, told)
    if chosen:
        yield f"  features: {{include: [{', '.join(map(quoted, chosen))}]}}  {CHECK} {words}"


def _inputs(
    guess: Guess, table: Table, encoder: Place | None, told: Told | None
) -> tuple[list[str], str]:
    """Return the columns that the model seems to take, and how they are described."""
    if encoder is not None:
        seen = [name for name in guess.sensitive if name in encoder.texts]
        chosen = [name for name in table.frame.columns if name in {*guess.features, *seen}]
        return chosen, f"what {encoder.name} is given"
    if told is not None and told.texts:
        return _longest(guess, table), "the column of texts that the network reads"
    width = told.width if told is not None else None
    wide = f" ({width} inputs)" if width else ""
    return _numbers(guess, table, width), f"what the network takes, in its order{wide}"


def _longest(guess: Guess, table: Table) -> list[str]:
    """Return the column whose texts are longest, which may be none."""
    texts = [name for name in guess.features if kind_of(table.frame[name]) == "text"]
    lengths = {name: float(table.frame[name].astype(str).str.len().mean()) for name in texts}
    return [max(texts, key=lengths.__getitem__)] if texts else []


def _numbers(guess: Guess, table: Table, width: int | None) -> list[str]:
    """Return the columns of numbers; sensitive ones too where the network takes so many."""
    kinds = {name: kind_of(table.frame[name]) for name in (*guess.features, *guess.sensitive)}
    names = [name for name in table.frame.columns if kinds.get(name) == "number"]
    return names if len(names) == width else [name for name in names if name in guess.features]


def model_lines(
    model: str,
    score: str | None,
    table: Table,
    base: Path,
    *,
    encoder: Place | None,
    told: Told | None,
    task: str = "binary",
) -> Iterator[str]:
    """Yield the lines that name the model, or its predictions.

    Raises
    ------
    ModelError
        If `model` is nothing that is recognised.
    """
    if score is not None:
        yield "predictions:"
        yield from prediction_lines(score, table.frame[score], task)
        return
    yield "model:"
    path = Path(model)
    if is_bundle(model):
        yield f"  bundle: {quoted(relative(path, base))}"
        return
    if told is not None:
        yield from told.lines(relative(path, base))
        if not told.encodes:
            yield _encode_line(encoder, base)
        return
    if _code(model) or (path.suffix.lower() in WEIGHTS and path.is_file()):
        yield from _factory_lines(model, base)
        yield f"  output: logit             {CHECK} logit, logits, probability or probabilities"
        yield _encode_line(encoder, base)
        return
    raise _unknown(model, path, table)


def _unknown(model: str, path: Path, table: Table) -> ModelError:
    from audit.models.loading import unread

    if path.exists() or path.is_symlink():
        return unread(path)
    files = [item.name for item in path.absolute().parent.glob("*")]
    return ModelError(
        f"{model!r}: no such file, function or column",
        "give a bundle folder, a model file, a weights file (.safetensors, .pt), file.py:function, "
        f"or a column of predictions; {nearest(model, [*table.frame.columns, *files])}",
    )


def _factory_lines(model: str, base: Path) -> Iterator[str]:
    code = _code(model)
    if code is not None:
        place = f"{relative(code, base)}:{model.rpartition(':')[2]}"
        yield f"  factory: {quoted(place)}"
        yield _weights_line(code.absolute().parent, base)
        return
    path = Path(model)
    from audit.models.loading import require_content

    require_content(path)
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

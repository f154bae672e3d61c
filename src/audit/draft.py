"""A first audit.yaml, guessed from a model and a table, with every guess marked."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from audit.config.data import MISSING
from audit.data.columns import categories, kind_of
from audit.data.table import Table, read_file
from audit.errors import ConfigError, DataError, ModelError, nearest

CHECK = "# CHECK:"
SENSITIVE = re.compile(
    r"^(sex|gender|race|ethnic\w*|age|age_?(cat|group|band)\w*|religion|nationality|"
    r"native[-_. ]?country|marital[-_. ]?status|disab\w*|veteran\w*|orientation)$",
    re.IGNORECASE,
)
TARGET = re.compile(
    r"^(target|label|outcome|class|y|income|default\w*|approved|hired|admitted|recid\w*|"
    r"two_year_recid|readmitted|survived|stroke|credit|churn\w*|fraud\w*|succeeds)$",
    re.IGNORECASE,
)
SPLIT = re.compile(r"^(split|fold|partition|subset|set)$", re.IGNORECASE)
POSITIVE = ("1", "True", "yes", "Yes", "Y", "y", "true", "positive", "good", "approved")
WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt")
AGES = (25, 45, 65)
MANY = 20
TWO = 2


@dataclass(frozen=True, kw_only=True)
class Guess:
    """The parts that columns seem to play."""

    target: str
    target_line: str
    sensitive: tuple[str, ...]
    split_line: str


def write_draft(model: str, data: Path, output: Path, *, force: bool = False) -> int:
    """Write a commented audit.yaml, and return how many lines a human should check.

    Parameters
    ----------
    model : str
        A bundle folder, a weights file, file.py:function, or the name of a column of predictions.
    data : Path
        The table.
    output : Path
        Where to write it; paths inside are relative to its folder.
    force : bool
        Overwrite an existing file.

    Raises
    ------
    AuditError
        If the table or the model cannot be recognised, or `output` exists.
    """
    if output.exists() and not force:
        raise ConfigError(f"{output}: exists already", "overwrite it with --force")
    if not data.is_file():
        names = [item.name for item in data.absolute().parent.glob("*") if item.is_file()]
        raise DataError(f"{data}: no such file", nearest(data.name, names))
    table = read_file(data, name=data.name, missing=MISSING)
    text = draft(model, table, relative(data, output.parent), output.parent)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written ({error.strerror})") from error
    return text.count(CHECK)


def relative(path: Path, base: Path) -> str:
    """Return `path` as audit.yaml in `base` would name it."""
    return Path(os.path.relpath(path.absolute(), base.absolute())).as_posix()


def draft(model: str, table: Table, data: str, base: Path) -> str:
    """Return the text of a commented audit.yaml."""
    score = model if model in table.frame.columns else None
    guess = _guess(table, {score} if score else set())
    lines = [
        "# What is audited, on whom, and between which groups. Every key is described in",
        "# docs/config.md; names are checked before anything runs.",
        f"name: {_quoted(Path(data).name.partition('.')[0] or 'audit')}",
        "data:",
        f"  path: {_quoted(data)}",
        f"  target: {guess.target_line}",
        *_sensitive_lines(guess.sensitive, table),
        "  intersections: 2          # cross attributes two by two; 1 turns this off",
        f"  split: {guess.split_line}" if not score else "  # split: every row is audited",
        *_model_lines(model, score, table, guess, base),
        "metrics:",
        f"  threshold: {_threshold(score, table)}",
        "  confidence: 0.95",
        f"  tolerance: 0.05           {CHECK} the gap between groups that matters to you",
        "  minimum_group: 30         # smaller groups are suppressed, and named",
        "statements:                 # what only a human can say; left out, it reads NOT PROVIDED",
        "  # intended_use: what the model is for, and what it must not be used for",
        "  # choice_of_threshold: who chose the threshold and the tolerance, and why",
        "  # prepared_by: your name",
        "seed: 0",
    ]
    return "\n".join(lines) + "\n"


def _guess(table: Table, taken: set[str]) -> Guess:
    frame = table.frame
    names = [name for name in frame.columns if name not in taken]
    split = next(
        (name for name in names if SPLIT.match(name) and kind_of(frame[name]) == "text"), None
    )
    sensitive = tuple(name for name in names if SENSITIVE.match(name))
    free = [name for name in names if name not in sensitive and name != split]
    target = _target(frame, free)
    return Guess(
        target=target,
        target_line=_target_line(frame[target]),
        sensitive=sensitive,
        split_line=_split_line(frame[split]) if split else _drawn_split(),
    )


def _target(frame: pd.DataFrame, names: list[str]) -> str:
    two = [name for name in names if frame[name].nunique(dropna=True) == TWO]
    named = [name for name in names if TARGET.match(name)]
    both = [name for name in named if name in two]
    for found in (both, named, two[::-1], names[::-1]):
        if found:
            return found[0]
    raise DataError("expected a column to predict, came none besides sensitive ones")


def _target_line(column: pd.Series[Any]) -> str:
    name = _quoted(str(column.name))
    _, texts = categories(column)
    if set(texts) <= {"0", "1"}:
        return f"{name}  {CHECK} the column to predict; 1 is positive"
    if kind_of(column) == "number" and len(texts) > TWO:
        middle = float(column.median())
        return (
            f"{{column: {name}, above: {middle:g}}}  {CHECK} the column to predict, and the number "
            "above which a row is positive"
        )
    positive = next((text for text in POSITIVE if text in texts), texts[-1])
    return (
        f"{{column: {name}, positive: [{_quoted(positive)}]}}  {CHECK} the column to predict, and "
        "its positive value"
    )


def _sensitive_lines(names: tuple[str, ...], table: Table) -> Iterator[str]:
    if not names:
        yield f"  sensitive: []             {CHECK} name the columns whose groups are compared"
        return
    yield f"  sensitive:                {CHECK} the columns whose groups are compared"
    for name in names:
        column = table.frame[name]
        if kind_of(column) == "number" and column.nunique() > MANY:
            yield f"    - {{column: {_quoted(name)}, bins: [{_edges(column)}]}}  # [a, b)"
        else:
            yield f"    - {_quoted(name)}"


def _edges(column: pd.Series[Any]) -> str:
    low, high = float(column.min()), float(column.max())
    inside = [float(edge) for edge in AGES if low < edge <= high]
    if str(column.name).lower() != "age" or not inside:
        inside = sorted({float(value) for value in column.quantile([0.25, 0.5, 0.75])})
    return ", ".join(f"{edge:g}" for edge in inside)


def _split_line(column: pd.Series[Any]) -> str:
    texts = {str(value).lower(): str(value) for value in column.dropna().unique()}
    named = {part: texts[key] for part, keys in SPLIT_WORDS.items() for key in keys if key in texts}
    if "test" not in named:
        return _drawn_split()
    parts = ", ".join(f"{part}: {_quoted(value)}" for part, value in named.items())
    return f"{{column: {_quoted(str(column.name))}, {parts}}}"


SPLIT_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "holdout"),
}


def _drawn_split() -> str:
    return (
        f"{{test: 0.3, seed: 0}}  {CHECK} the rows that the network was not trained on; remove "
        "this line if none of the rows were"
    )


def _model_lines(
    model: str, score: str | None, table: Table, guess: Guess, base: Path
) -> Iterator[str]:
    if score is not None:
        yield "predictions:"
        two = table.frame[score].nunique(dropna=True) <= TWO
        key = "label" if two else "score"
        yield f"  {key}: {_quoted(score)}"
        return
    yield "model:"
    path = Path(model)
    code = model.rpartition(":")[0].endswith(".py")
    if (path / "model.json").is_file():
        yield f"  bundle: {_quoted(relative(path, base))}"
        return
    if code or path.suffix.lower() in WEIGHTS:
        yield from _factory_lines(model, code, base)
        yield "  # encode: network.py:encode   # frame to tensors; without it numbers go in order"
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
        yield f"  factory: {_quoted(relative(Path(file), base) + ':' + function)}"
        yield f"  # weights: network.safetensors   {CHECK} unless the function loads them"
    else:
        yield f"  factory: network.py:build   {CHECK} the function that returns your nn.Module"
        yield f"  weights: {_quoted(relative(Path(model), base))}"
    yield f"  output: logit             {CHECK} logit, logits, probability or probabilities"


def _threshold(score: str | None, table: Table) -> str:
    if score is None or kind_of(table.frame[score]) != "number":
        return "0.5            # positive is score >= threshold"
    low, high = float(table.frame[score].min()), float(table.frame[score].max())
    if low >= 0 and high <= 1:
        return f"0.5            {CHECK} positive is score >= threshold"
    return (
        f"{float(table.frame[score].median()):g}            {CHECK} positive is score >= threshold"
    )


def _quoted(text: str) -> str:
    # JSON strings are YAML strings; plain words need no quotes.
    plain = re.fullmatch(r"[A-Za-z_][\w./-]*", text) and text.lower() not in RESERVED
    return text if plain else json.dumps(text, ensure_ascii=False)


RESERVED = {"yes", "no", "on", "off", "y", "n", "true", "false", "null"}

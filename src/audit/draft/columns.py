"""The parts that the columns of a table seem to play."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from audit.data.columns import categories, kind_of
from audit.data.table import Table
from audit.draft.bundle import Known
from audit.draft.task import other_target_line, task_of_columns, twin
from audit.draft.words import CHECK, quoted
from audit.errors import DataError

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
AGES = (25, 45, 65)
MANY = 20
AS_TRAINED = "# as the network was trained"
TWO = 2
SPLIT_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "holdout"),
}


@dataclass(frozen=True, kw_only=True)
class Guess:
    """The parts that columns seem to play; `features` are those that play no other part."""

    target_line: str
    task: str
    sensitive: tuple[str, ...]
    split_line: str
    features: tuple[str, ...]


def guess_parts(
    table: Table, taken: set[str], known: Known, said: pd.Series[Any] | None = None
) -> Guess:
    """Guess target, task, sensitive attributes, split and features; `taken` plays another part.

    `said` is the column of predictions, where there is one.
    """
    frame = table.frame
    stated = known.target.get("column")
    names = [name for name in frame.columns if name not in taken and name != stated]
    sensitive = tuple(name for name in names if SENSITIVE.match(name))
    free = [name for name in names if name not in sensitive and name not in known.inputs]
    split = next(
        (name for name in free if SPLIT.match(name) and kind_of(frame[name]) == "text"), None
    )
    free = [name for name in free if name != split]
    target = stated or twin(frame, free, said) or _target(frame, free)
    task = known.task or task_of_columns(frame[target], said)
    line = _target_line if task == "binary" else other_target_line
    return Guess(
        target_line=_stated_target(known.target) if stated else line(frame[target]),
        task=task,
        sensitive=sensitive,
        split_line=_stated(known.split) or (_split_line(frame[split]) if split else _drawn_split()),
        features=tuple(name for name in free if name != target),
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
    name = quoted(str(column.name))
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
        f"{{column: {name}, positive: [{quoted(positive)}]}}  {CHECK} the column to predict, and "
        "its positive value"
    )


def sensitive_lines(names: tuple[str, ...], table: Table) -> Iterator[str]:
    """Yield the lines that name the sensitive attributes."""
    if not names:
        yield f"  sensitive: []             {CHECK} name the columns whose groups are compared"
        return
    yield f"  sensitive:                {CHECK} the columns whose groups are compared"
    for name in names:
        column = table.frame[name]
        if kind_of(column) == "number" and column.nunique() > MANY:
            ranges = f"{{column: {quoted(name)}, bins: [{_edges(column)}]}}"
            yield f"    - {ranges}  {CHECK} ranges are [a, b)"
        else:
            yield f"    - {quoted(name)}"


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
    parts = ", ".join(f"{part}: {quoted(value)}" for part, value in named.items())
    where = f"{{column: {quoted(str(column.name))}, {parts}}}"
    return f"{where}  {CHECK} the rows that the network was not trained on"


def _stated_target(target: Mapping[str, Any]) -> str:
    if set(target) == {"column"}:
        return f"{quoted(target['column'])}  {AS_TRAINED}"
    return _stated(target)


def _stated(settings: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{key}: {json.dumps(value)}" for key, value in settings.items())
    return f"{{{parts}}}  {AS_TRAINED}" if parts else ""


def _drawn_split() -> str:
    return (
        f"{{test: 0.3, seed: 0}}  {CHECK} the rows that the network was not trained on; remove "
        "this line if none of the rows were"
    )

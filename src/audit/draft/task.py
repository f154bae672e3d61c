"""What the model of a draft seems to decide: one of two classes, one of several, or a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from audit.data.columns import categories, kind_of
from audit.draft.words import CHECK, quoted

MANY = 20
TWO = 2
TASKS = {
    "multiclass": "one of several classes is decided; binary: one of two, by positive",
    "regression": "a number is predicted; binary: whether it lies above a bound",
}


def twin(frame: pd.DataFrame, names: Sequence[str], said: pd.Series[Any] | None) -> str | None:
    """Find the column whose classes a column of predicted classes holds; None where none is."""
    if said is None or kind_of(said) == "number" or said.nunique(dropna=True) <= TWO:
        return None
    told = set(categories(said)[1])
    alike = [name for name in names if told <= set(categories(frame[name])[1])]
    return min(alike, key=lambda name: frame[name].nunique(dropna=True)) if alike else None


def task_of_columns(target: pd.Series[Any], said: pd.Series[Any] | None) -> str:
    """Guess the task from what was predicted; a network alone is taken for one of two classes."""
    if said is None:
        return "binary"
    if _numbers(target) and _numbers(said):
        return "regression"
    several = target.nunique(dropna=True) > TWO and kind_of(said) != "number"
    return "multiclass" if several and said.nunique(dropna=True) > TWO else "binary"


def _numbers(column: pd.Series[Any]) -> bool:
    return kind_of(column) == "number" and column.nunique(dropna=True) > MANY


def other_target_line(column: pd.Series[Any]) -> str:
    """Return the target of a task of several classes or of numbers."""
    name = quoted(str(column.name))
    if _numbers(column):
        return f"{name}  {CHECK} the column to predict"
    codes, texts = categories(column)
    focus = texts[int(pd.Series(codes[codes >= 0]).mode().iloc[0])]
    return (
        f"{{column: {name}, positive: {quoted(focus)}}}  {CHECK} the column to predict, and the "
        "class that explanations and ledgers are about"
    )


def task_lines(task: str) -> Iterator[str]:
    """Yield the line that names the task, where it is not the usual one."""
    if task in TASKS:
        yield f"  task: {task:<18} {CHECK} {TASKS[task]}"


def prediction_lines(name: str, said: pd.Series[Any], task: str) -> Iterator[str]:
    """Yield the lines that name the column of predictions."""
    if task == "multiclass":
        yield f"  label: {quoted(name)}   {CHECK} the predicted classes"
        yield "  # score: the column of the probability of the class in focus"
    elif task == "regression":
        yield f"  score: {quoted(name)}   {CHECK} the predicted numbers"
    else:
        key = "label" if said.nunique(dropna=True) <= TWO else "score"
        yield f"  {key}: {quoted(name)}   {CHECK} score or label"


def tolerance_line(task: str) -> str:
    """Return the line of the gap that matters."""
    unit = " (a share of the target's standard deviation)" if task == "regression" else ""
    return f"  tolerance: 0.05           {CHECK} the gap between groups that matters to you{unit}"

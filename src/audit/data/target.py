"""The target: labels by the rule that the configuration states, classes, or numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import Target, Task
from audit.data.columns import categories, category_text, numbers
from audit.errors import DataError, nearest

TWO = 2
MOST_CLASSES = 1000
TRUTHS = {"0": 0, "1": 1, "False": 0, "True": 1, "false": 0, "true": 1}
YAML_TRUTHS = {"yes", "no", "on", "off", "y", "n", "true", "false"}


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The target of each row; its values mean nothing where it is not known.

    Attributes
    ----------
    values : ndarray of int8 or float64
        1 positive, 0 negative; of several classes, 1 where it is the class in focus; of a
        regression the number itself.
    known : ndarray of bool
    words : str
        The rule, for example ``income is '>50K'``.
    classes : tuple of str
        Of a multiclass task: the classes in their order; else empty.
    codes : ndarray of int64 or None
        Of a multiclass task: the place of each row's class.
    focus : int
        The place of the class in focus.
    """

    values: NDArray[np.int8] | NDArray[np.float64]
    known: NDArray[np.bool_]
    words: str
    classes: tuple[str, ...] = ()
    codes: NDArray[np.int64] | None = None
    focus: int = 1


def outcomes(column: pd.Series[Any], target: Target, task: Task) -> Labels:
    """Return the target of a task: labels of one or several classes, or numbers.

    Raises
    ------
    DataError
        If the column does not hold what the task needs.
    """
    if task == "regression":
        return _numbers(column)
    return _several(column, target) if task == "multiclass" else labels(column, target)


def _numbers(column: pd.Series[Any]) -> Labels:
    measured = numbers(column, "target")
    known = np.isfinite(measured)
    infinite = np.flatnonzero(np.isinf(measured))
    name = str(column.name)
    if infinite.size:
        raise DataError(
            f"column {name!r} (target): expected finite numbers, came {measured[infinite[0]]} in "
            f"row {infinite[0] + 1} ({infinite.size} rows)",
            "correct the values, or leave these rows out",
        )
    if not known.any():
        raise DataError(f"column {name!r} (target): expected numbers, came only missing values")
    if np.ptp(measured[known]) == 0:
        raise DataError(
            f"column {name!r} (target): expected different numbers, every row is "
            f"{measured[known][0]:g}",
            "name the column that the network predicts",
        )
    return Labels(values=measured, known=known, words=f"the number {name}")


def _several(column: pd.Series[Any], target: Target) -> Labels:
    codes, texts = categories(column)
    name = target.column
    if target.classes is not None:
        codes, texts = _stated(codes, texts, [category_text(item) for item in target.classes], name)
    if len(texts) < TWO:
        raise DataError(
            f"column {name!r} (target): expected several classes, came {_listed(texts) or 'none'}",
            "name the column that the network predicts",
        )
    if len(texts) > MOST_CLASSES:
        raise DataError(
            f"column {name!r} (target): expected {MOST_CLASSES} classes at most, came "
            f"{len(texts):,}",
            "say task: regression if it is a number, or put rare classes together",
        )
    known = codes >= 0
    focus = _focus(codes[known], texts, target)
    return Labels(
        values=(codes == focus).astype(np.int8),
        known=known,
        words=f"{name}, one of {len(texts)} classes ({_listed(texts)}); in focus: {texts[focus]!r}",
        classes=tuple(texts),
        codes=codes,
        focus=focus,
    )


def _stated(
    codes: NDArray[np.int64], texts: list[str], stated: list[str], name: str
) -> tuple[NDArray[np.int64], list[str]]:
    if len(set(stated)) < len(stated):
        raise DataError(f"target.classes: expected each class once, came {_listed(stated)}")
    other = [text for text in texts if text not in stated]
    if other:
        raise DataError(
            f"column {name!r} (target): {other[0]!r} is not among target.classes",
            nearest(other[0], stated),
        )
    table = np.array([*(stated.index(text) for text in texts), -1], dtype=np.int64)
    return table[codes], stated


def _focus(codes: NDArray[np.int64], texts: list[str], target: Target) -> int:
    """Return the place of the class that is named, or else of the most frequent one."""
    if target.positive is None:
        return int(np.bincount(codes, minlength=len(texts)).argmax())
    wanted = category_text(target.positive[0])
    if wanted not in texts:
        raise DataError(
            f"column {target.column!r} (target): no row holds the class in focus, {wanted!r}",
            nearest(wanted, texts),
        )
    return texts.index(wanted)


def labels(
    column: pd.Series[Any], target: Target, part: str = "target", *, both: bool = True
) -> Labels:
    """Apply the rule of `target` to its column; `both` asks for rows of both classes.

    Raises
    ------
    DataError
        If the rule does not split the known values into two classes.
    """
    name = target.column
    if target.above is not None:
        measured = numbers(column, part)
        found = Labels(
            values=(measured > target.above).astype(np.int8),
            known=~np.isnan(measured),
            words=f"{name} is above {target.above:g}",
        )
    else:
        found = _by_category(column, target, part)
    if both:
        _require_two(found, name, part)
    return found


def _by_category(column: pd.Series[Any], target: Target, part: str) -> Labels:
    codes, texts = categories(column)
    if target.positive is None:
        positive = _plain(texts, target.column, part)
        words = f"{target.column} is {'1' if '1' in positive else min(positive)}"
    else:
        positive = _named(target.positive, texts, target.column, part)
        words = f"{target.column} is " + " or ".join(repr(text) for text in sorted(positive))
    table = np.array([text in positive for text in texts] + [False], dtype=np.int8)
    return Labels(values=table[codes], known=codes >= 0, words=words)


def _plain(texts: list[str], name: str, part: str) -> set[str]:
    if all(text in TRUTHS for text in texts):
        return {text for text in texts if TRUTHS[text]} or {"1"}
    listed = _listed(texts)
    if len(texts) == TWO:
        raise DataError(
            f"column {name!r} ({part}): expected 0 and 1, came {listed}",
            f"say which is positive: {{column: {name}, positive: [{texts[-1]!r}]}}",
        )
    count = "one class" if len(texts) == 1 else f"{len(texts):,} classes"
    raise DataError(
        f"column {name!r} ({part}): expected two classes, came {count}: {listed}",
        f"say which are positive: {{column: {name}, positive: [...]}} or {{column: {name}, "
        "above: NUMBER}; or data.task: multiclass or regression",
    )


def _named(values: Iterable[Any], texts: list[str], name: str, part: str) -> set[str]:
    wanted = {category_text(value) for value in values}
    if wanted & set(texts):
        return wanted & set(texts)
    if any(isinstance(value, bool) for value in values) and YAML_TRUTHS & {
        text.lower() for text in texts
    }:
        hint = f"YAML reads yes and no as truth values; quote it: positive: [{texts[-1]!r}]"
    else:
        hint = nearest(min(wanted), texts)
    raise DataError(
        f"column {name!r} ({part}): no row holds the positive value {_listed(sorted(wanted))}", hint
    )


def _require_two(found: Labels, name: str, part: str) -> None:
    known = found.values[found.known]
    if not known.size:
        raise DataError(f"column {name!r} ({part}): expected labels, came only missing values")
    if known.min() == known.max():
        which = "positive" if known[0] else "negative"
        raise DataError(
            f"column {name!r} ({part}): expected two classes, came one: every row is {which}",
            "check positive: or above: of the target",
        )


def _listed(texts: list[str], limit: int = 6) -> str:
    more = f" and {len(texts) - limit:,} more" if len(texts) > limit else ""
    return ", ".join(repr(text) for text in texts[:limit]) + more

"""The label: which rows are positive, by the rule that the configuration states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import Target
from audit.data.columns import categories, category_text, numbers
from audit.errors import DataError, nearest

TWO = 2
TRUTHS = {"0": 0, "1": 1, "False": 0, "True": 1, "false": 0, "true": 1}
YAML_TRUTHS = {"yes", "no", "on", "off", "y", "n", "true", "false"}


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The target of each row.

    Attributes
    ----------
    values : ndarray of int8
        1 positive, 0 negative; meaningless where not `known`.
    known : ndarray of bool
    words : str
        The rule, for example ``income is '>50K'``.
    """

    values: NDArray[np.int8]
    known: NDArray[np.bool_]
    words: str


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
        "above: NUMBER}",
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

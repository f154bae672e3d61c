"""Keys that came as texts: those that mean missing, and the numbers of a CSV."""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.metrics.table.backends.roles import Roles

TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def key_values(series: Any, roles: Roles) -> Any:  # noqa: ANN401 - of narwhals, then of any library
    """Return the keys of one column, read as a table read by pandas would hold them.

    Texts that mean missing become so. Of a CSV, a column whose texts are all numbers holds
    numbers, and one whose texts are all True or False holds truth values.
    """
    import narwhals as nw

    if not (roles.missing or roles.untyped) or series.dtype != nw.String:
        return series.to_native()
    texts = series.to_list()
    if roles.untyped:
        texts = [None if text is None else text.lstrip(" ") for text in texts]
    texts = [None if text in roles.missing else text for text in texts]
    return typed(texts) if roles.untyped else texts


def typed(texts: list[str | None]) -> list[Any]:
    """Turn texts into numbers or truth values, where all of them are."""
    known = {text for text in texts if text is not None}
    if known and known <= TRUTH.keys():
        return [None if text is None else TRUTH[text] for text in texts]
    values = _numbers(sorted(known))
    return [None if text is None else values.get(text, text) for text in texts]


def _numbers(texts: list[str]) -> dict[str, Any]:
    import pandas as pd

    try:
        numbers = pd.to_numeric(np.array(texts, dtype=object))
    except (TypeError, ValueError, OverflowError):
        return {}
    return dict(zip(texts, numbers.tolist(), strict=True))

"""Values as they come: what a cell holds in words, numbers as float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.errors import DataError

SHOWN = 80


def came(value: Any) -> str:  # noqa: ANN401 - whatever a table holds
    """Return what a cell holds, for messages."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "none"
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def decimals(
    values: NDArray[Any], told: str | Callable[[int], str], *, gaps: bool
) -> NDArray[np.float32]:
    """Return values as float32.

    Parameters
    ----------
    values : ndarray, shape (n, ...)
    told : str or callable
        What a message calls the values, or from the place of an entry what it calls that.
    gaps : bool
        Whether NaN is allowed.

    Raises
    ------
    DataError
        Naming the value that is infinite, or NaN where there must be no gaps.
    """
    with np.errstate(over="ignore"):
        found = values.astype(np.float32)
    bad = np.isinf(found) if gaps else ~np.isfinite(found)
    if bad.any():
        name = told if isinstance(told, str) else told(int(np.argwhere(bad)[0][0]))
        raise DataError(
            f"{name}: expected finite numbers, came {float(values[bad][0]):g}",
            "leave the value out, a gap" if gaps else "correct it, or leave the row out",
        )
    return found

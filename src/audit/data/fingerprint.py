"""A hash of what a table says, whatever file or library it came from."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from audit.data.columns import categories, kind_of

NAN = np.float64(np.nan)


def fingerprint(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of column names and values in row order.

    Numbers and truth values are hashed as float64, everything else as text, so that a CSV and a
    Parquet file of the same table agree.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(f"table {len(frame)}".encode())
    for name in frame.columns:
        digest.update(_sized(str(name)))
        for part in _column_bytes(frame[name]):
            digest.update(part)
    return digest.hexdigest()


def _sized(text: str) -> bytes:
    content = text.encode("utf-8", "surrogatepass")
    return len(content).to_bytes(8, "little") + content


def _column_bytes(column: pd.Series[Any]) -> list[bytes]:
    if kind_of(column) in ("number", "truth"):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        # One bit pattern for every NaN, and 0.0 for −0.0.
        values = np.where(np.isnan(values), NAN, values + 0.0)
        return [b"number", values.astype("<f8").tobytes()]
    codes, texts = categories(column)
    return [b"text", *map(_sized, texts), codes.astype("<i8").tobytes()]

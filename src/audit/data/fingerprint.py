"""A hash of what a table says, whatever file or library it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from audit.data.columns import categories, kind_of

NAN = np.float64(np.nan)
PART = 1024


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


def _column_bytes(column: pd.Series[Any]) -> Iterator[bytes]:
    if kind_of(column) in ("number", "truth"):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        # One bit pattern for every NaN, and 0.0 for −0.0.
        values = np.where(np.isnan(values), NAN, values + 0.0)
        yield b"number"
        yield values.astype("<f8").tobytes()
        return
    yield b"text"
    if _mostly_different(column):
        yield from _sorted_bytes(column)
        return
    codes, texts = categories(column)
    yield from map(_sized, texts)
    yield codes.astype("<i8").tobytes()


def _mostly_different(column: pd.Series[Any]) -> bool:
    """Say whether a column is one of texts, or of names of files, rather than of categories."""
    arrow = isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "pyarrow"
    return arrow and column.iloc[:PART].nunique() > PART // 2


def _sorted_bytes(column: pd.Series[Any]) -> Iterator[bytes]:
    """Give the bytes of `categories` without a list of all of them in memory."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(column.array)
    order = pc.sort_indices(texts)  # by code point, as Python sorts; missing ones come last
    codes = np.full(len(texts), -1, dtype=np.int64)
    code, last = -1, None
    for start in range(0, len(texts) - texts.null_count, PART):
        places = order.slice(start, min(PART, len(texts) - texts.null_count - start))
        for place, text in zip(places.to_numpy(), texts.take(places).to_pylist(), strict=True):
            if text != last:
                code, last = code + 1, text
                yield _sized(text)
            codes[place] = code
    yield codes.astype("<i8").tobytes()

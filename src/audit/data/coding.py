"""The distinct values of a column of any library, numbered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import flat, holds_objects, native_of
from audit.errors import AuditError, DataError

SPAN = 1 << 16  # whole numbers within so many of each other are counted, not hashed
PART = 1 << 17  # texts that one thread numbers at a time
FEW = 1 << 10  # different texts up to here are looked up in those of the first part


def coded(
    values: Any,  # noqa: ANN401 - any array-like
    name: str,
    error: type[AuditError] = DataError,
) -> tuple[NDArray[np.int64], list[Any]]:
    """Number the distinct values of one column, as `column` reads it.

    Returns
    -------
    codes : ndarray of int64, shape (rows,)
        Position in the distinct values; -1 where the value is missing.
    distinct : list
        In no particular order.

    Raises
    ------
    AuditError
        As `column`.
    """
    import pandas as pd

    found = _arrow_codes(values, name, error)
    if found is not None:
        return found
    array = flat(values, name, error)
    if array.dtype.kind == "i" and len(array):
        low, high = int(array.min()), int(array.max())
        if high - low < SPAN:
            return _counted_off(array.astype(np.int64) - low, low)
    try:
        codes, distinct = pd.factorize(array, use_na_sentinel=True)
    except TypeError as problem:
        raise error(f"expected {name} of numbers or texts, came {problem}") from problem
    return codes.astype(np.int64, copy=False), list(distinct)


def _arrow_codes(
    values: Any,  # noqa: ANN401 - any array-like
    name: str,
    error: type[AuditError],
) -> tuple[NDArray[np.int64], list[Any]] | None:
    """Number texts and categories of a dataframe library without making Python objects of them.

    None for anything else, and for texts that Arrow cannot hold.
    """
    import narwhals as nw
    import pyarrow as pa

    native = native_of(values, name, error)
    texts = (nw.String, nw.Categorical, nw.Enum)
    if not isinstance(native, nw.Series) or holds_objects(native) or native.dtype not in texts:
        return None
    try:
        indices, values = _dictionary(native.to_arrow())
    except (pa.ArrowException, UnicodeError, TypeError):
        return None
    plain = indices.fill_null(-1) if indices.null_count else indices
    codes = plain.to_numpy(zero_copy_only=False).astype(np.int64)
    distinct = values.to_pylist()
    if native.dtype == nw.String:
        return codes, distinct
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(distinct)))
    return _only_used(codes, distinct, used)


def _dictionary(texts: Any) -> tuple[Any, Any]:  # noqa: ANN401 - of pyarrow
    """Number the distinct texts of a column, the parts of a long one side by side.

    Returns
    -------
    indices, values : pyarrow.Array
        Indices are null where the text is.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(texts.type):
        encoded = texts
    elif len(texts) <= PART:
        encoded = texts.dictionary_encode()
    else:
        parts = [texts.slice(start, PART) for start in range(0, len(texts), PART)]
        known = _whole(parts[0].dictionary_encode()).dictionary
        if len(known) <= FEW and not pa.types.is_string_view(texts.type):
            return _looked_up(parts, known)
        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            coded_parts = pool.map(_chunks, parts)
        encoded = pa.chunked_array([*chain.from_iterable(coded_parts)]).unify_dictionaries()
    whole = _whole(encoded)
    return whole.indices, whole.dictionary


def _looked_up(parts: list[Any], known: Any) -> tuple[Any, Any]:  # noqa: ANN401 - of pyarrow
    """Find texts among the few that the first part holds: half the work of numbering them.

    A text that comes up later is added when it does, and its part looked up again.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        found = list(pool.map(lambda part: pc.index_in(part, known), parts))
    for place, part in enumerate(parts):
        if found[place].null_count > part.null_count:
            new = pc.unique(part.filter(pc.and_(part.is_valid(), found[place].is_null())))
            known = pa.concat_arrays([known, new.filter(pc.invert(pc.is_in(new, known)))])
            found[place] = pc.index_in(part, known)
    indices = [chunk for item in found for chunk in getattr(item, "chunks", [item])]
    return pa.chunked_array(indices).combine_chunks(), known


def _whole(encoded: Any) -> Any:  # noqa: ANN401 - of pyarrow
    """Join the chunks of a column, if it has any, under one dictionary."""
    if not hasattr(encoded, "chunks"):
        return encoded
    return encoded.unify_dictionaries().combine_chunks()


def _chunks(texts: Any) -> list[Any]:  # noqa: ANN401 - of pyarrow
    encoded = texts.dictionary_encode()
    return list(encoded.chunks) if hasattr(encoded, "chunks") else [encoded]


def _counted_off(places: NDArray[np.int64], low: int) -> tuple[NDArray[np.int64], list[int]]:
    """Number whole numbers that lie close together, without hashing."""
    present = np.flatnonzero(np.bincount(places))
    numbers = np.zeros(int(present[-1]) + 1, dtype=np.int64)
    numbers[present] = np.arange(len(present))
    return numbers[places], (present + low).tolist()


def _only_used(
    codes: NDArray[np.int64], distinct: list[Any], used: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Any]]:
    """Drop categories that no row has, and those that are no value."""
    kept = [place for place in used.tolist() if distinct[place] is not None]
    table = np.full(len(distinct) + 1, -1, dtype=np.int64)
    table[kept] = np.arange(len(kept))
    return table[codes], [distinct[place] for place in kept]

"""The bucket of each row's person, computed where the rows live: as `binning.bucket` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError
from audit.metrics.table.backends.assembled import MISSING, NO_ID
from audit.metrics.table.backends.roles import Roles
from audit.metrics.table.binning import bucket
from audit.metrics.table.coded import person_text

WHOLE = 2.0**63
"""Floats from here on are no whole number of 64 bits."""


def with_buckets(lazy: Any, roles: Roles, dtype: Any) -> tuple[Any, str | None]:  # noqa: ANN401 - of narwhals
    """Add a column of buckets to a lazy frame, and return it with the column's name.

    `dtype` is that of the ids.

    Raises
    ------
    MetricError
        If the engine, or the type of the ids, is not one whose ids can be hashed alike.
    """
    import narwhals as nw

    if roles.person is None:
        return lazy, None
    person = roles.aliases.get(roles.person, roles.person)
    name = _free(lazy.collect_schema())
    adders: dict[Any, Callable[..., Any]] = {
        nw.Implementation.POLARS: _polars,
        nw.Implementation.DUCKDB: _duckdb,
        nw.Implementation.DASK: _dask,
        nw.Implementation.PYSPARK: _spark,
        nw.Implementation.PYSPARK_CONNECT: _spark,
    }
    if lazy.implementation not in adders:
        raise MetricError(
            f"expected person with a frame of polars, DuckDB, Dask or PySpark, came one of "
            f"{lazy.implementation}",
            "collect it first",
        )
    kind = _kind(dtype, roles.person)
    native = adders[lazy.implementation](lazy.to_native(), person, name, kind, roles.buckets)
    return nw.from_native(native), name


def marked_buckets(values: Any, buckets: int) -> NDArray[np.int64]:  # noqa: ANN401 - any array-like
    """Return the bucket of each id, -1 for a missing one and -2 for one that is no id."""
    import pandas as pd

    from audit.data.arrays import column

    codes, uniques = pd.factorize(column(values, "person", MetricError), use_na_sentinel=True)
    known = [_marked(value, buckets) for value in uniques]
    return np.array([*known, MISSING], dtype=np.int64)[codes]


def _marked(value: Any, buckets: int) -> int:  # noqa: ANN401 - any id
    try:
        return bucket(person_text(value), buckets)
    except MetricError:
        return NO_ID


def _kind(dtype: Any, name: str) -> str:  # noqa: ANN401 - of narwhals
    import narwhals as nw

    if dtype.is_integer():
        return "whole"
    if dtype.is_float():
        return "float"
    if dtype == nw.Boolean:
        return "truth"
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object, nw.Unknown):
        return "text"
    raise MetricError(
        f"column {name!r} (person): expected texts or whole numbers, came {dtype}",
        "turn the ids into texts",
    )


def _free(schema: Mapping[str, Any]) -> str:
    name = "person bucket"
    while name.lower() in {column.lower() for column in schema}:  # some engines fold case
        name += "_"
    return name


def _polars(native: Any, person: str, name: str, kind: str, buckets: int) -> Any:  # noqa: ANN401 - of polars; as the others
    import polars as pl

    def hashed(ids: Any) -> Any:  # noqa: ANN401 - of polars
        return pl.Series(marked_buckets(ids, buckets), dtype=pl.Int64)

    column = pl.col(person).map_batches(hashed, return_dtype=pl.Int64, is_elementwise=True)
    return native.with_columns(column.alias(name))


def _dask(native: Any, person: str, name: str, kind: str, buckets: int) -> Any:  # noqa: ANN401 - of Dask; as the others
    import pandas as pd

    def hashed(ids: Any) -> Any:  # noqa: ANN401 - of pandas
        return pd.Series(marked_buckets(ids, buckets), index=ids.index, dtype="int64")

    column = native[person].map_partitions(hashed, meta=(name, "int64"))
    return native.assign(**{name: column})


def _duckdb(native: Any, person: str, name: str, kind: str, buckets: int) -> Any:  # noqa: ANN401 - of DuckDB
    import duckdb

    quoted = '"' + person.replace('"', '""') + '"'
    text = {
        "whole": f"CAST({quoted} AS VARCHAR)",
        "float": f"CAST(TRY_CAST({quoted} AS BIGINT) AS VARCHAR)",
        "truth": f"CASE WHEN {quoted} THEN 'True' ELSE 'False' END",
        "text": f"CAST({quoted} AS VARCHAR)",
    }[kind]
    digits = f"CAST('0x' || substr(md5({text}), 1, 8) AS BIGINT) % {int(buckets)}"
    marked = f"CASE WHEN {quoted} IS NULL THEN {MISSING} ELSE {digits} END"
    if kind == "float":
        no_id = f"NOT (abs({quoted}) < {WHOLE:.0f} AND floor({quoted}) = {quoted})"
        marked = (
            f"CASE WHEN {quoted} IS NULL OR isnan({quoted}) THEN {MISSING} "
            f"WHEN {no_id} THEN {NO_ID} ELSE {digits} END"
        )
    column = duckdb.SQLExpression(f"CAST({marked} AS BIGINT)")
    return native.select(duckdb.StarExpression(), column.alias(name))


def _spark(native: Any, person: str, name: str, kind: str, buckets: int) -> Any:  # noqa: ANN401 - of Spark
    from pyspark.sql import functions as f

    column = native["`" + person.replace("`", "``") + "`"]
    missing, no_id = column.isNull(), f.lit(False)
    text = column.cast("string")
    if kind == "truth":
        text = f.when(column, "True").otherwise("False")
    if kind == "float":
        missing = missing | f.isnan(column)
        no_id = ~((f.abs(column) < WHOLE) & (f.rint(column) == column))
        safe = f.when(missing | no_id, f.lit(0.0)).otherwise(column)
        text = safe.cast("long").cast("string")
    digits = f.conv(f.substring(f.md5(text), 1, 8), 16, 10).cast("long") % buckets
    marked = f.when(missing, MISSING).when(no_id, NO_ID).otherwise(digits)
    return native.withColumn(name, marked.cast("long"))

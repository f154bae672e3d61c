"""The same rows in every dataframe library that is installed."""

import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

EAGER = ("pandas", "pandas objects", "pyarrow", "polars")
LAZY = ("polars lazy", "duckdb", "dask", "pyspark")


def table(n=2500, seed=0):
    """Rows with what engines treat differently: edges, NaN, infinities, nulls, odd names."""
    rng = np.random.default_rng(seed)
    score = 1 / (1 + np.exp(-rng.normal(0, 5, n)))
    score[:300] = rng.choice([0.5, 0.0, 1.0, np.nan, np.inf, -np.inf, 1.5, -0.1, 1e-9, 0.1], 300)
    logit = rng.normal(0, 8, n)
    logit[:300] = rng.choice([0.0, np.nan, np.inf, 1e6, -1e6, np.log(3), -18.0, 18.0, 35.0], 300)
    return pd.DataFrame(
        {
            'an "odd" na`me; --': rng.choice(np.array(["b", "a", "é ß", "", None], object), n),
            "age": rng.choice([9.0, 10.0, 100.0, np.nan], n),
            "old": rng.integers(0, 2, n).astype(bool),
            "y": rng.integers(0, 2, n),
            "said": rng.integers(0, 2, n).astype(bool),
            "text": rng.choice(["1", "0"], n),
            "kind": rng.choice(["cat", "dog", "eel"], n),
            "guess": rng.choice(["cat", "dog", "eel"], n),
            "score": score,
            "float32": rng.random(n).astype(np.float32),
            "logit": logit,
            "dollars": rng.normal(1e6, 10, n),
            "foretold": rng.normal(1e6, 10, n),
            "weight": rng.uniform(0.1, 3, n),
            "id": rng.integers(0, 400, n),
        }
    )


def frame_of(library, frame):  # noqa: PLR0911 - one line for each library
    """Return the frame in another library; skip where that is not installed."""
    if library == "pandas":
        return frame
    if library == "pandas objects":
        return frame.astype(object)
    if library == "dask":
        dask = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
        return dask.from_pandas(frame, npartitions=3)
    arrow = arrow_of(frame)
    if library == "pyarrow":
        return arrow
    if library.startswith("polars"):
        polars = pytest.importorskip("polars", reason="polars is not installed")
        eager = polars.from_arrow(arrow)
        return eager if library == "polars" else eager.lazy()
    if library == "duckdb":
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
        return duckdb.connect().from_arrow(arrow)
    return spark().createDataFrame(arrow)


def arrow_of(frame):
    """Turn a pandas frame into a table; NaN stays NaN among numbers, as in a file."""
    import pyarrow as pa

    return pa.table(
        {
            name: pa.array(column.to_numpy(), from_pandas=column.dtype.kind not in "fiub")
            for name, column in frame.items()
        }
    )


def spark():
    """Return a session on this machine; skip without PySpark or Java."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java for PySpark")
    builder = sql.SparkSession.builder.master("local[1]")
    options = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2"}
    for key, value in options.items():
        builder = builder.config(key, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return builder.getOrCreate()

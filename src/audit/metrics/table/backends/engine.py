"""The engine behind a lazy frame: collecting what it grouped, and its errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from audit.errors import AuditError, MetricError
from audit.metrics.table.backends.roles import Roles

ENGINES = frozenset(
    {"dask", "duckdb", "_duckdb", "narwhals", "pandas", "polars", "py4j", "pyarrow", "pyspark"}
)


def collected(lazy: Any) -> Any:  # noqa: ANN401 - of narwhals
    """Let the engine work, in flat memory where it can, and fetch the result."""
    import narwhals as nw

    if lazy.implementation is nw.Implementation.POLARS:
        return lazy.collect(backend="polars", engine="streaming")
    return lazy.collect()


def renamed(lazy: Any, roles: Roles) -> tuple[Any, Roles]:  # noqa: ANN401 - of narwhals
    """Give plain names to the columns of an engine that reads dots and quotes in them."""
    import narwhals as nw

    if lazy.implementation not in (nw.Implementation.PYSPARK, nw.Implementation.PYSPARK_CONNECT):
        return lazy, roles
    aliases = {name: f"column {place}" for place, name in enumerate(lazy.collect_schema())}
    return nw.from_native(lazy.to_native().toDF(*aliases.values())), replace(roles, aliases=aliases)


@contextmanager
def one_line_of(doing: str) -> Iterator[None]:
    """Turn an engine's error into one line.

    Raises
    ------
    MetricError
        With the first line of what the engine said.
    """
    try:
        yield
    except AuditError:
        raise
    except Exception as error:  # each engine has errors of its own, none a common parent
        if not _of_engine(error):
            raise
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise MetricError(f"{doing}: the engine says: {said[0]}") from error


def _of_engine(error: Exception) -> bool:
    home = type(error).__module__.partition(".")[0]
    return home in ENGINES or isinstance(
        error, ArithmeticError | EOFError | OSError | TypeError | ValueError
    )

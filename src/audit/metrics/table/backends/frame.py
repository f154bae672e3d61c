"""Cell tables of frames of any library; lazy ones are counted where they live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.errors import MetricError
from audit.metrics.table.backends.engine import one_line_of, renamed
from audit.metrics.table.backends.grouped import cells_of, errors_of
from audit.metrics.table.backends.persons import with_buckets
from audit.metrics.table.backends.roles import Roles
from audit.metrics.table.binning import BUCKETS, Scale
from audit.metrics.table.cells import BINARY, CellTable
from audit.metrics.table.rows import count_rows


def cells_from_frame(
    frame: Any,  # noqa: ANN401 - a frame of any library
    *,
    label: str,
    prediction: str | None = None,
    score: str | None = None,
    threshold: float | None = None,
    sensitive: Sequence[str] = (),
    weight: str | None = None,
    person: str | None = None,
    classes: Sequence[str] | None = BINARY,
    scale: Scale = Scale(),  # noqa: B008 - frozen
    buckets: int = BUCKETS,
) -> CellTable:
    """Count the rows of a frame by group, label, prediction and score.

    A frame in memory is counted here. A lazy one (polars, DuckDB, Dask, PySpark, whatever
    narwhals knows) is grouped and summed by its own engine, and only the groups come here; the
    counts are the same, sums equal but for rounding.

    Parameters
    ----------
    frame : frame of pandas, polars, pyarrow, DuckDB, Dask, PySpark, ...
    label, prediction : str
        Columns of labels and predictions. Without `prediction` it is ``score >= threshold``.
    score : str, optional
        Column of scores of label 1.
    threshold : float, optional
    sensitive : sequence of str
        Columns of sensitive attributes; null is the group ``unknown``.
    weight : str, optional
        Column of weights of 0 or more.
    person : str, optional
        Column of ids, texts or whole numbers, where people have several rows.
    classes : sequence of str or None
        Names of the labels; 0 and 1 read the same however they are stored. None where `label`
        and `prediction` are numbers, whose errors are summed.
    scale : Scale
        What the scores are.
    buckets : int
        Of people.

    Raises
    ------
    MetricError
        If `frame` is no frame, a column does not exist or does not hold what it should, or the
        engine gives up.
    """
    roles = Roles(
        label=label,
        prediction=prediction,
        score=score,
        threshold=threshold,
        sensitive=sensitive,
        weight=weight,
        person=person,
        classes=classes,
        scale=scale,
        buckets=buckets,
    )
    return counted(frame, roles)


def counted(frame: Any, roles: Roles) -> CellTable:  # noqa: ANN401 - a frame of any library
    """Count the rows of a frame whose columns have their roles."""
    import narwhals as nw

    found = _narwhals(frame)
    with one_line_of("reading the columns"):
        schema = found.collect_schema()
    roles.require(schema)
    if isinstance(found, nw.DataFrame):
        return _in_memory(found, roles)
    with one_line_of("counting the rows"):
        found, roles = renamed(found, roles)
        bucketed, bucket = with_buckets(
            found, roles, schema[roles.person] if roles.person else None
        )
        if roles.classes is None:
            return errors_of(bucketed, roles, bucket)
        return cells_of(bucketed, roles, bucket)


def _narwhals(frame: Any) -> Any:  # noqa: ANN401 - a frame of any library
    import narwhals as nw

    try:
        return nw.from_native(frame)
    except TypeError as error:
        raise MetricError(
            f"expected a frame, came {type(frame).__name__}",
            "give one of pandas, polars, pyarrow, DuckDB, Dask or PySpark",
        ) from error


def _in_memory(frame: Any, roles: Roles) -> CellTable:  # noqa: ANN401 - of narwhals
    def column(name: str | None) -> Any:  # noqa: ANN401 - a column of any library
        return None if name is None else frame[name].to_native()

    return count_rows(
        column(roles.label),
        column(roles.prediction),
        sensitive_features={name: column(name) for name in roles.sensitive},
        y_score=column(roles.score),
        threshold=roles.threshold,
        sample_weight=column(roles.weight),
        person=column(roles.person),
        classes=roles.classes,
        scale=roles.scale,
        buckets=roles.buckets,
    )

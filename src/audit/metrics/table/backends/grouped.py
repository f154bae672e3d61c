"""What an engine groups and sums: one ``group_by().agg()``, the same for every engine.

Columns are made step by step: an engine repeats an expression wherever another one holds it, and
so would compute the logarithm of a score a hundred times.
"""

from __future__ import annotations

from typing import Any

from audit.metrics.table.backends.assembled import CLEAR, errors_table, table
from audit.metrics.table.backends.engine import collected
from audit.metrics.table.backends.roles import Roles
from audit.metrics.table.binning import (
    LARGEST,
    SIZES,
    Maths,
    close_to_edge,
    looked_at,
    reach,
    steps,
)
from audit.metrics.table.cells import CellTable
from audit.metrics.table.moments import SUMS, rounded

COLUMNS = Maths(
    log=lambda column: column.log(),
    exp=lambda column: column.exp(),
    clip=lambda column, low, high: column.clip(low, high),
)


def cells_of(lazy: Any, roles: Roles, bucket: str | None) -> CellTable:  # noqa: ANN401 - of narwhals
    """Group a lazy frame by attributes, label, prediction and bin, and make a table of it.

    Raises
    ------
    MetricError
        If a row has no label, prediction, person or valid weight.
    """
    import narwhals as nw

    keys = _attributes(roles, bucket)
    keys |= {"label": roles.column(roles.label), "prediction": _prediction(roles)}
    parts = {"score": roles.score, "weight": roles.weight}
    numbers = {part: roles.number(name) for part, name in parts.items() if name is not None}
    lazy, sums = _weighed(lazy.select(**keys, **numbers), roles)
    if roles.score is not None:
        lazy, scored = _binned(lazy, roles)
        keys["bin"] = nw.col("bin")
        sums = [*sums, *scored]
    return table(_grouped(lazy, list(keys), sums), roles)


def errors_of(lazy: Any, roles: Roles, bucket: str | None) -> CellTable:  # noqa: ANN401 - of narwhals
    """Group a lazy frame by attributes and sum the errors of a regression.

    The rows are passed twice: once for the mean of the targets, which keeps the sums of their
    squares from cancelling.

    Raises
    ------
    MetricError
        If a number is missing or not finite, or a row has no person or valid weight.
    """
    import narwhals as nw

    keys = _attributes(roles, bucket) or {"everyone": nw.lit(0)}
    parts = {"target": roles.label, "answer": roles.prediction, "weight": roles.weight}
    numbers = {part: roles.number(name) for part, name in parts.items() if name is not None}
    lazy, sums = _weighed(lazy.select(**keys, **numbers), roles)
    target, answer = nw.col("target"), nw.col("answer")
    valid = _inside(target, -LARGEST, LARGEST) & _inside(answer, -LARGEST, LARGEST)
    lazy = lazy.with_columns(valid=valid).with_columns(
        target=_where("valid", target), answer=_where("valid", answer)
    )
    centre = _centre(lazy)
    lazy = lazy.with_columns(
        bad_number=_flag(~nw.col("valid")), e=answer - target, y=target - centre, p=answer - centre
    )
    lazy, summed = _error_sums(lazy, weighted=roles.weight is not None)
    return errors_table(_grouped(lazy, list(keys), [*sums, "bad_number", *summed]), roles, centre)


def _grouped(lazy: Any, keys: list[str], sums: list[str]) -> Any:  # noqa: ANN401 - of narwhals
    import narwhals as nw

    extremes = (
        (nw.col("score").min().alias("low"), nw.col("score").max().alias("high"))
        if "bin" in keys
        else ()
    )
    totals = [nw.col(name).sum() for name in sums]
    return collected(lazy.group_by(*keys).agg(nw.len().alias("n"), *totals, *extremes))


def _attributes(roles: Roles, bucket: str | None) -> dict[str, Any]:
    import narwhals as nw

    keys: dict[str, Any] = {
        f"a{place}": roles.column(name) for place, name in enumerate(roles.sensitive)
    }
    return keys | ({} if bucket is None else {"bucket": nw.col(bucket)})


def _prediction(roles: Roles) -> Any:  # noqa: ANN401 - a column
    """Return the predictions, or those that scores and threshold make: -1 without a score."""
    import narwhals as nw

    if roles.prediction is not None:
        return roles.column(roles.prediction)
    score = roles.number(roles.score)
    missing = score.is_nan().fill_null(value=True)
    return nw.when(~missing).then(_flag(score >= roles.threshold)).otherwise(nw.lit(-1))


def _weighed(lazy: Any, roles: Roles) -> tuple[Any, list[str]]:  # noqa: ANN401 - of narwhals
    """Add the columns of weights to be summed, where rows have weights."""
    import narwhals as nw

    if roles.weight is None:
        return lazy, []
    lazy = lazy.with_columns(weighable=_inside(nw.col("weight"), 0.0, LARGEST))
    lazy = lazy.with_columns(
        w=_where("weighable", nw.col("weight")), bad_weight=_flag(~nw.col("weighable"))
    )
    return lazy.with_columns(w2=nw.col("w") * nw.col("w")), ["w", "w2", "bad_weight"]


def _binned(lazy: Any, roles: Roles) -> tuple[Any, list[str]]:  # noqa: ANN401 - of narwhals
    """Add the key of the bin, and the columns to be summed by it.

    The key is the number of the pair of bins, or the score itself where it lies on an edge; then
    `bins` finds both bins from the lowest score of each key.
    """
    import narwhals as nw

    low, high = reach(roles.scale)
    lazy = lazy.with_columns(valid=_inside(nw.col("score"), low, high))
    lazy = lazy.with_columns(score=_where("valid", nw.col("score")))
    made = steps(roles.scale, COLUMNS)
    known = {name: nw.col(name) for name in ("score", *made)}
    for name, step in made.items():
        lazy = lazy.with_columns(step(known).alias(name))
    lazy = lazy.with_columns(
        **{f"{axis}_bin": known[axis].floor().clip(0, SIZES[axis] - 1) for axis in SIZES},
        **{f"{axis}_edge": (known[axis] + 0.5).floor() for axis in SIZES},
        value=_where("valid", known["value"]),
    )
    lazy = lazy.with_columns(bin=_key(roles))
    value = known["value"]
    one = value if roles.weight is None else value * nw.col("w")
    return lazy.with_columns(total=one, square=one * value), ["total", "square"]


def _key(roles: Roles) -> Any:  # noqa: ANN401 - a column
    import narwhals as nw

    pair = nw.col("ranked_bin") + nw.col("even_bin") + (CLEAR + 1)
    key = nw.when(nw.col("valid")).then(pair).otherwise(nw.lit(CLEAR))
    for axis in SIZES:
        if looked_at(axis, roles.scale):
            close = close_to_edge(nw.col(axis), nw.col(f"{axis}_edge"), axis) & nw.col("valid")
            key = nw.when(close).then(nw.col("score")).otherwise(key)
    return key


def _error_sums(lazy: Any, *, weighted: bool) -> tuple[Any, list[str]]:  # noqa: ANN401 - of narwhals
    import narwhals as nw

    e, y, p = nw.col("e"), nw.col("y"), nw.col("p")
    lazy = lazy.with_columns(over=_flag(e > 0), under=_flag(e < 0), e2=e * e, y2=y * y, p2=p * p)
    e2 = nw.col("e2")
    lazy = lazy.with_columns(
        e4=e2 * e2,
        size=e.abs(),
        w_over=nw.col("over"),
        w_under=nw.col("under"),
        p3=nw.col("p2") * nw.col("p"),
    )
    terms = [name for name in SUMS if name not in ("w", "w2")]
    if weighted:
        lazy = lazy.with_columns(nw.col(name) * nw.col("w") for name in terms)
    return lazy, ["over", "under", *terms]


def _centre(lazy: Any) -> float:  # noqa: ANN401 - of narwhals
    import narwhals as nw

    found = collected(lazy.select(nw.col("target").mean()))["target"].to_list()
    return rounded(float(found[0])) if found and found[0] is not None else 0.0


def _inside(column: Any, low: float, high: float) -> Any:  # noqa: ANN401 - a column
    # NaN is in no range: it is below nothing, and above everything where an engine orders it.
    return ((column >= low) & (column <= high)).fill_null(value=False)


def _where(valid: str, column: Any) -> Any:  # noqa: ANN401 - a column
    import narwhals as nw

    return nw.when(nw.col(valid)).then(column).otherwise(nw.lit(0.0))


def _flag(column: Any) -> Any:  # noqa: ANN401 - a column
    import narwhals as nw

    return column.cast(nw.Int64)

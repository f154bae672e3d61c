"""The worst subgroups: a search over conjunctions, with p-values that survive the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.data.arrays import column
from audit.errors import MetricError
from audit.metrics.inputs import binary, factorise, weights
from audit.metrics.measures.rates import Rate
from audit.metrics.subgroups.columns import SearchColumn, search_columns
from audit.metrics.subgroups.confirming import SearchRows
from audit.metrics.subgroups.options import Report, SearchOptions, one_rate
from audit.metrics.subgroups.results import Against, Direction, Method, SubgroupSearch
from audit.metrics.subgroups.search import outcomes, search

Floats = NDArray[np.float64]


def worst_subgroups(
    y_true: Any,  # noqa: ANN401 - an array or Series of any library
    y_pred: Any,  # noqa: ANN401 - an array or Series of any library
    *,
    sensitive_features: Any,  # noqa: ANN401 - arrays, Series or frames of any library
    features: Any = None,  # noqa: ANN401 - arrays, Series or frames of any library
    metric: str | Rate = "selection_rate",
    depth: int = 3,
    minimum_group: int = 30,
    confidence: float = 0.95,
    method: Method = "split",
    against: Against = "rest",
    direction: Direction = "either",
    top: int = 5,
    permutations: int = 999,
    bins: int = 4,
    sample_weight: Any = None,  # noqa: ANN401 - an array or Series of any library
    person: Any = None,  # noqa: ANN401 - an array or Series of any library
    seed: int = 0,
    progress: Report | None = None,
    model: str = "baseline",
    split: str = "test",
) -> SubgroupSearch:
    """Search all conjunctions of attributes for the subgroups a rate treats most differently.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (rows,)
        Labels and predictions, 0 or 1.
    sensitive_features : array-like, Series, frame, or mapping of name to array
        At least one of them describes every subgroup. A column of more than 20 different numbers is
        cut at quantiles; of more than 50 categories the largest 50 are searched, and the result
        says so. Rows whose category is missing are in no subgroup of that column, nor in a rest
        that they may not belong to.
    features : as `sensitive_features`, optional
        Ordinary features that may narrow a subgroup.
    metric : str or Rate
    depth : int
        Most columns that describe a subgroup.
    minimum_group : int
        Conjunctions with fewer rows are counted as too small, and not looked at.
    confidence : float
        Coverage of intervals, in (0, 1); 1 less this is the rate of false alarms over all
        subgroups put forward.
    method : {"split", "permutation"}
        ``split``: half of the rows (of the persons) selects, the other half confirms, so the
        interval of what was selected is an ordinary one, and p-values are corrected over the few
        put forward. ``permutation``: all rows select, and permuted outcomes give the null of the
        highest score; finds more in few rows, and takes longer.
    against : {"rest", "same_features"}
        Compare with all other rows, or only with rows of the same ordinary features.
    direction : {"either", "lower", "higher"}
        Which subgroups to put forward; tests stay two-sided.
    top : int
        Most subgroups put forward.
    permutations : int
        How many, for ``permutation``.
    bins : int
        Ranges that numbers are cut into.
    sample_weight : array-like of shape (rows,), optional
        Weights of 0 or more; only with ``split``.
    person : array-like of shape (rows,), optional
        Whose row it is, where persons repeat; only with ``split``. Rows of one person stay in one
        half, and count together in tests and intervals.
    seed : int
        Of the halves or permutations; 0 or more.
    progress : callable, optional
        Told ``(done, total)`` after each step.
    model, split : str
        Names for the record.

    Returns
    -------
    SubgroupSearch
        `subgroup_frames.subgroups_frame` turns it into a pandas frame.

    Raises
    ------
    MetricError
        If lengths differ, there are no rows, a label is not 0 or 1, a column is named twice, an
        option is out of its range, or the search would not end.

    Notes
    -----
    Subgroups are ranked by the likelihood ratio of two rates against one, which weighs the
    difference by the size. Of subgroups that hold mostly the same rows one is put forward. The
    confirmation is tested by Fisher's exact test, since subgroups are small and outcomes may be
    rare. Which rows fall in which half depends on their order and on `seed`.

    Examples
    --------
    >>> import numpy as np
    >>> from audit.metrics.subgroups.worst import worst_subgroups
    >>> group = np.repeat(["A", "B", "C", "D"], 200)
    >>> selected = np.tile([1, 0], 400) * (group != "D")
    >>> search = worst_subgroups(selected, selected, sensitive_features={"group": group})
    >>> search.found[0].group, search.found[0].confirmed
    ({'group': 'D'}, True)
    """
    options = SearchOptions(
        metric=one_rate(metric),
        depth=depth,
        minimum_group=minimum_group,
        confidence=confidence,
        method=method,
        against=against,
        direction=direction,
        top=top,
        permutations=permutations,
        bins=bins,
        seed=seed,
        model=model,
        split=split,
    )
    if progress is not None and not callable(progress):
        raise MetricError(f"expected progress as a function of (done, total), came {progress!r}")
    label, prediction = binary(y_true, "y_true"), binary(y_pred, "y_pred")
    columns = _columns(sensitive_features, features, options)
    row_weights = None if sample_weight is None else weights(sample_weight)
    persons = None if person is None else _persons(person)
    _require_rows(label, prediction, columns, row_weights, persons)
    rows = SearchRows(
        columns=columns,
        outcome=outcomes(options.metric, label, prediction),
        weights=row_weights,
        person=persons,
    )
    return search(rows, options, progress)


def _columns(
    sensitive_features: Any,  # noqa: ANN401 - any frame or array
    features: Any,  # noqa: ANN401 - any frame or array
    options: SearchOptions,
) -> tuple[SearchColumn, ...]:
    bins, minimum_group = int(options.bins), int(options.minimum_group)
    found = search_columns(sensitive_features, bins=bins, minimum_group=minimum_group)
    if features is not None:
        found += search_columns(
            features, name="features", is_sensitive=False, bins=bins, minimum_group=minimum_group
        )
    names = [item.described.name for item in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MetricError(
            f"expected columns of different names, came {twice[0]!r} as sensitive feature and as "
            "feature",
            "leave it out of features",
        )
    return found


def _persons(person: Any) -> NDArray[np.int64]:  # noqa: ANN401 - any array-like
    codes, _ = factorise(column(person, "person", MetricError))
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise MetricError(
            f"expected person of every row, came a missing value in row {int(missing[0])}",
            "give such rows an identifier of their own",
        )
    return codes


def _require_rows(
    label: NDArray[np.int8],
    prediction: NDArray[np.int8],
    columns: Sequence[SearchColumn],
    row_weights: Floats | None,
    persons: NDArray[np.int64] | None,
) -> None:
    given = {"y_true": label, "y_pred": prediction, "sample_weight": row_weights, "person": persons}
    lengths = {name: len(values) for name, values in given.items() if values is not None}
    lengths |= {f"column {item.described.name!r}": len(item.codes) for item in columns}
    if len(set(lengths.values())) > 1:
        came = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise MetricError(f"expected columns of one length, came rows: {came}")
    if not len(label):
        raise MetricError("expected at least one row, came none")

"""Every metric by name, of whichever family; tables are imported when they are asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from audit.errors import MetricError
from audit.metrics.measurement import Metric
from audit.metrics.measures.rates import DEFAULT
from audit.metrics.measures.row_metric import RowMetric

TABLES: tuple[tuple[str, str], ...] = (
    ("audit.metrics.measures.rates", "RATES"),
    ("audit.metrics.measures.counts", "COUNTS"),
    ("audit.metrics.measures.score_metrics", "SCORES"),
    ("audit.metrics.measures.regression", "REGRESSION"),
    ("audit.metrics.measures.class_functions", "MATRIX"),
)
"""Modules and the tables in them of metrics that are measured from a cell table."""

ALIASES: Mapping[str, str] = {
    "recall": "true_positive_rate",
    "sensitivity": "true_positive_rate",
    "specificity": "true_negative_rate",
    "positive_predictive_value": "precision",
    "mcc": "matthews_corrcoef",
    "roc_auc": "auc",
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "accuracy_score": "accuracy",
    "precision_score": "precision",
    "recall_score": "true_positive_rate",
    "f1_score": "f1",
    "jaccard_score": "jaccard",
    "balanced_accuracy_score": "balanced_accuracy",
    "cohen_kappa_score": "cohen_kappa",
    "roc_auc_score": "auc",
    "brier_score_loss": "brier",
    "r2_score": "r2",
}
"""What scikit-learn, fairlearn and their users also call a metric."""

ONE_CLASS = re.compile(r"(?P<rate>[a-z0-9_]+)\[(?P<of>.+)\]", re.DOTALL)
WORST = "worst_class_"
TOP = re.compile(r"top_(?P<k>[1-9][0-9]*)_(?P<what>rate|share)")


def __getattr__(name: str) -> Metric | RowMetric:
    """Let ``audit.metrics.catalogue:auc`` name a built-in metric, as it names one of one's own."""
    found = None if name.startswith("__") else dict(built_in()).get(name) or _of_rows(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found


def metric(name: str) -> Metric:
    """Find a metric of a cell table by its name.

    Parameters
    ----------
    name : str
        One of `names`, an alias of scikit-learn's, ``rate[class]`` or ``worst_class_rate`` with the
        name of a rate, or ``"package.module:attribute"`` for one's own.

    Raises
    ------
    MetricError
        If there is no such metric, or what a module holds is none.
    """
    found = find(name)
    if isinstance(found, Metric):
        return found
    raise _of_rows_only(name)


def metrics(wanted: str | Metric | Sequence[str | Metric]) -> tuple[Metric, ...]:
    """Find several metrics; ``"default"`` gives the default ones, and twice named comes once.

    Raises
    ------
    MetricError
        As `metric`, or if two different metrics have one name, or an item is neither name nor
        metric.
    """
    if isinstance(wanted, str):
        items: Sequence[Any] = DEFAULT if wanted == "default" else (wanted,)
    else:
        items = tuple(wanted) if isinstance(wanted, Iterable) else (wanted,)
    found: dict[str, Metric] = {}
    for item in items:
        one = item if isinstance(item, Metric) else metric(_text(item))
        if found.setdefault(one.name, one) != one:
            raise MetricError(f"expected one metric named {one.name!r}, came two different ones")
    return tuple(found.values())


def row_metric(name: str) -> RowMetric:
    """Find a metric that is computed from rows: a ranking's, consistency, coverage.

    Parameters
    ----------
    name : str
        ``exposure``, ``ndcg``, ``top_<k>_rate``, ``top_<k>_share``, ``consistency``,
        ``interval_coverage``, ``interval_width``, or ``"package.module:attribute"`` for one's own.

    Raises
    ------
    MetricError
        If there is no such metric, or it is computed from a cell table.
    """
    found = find(name)
    if isinstance(found, RowMetric):
        return found
    raise MetricError(f"metric {name!r} is computed from counts, not from rows", "use metric(name)")


def find(name: str) -> Metric | RowMetric:
    """Find a metric of either kind; see `metric` and `row_metric`."""
    if ":" in name and "[" not in name.partition(":")[0]:
        return _own(name)
    wanted = ALIASES.get(name, name)
    for module, table in TABLES:
        entries: Mapping[str, Metric] = getattr(import_module(module), table)
        if wanted in entries:
            return entries[wanted]
    found = _of_classes(wanted) or _of_rows(wanted)
    if found is None:
        raise MetricError.unknown("metric", name, (*names(), *ROW_METRICS, *ALIASES))
    return found


def names() -> tuple[str, ...]:
    """Name every metric of a cell table; those of single classes depend on the classes."""
    return tuple(name for name, _ in built_in())


def built_in() -> Iterator[tuple[str, Metric]]:
    """Yield every metric of the tables with its name."""
    for module, table in TABLES:
        yield from getattr(import_module(module), table).items()


ROW_METRICS = (
    "exposure",
    "ndcg",
    "top_10_rate",
    "top_10_share",
    "consistency",
    "interval_coverage",
    "interval_width",
)
"""Names of metrics of rows; any number may stand for 10."""


def _of_classes(name: str) -> Metric | None:
    from audit.metrics.measures.class_scores import ClassScore
    from audit.metrics.measures.multiclass import ClassRate, WorstClass
    from audit.metrics.measures.rates import rate
    from audit.metrics.measures.score_metrics import SCORES

    one = ONE_CLASS.fullmatch(name)
    if one is not None:
        wanted = ALIASES.get(one["rate"], one["rate"])
        if wanted in SCORES:
            return ClassScore(metric=SCORES[wanted], of=one["of"])
        return ClassRate(rate=rate(wanted), of=one["of"])
    if name.startswith(WORST):
        return WorstClass(rate=rate(name.removeprefix(WORST)))
    return None


def _of_rows(name: str) -> RowMetric | None:
    if name == "consistency":
        from audit.metrics.measures.consistency import Consistency

        return Consistency()
    from audit.metrics.measures.exposure import NDCG, Exposure, TopK, TopKShare
    from audit.metrics.measures.interval_coverage import IntervalCoverage, IntervalWidth

    top = TOP.fullmatch(name)
    if top is not None:
        return (TopK if top["what"] == "rate" else TopKShare)(k=int(top["k"]))
    plain: tuple[RowMetric, ...] = (Exposure(), NDCG(), IntervalCoverage(), IntervalWidth())
    return next((one for one in plain if one.name == name), None)


def _own(name: str) -> Metric | RowMetric:
    """Import a metric of the user's own."""
    module_name, _, attribute = name.partition(":")
    try:
        module = import_module(module_name)
    except Exception as error:
        raise MetricError(
            f"metric {name!r}: cannot import {module_name!r}: {type(error).__name__}: {error}",
            "name an installed module, for example my_package.my_metrics:my_metric",
        ) from error
    if not hasattr(module, attribute):
        raise MetricError.unknown("metric", attribute, vars(module), where=module_name)
    found = getattr(module, attribute)
    if isinstance(found, type) or not isinstance(found, Metric | RowMetric):
        raise MetricError(
            f"metric {name!r}: expected a metric, came {type(found).__name__}",
            "build one with audit.metrics.Rate(...), CountMetric(...) or ArrayMetric(...)",
        )
    if (built := dict(built_in()).get(found.name)) is not None and built != found:
        raise MetricError(f"metric {name!r}: the name {found.name!r} is that of a built-in metric")
    return found


def _of_rows_only(name: str) -> MetricError:
    return MetricError(
        f"metric {name!r} is computed from rows, not from counts of them",
        "measure it with its measure_rows(Rows(...))",
    )


def _text(item: object) -> str:
    if isinstance(item, RowMetric):
        raise _of_rows_only(item.name)
    if not isinstance(item, str):
        raise MetricError(
            f"expected metrics by name or as objects, came {item!r}",
            "build one with audit.metrics.Rate(...) or CountMetric(...)",
        )
    return item

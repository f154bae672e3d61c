"""What a metric that is asked for by name needs elsewhere in audit.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.config.settings import AuditConfig

RANKED = re.compile(r"exposure|ndcg|top_\d+_(rate|share)")
INTERVALS = ("interval_coverage", "interval_width")


def require_needs(config: AuditConfig) -> None:
    """Refuse a metric for which something is lacking, before anything runs.

    Raises
    ------
    ConfigError
        Naming the metric and the key.
    """
    names = () if config.metrics.names == "default" else config.metrics.names
    given, task = config.predictions, config.data.task
    if given is not None and given.lower is not None and task != "regression":
        raise ConfigError(
            f"predictions: lower and upper are ends of intervals of numbers, came task: {task}",
            "leave them out",
        )
    for name in names:
        if RANKED.fullmatch(name) and given is not None and given.score is None:
            raise ConfigError(
                f"metrics.names: {name} ranks rows by their scores, came predicted labels alone",
                "give predictions.score",
            )
        if name == "consistency" and task == "regression":
            raise ConfigError(
                "metrics.names: consistency compares decisions, came task: regression",
                "leave it out",
            )
        if name == "consistency" and not config.data.similar:
            raise ConfigError(
                "metrics.names: consistency needs to know by what rows are alike",
                "name the columns: data: {similar: [...]}",
            )
        if name in INTERVALS and (given is None or given.lower is None):
            raise ConfigError(
                f"metrics.names: {name} needs the two ends of the interval of each row",
                "name their columns: predictions: {lower: ..., upper: ...}",
            )

"""What a task asks of the other sections of audit.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.config.model import PredictionsConfig
    from audit.config.settings import AuditConfig


def require_task(config: AuditConfig) -> None:
    """Refuse what does not fit the task, before anything runs.

    Raises
    ------
    ConfigError
        Naming the key.
    """
    task, metrics = config.data.task, config.metrics
    if config.predictions is not None:
        _require_predictions(config.predictions, task)
    if metrics.tolerance_value is not None and task != "regression":
        raise ConfigError(
            f"metrics.tolerance_value: expected task: regression, came task: {task}",
            "say metrics.tolerance, a difference of rates",
        )


def _require_predictions(given: PredictionsConfig, task: str) -> None:
    if task == "binary" and given.score is not None and given.label is not None:
        raise ConfigError(
            "predictions: expected exactly one of score and label, came both",
            "both go together with data: {task: multiclass} alone",
        )
    if task == "regression" and given.label is not None:
        raise ConfigError(
            "predictions: expected score, the column of predicted numbers, came label",
            "say predictions: {score: ...}",
        )
    if task == "multiclass" and given.label is None:
        raise ConfigError(
            "predictions: of several classes expected label, the column of predicted classes, came "
            "score alone",
            "add label; score is the probability of the class in focus",
        )
    if given.score is not None and given.score == given.label:
        raise ConfigError(
            f"predictions: expected different columns for score and label, came {given.score!r}",
            "leave score out where only the classes are known",
        )

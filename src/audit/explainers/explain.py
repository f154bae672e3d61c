"""Explanations of a model: of all rows, of each group, and of the score gap between groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from audit.config import ExplainConfig
from audit.data.dataset import Dataset
from audit.errors import AuditError, ModelError
from audit.explainers.attributed import Attributed, Progress, attribute_rows, baseline_tensors
from audit.explainers.attribution import Explainer
from audit.explainers.levels import missing, of_everyone, of_gap, of_group
from audit.explainers.plan import Plan, make_plan
from audit.explainers.results import Explanation
from audit.explainers.sampled import against_rows, sample_rows
from audit.explainers.shapley_sampling import ShapleySampling
from audit.metrics.results import Group
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.predictions import Predictions
from audit.registry import EXPLAINERS


def explain(
    model: TorchModel | AnswerModel,
    dataset: Dataset,
    predictions: Predictions,
    config: ExplainConfig,
    gaps: Sequence[tuple[Group, Group]],
    *,
    seed: int,
    minimum_group: int,
    confidence: float,
    split: str = "test",
    role: str = "baseline",
    progress: Progress | None = None,
) -> tuple[Explanation, ...]:
    """Explain the scores of the predicted rows by each configured method.

    One draw of rows serves each group wherever it occurs, and one baseline (the mean of the
    encoded uniform draw, or zeros) serves every level. Row weights count in every mean, so that
    the values speak of the weighted population, as the metrics do; rows are drawn uniformly.

    Parameters
    ----------
    model : TorchModel or AnswerModel
        What only answers has no gradients: it is explained by Shapley sampling, whatever methods
        are configured.
    dataset : Dataset
    predictions : Predictions
        With scores; its rows are those that may be drawn.
    config : ExplainConfig
        Of a group at most half of ``config.rows`` are drawn.
    gaps : sequence of pairs of groups
        For each (a, b): what the mean score of `a` less that of `b` goes through.
    seed : int
    minimum_group : int
        Smaller groups are suppressed, with the reason.
    confidence : float
        Of the intervals: Student's t for means, Welch's for differences.
    split, role : str
        Names of the rows and of the model.
    progress : callable, optional
        Called with (rows done, rows) of the method at work.

    Returns
    -------
    tuple of Explanation
        For each method: global, then groups, then gaps. If the inputs have no gradient, one of
        status ``undefined`` that says so.

    Raises
    ------
    ConfigError
        If a method is unknown.
    ModelError
        If there are no scores, or the network fails.
    """
    explainers = _suited(model, config)
    if predictions.score is None:
        raise ModelError("expected scores to explain, came labels alone", "turn explanations off")
    plan = make_plan(
        dataset,
        predictions,
        config,
        gaps=gaps,
        seed=seed,
        minimum_group=minimum_group,
        confidence=confidence,
        split=split,
        role=role,
    )
    return tuple(
        explanation
        for explainer in explainers
        for explanation in _explanations(model, dataset, explainer, plan, progress)
    )


def _suited(
    model: TorchModel | AnswerModel, config: ExplainConfig
) -> list[Explainer | ShapleySampling]:
    if isinstance(model, AnswerModel):
        return [ShapleySampling()] if config.methods else []
    return [
        cast("Explainer | ShapleySampling", EXPLAINERS.resolve(name)()) for name in config.methods
    ]


def _explanations(
    model: TorchModel | AnswerModel,
    dataset: Dataset,
    explainer: Explainer | ShapleySampling,
    plan: Plan,
    progress: Progress | None,
) -> Iterator[Explanation]:
    everyone = plan.everyone.rows
    if not len(everyone):
        yield missing(explainer, plan, "global", 0, "undefined", "no row has a positive weight")
        return
    if isinstance(explainer, ShapleySampling):
        plan = against_rows(plan, explainer, dataset)
        attributed = _sampled(model, dataset, explainer, plan, progress)
    else:
        attributed = _differentiated(cast(TorchModel, model), dataset, explainer, plan, progress)
    if isinstance(attributed, str):
        yield missing(explainer, plan, "global", len(everyone), "undefined", attributed)
        return
    yield of_everyone(attributed.take(everyone), explainer, plan)
    for single in plan.singles:
        yield of_group(attributed, single, explainer, plan)
    for a, b in plan.pairs:
        yield of_gap(attributed, a, b, explainer, plan)


def _sampled(
    model: TorchModel | AnswerModel,
    dataset: Dataset,
    explainer: ShapleySampling,
    plan: Plan,
    progress: Progress | None,
) -> Attributed | str:
    """Return the attributions, or why there are none: not every mixture of two rows has a score."""
    try:
        return sample_rows(model, dataset, explainer, plan, progress=progress)
    except AuditError as error:
        return str(error)


def _differentiated(
    model: TorchModel,
    dataset: Dataset,
    explainer: Explainer,
    plan: Plan,
    progress: Progress | None,
) -> Attributed | str:
    """Return the attributions, or why there are none: some inputs have no gradient."""
    everyone = plan.everyone.rows
    try:
        baselines = baseline_tensors(
            model, dataset, everyone, plan.baseline_kind, plan.weights[everyone]
        )
    except ModelError as error:
        return str(error)
    return attribute_rows(model, dataset, explainer, baselines, plan.needed(), progress=progress)

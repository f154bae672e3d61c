"""Explanations of a model: of all rows, of each group, and of the score gap between groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, cast

from audit.config import ExplainConfig
from audit.data.dataset import Dataset, Rows
from audit.errors import AuditError, ModelError
from audit.explainers.attributed import Attributed, Progress, attribute_rows
from audit.explainers.attribution import Explainer
from audit.explainers.baselines import find_baselines, words_baseline
from audit.explainers.entrance import Entrance, open_entrance
from audit.explainers.levels import missing, of_everyone, of_gap, of_group
from audit.explainers.picture_results import PictureRecord
from audit.explainers.pictures import Album
from audit.explainers.plan import Plan, make_plan
from audit.explainers.results import Explanation
from audit.explainers.sampled import against_rows, sample_rows
from audit.explainers.shapley_sampling import ShapleySampling
from audit.explainers.text_pictures import text_pictures
from audit.metrics.results import Group
from audit.models.answering import AnswerModel
from audit.models.embedding_entry import NoEntryError
from audit.models.inference import evaluating, seeded, threads_for
from audit.models.model import TorchModel
from audit.predictions import Predictions
from audit.registry import EXPLAINERS

PROBE = 8


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What was found out about the scores of a model.

    Attributes
    ----------
    explanations : tuple of Explanation
        For each method: global, then groups, then gaps.
    pictures : tuple of PictureRecord
        Of those of groups and gaps, for images, series and texts.
    """

    explanations: tuple[Explanation, ...] = ()
    pictures: tuple[PictureRecord, ...] = ()


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
) -> Explained:
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
    Explained
        If the inputs have no gradient, with one explanation of status ``undefined`` that says so.

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
    found = [_explanations(model, dataset, each, plan, progress) for each in explainers]
    return Explained(
        explanations=tuple(item for each in found for item in each.explanations),
        pictures=tuple(item for each in found for item in each.pictures),
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
) -> Explained:
    if not len(plan.everyone.rows):
        return _undefined(explainer, plan, "no row has a positive weight")
    scaled = _scaled(explainer, plan.scale)
    if isinstance(scaled, ShapleySampling):
        return _sampled(model, dataset, scaled, against_rows(plan, scaled, dataset), progress)
    return _differentiated(cast(TorchModel, model), dataset, scaled, plan, progress)


def _undefined(explainer: Explainer | ShapleySampling, plan: Plan, reason: str) -> Explained:
    rows = len(plan.everyone.rows)
    return Explained(explanations=(missing(explainer, plan, "global", rows, "undefined", reason),))


def _scaled(explainer: Explainer | ShapleySampling, scale: float) -> Explainer | ShapleySampling:
    """Return the method with its tolerance in units of the score; one of another kind as it is."""
    if scale == 1 or not is_dataclass(explainer):
        return explainer
    return replace(cast(Any, explainer), tolerance=explainer.tolerance * scale)  # type: ignore[no-any-return]  # of the same class


def _sampled(
    model: TorchModel | AnswerModel,
    dataset: Dataset,
    explainer: ShapleySampling,
    plan: Plan,
    progress: Progress | None,
) -> Explained:
    """Explain by sampling, or say why not: not every mixture of two rows has a score."""
    try:
        attributed = sample_rows(model, dataset, explainer, plan, progress=progress)
    except AuditError as error:
        return _undefined(explainer, plan, str(error))
    return Explained(explanations=tuple(_levels(attributed, explainer, plan)))


def _differentiated(
    model: TorchModel,
    dataset: Dataset,
    explainer: Explainer,
    plan: Plan,
    progress: Progress | None,
) -> Explained:
    """Explain by gradients, or say why not: some inputs have none."""
    everyone, needed = plan.everyone.rows, plan.needed()
    try:
        entrance = _entrance(model, dataset, everyone)
        baselines = find_baselines(
            entrance, dataset, everyone, plan.baseline_kind, plan.weights[everyone]
        )
    except ModelError as error:
        return _undefined(explainer, plan, str(error))
    plan = replace(plan, baseline=plan.baseline + words_baseline(entrance, plan.baseline_kind))
    album = Album(entrance=entrance, plan=plan)
    try:
        attributed = attribute_rows(
            *(entrance, dataset, explainer, baselines, needed),
            share=plan.weight_in_draw(needed),
            viewer=album,
            progress=progress,
        )
    except NoEntryError as error:
        return _undefined(explainer, plan, str(error))
    explanations = tuple(_levels(attributed, explainer, plan))
    pictures = (
        *album.pictures(explanations),
        *text_pictures(attributed, explanations, album.groups, entrance, plan),
    )
    return Explained(explanations=explanations, pictures=pictures)


def _entrance(model: TorchModel, dataset: Dataset, rows: Rows) -> Entrance:
    _, inputs = next(dataset.batches(rows[:PROBE], PROBE))
    with evaluating(model.network), seeded(0, model.device), threads_for(model.network):
        return open_entrance(model, model.encode(inputs))


def _levels(
    attributed: Attributed, explainer: Explainer | ShapleySampling, plan: Plan
) -> Iterator[Explanation]:
    yield of_everyone(attributed.take(plan.everyone.rows), explainer, plan)
    for single in plan.singles:
        yield of_group(attributed, single, explainer, plan)
    for a, b in plan.pairs:
        yield of_gap(attributed, a, b, explainer, plan)

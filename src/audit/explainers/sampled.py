"""Attributions of drawn rows by sampling, for any model that answers about a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from audit.data.dataset import Dataset
from audit.errors import ModelError
from audit.explainers.attributed import BATCH, Attributed, Progress
from audit.explainers.plan import Plan
from audit.explainers.shapley_sampling import Ask, ShapleySampling
from audit.models.answering import AnswerModel
from audit.models.inference import evaluating, probabilities, seeded, threads_for
from audit.models.model import TorchModel

TABLE = "table"


def against_rows(plan: Plan, explainer: ShapleySampling, dataset: Dataset) -> Plan:
    """Return the plan with what a row is compared with in words: reference rows, not a baseline."""
    names = dataset.inputs[TABLE].take(plan.everyone.rows[:1]).columns if _tabular(dataset) else ()
    count = min(explainer.references(len(names)), len(plan.everyone.rows))
    words = f"{count:,} rows of {plan.split}, drawn by seed {plan.seed}"
    return replace(plan, baseline=words, baseline_kind="rows")


def sample_rows(
    model: TorchModel | AnswerModel,
    dataset: Dataset,
    explainer: ShapleySampling,
    plan: Plan,
    *,
    progress: Progress | None = None,
) -> Attributed:
    """Attribute the score of each row that the plan needs, a batch at a time.

    References are drawn from the uniform draw of everyone, by weight where rows have weights.

    Raises
    ------
    ModelError
        If the model takes something else than one table, or fails.
    """
    if not _tabular(dataset):
        raise ModelError("expected one table to explain", "turn explanations off")
    source, rows = dataset.inputs[TABLE], plan.needed()
    columns = tuple(str(name) for name in source.take(rows[:1]).columns)
    reference = source.take(_references(plan, explainer.references(len(columns))))
    parts = []
    with asking(model) as ask:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            parts.append(explainer.attribute(ask, source.take(part), reference))
            if progress is not None:
                progress(min(start + BATCH, len(rows)), len(rows))
        at_reference = float(ask(reference).mean())
    return Attributed(
        features=columns,
        rows=rows,
        values=np.concatenate([part.values for part in parts]),
        errors=np.concatenate([part.errors for part in parts]),
        figures={
            "sampling_error": np.concatenate([part.deviations for part in parts]),
            "references": np.full(len(rows), float(len(reference))),
        },
        baseline_score=at_reference,
    )


def _tabular(dataset: Dataset) -> bool:
    return set(dataset.inputs) == {TABLE}


def _references(plan: Plan, count: int) -> NDArray[np.int64]:
    everyone = plan.everyone.rows
    weights = plan.weights[everyone]
    most = min(count, len(everyone))
    chosen = np.random.default_rng(plan.seed).choice(
        everyone, most, replace=False, p=weights / weights.sum()
    )
    return np.sort(chosen)


@contextmanager
def asking(model: TorchModel | AnswerModel) -> Iterator[Ask]:
    """Give a function from a frame to probabilities, which leaves no trace on a network."""
    if isinstance(model, AnswerModel):
        yield _asking(model)
        return
    with evaluating(model.network), seeded(0, model.device), threads_for(model.network):
        yield _network(model)


def _asking(model: AnswerModel) -> Ask:
    def ask(frame: pd.DataFrame) -> NDArray[np.float64]:
        return probabilities(model, model.answers({TABLE: frame}, len(frame)))

    return ask


def _network(model: TorchModel) -> Callable[[pd.DataFrame], NDArray[np.float64]]:
    def ask(frame: pd.DataFrame) -> NDArray[np.float64]:
        with torch.no_grad():
            answer = model.answer(model.encode({TABLE: frame}).tensors)
        return probabilities(model, answer.cpu().double().numpy())

    return ask

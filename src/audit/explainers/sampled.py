"""Attributions of drawn rows by sampling, for any model that answers about a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from audit.data.dataset import Dataset, TableInput
from audit.errors import ModelError
from audit.explainers.attributed import Attributed, Progress
from audit.explainers.entrance import BATCH
from audit.explainers.plan import Plan
from audit.explainers.shapley_sampling import Ask, ShapleySampling
from audit.models.answering import AnswerModel
from audit.models.inference import evaluating, scores_of, seeded, threads_for
from audit.models.model import TorchModel


def against_rows(plan: Plan, explainer: ShapleySampling, dataset: Dataset) -> Plan:
    """Return the plan with what a row is compared with in words: reference rows, not a baseline."""
    name = _table(dataset)
    names = () if name is None else dataset.inputs[name].take(plan.everyone.rows[:1]).columns
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
    name = _table(dataset)
    if name is None:
        raise ModelError(
            "expected one table to explain, came "
            f"{', '.join(dataset.inputs) or 'no input'}: Shapley sampling changes columns",
            "turn explanations off, or audit a torch network, which has gradients",
        )
    source, rows = dataset.inputs[name], plan.needed()
    columns = tuple(str(name) for name in source.take(rows[:1]).columns)
    reference = source.take(_references(plan, explainer.references(len(columns))))
    parts = []
    with asking(model, name) as ask:
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


def _table(dataset: Dataset) -> str | None:
    """Return the name of the table, where it is all that the model takes."""
    tables = [name for name, source in dataset.inputs.items() if isinstance(source, TableInput)]
    return tables[0] if tables and len(dataset.inputs) == 1 else None


def _references(plan: Plan, count: int) -> NDArray[np.int64]:
    everyone = plan.everyone.rows
    weights = plan.weights[everyone]
    most = min(count, len(everyone))
    chosen = np.random.default_rng(plan.seed).choice(
        everyone, most, replace=False, p=weights / weights.sum()
    )
    return np.sort(chosen)


@contextmanager
def asking(model: TorchModel | AnswerModel, name: str = "table") -> Iterator[Ask]:
    """Give a function from a frame to scores, which leaves no trace on a network.

    Parameters
    ----------
    name : str
        The input that the frame is.
    """
    if isinstance(model, AnswerModel):
        yield _asking(model, name)
        return
    with evaluating(model.network), seeded(0, model.device), threads_for(model.network):
        yield _network(model, name)


def _asking(model: AnswerModel, name: str) -> Ask:
    def ask(frame: pd.DataFrame) -> NDArray[np.float64]:
        return scores_of(model, model.answers({name: frame}, len(frame)))

    return ask


def _network(model: TorchModel, name: str) -> Callable[[pd.DataFrame], NDArray[np.float64]]:
    def ask(frame: pd.DataFrame) -> NDArray[np.float64]:
        with torch.no_grad():
            answer = model.answer(model.encode({name: frame}).tensors)
        return scores_of(model, answer.cpu().double().numpy())

    return ask

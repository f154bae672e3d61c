"""Training under a penalty at several strengths, and keeping one: what both methods share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from audit.mitigation.descent import Descent, descend
from audit.mitigation.learner import learner
from audit.mitigation.mitigator import Outcome, Refused, Task
from audit.mitigation.penalty import Pool, pool
from audit.mitigation.rows import COUNTED, Participants, measurable, participants
from audit.mitigation.tuning import (
    REFINEMENTS,
    Figures,
    Trial,
    choose,
    measured,
    next_strength,
    reaches,
)
from audit.models.inference import seeded, threads_for
from audit.models.losses import Standard, standard
from audit.models.records import TrainingRecord
from audit.models.weights_file import State, weights_sha256
from audit.predictions import Predictions, predict

if TYPE_CHECKING:
    from torch import nn

    from audit.config import Train
    from audit.data.dataset import Rows
    from audit.models.model import TorchModel


@dataclass(frozen=True, kw_only=True)
class Penalised:
    """How networks are trained under a penalty.

    Attributes
    ----------
    method : str
    constraint : str
        A key of `audit.mitigation.rows.COUNTED`.
    strengths : tuple of float
        In rising order; they are climbed until one reaches the aim.
    remaining : float
        The aim: the share of the baseline's gap that may be left on validation rows.
    settings : Train
    decaying : bool
        Whether this is fine-tuning, whose learning rate falls to 0; else `start` draws weights.
    start : callable
        Makes the network that training starts from, each time a new one.
    """

    method: str
    constraint: str
    strengths: tuple[float, ...]
    remaining: float
    settings: Train
    decaying: bool
    start: Callable[[], nn.Module]


def train_penalised(task: Task, how: Penalised) -> Outcome:
    """Train at rising strengths until the gap on validation rows is narrow enough.

    The network of `task.model` and the caller's random state stay as they were.

    Raises
    ------
    Refused
        If the groups do not allow it, the constraint means nothing for the task, or no parameter
        takes a gradient.
    ModelError
        If the loss stops being finite.
    """
    _require_meaning(task, how.constraint)
    groups = _groups(task, how.constraint)
    judged = measurable(
        groups, task.attribute, task.dataset.target, task.rows.tuning, COUNTED[how.constraint]
    )
    unit = standard(task.dataset, task.rows.fitting)
    pools = tuple(
        pool(task, rows, groups, how.constraint, unit)
        for rows in (task.rows.fitting, task.rows.tuning)
    )
    baseline = measured(task.model, task, judged, how.constraint)
    trials: list[Trial] = []
    attempts: list[Attempt] = []
    while strength := next_strength(trials, how.strengths, baseline, how.remaining):
        place = len(trials)
        attempts.append(_attempt(task, how, strength, pools=pools, unit=unit, place=place))
        found = measured(attempts[-1].model, task, judged, how.constraint)
        trials.append(Trial(strength=strength, figures=found))
    chosen = choose(trials, baseline, how.remaining)
    return _outcome(task, how, attempts[chosen], _selected(how, trials, chosen, baseline, judged))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A network trained at one strength."""

    model: TorchModel
    initial: State
    final: State
    descent: Descent
    strength: float


def _require_meaning(task: Task, constraint: str) -> None:
    if task.dataset.task == "regression" and COUNTED[constraint] is not None:
        raise Refused(
            f"{constraint} is about rows with a positive label, and a regression has none",
            "say constraint: demographic_parity, the gap of mean predictions",
        )


def _groups(task: Task, constraint: str) -> Participants:
    return participants(
        task.attribute,
        task.dataset.target,
        task.rows.fitting,
        least=task.minimum_group,
        labels=(COUNTED[constraint],),
        words="training",
    )


def _attempt(
    task: Task,
    how: Penalised,
    strength: float,
    *,
    pools: tuple[Pool, ...],
    unit: Standard,
    place: int,
) -> Attempt:
    epochs = how.settings.epochs
    done = iter(range(place * epochs + 1, (place + 1) * epochs + 1))

    def tell() -> None:
        if task.progress is not None:
            task.progress(next(done), (len(how.strengths) + REFINEMENTS) * epochs)

    with seeded(how.settings.seed, task.model.device):
        network = how.start().to(task.model.device)
        _require_gradients(network)
        made = learner(task.model, network, unit, fresh=not how.decaying)
        with threads_for(network):
            descent = descend(
                made.model,
                pools[0],
                pools[1],
                strength,
                how.settings,
                decaying=how.decaying,
                minimum_group=task.minimum_group,
                progress=tell,
            )
    made.model.network.load_state_dict(descent.state)
    final = made.weights()
    network.load_state_dict(final)
    return Attempt(
        model=replace(task.model, network=network.eval()),
        initial=made.initial,
        final=final,
        descent=descent,
        strength=strength,
    )


def _require_gradients(network: nn.Module) -> None:
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise Refused(
            "no parameter of the network takes a gradient", "give a network that can be trained"
        )


def _selected(
    how: Penalised, trials: list[Trial], chosen: int, baseline: Figures, judged: Participants
) -> dict[str, Any]:
    return {
        "strength": trials[chosen].strength,
        "aim": how.remaining,
        "reached": reaches(trials[chosen], baseline, how.remaining),
        "baseline": baseline.values(),
        "trials": [trial.values() for trial in trials],
        "left_out": list(judged.left_out),
    }


def _outcome(task: Task, how: Penalised, attempt: Attempt, selected: dict[str, Any]) -> Outcome:
    model = replace(attempt.model, training=_record(task, how, attempt))
    return Outcome(
        predict=partial(_predict, model, task),
        fitted_on=task.rows.fitting_words,
        tuned_on=task.rows.tuning_words,
        selected=selected | {"epoch": attempt.descent.best_epoch},
        model=model,
        initial_state=attempt.initial,
    )


def _predict(model: TorchModel, task: Task, rows: Rows) -> Predictions:
    return predict(model, task.dataset, rows, task.threshold)


def _record(task: Task, how: Penalised, attempt: Attempt) -> TrainingRecord:
    before = task.model.training
    mitigation = {
        "method": how.method,
        "constraint": how.constraint,
        "attribute": task.attribute.name,
        "strength": attempt.strength,
    }
    return TrainingRecord(
        settings=how.settings.model_dump(mode="json") | {"mitigation": mitigation},
        data_sha256=task.dataset.record.sha256,
        split=dict(before.split) if before else {},
        rows={"train": len(task.rows.fitting), "validation": len(task.rows.tuning)},
        best_epoch=attempt.descent.best_epoch,
        stopped_early=attempt.descent.stopped_early,
        epochs=attempt.descent.epochs,
        initial_sha256=weights_sha256(attempt.initial),
        final_sha256=weights_sha256(attempt.final),
    )

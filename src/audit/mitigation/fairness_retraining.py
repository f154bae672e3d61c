"""Retraining: from a fresh start, with a penalty on the gap between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from audit.mitigation.mitigator import Outcome, Refused, Task
from audit.mitigation.parameters import PenaltyParameters

if TYPE_CHECKING:
    from torch import nn

    from audit.config import Train
    from audit.models.model import TorchModel


class FairnessRetraining(PenaltyParameters):
    """Train the network again as it was trained, with strength times the squared gap in the loss.

    Architecture, initialisation, seed and settings are those of the network's own training, so
    that the penalty makes the difference. Needs a network that this tool trained.

    Notes
    -----
    The penalty is `audit.mitigation.penalty.group_penalty`.
    """

    needs_sensitive_at_prediction: ClassVar[bool] = False

    def apply(self, task: Task) -> Outcome:
        """Train on `task.rows.fitting`; stop early and choose the strength on `task.rows.tuning`.

        Raises
        ------
        Refused
            If it is not known how the network was built and trained, there are fewer than two
            groups to compare, or one has no label that the constraint counts.
        ModelError
            If the loss stops being finite.
        """
        from audit.mitigation.penalised import Penalised, train_penalised

        settings = _training_settings(task.model)
        return train_penalised(
            task,
            Penalised(
                method="fairness_retraining",
                constraint=self.constraint,
                strengths=self.strengths,
                remaining=self.remaining,
                settings=settings,
                decaying=False,
                start=lambda: _fresh(task.model, settings),
            ),
        )


def _training_settings(model: TorchModel) -> Train:
    from audit.mitigation.settings import settings_of

    if model.blueprint is None or model.training is None:
        raise Refused(
            "it is not known how the network was built and trained, so it cannot be trained again",
            "use fairness_penalty, or a network that audit train made",
        )
    return settings_of(model.training)


def _fresh(model: TorchModel, settings: Train) -> nn.Module:
    from audit.models.architectures import build
    from audit.models.initialising import initialise

    if model.blueprint is None:
        raise Refused("it is not known how the network was built")
    network = build(model.blueprint)
    initialise(network, settings.init, settings.activation)
    return network

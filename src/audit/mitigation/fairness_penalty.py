"""Fine-tuning: from the network's own weights, with a penalty on the gap between groups."""

from __future__ import annotations

from copy import deepcopy
from math import ceil
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from audit.mitigation.mitigator import Outcome, Refused, Task
from audit.mitigation.parameters import PenaltyParameters

if TYPE_CHECKING:
    from torch import nn

    from audit.config import Train


PATIENCE = 5


class FairnessPenalty(PenaltyParameters):
    """Fine-tune a copy of the network: cross-entropy plus strength times the squared gap.

    The learning rate falls to 0 along a line, and the weights of the epoch with the lowest
    penalised loss on validation rows are kept. Needs a network that takes gradients, of any
    architecture.

    Notes
    -----
    The penalty is `audit.mitigation.penalty.group_penalty`.
    """

    needs_sensitive_at_prediction: ClassVar[bool] = False

    updates: int = Field(default=300, ge=1)
    """Updates at least, in whole passes over the training rows."""
    batch_size: int = Field(default=1024, ge=1)
    """Rows per update; the gap is estimated on at least 2,048 rows where there are so many."""
    lr: float = Field(default=2e-3, gt=0, allow_inf_nan=False)
    """Learning rate at the start."""

    def apply(self, task: Task) -> Outcome:
        """Fine-tune on `task.rows.fitting`; choose the strength on `task.rows.tuning`.

        Raises
        ------
        Refused
            If there are fewer than two groups to compare, one has no label that the constraint
            counts, or the network takes no gradient or cannot be copied.
        ModelError
            If the loss stops being finite.
        """
        from audit.mitigation.penalised import Penalised, train_penalised

        original = task.model.network
        return train_penalised(
            task,
            Penalised(
                method="fairness_penalty",
                constraint=self.constraint,
                strengths=self.strengths,
                remaining=self.remaining,
                settings=self._settings(task),
                decaying=True,
                start=lambda: _copied(original),
            ),
        )

    def _settings(self, task: Task) -> Train:
        from audit.config import Train

        training = task.model.training
        known = {
            name: value
            for name, value in (training.settings if training else {}).items()
            if name in Train.model_fields
        }
        passes = ceil(self.updates / ceil(len(task.rows.fitting) / self.batch_size))
        own = {
            "epochs": passes,
            "batch_size": self.batch_size,
            "lr": self.lr,
            "optimizer": "adam",
            "early_stopping": max(PATIENCE, passes // 3),
            "seed": task.seed,
        }
        return Train.model_validate(known | own)


def _copied(network: nn.Module) -> nn.Module:
    try:
        return deepcopy(network)
    except Exception as error:
        raise Refused(
            f"the network cannot be copied: {type(error).__name__}: {error}",
            "fine-tuning never touches the original",
        ) from error

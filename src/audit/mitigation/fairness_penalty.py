"""Fine-tuning: from the network's own weights, with a penalty on the gap between groups."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from audit.mitigation.mitigator import Outcome, Refused, Task
from audit.mitigation.parameters import PenaltyParameters

if TYPE_CHECKING:
    from torch import nn

    from audit.config import Train


PATIENCE = 5
SHAPED_ROWS = 128


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
    """Rows per update; the gap is estimated on at least 2,048 rows where there are so many. Of a
    network that takes images, texts or series by default 128, and at least 512."""
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

        original, settings = task.model.network, self._settings(task)
        outcome = train_penalised(
            task,
            Penalised(
                method="fairness_penalty",
                constraint=self.constraint,
                strengths=self.strengths,
                remaining=self.remaining,
                settings=settings,
                decaying=True,
                start=lambda: _copied(original),
            ),
        )
        if settings.batch_size == self.batch_size:
            return outcome
        return replace(outcome, selected=outcome.selected | {"batch_size": settings.batch_size})

    def _settings(self, task: Task) -> Train:
        from audit.mitigation.settings import settings_of

        size = self._size(task)
        passes = ceil(self.updates / ceil(len(task.rows.fitting) / size))
        own = {
            "epochs": passes,
            "batch_size": size,
            "lr": self.lr,
            "optimizer": "adam",
            "early_stopping": max(PATIENCE, passes // 3),
            "seed": task.seed,
        }
        return settings_of(task.model.training, own)

    def _size(self, task: Task) -> int:
        from audit.models.encoded_rows import is_shaped

        if "batch_size" in self.model_fields_set:
            return self.batch_size
        shaped = is_shaped(task.model, task.dataset, task.rows.fitting)
        return SHAPED_ROWS if shaped else self.batch_size


def _copied(network: nn.Module) -> nn.Module:
    try:
        return deepcopy(network)
    except Exception as error:
        raise Refused(
            f"the network cannot be copied: {type(error).__name__}: {error}",
            "fine-tuning never touches the original",
        ) from error

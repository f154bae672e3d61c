"""The differentiable gap between groups, and the loss that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from audit.mitigation.rows import COUNTED, counts
from audit.models.examples import Examples, examples
from audit.models.losses import OBJECTIVES, Standard, row_weights
from audit.models.outputs import form as form_of

if TYPE_CHECKING:
    from audit.config import Task as Kind
    from audit.data.dataset import Rows
    from audit.mitigation.mitigator import Task
    from audit.mitigation.rows import Participants
    from audit.models.model import Tensors
    from audit.models.outputs import OutputForm


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the loss needs to know of some rows, beside the answers.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
    label, weights : Tensor, shape (rows,)
        Labels as `audit.models.losses.targets` gives them; weights have mean 1.
    members : Tensor, shape (groups, rows)
        The weight of a row in its group's mean score; 0 where the constraint does not count it.
    """

    task: Kind
    label: Tensor
    weights: Tensor
    members: Tensor

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.label)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Rows to draw samples from.

    Attributes
    ----------
    examples : Examples
    members : Tensor, shape (groups, rows)
    """

    examples: Examples
    members: Tensor

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.examples)

    @property
    def whole(self) -> Sample:
        """All rows."""
        return self._sample(self.examples.target, self.examples.weights, self.members)

    def take(self, places: Tensor) -> tuple[Tensors, Sample]:
        """Return some of the rows: their tensors, and what the loss needs."""
        tensors, label, weights = self.examples.take(places)
        there = places.to(self.members.device)
        return tensors, self._sample(label, weights, self.members[:, there])

    def _sample(self, label: Tensor, weights: Tensor, members: Tensor) -> Sample:
        task = self.examples.rows.dataset.task
        return Sample(task=task, label=label, weights=weights, members=members)


def pool(
    task: Task, rows: Rows, groups: Participants, constraint: str, unit: Standard | None = None
) -> Pool:
    """Encode `rows` and say who counts in which group's mean."""
    data = task.dataset
    counted = counts(data.target[rows], COUNTED[constraint]) * row_weights(data, rows)
    members = np.stack([(task.attribute.codes[rows] == code) * counted for code in groups.codes])
    return Pool(
        examples=examples(task.model, data, rows, unit or Standard()),
        members=torch.from_numpy(members.astype(np.float32)).to(task.model.device),
    )


def group_penalty(scores: Tensor, members: Tensor) -> Tensor:
    """Return the squared distances of the groups' mean scores from the pooled mean, summed.

    Parameters
    ----------
    scores : Tensor, shape (rows,)
        Probabilities of the positive class (of several, the one in focus); of a regression,
        predictions in standard deviations.
    members : Tensor, shape (groups, rows)
        Weight of each row in each group; 0 where it is not in it.

    Returns
    -------
    Tensor
        A number of 0 or more; groups without a row take no part.

    Notes
    -----
    A smooth stand-in for the gap of decisions, as in Zafar et al., AISTATS 2017, and Beutel et
    al., AIES 2019.
    """
    sizes = members.sum(dim=1)
    present = sizes > 0
    means = (members @ scores)[present] / sizes[present]
    pooled = (members.sum(dim=0) @ scores) / sizes.sum().clamp(min=torch.finfo(sizes.dtype).tiny)
    return ((means - pooled) ** 2).sum()


def penalised_loss(
    form: OutputForm, answer: Tensor, rows: Sample, strength: float, fitted: int
) -> Tensor:
    """Return the loss over the first `fitted` rows, plus `strength` times the penalty on all.

    The gap needs more rows than an update does to be estimated well.
    """
    odds = form.logit
    if rows.task == "binary" and odds is not None:
        form, answer = form_of("logit"), odds(answer)
    loss = OBJECTIVES[rows.task].loss(
        form, answer[:fitted], rows.label[:fitted], rows.weights[:fitted]
    )
    logit = form.logit
    scores = answer if logit is None else torch.sigmoid(logit(answer))
    return loss + strength * group_penalty(scores, rows.members)

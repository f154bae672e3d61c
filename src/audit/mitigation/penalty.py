"""The differentiable gap between groups, and the loss that holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from audit.mitigation.rows import COUNTED

if TYPE_CHECKING:
    from audit.data.dataset import Rows
    from audit.mitigation.mitigator import Task
    from audit.mitigation.rows import Participants
    from audit.models.model import Tensors, TorchModel


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Encoded rows with what the loss needs to know of each.

    Attributes
    ----------
    tensors : dict of str to Tensor
        First dimension: rows.
    label, weights : Tensor, shape (rows,)
        Weights have mean 1.
    members : Tensor, shape (groups, rows)
        The weight of a row in its group's mean score; 0 where the constraint does not count it.
    """

    tensors: Tensors
    label: Tensor
    weights: Tensor
    members: Tensor

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.label)

    def take(self, places: Tensor) -> Sample:
        """Return some of the rows."""
        return replace(
            self,
            tensors={name: tensor[places] for name, tensor in self.tensors.items()},
            label=self.label[places],
            weights=self.weights[places],
            members=self.members[:, places],
        )


def sample(task: Task, rows: Rows, groups: Participants, constraint: str) -> Sample:
    """Encode `rows` and say who counts in which group's mean."""
    data, device = task.dataset, task.model.device
    inputs = {name: source.take(rows) for name, source in data.inputs.items()}
    target = data.target[rows]
    weights = np.ones(len(rows)) if data.weights is None else data.weights[rows]
    weights = weights / weights.mean()
    counted = np.isin(target, COUNTED[constraint]) * weights
    members = np.stack([(task.attribute.codes[rows] == code) * counted for code in groups.codes])
    return Sample(
        tensors=task.model.encode(inputs).tensors,
        label=torch.from_numpy(target.astype(np.float32)).to(device),
        weights=torch.from_numpy(weights.astype(np.float32)).to(device),
        members=torch.from_numpy(members.astype(np.float32)).to(device),
    )


def group_penalty(scores: Tensor, members: Tensor) -> Tensor:
    """Return the squared distances of the groups' mean scores from the pooled mean, summed.

    Parameters
    ----------
    scores : Tensor, shape (rows,)
        Probabilities of the positive class.
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


def penalised_loss(model: TorchModel, rows: Sample, strength: float, fitted: int) -> Tensor:
    """Return cross-entropy over the first `fitted` rows, plus `strength` times the penalty on all.

    The gap needs more rows than an update does to be estimated well.
    """
    logits = model.logit(rows.tensors)
    entropy = binary_cross_entropy_with_logits(
        logits[:fitted], rows.label[:fitted], weight=rows.weights[:fitted]
    )
    return entropy + strength * group_penalty(torch.sigmoid(logits), rows.members)

"""A network on the scale that its loss is on, and its weights back in the unit of the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.initialising import output_layer, unscale_output
from audit.models.losses import Standard
from audit.models.model import TorchModel
from audit.models.standing import copied
from audit.models.training import in_unit
from audit.models.weights_file import State


@dataclass(frozen=True, kw_only=True)
class Learner:
    """A network that is about to be trained.

    Attributes
    ----------
    model : TorchModel
        Of a regression, its answers are in standard deviations of the target.
    initial : dict of str to Tensor
        Weights before, of the network as it is handed on.
    weights : callable
        Returns the weights now, of the network as it is handed on.
    """

    model: TorchModel
    initial: State
    weights: Callable[[], State]


class Standardised(nn.Module):
    """A network of any inputs whose answers are put into standard deviations."""

    def __init__(self, network: nn.Module, unit: Standard) -> None:
        super().__init__()
        self.network, self.unit = network, unit

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """Ask the network, and return its answer in standard deviations from the mean."""
        answer: Tensor = self.network(*tensors, **named)
        return (answer - self.unit.mean) / self.unit.scale


def _ends_in_linear(network: nn.Module) -> bool:
    try:
        output_layer(network)
    except ModelError:
        return False
    return True


def learner(model: TorchModel, network: nn.Module, unit: Standard, *, fresh: bool) -> Learner:
    """Prepare a network for training.

    Parameters
    ----------
    model : TorchModel
        Whose encoder, output and device it has.
    network : nn.Module
        A copy of the model's, or one built like it whose weights were just drawn.
    unit : Standard
        Of the target in training rows.
    fresh : bool
        Whether the weights were just drawn: then they are on the scale of the loss already.
    """
    if fresh:
        return Learner(
            model=replace(model, network=network),
            initial=in_unit(network, unit),
            weights=lambda: in_unit(network, unit),
        )
    initial = copied(network.state_dict())
    if unit == Standard():
        return Learner(
            model=replace(model, network=network),
            initial=initial,
            weights=lambda: copied(network.state_dict()),
        )
    if not _ends_in_linear(network):
        return Learner(
            model=replace(model, network=Standardised(network, unit)),
            initial=initial,
            weights=lambda: copied(network.state_dict()),
        )
    unscale_output(network, unit.mean, unit.scale)
    return Learner(
        model=replace(model, network=network),
        initial=initial,
        weights=lambda: in_unit(network, unit),
    )

"""Where a training stands after an epoch, and how it goes on from there to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from audit.models.records import EpochRecord
from audit.models.weights_file import State


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a training stands after an epoch.

    Attributes
    ----------
    epochs : tuple of EpochRecord
        So far.
    best_epoch : int
    weights, best : dict of str to Tensor
        Weights now, and those of the best epoch.
    optimizer : dict of str to Tensor
        State of the optimiser, each called after the parameter's place, for example ``0.exp_avg``.
    chance : dict of str to Tensor
        State of the random numbers: ``order`` of the rows, ``cpu``, and ``cuda`` on a GPU.
    """

    epochs: tuple[EpochRecord, ...]
    best_epoch: int
    weights: State
    best: State
    optimizer: State
    chance: State


def copied(state: Mapping[str, Tensor]) -> State:
    """Return a copy of a state dict on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> State:
    """Return the state of an optimiser as named tensors on the CPU."""
    return {
        f"{place}.{name}": torch.as_tensor(value).detach().cpu().clone()
        for place, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
        if value is not None
    }


def chance(order: torch.Generator, device: torch.device) -> State:
    """Return the state of the random numbers that a training draws."""
    state = {"order": order.get_state(), "cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def go_on(
    standing: Standing,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    order: torch.Generator,
    device: torch.device,
) -> None:
    """Put weights, optimiser and random numbers where `standing` has them.

    Raises
    ------
    KeyError, RuntimeError, TypeError or ValueError
        If it is of another network.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in standing.optimizer.items():
        place, _, name = key.partition(".")
        state.setdefault(int(place), {})[name] = tensor
    network.load_state_dict(standing.best)  # they are kept only if they fit
    network.load_state_dict(standing.weights)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    order.set_state(standing.chance["order"])
    torch.set_rng_state(standing.chance["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(standing.chance["cuda"], device)

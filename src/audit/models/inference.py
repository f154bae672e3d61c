"""Asking a network without leaving a trace on it or on the caller's random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from audit.data.dataset import Dataset, Rows
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.model import Encoded, TorchModel
from audit.models.outputs import ending

PROBE_ROWS = 8
SMALL = 1_000_000
Progress = Callable[[int, int], None]


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode; every submodule gets its own mode back afterwards."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Draw from `seed` on the CPU and on `device`; the caller's random state is put back after."""
    cuda = [device.index or 0] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@contextmanager
def threads_for(network: nn.Module) -> Iterator[None]:
    """Run a small network on one thread: several wait for each other longer than they compute.

    Figures then do not depend on the number of cores either.
    """
    before = torch.get_num_threads()
    if sum(parameter.numel() for parameter in network.parameters()) < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def raw_answers(
    model: TorchModel, dataset: Dataset, rows: Rows, batch_size: int, progress: Progress | None
) -> NDArray[np.float64]:
    """Return what the network says about `rows`, shape (rows,) or (rows, 2), unchecked numbers.

    Modes of submodules, gradients and random state are as before afterwards.

    Raises
    ------
    ModelError
        If the network fails or answers in another shape, ends in a sigmoid or softmax though it is
        declared to answer with logits, or the encoder does not treat each row by itself.
    """
    parts = []
    with evaluating(model.network), seeded(0, model.device), threads_for(model.network):
        _probe(model, dataset, rows)
        for _, inputs in dataset.batches(rows, batch_size):
            with torch.no_grad():
                answer = model.answer(model.encode(inputs).tensors)
            parts.append(answer.cpu().double().numpy())
            if progress is not None:
                progress(sum(map(len, parts)), len(rows))
    return np.concatenate(parts)


def asked_answers(
    model: AnswerModel, dataset: Dataset, rows: Rows, batch_size: int, progress: Progress | None
) -> NDArray[np.float64]:
    """Return what a black box says about `rows`, shape (rows,) or (rows, 2), unchecked numbers.

    Raises
    ------
    ModelError
        If it fails, answers in another shape than declared, or gives a row another answer when
        asked again or alone.
    """
    _require_steady_answers(model, dataset, rows[:PROBE_ROWS])
    parts = []
    for places, inputs in dataset.batches(rows, batch_size):
        parts.append(model.answers(inputs, len(places)))
        if progress is not None:
            progress(sum(map(len, parts)), len(rows))
    return np.concatenate(parts)


def _require_steady_answers(model: AnswerModel, dataset: Dataset, first: Rows) -> None:
    together, again, single = (
        model.answers({name: item.take(part) for name, item in dataset.inputs.items()}, len(part))
        for part in (first, first, first[:1])
    )
    for other, why in ((again, "asked twice"), (single, "asked alone")):
        if not np.allclose(together[: len(other)], other, rtol=1e-3, atol=1e-5, equal_nan=True):
            raise _unsteady("model", why)


def _unsteady(what: str, why: str) -> ModelError:
    return ModelError(
        f"the {what} gives the same row another answer when {why}",
        "it must treat each row by itself and draw nothing in evaluation mode",
    )


def scores_of(model: TorchModel | AnswerModel, answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores that raw answers mean, shape (rows,), in double precision."""
    return model.form.score(torch.from_numpy(answers)).numpy()


def _probe(model: TorchModel, dataset: Dataset, rows: Rows) -> None:
    """Look at the first rows before all of them are asked about."""
    first = rows[:PROBE_ROWS]
    encoded, alone = (
        model.encode({name: source.take(part) for name, source in dataset.inputs.items()})
        for part in (first, first[:1])
    )
    _require_row_by_row(encoded, alone)
    _require_steady(model, encoded, alone)
    if not model.form.ranged and model.output != "value":
        _require_no_ending(model, encoded)


def _require_steady(model: TorchModel, encoded: Encoded, alone: Encoded) -> None:
    """Refuse a network whose answer for a row depends on other rows, or on chance."""
    with torch.no_grad():
        together, again = (model.answer(encoded.tensors) for _ in range(2))
        single = model.answer(alone.tensors)
    for other, why in ((again, "asked twice"), (single, "asked alone")):
        if not torch.allclose(together[: len(other)], other, rtol=1e-3, atol=1e-5, equal_nan=True):
            raise _unsteady("network", why)


def _require_row_by_row(encoded: Encoded, alone: Encoded) -> None:
    for name, tensor in encoded.tensors.items():
        single = alone.tensors.get(name)
        same_shape = single is not None and single.shape == tensor[:1].shape
        if not same_shape or not torch.allclose(single, tensor[:1], rtol=1e-4, atol=1e-6):  # type: ignore[arg-type]  # same_shape tells
            raise ModelError(
                f"the encoder gives the first row another {name!r} alone than among other rows",
                "fix means, scales and categories from training, so that each row stands by itself",
            )


def _require_no_ending(model: TorchModel, encoded: Encoded) -> None:
    with torch.enable_grad():
        tensors = {
            name: tensor.detach().clone().requires_grad_(tensor.is_floating_point())
            for name, tensor in encoded.tensors.items()
        }
        last = ending(model.answer(tensors))
    if last:
        declared = "probability" if model.output == "logit" else "probabilities"
        raise ModelError(
            f"output: {model.output} was declared, but the network ends in {last}",
            f"declare output: {declared}",
        )

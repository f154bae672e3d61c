"""Training the configured network: seeded, reproducible, and recorded epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audit.config import Train
from audit.data.dataset import Dataset, Rows
from audit.errors import ModelError
from audit.models.architectures import Blueprint, build, initialise
from audit.models.epochs import Examples, Progress, copied, fit
from audit.models.fitting import fit_encoder
from audit.models.inference import seeded, threads_for
from audit.models.model import Encoder, TorchModel, pick_device
from audit.models.records import TrainingRecord
from audit.models.weights_file import State, weights_sha256

VALIDATION_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network with where it started and how it got there.

    Attributes
    ----------
    model : TorchModel
    initial_state : dict of str to Tensor
        Weights before the first update, on the CPU.
    record : TrainingRecord
    """

    model: TorchModel
    initial_state: State
    record: TrainingRecord


def train(
    dataset: Dataset,
    settings: Train,
    *,
    split: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    device: torch.device | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network on the training rows; its answer is a logit.

    The loss is the mean over rows of weight times binary cross-entropy. With early stopping the
    weights of the epoch with the lowest validation loss are kept, otherwise the last. Without
    validation rows, a tenth of the training rows is set apart by seed. The caller's random state
    stays as it was. The same seed gives the same weights, bit for bit, on the same CPU build.

    Parameters
    ----------
    dataset : Dataset
        With training rows in ``splits["train"]`` and a table among its inputs.
    settings : Train
    split, target : mapping, optional
        The split and target settings, for the record.
    device : torch.device, optional
        By default the fastest there is.
    progress : callable, optional
        Called with (epochs done, epochs at most) after each epoch.

    Raises
    ------
    ModelError
        If there are no training rows, they have one class only, or the loss stops being finite.
    DataError
        If a column cannot be encoded.
    """
    rows, validation = _rows(dataset, settings.seed)
    place = device or pick_device()
    encoder = fit_encoder(dataset.inputs["table"].take(_training_rows(dataset)))
    blueprint = _blueprint(settings, encoder.width)
    with seeded(settings.seed, place):
        network = build(blueprint)
        initialise(network, settings.init, settings.activation)
        initial = copied(network.state_dict())
        network.to(place)
        parts = [_examples(dataset, part, encoder, place) for part in (rows, validation)]
        with threads_for(network):
            outcome = fit(network, parts[0], parts[1], settings, progress)
    network.load_state_dict(outcome.best_state)
    record = TrainingRecord(
        settings=settings.model_dump(mode="json"),
        data_sha256=dataset.record.sha256,
        split=dict(split or {}),
        rows={"train": len(rows), "validation": len(validation)},
        best_epoch=outcome.best_epoch,
        stopped_early=outcome.stopped_early,
        epochs=outcome.epochs,
        initial_sha256=weights_sha256(initial),
        final_sha256=weights_sha256(outcome.best_state),
        target=dict(target) if target else None,
    )
    model = TorchModel(
        network=network.eval(),
        encoder=encoder,
        output="logit",
        kind="trained",
        device=place,
        blueprint=blueprint,
        training=record,
    )
    return Trained(model=model, initial_state=initial, record=record)


def _blueprint(settings: Train, inputs: int) -> Blueprint:
    arguments = {
        "inputs": inputs,
        "hidden": list(settings.hidden),
        "activation": settings.activation,
        "dropout": settings.dropout,
        "outputs": 1,
    }
    return Blueprint(name=settings.architecture, arguments=arguments)


def _training_rows(dataset: Dataset) -> Rows:
    rows = dataset.splits.get("train")
    if rows is None or not len(rows):
        raise ModelError(
            "expected training rows, came none", "say under data.split which rows train"
        )
    classes = np.unique(dataset.target[rows])
    if len(classes) < 2:  # noqa: PLR2004 - two classes
        raise ModelError(
            f"expected both classes in the {len(rows)} training rows, came only {classes[0]}",
            "check data.target and data.split",
        )
    return rows


def _rows(dataset: Dataset, seed: int) -> tuple[Rows, Rows]:
    """Return training and validation rows, setting a tenth apart where no rows validate."""
    rows = _training_rows(dataset)
    validation = dataset.splits.get("validation")
    if validation is not None and len(validation):
        return rows, validation
    order = np.random.default_rng(seed).permutation(len(rows))
    apart = max(1, round(VALIDATION_SHARE * len(rows)))
    return rows[np.sort(order[apart:])], rows[np.sort(order[:apart])]


def _examples(dataset: Dataset, rows: Rows, encoder: Encoder, device: torch.device) -> Examples:
    encoded = encoder.encode({name: source.take(rows) for name, source in dataset.inputs.items()})
    weights: NDArray[np.float64] = (
        np.ones(len(rows)) if dataset.weights is None else dataset.weights[rows]
    )
    return Examples(
        x=encoded.tensors["x"].to(device),
        y=torch.from_numpy(dataset.target[rows].astype(np.float32)).to(device),
        weights=torch.from_numpy((weights / weights.mean()).astype(np.float32)).to(device),
    )

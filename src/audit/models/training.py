"""Training the configured network: seeded, reproducible, and recorded epoch by epoch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from audit.canonical import sha256_hex
from audit.config import Input, Train
from audit.data.dataset import Dataset, Rows
from audit.errors import ModelError
from audit.models.architectures import build
from audit.models.blueprints import blueprint_for
from audit.models.checkpoint import Checkpoint
from audit.models.epochs import Progress, fit
from audit.models.examples import Examples, examples
from audit.models.fitting import fit_encoder_of
from audit.models.inference import seeded, threads_for
from audit.models.initialising import initialise, scale_output
from audit.models.losses import OBJECTIVES, Standard, standard
from audit.models.model import TorchModel, pick_device
from audit.models.records import TrainingRecord
from audit.models.standing import copied
from audit.models.weights_file import State, weights_sha256

VALIDATION_SHARE = 0.1
ENOUGH = 30


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network with where it started and how it got there.

    Attributes
    ----------
    model : TorchModel
    initial_state : dict of str to Tensor
        Weights before the first update, on the CPU.
    record : TrainingRecord
    resumed : int
        The epochs that were done already when an interrupted training went on.
    """

    model: TorchModel
    initial_state: State
    record: TrainingRecord
    resumed: int = 0


def train(
    dataset: Dataset,
    settings: Train,
    *,
    inputs: Mapping[str, Input] | None = None,
    base: Path | None = None,
    split: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    minimum_group: int = ENOUGH,
    device: torch.device | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> Trained:
    """Train a network on the training rows.

    The loss is the mean over rows of weight times cross-entropy; of a regression, times the squared
    error in standard deviations of the target in training rows. A network of two classes answers
    with a logit, of several with logits, of a regression with the value itself: mean and scale are
    folded into its last layer afterwards, in the weights before training too. With early stopping
    the weights of the epoch with the lowest validation loss are kept, otherwise the last. Without
    validation rows, a tenth of the training rows is set apart by seed. The caller's random state
    stays as it was. The same seed gives the same weights, bit for bit, on the same CPU build,
    whether the rows are held in memory or streamed, and whether a training was interrupted or not.

    Parameters
    ----------
    dataset : Dataset
        With training rows in ``splits["train"]``.
    settings : Train
    inputs : mapping of str to Input, optional
        The inputs as the configuration says them, where there are any but a table.
    base : Path, optional
        Folder that paths in `inputs` are relative to.
    split, target : mapping, optional
        The split and target settings, for the record.
    minimum_group : int
        Groups with fewer validation rows take no part in the gap of an epoch.
    device : torch.device, optional
        By default the fastest there is.
    progress : callable, optional
        Called with (epochs done, epochs at most, loss and gap in words) after each epoch.
    checkpoint : Path, optional
        File that keeps where the training stands; one that is there already goes on.

    Raises
    ------
    ModelError
        If there are no training rows, they have one class only or lack a class, or their numbers
        are all the same; if the loss stops being finite, or the checkpoint is of another training.
    DataError
        If a column or an input cannot be encoded.
    """
    rows, validation = _rows(dataset, settings.seed)
    unit = standard(dataset, rows)
    place = device or pick_device()
    encoder = fit_encoder_of(dataset, _training_rows(dataset), inputs or {}, base)
    blueprint = blueprint_for(settings, encoder, max(1, len(dataset.classes)))
    with seeded(settings.seed, place):
        network = build(blueprint)
        initialise(network, settings.init, settings.activation)
        initial = in_unit(network, unit)
        model = TorchModel(
            network=network.to(place),
            encoder=encoder,
            output=OBJECTIVES[dataset.task].output,
            kind="trained",
            device=place,
            blueprint=blueprint,
            classes=dataset.classes or None,
            focus=dataset.focus,
            outputs=len(dataset.classes) or None,
        )
        training, judging = (examples(model, dataset, part, unit) for part in (rows, validation))
        identity = _identity(settings, training, judging, initial, minimum_group)
        kept = Checkpoint(path=checkpoint, training=identity) if checkpoint else None
        with threads_for(network):
            outcome = fit(
                model,
                training,
                judging,
                settings,
                minimum_group=minimum_group,
                progress=progress,
                checkpoint=kept,
            )
    network.load_state_dict(outcome.best_state)
    final = in_unit(network, unit)
    network.load_state_dict(final)
    record = TrainingRecord(
        settings=settings.model_dump(mode="json"),
        data_sha256=dataset.record.sha256,
        split=dict(split or {}),
        rows={"train": len(rows), "validation": len(validation)},
        best_epoch=outcome.best_epoch,
        stopped_early=outcome.stopped_early,
        epochs=outcome.epochs,
        initial_sha256=weights_sha256(initial),
        final_sha256=weights_sha256(final),
        target=dict(target) if target else None,
    )
    network.eval()
    return Trained(
        model=replace(model, training=record),
        initial_state=initial,
        record=record,
        resumed=outcome.resumed,
    )


def in_unit(network: nn.Module, unit: Standard) -> State:
    """Return weights on the CPU that answer in the unit of the target: scale and mean folded in."""
    if unit == Standard():
        return copied(network.state_dict())
    twin = deepcopy(network)
    scale_output(twin, unit.mean, unit.scale)
    return copied(twin.state_dict())


def _training_rows(dataset: Dataset) -> Rows:
    rows = dataset.splits.get("train")
    if rows is None or not len(rows):
        raise ModelError(
            "expected training rows, came none", "say under data.split which rows train"
        )
    if dataset.task == "binary":
        _require_both(dataset.target[rows])
    if dataset.codes is not None:
        _require_all(dataset.codes[rows], dataset.classes)
    return rows


def _require_both(target: NDArray[Any]) -> None:
    classes = np.unique(target)
    if len(classes) < 2:  # noqa: PLR2004 - two classes
        raise ModelError(
            f"expected both classes in the {len(target)} training rows, came only {classes[0]}",
            "check data.target and data.split",
        )


def _require_all(codes: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    counts = np.bincount(codes, minlength=len(classes))
    missing = [name for name, count in zip(classes, counts, strict=True) if not count]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ModelError(
            f"expected all {len(classes)} classes in the {len(codes)} training rows, came none of "
            f"{missing[0]!r}{more}",
            "check data.target.classes and data.split, or leave out the rows of that class",
        )


def _rows(dataset: Dataset, seed: int) -> tuple[Rows, Rows]:
    """Return training and validation rows, setting a tenth apart where no rows validate."""
    rows = _training_rows(dataset)
    validation = dataset.splits.get("validation")
    if validation is not None and len(validation):
        return rows, validation
    order = np.random.default_rng(seed).permutation(len(rows))
    apart = max(1, round(VALIDATION_SHARE * len(rows)))
    return rows[np.sort(order[apart:])], rows[np.sort(order[:apart])]


def _identity(
    settings: Train, training: Examples, judging: Examples, initial: State, minimum: int
) -> dict[str, Any]:
    """Return all that the weights depend on, as plain values and hashes."""
    dataset, encoding = training.rows.dataset, training.rows.encoding
    labels = dataset.target if dataset.codes is None else dataset.codes
    return {
        "settings": settings.model_dump(mode="json"),
        "data": [dataset.record.sha256, *(item.sha256 for item in dataset.record.inputs)],
        "rows": _hash(training.rows.rows, judging.rows.rows, dataset.row_ids),
        "target": _hash(labels, *([] if dataset.weights is None else [dataset.weights])),
        "groups": [_hash(*(item.codes for item in dataset.sensitive)), minimum],
        "columns": sha256_hex(repr(encoding.encoder).encode()),
        "start": weights_sha256(initial),
        "machine": [encoding.device.type, torch.__version__],
    }


def _hash(*arrays: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}\n".encode() + array.tobytes())
    return digest.hexdigest()

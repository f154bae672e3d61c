"""What the evidence says about the network and its training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from audit.user_code import CodeRecord

Output = Literal["logit", "logits", "probability", "probabilities", "value"]
Kind = Literal[
    "bundle",
    "factory",
    "trained",
    "module",
    "onnx",
    "sklearn",
    "keras",
    "torch.export",
    "torchscript",
    "huggingface",
]


@dataclass(frozen=True, kw_only=True)
class LayerRecord:
    """One layer that holds parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """The audited model.

    Attributes
    ----------
    name : str
        Its role, ``baseline``.
    kind : str
        Where a network comes from: ``bundle``, ``factory``, ``trained``, ``module``, or the format
        of its file. ``black box``: a model known by its answers only. ``predictions``: a table of
        scores or labels, no network.
    sha256 : str or None
        Of the weights (names, shapes and values), whatever the file format; of the file's bytes for
        a black box; None without either.
    architecture : str
        In words, for example ``MLP 14 → 16 → 8 → 1, relu``.
    parameters : int or None
    output : str or None
        What the network answers with, as declared.
    threshold : float or None
        Positive is score >= threshold; None for hard labels.
    threshold_source : str
        Who chose it, in words.
    layers : tuple of LayerRecord
    code : tuple of CodeRecord
    notes : tuple of str
        What a reader must know, for example that a declared logit never left [0, 1].
    opaque : str or None
        Why only the answers of the model are known, where that is so.
    """

    name: str
    kind: Kind | Literal["black box", "predictions"]
    sha256: str | None = None
    architecture: str
    parameters: int | None = None
    output: str | None = None
    threshold: float | None
    threshold_source: str
    layers: tuple[LayerRecord, ...] = ()
    code: tuple[CodeRecord, ...] = ()
    notes: tuple[str, ...] = ()
    opaque: str | None = None


@dataclass(frozen=True, kw_only=True)
class EpochRecord:
    """One epoch of training.

    Attributes
    ----------
    epoch : int
        From 1.
    train_loss, validation_loss : float
        Mean over rows; of a regression in squared standard deviations of the training target.
    validation_accuracy : float or None
        Share of rows decided rightly; None of a regression.
    validation_rmse : float or None
        Of a regression: root of the mean squared error, in the unit of the target.
    validation_gap : float or None
        The largest demographic-parity gap of the validation rows: the highest less the lowest
        selection rate (of a regression, mean prediction) of an attribute's groups. None where no
        attribute has two groups of enough rows.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    validation_rmse: float | None = None
    validation_gap: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """How the network was trained.

    Attributes
    ----------
    settings : dict
        The ``train`` section of the configuration, defaults included.
    data_sha256 : str
        Logical content of the table it was trained on.
    split : dict
        The split settings it was trained with.
    rows : dict
        Rows per split.
    best_epoch : int
        The epoch whose weights were kept.
    stopped_early : bool
    epochs : tuple of EpochRecord
    initial_sha256, final_sha256 : str
        Of the weights before and after training.
    target : dict or None
        The target it was trained on, as the configuration says it.
    """

    settings: dict[str, Any]
    data_sha256: str
    split: dict[str, Any]
    rows: dict[str, int]
    best_epoch: int
    stopped_early: bool
    epochs: tuple[EpochRecord, ...]
    initial_sha256: str
    final_sha256: str
    target: dict[str, Any] | None = None

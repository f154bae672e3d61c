"""scikit-learn estimators from .skops files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel
from audit.models.sklearn_model import from_estimator
from audit.models.sklearn_reading import read_estimator


def load_skops(
    config: ModelConfig, base: Path, *, device: torch.device | None = None, trust: bool = False
) -> TorchModel | AnswerModel:
    """Load the estimator in the .skops file that ``model.path`` names.

    Parameters
    ----------
    config : ModelConfig
        With path; the file says itself which columns it takes, its classes and what it answers
        with, so output is checked and encode refused.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the CPU.
    trust : bool
        Whether types that skops does not know to be safe are allowed.

    Returns
    -------
    TorchModel or AnswerModel
        The second for an estimator that is no MLP or linear model; its reason says why.

    Raises
    ------
    ModelError
        If the file is damaged, hostile, holds untrusted types, or no classifier of two classes.
    """
    path = base / (config.path or "")
    if config.encode is not None:
        raise ModelError(
            f"model.encode: {path.name} brings its own preprocessing", "leave model.encode out"
        )
    estimator, notes = read_estimator(path, trust=trust)
    model = from_estimator(estimator, device=device, sha256=_sha256(path), notes=notes)
    if config.output is not None and config.output != model.output:
        raise ModelError(
            f"model.output: {config.output} was declared, but {path.name} answers with "
            f"{model.output}",
            "leave model.output out",
        )
    return model


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

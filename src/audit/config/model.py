"""The model and predictions sections of audit.yaml: what is audited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.config.section import Section

Label = bool | int | float | str


class Train(Section):
    """A network to train."""

    architecture: str = "mlp"
    """Name of an architecture: mlp."""
    hidden: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = (32, 16)
    """Units of each hidden layer; an empty list is a linear model."""
    activation: Literal["relu", "tanh", "gelu", "sigmoid"] = "relu"
    """Activation after each hidden layer."""
    init: Literal["he", "xavier", "default"] = "he"
    """Initialisation of the weights (biases start at 0 for he and xavier)."""
    optimizer: Literal["adam", "sgd"] = "adam"
    """Optimiser."""
    lr: float = Field(default=1e-3, gt=0)
    """Learning rate."""
    l2: float = Field(default=1e-4, ge=0)
    """L2 penalty on weights (weight decay of the optimiser; biases are not decayed)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of hidden units dropped in training."""
    epochs: int = Field(default=30, ge=1)
    """Most passes over the training rows."""
    batch_size: int = Field(default=128, ge=1)
    """Rows per update."""
    early_stopping: int = Field(default=5, ge=0)
    """Stop after so many epochs without a lower validation loss; 0 turns it off."""
    seed: int = 0
    """Seed of initialisation, order of rows and dropout."""


class ModelConfig(Section):
    """The network: exactly one of bundle, factory, path and train."""

    bundle: Path | None = None
    """Folder written by audit train: model.safetensors and model.json."""
    factory: str | None = None
    """Own network: package.module:function or file.py:function that returns an nn.Module."""
    weights: Path | None = None
    """Weights of the own network: .safetensors, or .pt/.pth/.ckpt read with weights_only."""
    output: Literal["logit", "logits", "probability", "probabilities"] | None = None
    """What the network answers with; not needed where its file says so."""
    encode: str | None = None
    """Own encoder: package.module:function or file.py:function, from a frame to named tensors."""
    classes: tuple[Label, ...] | None = Field(default=None, min_length=2)
    """Class labels in the order of the network's outputs, where they are not the target's order."""
    path: Path | None = None
    """A model file of another format: .onnx, .pt2, .pt, .skops, .keras, .h5, or a folder."""
    train: Train | None = None
    """Settings of a network to train."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [
            name
            for name in ("bundle", "factory", "path", "train")
            if getattr(self, name) is not None
        ]
        if len(given) != 1:
            came = " and ".join(given) or "none"
            raise ValueError(
                f"expected exactly one of bundle, factory, path and train, came {came}"
            )
        if self.factory is None and self.weights is not None:
            raise ValueError(
                "weights go with factory only; a file that is a whole network is a path"
            )
        own = self.factory is not None or self.path is not None
        if not own and any((self.output, self.encode, self.classes)):
            raise ValueError("output, encode and classes go with factory or path only")
        if self.factory is not None and self.output is None:
            raise ValueError("expected output: logit, logits, probability or probabilities")
        return self


class PredictionsConfig(Section):
    """Predictions instead of a network: a score, or hard labels."""

    score: str | None = None
    """Column of scores; positive is score >= threshold."""
    label: str | None = None
    """Column of predicted labels, coded like the target."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.score is None) == (self.label is None):
            raise ValueError("expected exactly one of score and label")
        return self
